import PQueue from 'p-queue'
import { overloaded, type Problem } from '../../errors.ts'

/** More payloads of one source do not wait, */
const MAX_WAITING = 1_000
/** nor so many bytes of them, */
const MAX_WAITING_BYTES = 64 * 1024 ** 2
/** nor does any begin to wait that would have to wait longer, by the time that those before it should take. */
const MAX_EXPECTED_MS = 5_000
/** If they take longer than that, its sender has mostly given up by then. */
const MAX_WAITED_MS = 10_000
/** How much the latest payload counts in the mean time of one. */
const WEIGHT_OF_LATEST = 0.2

/** What a work gives, and how long it took, without what had to be started for it. */
export interface Done<T> {
  readonly value: T
  readonly ms: number
}

/** The payloads of one source, one after the other; those that would wait too long are refused at once. */
export class EvaluationQueue {
  readonly #queue = new PQueue({ concurrency: 1 })
  readonly #now: () => number
  #waitingBytes = 0
  #meanMs = 0

  constructor(now = () => performance.now()) {
    this.#now = now
  }

  /**
   * Does the work on a payload of so many bytes after that on those before it.
   * @throws Problem overloaded
   */
  async add<T>(bytes: number, work: () => Promise<Done<T>>): Promise<T> {
    this.#admit(bytes)
    const since = this.#now()
    this.#waitingBytes += bytes
    return this.#queue.add(async () => {
      this.#waitingBytes -= bytes
      if (this.#now() - since > MAX_WAITED_MS) throw this.#overloaded()
      const { value, ms } = await work()
      this.#meanMs += WEIGHT_OF_LATEST * (ms - this.#meanMs)
      return value
    })
  }

  /** Resolves when nothing waits or is being done. */
  async onIdle(): Promise<void> {
    await this.#queue.onIdle()
  }

  #admit(bytes: number): void {
    const { size } = this.#queue
    const isTooMuch = size > 0 && this.#waitingBytes + bytes > MAX_WAITING_BYTES
    if (size >= MAX_WAITING || isTooMuch || this.#expectedMs > MAX_EXPECTED_MS) throw this.#overloaded()
  }

  get #expectedMs(): number {
    return (this.#queue.size + this.#queue.pending) * this.#meanMs
  }

  #overloaded(): Problem {
    const seconds = Math.max(1, Math.ceil(this.#expectedMs / 1_000))
    const detail =
      'The payloads of this source come faster than they can be mapped; there is no room for more.'
    return overloaded(detail, seconds)
  }
}
