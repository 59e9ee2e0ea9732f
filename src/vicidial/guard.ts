import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
  isBrokenCircuitError
} from 'cockatiel'
import PQueue from 'p-queue'
import { LoginHold } from './login-hold.ts'
import type { Refused } from './reply.ts'

/** `unreachable`: the circuit is open, calls are refused until a probe succeeds. */
export const UPSTREAM_STATES = ['unknown', 'reachable', 'unreachable', 'login_refused', 'locked_out'] as const

/** What the gateway knows of VICIdial's state, for `/readyz`. */
export interface UpstreamState {
  readonly state: (typeof UPSTREAM_STATES)[number]
  /** RFC 3339 time of the last change of state; absent before the first call. */
  readonly since?: string
}

/**
 * What a call showed. `good`: VICIdial works and took the login. `alive`: it works. `failed`: no answer, or none that
 * makes sense. `undefined`: nothing.
 */
export type Health = 'good' | 'alive' | 'failed' | 'login_refused' | 'locked_out' | undefined

/** Harmless calls with which the guard finds out whether VICIdial is back. They never throw. */
export interface Probes {
  /** Needs no login. */
  readonly version: () => Promise<Health>
  readonly login: () => Promise<Health>
}

export interface GuardOptions {
  readonly maxConcurrency: number
  /** 0: no limit. */
  readonly maxCallsPerSecond: number
  readonly onChange: (state: UpstreamState) => void
}

/** Consecutive failures that open the circuit. */
const FAILURES_TO_OPEN = 5
const PROBE_EVERY_MS = 1_000
const SECOND_MS = 1_000
/** Until a login was accepted calls go one by one: many at once could be refused often enough to lock the account. */
const UNPROVEN_CONCURRENCY = 1

/**
 * Protects VICIdial and the login there: calls in flight and per second are capped; consecutive failures open a
 * circuit, and a refused login stops everything. In both cases calls are refused at once, for all callers, until a
 * probe succeeds.
 */
export class Guard {
  readonly #queue: PQueue
  readonly #maxConcurrency: number
  readonly #maxCallsPerSecond: number
  /** When the calls of the last second started, in milliseconds since the epoch. */
  readonly #starts: number[] = []
  #nextSecond: NodeJS.Timeout | undefined
  /** Grows with each refused login: what was begun before says nothing about the login after. */
  #refusals = 0
  readonly #circuit: CircuitBreakerPolicy
  readonly #login = new LoginHold()
  readonly #onChange: (state: UpstreamState) => void
  #probes: Probes | undefined
  #probing: NodeJS.Timeout | undefined
  #state: UpstreamState = { state: 'unknown' }
  #isClosed = false
  #placeListener: () => void = () => {}

  constructor(options: GuardOptions) {
    const { maxConcurrency, maxCallsPerSecond, onChange } = options
    const rate =
      maxCallsPerSecond > 0 ? { intervalCap: maxCallsPerSecond, interval: 1_000, strict: true } : {}
    this.#maxCallsPerSecond = maxCallsPerSecond > 0 ? maxCallsPerSecond : Number.POSITIVE_INFINITY
    this.#maxConcurrency = maxConcurrency
    this.#onChange = onChange
    this.#queue = new PQueue({ concurrency: UNPROVEN_CONCURRENCY, ...rate })
    this.#circuit = circuitBreaker(
      handleWhenResult((shown) => shown === 'failed'),
      { breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN), halfOpenAfter: PROBE_EVERY_MS / 2 }
    )
    this.#circuit.onBreak(() => {
      // A login that is held is probed in its own time; that probe shows the rest too.
      if (this.#login.state === undefined) this.#probeIn(PROBE_EVERY_MS)
    })
  }

  get state(): UpstreamState {
    return this.#state
  }

  /** Gives the guard the means to find out whether VICIdial is back. */
  probeWith(probes: Probes): void {
    this.#probes = probes
  }

  /** Whether a call would be made now, without waiting for others. */
  hasPlace(): boolean {
    const { size, pending, concurrency } = this.#queue
    return size === 0 && pending < concurrency && this.#isWithinRate()
  }

  /** Whether one more call may start in this second; if not, whoever waits for a place is called when one may. */
  #isWithinRate(): boolean {
    const now = Date.now()
    while ((this.#starts[0] ?? now) <= now - SECOND_MS) this.#starts.shift()
    const [oldest] = this.#starts
    if (oldest === undefined || this.#starts.length < this.#maxCallsPerSecond) return true
    this.#nextSecond ??= setTimeout(
      () => {
        this.#nextSecond = undefined
        this.#placeListener()
      },
      oldest + SECOND_MS - now
    )
    return false
  }

  /** Calls `listener` whenever there may be a place again. */
  onPlace(listener: () => void): void {
    this.#placeListener = listener
    this.#queue.addEventListener('next', listener)
  }

  /** Why no call may be made now; undefined if one may. */
  refusal(): Refused | undefined {
    if (this.#login.state !== undefined) return this.#loginRefusal(this.#login.state)
    if (this.#circuit.state === CircuitState.Closed) return undefined
    const detail = 'VICIdial failed several times in a row; no call is made until a probe succeeds.'
    return { kind: 'refused', code: 'upstream_unavailable', detail }
  }

  #loginRefusal(state: 'login_refused' | 'locked_out'): Refused {
    const seconds = Math.max(1, Math.ceil((this.#login.nextProbeAt - Date.now()) / 1_000))
    const detail = `VICIdial refused the gateway's login; it is tried again in ${seconds} s, so that it is not locked out.`
    return {
      kind: 'refused',
      code: state === 'locked_out' ? 'upstream_locked_out' : 'upstream_login_failed',
      detail
    }
  }

  /**
   * Makes a call when it is its turn, or gives the refusal that holds then.
   * @param call never throws
   * @param healthOf what its reply shows
   * @param deadline until when the call is of use, in milliseconds since the epoch
   * @returns the reply, the refusal, or undefined if the call's turn did not come in time
   */
  async run<Reply>(
    call: () => Promise<Reply>,
    healthOf: (reply: Reply) => Health,
    deadline: number
  ): Promise<Reply | Refused | undefined> {
    const giveUp = new AbortController()
    const timer = setTimeout(
      () => {
        giveUp.abort()
      },
      Math.max(0, deadline - Date.now())
    )
    const start = async (): Promise<Reply | Refused> => {
      clearTimeout(timer)
      const refused = this.refusal()
      if (refused) return refused
      this.#starts.push(Date.now())
      const refusals = this.#refusals
      const reply = await call()
      const shown = healthOf(reply)
      await this.#note(shown === 'good' && refusals !== this.#refusals ? 'alive' : shown)
      return reply
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

  /** Ends all probing. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#probing)
    clearTimeout(this.#nextSecond)
  }

  /** Notes what a call or a probe showed. */
  async #note(shown: Health): Promise<void> {
    if (shown === undefined) return
    await this.#circuit
      .execute(() => shown)
      .catch((error: unknown) => {
        // An open circuit takes no note of calls that were under way when it opened.
        if (!isBrokenCircuitError(error)) throw error
      })
    if (shown === 'login_refused' || shown === 'locked_out') {
      this.#refusals++
      this.#login.refused(shown, Date.now())
      this.#queue.concurrency = UNPROVEN_CONCURRENCY
      this.#probeIn(this.#login.nextProbeAt - Date.now())
    } else if (shown === 'good') {
      this.#login.accepted()
      this.#queue.concurrency = this.#maxConcurrency
    }
    this.#change(this.#present(shown))
  }

  #present(shown: Health): UpstreamState['state'] {
    if (this.#login.state !== undefined) return this.#login.state
    if (this.#circuit.state !== CircuitState.Closed) return 'unreachable'
    return shown === 'failed' ? this.#state.state : 'reachable'
  }

  #change(state: UpstreamState['state']): void {
    if (state === this.#state.state) return
    this.#state = { state, since: new Date().toISOString() }
    this.#onChange(this.#state)
  }

  #probeIn(ms: number): void {
    clearTimeout(this.#probing)
    if (!this.#isClosed) this.#probing = setTimeout(() => void this.#probe(), Math.max(0, ms))
  }

  async #probe(): Promise<void> {
    if (this.#probes === undefined) return
    const { login, version } = this.#probes
    const held = this.#login.state
    const shown = await (held === undefined ? version() : login())
    // A login probe without an answer may have been refused: it counts as one, so that the next one waits.
    await this.#note(shown === 'failed' ? (held ?? shown) : shown)
    if (this.refusal() === undefined) this.#placeListener()
    else if (this.#login.state === undefined || this.#login.nextProbeAt <= Date.now())
      this.#probeIn(PROBE_EVERY_MS)
  }
}
