import { setTimeout as sleep } from 'node:timers/promises'

/** How late a timer may fire, in milliseconds. The rest of a wait blocks the process, which uses no CPU. */
const TIMER_ERROR_MS = 1.2

/**
 * The time that a call takes in the database. A call locks the lead table, so calls run one after the other, in the
 * order of their arrival.
 */
export class TableLock {
  readonly #callMs: number
  readonly #leadMs: number
  readonly #closing = new AbortController()
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4))
  #last: Promise<void> = Promise.resolve()
  #freeAt = 0

  /** @param leadUs microseconds per lead */
  constructor(callMs: number, leadUs: number) {
    this.#callMs = callMs
    this.#leadMs = leadUs / 1000
  }

  /**
   * Waits for the lock, then holds it for the call's cost.
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

  /** Ends all waits at once. */
  close(): void {
    this.#closing.abort()
  }

  async #hold(askedAt: number, costMs: number): Promise<void> {
    // Counts from when the table became free, not from when this ran, so that errors don't add up.
    this.#freeAt = Math.max(askedAt, this.#freeAt) + costMs
    const timerMs = Math.floor(this.#freeAt - performance.now() - TIMER_ERROR_MS)
    if (timerMs > 0) await sleep(timerMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    const restMs = this.#freeAt - performance.now()
    if (restMs > 0 && !this.#closing.signal.aborted) Atomics.wait(this.#sleeper, 0, 0, restMs)
  }
}
