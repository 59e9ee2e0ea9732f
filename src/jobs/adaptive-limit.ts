/** So many updates may be on their way however slow VICIdial is. */
const LEAST = 50
/** At the start, before anything is known. */
const FIRST = 500

/**
 * How many updates may be on their way at once: no more than VICIdial takes in good time. Each that ends in half of
 * that makes room for one more, each that takes longer than that takes a place away. In between nothing changes: what
 * is claimed now shows only later how long it takes.
 */
export class AdaptiveLimit {
  readonly #most: number
  readonly #goodMs: number
  #allowed: number

  /** @param goodMs what a good time is, in milliseconds */
  constructor(most: number, goodMs: number) {
    this.#most = most
    this.#goodMs = goodMs
    this.#allowed = Math.min(most, FIRST)
  }

  get allowed(): number {
    return this.#allowed
  }

  /** Notes how long an update was on its way, and whether it got its turn. */
  note(ms: number, isSent: boolean): void {
    if (ms >= this.#goodMs) this.#allowed = Math.max(Math.min(LEAST, this.#most), this.#allowed - 1)
    else if (isSent && ms < this.#goodMs / 2) this.#allowed = Math.min(this.#most, this.#allowed + 1)
  }
}
