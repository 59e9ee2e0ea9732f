import { overloaded, type Problem } from '../../errors.ts'

/** Payloads of one endpoint that may wait. */
const MAX_WAITING = 1_000
/** Bytes that the waiting payloads may have together. */
const MAX_WAITING_BYTES = 64 * 1024 ** 2
/** Expected wait in milliseconds beyond which a payload is refused on arrival. */
const MAX_EXPECTED_MS = 5_000
/** Actual wait in milliseconds after which a payload is refused: most senders have given up by then. */
const MAX_WAITED_MS = 10_000
/** Weight of the latest payload in the mean time of one. */
const WEIGHT_OF_LATEST = 0.2

/** A result and the milliseconds that it took, without starting the thread. */
export interface Timed<T> {
  readonly value: T
  readonly ms: number
}

/** Evaluates the payloads of one endpoint one at a time. Refuses at once those that would wait too long. */
export class EvaluationQueue {
  readonly #now: () => number
  /** Resolves when everything added so far has ended. */
  #last: Promise<unknown> = Promise.resolve()
  /** Payloads that wait, and the one being evaluated. */
  #pending = 0
  #waitingBytes = 0
  #meanMs = 0

  constructor(now = () => performance.now()) {
    this.#now = now
  }

  /** Whether nothing waits and nothing is being evaluated. */
  get isIdle(): boolean {
    return this.#pending === 0
  }

  /**
   * Does the work on a payload of `bytes` bytes, after the work added before.
   * @throws Problem overloaded
   */
  async add<T>(bytes: number, work: () => Promise<Timed<T>>): Promise<T> {
    const waiting = this.#pending - 1
    const isTooMuch = waiting > 0 && this.#waitingBytes + bytes > MAX_WAITING_BYTES
    if (waiting >= MAX_WAITING || isTooMuch || this.#expectedMs > MAX_EXPECTED_MS) throw this.#overloaded()
    const since = this.#now()
    const previous = this.#last
    const { promise, resolve: end } = Promise.withResolvers<undefined>()
    this.#last = promise
    this.#pending += 1
    try {
      if (this.#pending > 1) {
        this.#waitingBytes += bytes
        await previous
        this.#waitingBytes -= bytes
      }
      if (this.#now() - since > MAX_WAITED_MS) throw this.#overloaded()
      const { value, ms } = await work()
      this.#meanMs += WEIGHT_OF_LATEST * (ms - this.#meanMs)
      return value
    } finally {
      this.#pending -= 1
      end(undefined)
    }
  }

  get #expectedMs(): number {
    return this.#pending * this.#meanMs
  }

  #overloaded(): Problem {
    const seconds = Math.max(1, Math.ceil(this.#expectedMs / 1_000))
    const detail =
      'The payloads of this source come faster than they can be mapped; there is no room for more.'
    return overloaded(detail, seconds)
  }
}
