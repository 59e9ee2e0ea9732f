import PQueue from 'p-queue'
import type { UpstreamCode } from './reply.ts'

/** What the gateway knows of VICIdial's state, for `/readyz`. */
export interface UpstreamState {
  readonly state: 'unknown' | 'reachable' | 'unreachable' | 'login_refused' | 'locked_out'
  /** RFC 3339 time of the last change of state; absent before the first call. */
  readonly since?: string
}

export interface GuardOptions {
  readonly maxConcurrency: number
  /** 0: no limit. */
  readonly maxCallsPerSecond: number
  /** After a refused login no call is made for so long: ten refusals would lock the account for everybody. */
  readonly loginHoldMs?: number
  /** The clock, in milliseconds since the epoch. */
  readonly now?: () => number
}

/** What a call showed about VICIdial's state. */
export type Health = Exclude<UpstreamState['state'], 'unknown'>

/** The longest that a timer can run. */
const LONGEST_WAIT_MS = 2 ** 31 - 1
const LOGIN_HOLD_MS = 60_000
/** Until a login was accepted calls go one by one: many at once could be refused often enough to lock the account. */
const UNPROVEN_CONCURRENCY = 1

/**
 * Protects VICIdial and its login: calls in flight and per second are capped, and after a refused login all
 * callers are refused until a minute has passed; then one call is let through to see.
 */
export class Guard {
  readonly #queue: PQueue
  readonly #maxConcurrency: number
  readonly #loginHoldMs: number
  readonly #now: () => number
  #state: UpstreamState = { state: 'unknown' }
  #heldUntil = 0

  constructor(options: GuardOptions) {
    const { maxConcurrency, maxCallsPerSecond } = options
    const rate =
      maxCallsPerSecond > 0 ? { intervalCap: maxCallsPerSecond, interval: 1_000, strict: true } : {}
    this.#maxConcurrency = maxConcurrency
    this.#queue = new PQueue({ concurrency: UNPROVEN_CONCURRENCY, ...rate })
    this.#loginHoldMs = options.loginHoldMs ?? LOGIN_HOLD_MS
    this.#now = options.now ?? Date.now
  }

  get state(): UpstreamState {
    return this.#state
  }

  /**
   * Runs `call` when it is its turn. Calls are started in the order in which they came.
   * @returns what the call returns, or undefined if its turn did not come before `deadline` (ms since the epoch)
   */
  async run<T>(call: () => Promise<T>, deadline = Number.POSITIVE_INFINITY): Promise<T | undefined> {
    const giveUp = new AbortController()
    const inTime = Math.min(deadline - Date.now(), LONGEST_WAIT_MS)
    const timer = setTimeout(() => {
      giveUp.abort()
    }, inTime)
    const start = (): Promise<T> => {
      clearTimeout(timer)
      return call()
    }
    try {
      return await this.#queue.add(start, { signal: giveUp.signal })
    } catch (error) {
      if (giveUp.signal.aborted) return undefined
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Tells whether a call may be sent now; asked at its turn. After a refused login the answer is the refusal's code
   * until the hold is over; the first to ask then may try, and holds the others while it does.
   */
  refusal(): UpstreamCode | undefined {
    const held = this.#state.state === 'login_refused' || this.#state.state === 'locked_out'
    if (!held) return undefined
    if (this.#now() >= this.#heldUntil) {
      this.#heldUntil = this.#now() + this.#loginHoldMs
      return undefined
    }
    return this.#state.state === 'locked_out' ? 'upstream_locked_out' : 'upstream_login_failed'
  }

  /** Milliseconds until a held login may be tried again; 0 if it is not held. */
  holdMs(): number {
    return Math.max(0, this.#heldUntil - this.#now())
  }

  /** Notes what a call showed. Returns whether that changed the state. */
  note(health: Health): boolean {
    if (health === 'login_refused' || health === 'locked_out') {
      this.#heldUntil = this.#now() + this.#loginHoldMs
      this.#queue.concurrency = UNPROVEN_CONCURRENCY
    } else if (health === 'reachable') {
      this.#heldUntil = 0
      this.#queue.concurrency = this.#maxConcurrency
    }
    if (this.#state.state === health) return false
    if (health === 'unreachable' && this.#heldUntil > this.#now()) return false
    this.#state = { state: health, since: new Date(this.#now()).toISOString() }
    return true
  }
}
