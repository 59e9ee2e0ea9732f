const SECOND_MS = 1_000

/** Limits the calls that start within any second. */
export class RateWindow {
  readonly #maxPerSecond: number
  /** When the last `maxPerSecond` calls started, oldest first. */
  readonly #starts: number[] = []

  /** @param maxPerSecond 0: no limit */
  constructor(maxPerSecond: number) {
    this.#maxPerSecond = maxPerSecond
  }

  /** Notes that a call starts at `now` (ms since the epoch). */
  note(now: number): void {
    if (this.#maxPerSecond === 0) return
    this.#starts.push(now)
    if (this.#starts.length > this.#maxPerSecond) this.#starts.shift()
  }

  /** Milliseconds from `now` until one more call may start; 0: it may start now. */
  waitMs(now: number): number {
    const [oldest] = this.#starts
    if (oldest === undefined || this.#starts.length < this.#maxPerSecond) return 0
    return Math.max(0, oldest + SECOND_MS - now)
  }
}
