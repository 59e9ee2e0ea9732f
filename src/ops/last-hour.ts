import type { EndedUpdates, Observer } from '../telemetry/observer.ts'

export const MINUTES = 60
const MINUTE_MS = 60_000

/** The groups of results on the operations page. `refused`: by the gateway, or because there is no such lead. */
export const KINDS = ['updated', 'read', 'refused', 'failed'] as const
export type Kind = (typeof KINDS)[number]

/** Cancelled updates are not counted. */
const KIND_OF: Readonly<Partial<Record<EndedUpdates['status'], Kind>>> = {
  updated: 'updated',
  added: 'updated',
  // Newer updates have set all of its fields, so nothing was left to do.
  superseded: 'updated',
  read: 'read',
  incomplete: 'read',
  rejected: 'refused',
  not_found: 'refused',
  ambiguous: 'refused',
  failed: 'failed',
  unknown: 'failed',
  dead_lettered: 'failed'
}

/** The updates that ended in one minute. */
export interface Minute extends Readonly<Record<Kind, number>> {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number
}

/** An error code of updates, or `stored_differs` of those that were made, and how often it occurred. */
export interface Reason {
  readonly code: string
  readonly kind: Kind
  readonly count: number
}

interface Counted extends Record<Kind, number> {
  readonly number: number
  readonly reasons: Map<string, { kind: Kind; count: number }>
}

/** The reason of an update that was made, but of which VICIdial holds something else. */
export const STORED_DIFFERS = 'stored_differs'

/** Counts the results of the last hour's updates and readings, for each minute. */
export class LastHour implements Observer {
  /** A ring: each minute is at its number modulo MINUTES. */
  readonly #minutes: (Counted | undefined)[] = Array<undefined>(MINUTES).fill(undefined)

  /** @param now milliseconds since the epoch, as everywhere here */
  updatesEnded({ status, code, verification, count }: EndedUpdates, now = Date.now()): void {
    const kind = KIND_OF[status]
    if (kind === undefined) return
    const minute = this.#minuteAt(Math.floor(now / MINUTE_MS))
    minute[kind] += count
    const reason = verification === 'differs' ? STORED_DIFFERS : code
    if (reason === undefined) return
    const known = minute.reasons.get(reason)
    if (known) known.count += count
    else minute.reasons.set(reason, { kind, count })
  }

  /** The last 60 minutes, ending with the current one. */
  minutes(now = Date.now()): readonly Minute[] {
    const running = Math.floor(now / MINUTE_MS)
    return Array.from({ length: MINUTES }, (_, index) => {
      const number = running - MINUTES + 1 + index
      const { updated = 0, read = 0, refused = 0, failed = 0 } = this.#known(number) ?? {}
      return { at: number * MINUTE_MS, updated, read, refused, failed }
    })
  }

  /** The error codes of the last 60 minutes, most frequent first. */
  reasons(now = Date.now()): readonly Reason[] {
    const total = new Map<string, Reason>()
    for (const { at } of this.minutes(now)) {
      for (const [code, { kind, count }] of this.#known(at / MINUTE_MS)?.reasons ?? [])
        total.set(code, { code, kind, count: count + (total.get(code)?.count ?? 0) })
    }
    return [...total.values()].toSorted((a, b) => b.count - a.count)
  }

  #known(number: number): Counted | undefined {
    const minute = this.#minutes[number % MINUTES]
    return minute?.number === number ? minute : undefined
  }

  #minuteAt(number: number): Counted {
    const known = this.#known(number)
    if (known) return known
    const minute = { number, updated: 0, read: 0, refused: 0, failed: 0, reasons: new Map() }
    this.#minutes[number % MINUTES] = minute
    return minute
  }
}
