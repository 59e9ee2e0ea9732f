import type { Refused } from './reply/reply.ts'
import { steadyNow } from '../steady-clock.ts'

interface WaitingCall {
  readonly start: () => void
  /** Ends it unmade. */
  readonly end: (refusal?: Refused) => void
}

/** Calls that wait for their turn: first come, first served, each until its deadline. */
export class CallQueue {
  readonly #calls = new Set<WaitingCall>()

  get size(): number {
    return this.#calls.size
  }

  /**
   * Adds a call at the end.
   * @param make makes the call; called synchronously when its turn comes
   * @param deadline when its turn must have come, in milliseconds since the epoch
   * @returns its reply, why it was refused, or undefined if it was given up
   */
  add<Reply>(make: () => Promise<Reply>, deadline: number): Promise<Reply | Refused | undefined> {
    const { promise, resolve } = Promise.withResolvers<Reply | Refused | undefined>()
    const leave = () => {
      clearTimeout(timer)
      this.#calls.delete(call)
    }
    const call: WaitingCall = {
      start: () => {
        leave()
        resolve(make())
      },
      end: (refusal) => {
        leave()
        resolve(refusal)
      }
    }
    const timer = setTimeout(call.end, Math.max(0, deadline - steadyNow()))
    this.#calls.add(call)
    return promise
  }

  /** Starts calls, the oldest first, for as long as `mayStart` allows one more. */
  startWhile(mayStart: () => boolean): void {
    for (const { start } of this.#calls) {
      if (!mayStart()) return
      start()
    }
  }

  /** Refuses all calls or, without a refusal, gives them up. */
  endAll(refusal?: Refused): void {
    for (const { end } of this.#calls) end(refusal)
  }
}

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
