import type { EndedRequest, EndedUpdates, Observer, RequestObserver } from '../../telemetry/observer.ts'
import { type Counted, HourCounts } from './hour-count.ts'

/** The name of the count of requests that were not refused. */
export const ANSWERED = 'answered'

/** What is known of a caller, or of `webhook:NAME`. */
export interface SenderActivity {
  /** Requests that were answered, and refused ones by their code. */
  readonly requests: readonly Counted[]
  /** Updates and readings that ended, by the status of their results. */
  readonly results: readonly Counted[]
}

interface Known {
  readonly requests: HourCounts
  readonly results: HourCounts
}

/** Counts the requests of callers, and the updates of all senders, in memory. */
export class CallerActivity implements Observer, RequestObserver {
  readonly #senders = new Map<string, Known>()
  readonly #names: { hasSender(name: string): boolean }

  /** @param names those that are counted */
  constructor(names: { hasSender(name: string): boolean }) {
    this.#names = names
  }

  requestEnded({ caller, problem }: Pick<EndedRequest, 'caller' | 'problem'>, now = Date.now()): void {
    if (caller !== null) this.#known(caller)?.requests.add(problem ?? ANSWERED, 1, now)
  }

  updatesEnded({ caller, status, count }: EndedUpdates, now = Date.now()): void {
    this.#known(caller)?.results.add(status, count, now)
  }

  of(name: string, now = Date.now()): SenderActivity {
    const known = this.#senders.get(name)
    return { requests: known?.requests.list(now) ?? [], results: known?.results.list(now) ?? [] }
  }

  /** Forgets senders that are no longer configured. */
  forgetOthers(): void {
    for (const name of this.#senders.keys()) if (!this.#names.hasSender(name)) this.#senders.delete(name)
  }

  #known(name: string): Known | undefined {
    const known = this.#senders.get(name)
    if (known || !this.#names.hasSender(name)) return known
    const made = { requests: new HourCounts(), results: new HourCounts() }
    this.#senders.set(name, made)
    return made
  }
}
