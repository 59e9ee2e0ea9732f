import { setTimeout as sleep } from 'node:timers/promises'

/** Timers fire up to this much late; the rest of a wait is slept through, which holds the process but costs nothing. */
const TIMER_ERROR_MS = 1.2

/**
 * What a call costs the database: the lead table is locked while a call works on it, so calls wait for each other
 * in the order in which they came.
 */
export class TableLock {
  readonly #callMs: number
  readonly #leadMs: number
  readonly #closing = new AbortController()
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4))
  #last: Promise<void> = Promise.resolve()
  #freeAt = 0

  /** @param leadUs microseconds a lead */
  constructor(callMs: number, leadUs: number) {
    this.#callMs = callMs
    this.#leadMs = leadUs / 1000
  }

  /**
   * Waits for its turn and then for as long as the call costs.
   *
   * @returns false if the sandbox was closed meanwhile
   */
  async pass(leads: number): Promise<boolean> {
    const costMs = this.#callMs + leads * this.#leadMs
    if (this.#callMs > 0 || this.#leadMs > 0) {
      const askedAt = performance.now()
      this.#last = this.#last.then(() => this.#hold(askedAt, costMs))
      await this.#last
    }
    return !this.#closing.signal.aborted
  }

  /** Lets all waiting calls go at once. */
  close(): void {
    this.#closing.abort()
  }

  async #hold(askedAt: number, costMs: number): Promise<void> {
    // Counted from when the table became free, not from when this was noticed: errors do not add up.
    this.#freeAt = Math.max(askedAt, this.#freeAt) + costMs
    const timerMs = Math.floor(this.#freeAt - performance.now() - TIMER_ERROR_MS)
    if (timerMs > 0) await sleep(timerMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    const restMs = this.#freeAt - performance.now()
    if (restMs > 0 && !this.#closing.signal.aborted) Atomics.wait(this.#sleeper, 0, 0, restMs)
  }
}
