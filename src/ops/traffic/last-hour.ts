import type { EndedUpdates, Observer } from '../../telemetry/observer.ts'
import { type Kind, kindOf, type Reason, reasonOf, type Slot, sumOfReasons } from './kinds.ts'

export const MINUTES = 60
const MINUTE_MS = 60_000

interface Counted extends Record<Kind, number> {
  readonly number: number
  readonly reasons: Map<string, { kind: Kind; count: number }>
}

/** Counts the results of the last hour's updates and readings, for each minute. */
export class LastHour implements Observer {
  /** A ring: each minute is at its number modulo MINUTES. */
  readonly #minutes: (Counted | undefined)[] = Array<undefined>(MINUTES).fill(undefined)

  /** @param now milliseconds since the epoch, as everywhere here */
  updatesEnded(ended: EndedUpdates, now = Date.now()): void {
    const { status, count } = ended
    const kind = kindOf(status)
    if (kind === undefined) return
    const minute = this.#minuteAt(Math.floor(now / MINUTE_MS))
    minute[kind] += count
    const reason = reasonOf(ended)
    if (reason === undefined) return
    const known = minute.reasons.get(reason)
    if (known) known.count += count
    else minute.reasons.set(reason, { kind, count })
  }

  /** The last 60 minutes, ending with the current one. */
  minutes(now = Date.now()): readonly Slot[] {
    const running = Math.floor(now / MINUTE_MS)
    return Array.from({ length: MINUTES }, (_, index) => {
      const number = running - MINUTES + 1 + index
      const { updated = 0, read = 0, refused = 0, failed = 0 } = this.#known(number) ?? {}
      return { at: number * MINUTE_MS, updated, read, refused, failed }
    })
  }

  /** The error codes of the last 60 minutes, most frequent first. */
  reasons(now = Date.now()): readonly Reason[] {
    return sumOfReasons(
      this.minutes(now).flatMap(({ at }) =>
        [...(this.#known(at / MINUTE_MS)?.reasons ?? [])].map(([code, counted]) => ({ code, ...counted }))
      )
    )
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
