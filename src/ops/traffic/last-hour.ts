import type { EndedUpdates, Observer } from '../../telemetry/observer.ts'
import { MinuteRing } from '../minute-ring.ts'
import { type Kind, kindOf, type Reason, reasonOf, type Slot, sumOfReasons } from './kinds.ts'

interface Counted extends Record<Kind, number> {
  readonly reasons: Map<string, { kind: Kind; count: number }>
}

/** Counts the results of the last hour's updates and readings, for each minute. */
export class LastHour implements Observer {
  readonly #minutes = new MinuteRing<Counted>(() => ({
    updated: 0,
    read: 0,
    refused: 0,
    failed: 0,
    reasons: new Map()
  }))

  /** @param now milliseconds since the epoch, as everywhere here */
  updatesEnded(ended: EndedUpdates, now = Date.now()): void {
    const { status, count } = ended
    const kind = kindOf(status)
    if (kind === undefined) return
    const minute = this.#minutes.at(now)
    minute[kind] += count
    const reason = reasonOf(ended)
    if (reason === undefined) return
    const known = minute.reasons.get(reason)
    if (known) known.count += count
    else minute.reasons.set(reason, { kind, count })
  }

  /** The last 60 minutes, ending with the current one. */
  minutes(now = Date.now()): readonly Slot[] {
    return this.#minutes.minutes(now).map(({ at, value }) => {
      const { updated = 0, read = 0, refused = 0, failed = 0 } = value ?? {}
      return { at, updated, read, refused, failed }
    })
  }

  /** The error codes of the last 60 minutes, most frequent first. */
  reasons(now = Date.now()): readonly Reason[] {
    return sumOfReasons(
      this.#minutes
        .minutes(now)
        .flatMap(({ value }) => [...(value?.reasons ?? [])].map(([code, counted]) => ({ code, ...counted })))
    )
  }
}
