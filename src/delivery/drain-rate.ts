/** How fast updates are settled, over the last seconds. */
export class DrainRate {
  readonly #counts = new Map<number, number>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Notes that so many updates were settled just now. */
  note(settled: number): void {
    const second = Math.floor(this.#now() / 1_000)
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + settled)
    for (const old of this.#counts.keys()) {
      if (old <= second - WINDOW_SECONDS) this.#counts.delete(old)
    }
  }

  /** Seconds in which `waiting` updates will be settled at the present rate, from 1 to 60. */
  secondsFor(waiting: number): number {
    const second = Math.floor(this.#now() / 1_000)
    let settled = 0
    for (const [at, count] of this.#counts) {
      if (at > second - WINDOW_SECONDS) settled += count
    }
    const perSecond = settled / WINDOW_SECONDS
    return Math.min(MAX_SECONDS, Math.max(1, Math.ceil(waiting / Math.max(perSecond, 1))))
  }
}

const WINDOW_SECONDS = 10
const MAX_SECONDS = 60
