/** Fewest updates that may be in flight, however slow VICIdial is. */
const MIN_ALLOWED = 50
/** Updates that may be in flight at the start, before its speed is known. */
const FIRST_ALLOWED = 500

/**
 * Limits the updates in flight to what VICIdial takes in good time. Each update that ends within half of the good time
 * allows one more, each that takes longer than the good time allows one less. In between nothing changes, because what
 * is claimed now only shows later how long it takes.
 */
export class AdaptiveLimit {
  readonly #max: number
  readonly #goodMs: number
  #allowed: number

  /** @param goodMs good time for one update, in milliseconds */
  constructor(max: number, goodMs: number) {
    this.#max = max
    this.#goodMs = goodMs
    this.#allowed = Math.min(max, FIRST_ALLOWED)
  }

  get allowed(): number {
    return this.#allowed
  }

  /** Adjusts the limit to the time that one update took. One that was not sent can lower the limit, but not raise it. */
  note(ms: number, isSent: boolean): void {
    if (ms >= this.#goodMs) this.#allowed = Math.max(Math.min(MIN_ALLOWED, this.#max), this.#allowed - 1)
    else if (isSent && ms < this.#goodMs / 2) this.#allowed = Math.min(this.#max, this.#allowed + 1)
  }
}
