import { CallQueue, RateWindow } from './call-queue.ts'
import type { Health } from './call-reply.ts'
import { type CallRight, NO_RIGHT, UNSHARED } from './call-right.ts'
import { LoginHold } from './login-hold.ts'
import type { LoginNote, LoginNotes } from './login-notes.ts'
import type { Refused } from './reply/reply.ts'
import { StorageError } from '../errors.ts'
import { steadyNow } from '../steady-clock.ts'

/** `unreachable`: the circuit is open, calls are refused until a probe succeeds. */
export const UPSTREAM_STATES = ['unknown', 'reachable', 'unreachable', 'login_refused', 'locked_out'] as const

/** What the gateway knows of VICIdial's state, for `/readyz`. */
export interface UpstreamState {
  readonly state: (typeof UPSTREAM_STATES)[number]
  /** RFC 3339 time of the last change of state; absent before the first call. */
  readonly since?: string
}

/** Harmless calls that show whether VICIdial is back. They never throw. */
export interface Probes {
  /** Needs no login. */
  readonly version: () => Promise<Health>
  readonly login: () => Promise<Health>
}

export interface GuardOptions {
  readonly maxConcurrency: number
  /** 0: no limit. */
  readonly maxCallsPerSecond: number
  readonly probes: Probes
  /** Absent if no other gateway calls VICIdial. */
  readonly right?: CallRight | undefined
  /** Absent if refused logins are only remembered by this process. */
  readonly loginNotes?: LoginNotes | undefined
  readonly onChange: (state: UpstreamState) => void
}

/** Consecutive failures that open the circuit. */
const FAILURES_TO_OPEN = 5
/** Pause between two probes of an open circuit. */
const PROBE_EVERY_MS = 1_000
/** The refusal of a call whose login cannot be noted. */
const NO_NOTES: Refused = {
  kind: 'refused',
  code: 'upstream_unavailable',
  detail: 'VICIdial is not called while the database, which counts refused logins, cannot be written.'
}
/** Until VICIdial accepts the login, calls go one by one: many at once could be refused and lock the account. */
const UNPROVEN_CONCURRENCY = 1

/**
 * Protects VICIdial and the login there. It caps calls in flight and calls per second. Consecutive failures open a
 * circuit, and a refused login stops everything: all calls are then refused at once until a probe succeeds.
 */
export class Guard {
  readonly #options: GuardOptions
  readonly #right: CallRight
  readonly #waiting = new CallQueue()
  readonly #rate: RateWindow
  readonly #login: LoginHold
  readonly #placeListeners: (() => void)[] = []
  #inFlight = 0
  #concurrency = UNPROVEN_CONCURRENCY
  #failuresInARow = 0
  /** Grows with each refused or changed login: a call that began before says nothing about the login after it. */
  #loginGeneration = 0
  #state: UpstreamState = { state: 'unknown' }
  #probeTimer: NodeJS.Timeout | undefined
  #rateTimer: NodeJS.Timeout | undefined
  /** Whether VICIdial accepted the login since it was last refused. */
  #isAccepted = false
  #isClosed = false

  constructor(options: GuardOptions) {
    this.#options = options
    this.#right = options.right ?? UNSHARED
    this.#rate = new RateWindow(options.maxCallsPerSecond)
    this.#login = new LoginHold(options.loginNotes?.earlier)
    const { state } = this.#login
    if (state === undefined) return
    this.#state = { state, since: new Date().toISOString() }
    this.#probeIn(this.#login.nextProbeAt - steadyNow())
  }

  get state(): UpstreamState {
    return this.#state
  }

  /** Whether a call would start now, without waiting for others. */
  hasPlace(): boolean {
    return this.#waiting.size === 0 && this.#mayStart()
  }

  /** Calls `listener` whenever there may be a place again. */
  onPlace(listener: () => void): void {
    this.#placeListeners.push(listener)
  }

  /** Why no call may be made now; undefined if one may. */
  refusal(): Refused | undefined {
    if (!this.#right.isHeld) return NO_RIGHT
    if (this.#login.state !== undefined) return this.#loginRefusal(this.#login.state)
    if (this.#failuresInARow < FAILURES_TO_OPEN) return undefined
    const detail = 'VICIdial failed several times in a row; no call is made until a probe succeeds.'
    return { kind: 'refused', code: 'upstream_unavailable', detail }
  }

  /**
   * Makes a call when its turn comes, or gives the refusal that then applies.
   * @param call rejects only for a fault of the gateway, which `run` passes on
   * @param healthOf what its reply shows
   * @param deadline when the call must have started, in milliseconds since the epoch
   * @returns the reply, the refusal, or undefined if the call's turn did not come in time
   */
  async run<Reply>(
    call: () => Promise<Reply>,
    healthOf: (reply: Reply) => Health,
    deadline: number
  ): Promise<Reply | Refused | undefined> {
    const refusal = this.refusal()
    if (refusal !== undefined) return refusal
    if (this.#isClosed) return undefined
    if (this.hasPlace()) return this.#make(call, healthOf)
    return this.#waiting.add(() => this.#make(call, healthOf), deadline)
  }

  /** Calls have another password from now on. One call or probe tries it before there are several. */
  loginChanged(): void {
    const now = steadyNow()
    this.#loginGeneration++
    this.#concurrency = UNPROVEN_CONCURRENCY
    this.#isAccepted = false
    this.#login.changed(now)
    if (this.#login.state !== undefined) this.#probeIn(this.#login.nextProbeAt - now)
  }

  /** Stops probing and gives up the calls that wait. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#probeTimer)
    clearTimeout(this.#rateTimer)
    this.#waiting.endAll()
  }

  #loginRefusal(state: 'login_refused' | 'locked_out'): Refused {
    const seconds = Math.max(1, Math.ceil((this.#login.nextProbeAt - steadyNow()) / 1_000))
    const detail = `VICIdial refused the gateway's login; it is tried again in ${seconds} s, so that it is not locked out.`
    return {
      kind: 'refused',
      code: state === 'locked_out' ? 'upstream_locked_out' : 'upstream_login_failed',
      detail
    }
  }

  /** Whether one more call may start now. If only the rate forbids it, a timer offers the place once it no longer does. */
  #mayStart(): boolean {
    if (this.#inFlight >= this.#concurrency) return false
    const waitMs = this.#rate.waitMs(steadyNow())
    if (waitMs === 0) return true
    if (!this.#isClosed) {
      this.#rateTimer ??= setTimeout(() => {
        this.#rateTimer = undefined
        this.#offerPlaces()
      }, waitMs)
    }
    return false
  }

  async #make<Reply>(
    call: () => Promise<Reply>,
    healthOf: (reply: Reply) => Health
  ): Promise<Reply | Refused> {
    this.#inFlight++
    this.#rate.note(steadyNow())
    const generation = this.#loginGeneration
    const { loginNotes } = this.#options
    const wasAccepted = this.#isAccepted
    try {
      const note = loginNotes && !wasAccepted ? await noteOrUndefined(loginNotes.begin()) : undefined
      if (loginNotes && !wasAccepted && note === undefined) return NO_NOTES
      const reply = await call()
      const said = healthOf(reply)
      const shown = said === 'good' && generation !== this.#loginGeneration ? 'alive' : said
      this.#note(shown)
      if (loginNotes) await keepShown(loginNotes, shown, note)
      return reply
    } finally {
      this.#inFlight--
      this.#offerPlaces()
    }
  }

  /** Starts the calls that wait, as far as there are places, and tells the listeners. */
  #offerPlaces(): void {
    const refusal = this.refusal()
    if (refusal !== undefined) this.#waiting.endAll(refusal)
    else this.#waiting.startWhile(() => this.#mayStart())
    for (const listener of this.#placeListeners) listener()
  }

  /** Notes what a call or a probe showed. */
  #note(shown: Health, isProbe = false): void {
    if (shown === undefined) return
    if (shown === 'failed') {
      this.#failuresInARow++
      // A login that is held is probed in its own time; that probe shows the rest too.
      if (this.#failuresInARow === FAILURES_TO_OPEN && this.#login.state === undefined)
        this.#probeIn(PROBE_EVERY_MS)
    } else if (isProbe || this.#failuresInARow < FAILURES_TO_OPEN) {
      // An open circuit ignores calls that were in flight when it opened.
      this.#failuresInARow = 0
    }
    if (shown === 'login_refused' || shown === 'locked_out') {
      const now = steadyNow()
      const isHeld = this.#login.state !== undefined
      this.#loginGeneration++
      this.#login.refused(shown, now, isProbe)
      this.#isAccepted = false
      this.#concurrency = UNPROVEN_CONCURRENCY
      // If a call that was in flight is refused too while a probe is due, that probe is already being made.
      if (isProbe || !isHeld || this.#login.nextProbeAt > now) this.#probeIn(this.#login.nextProbeAt - now)
    } else if (shown === 'good') {
      this.#login.accepted()
      this.#isAccepted = true
      this.#concurrency = this.#options.maxConcurrency
    }
    this.#change(shown)
  }

  /** Changes the state, and reports it, if what was shown changes it. */
  #change(shown: Health): void {
    const isOpen = this.#failuresInARow >= FAILURES_TO_OPEN
    const working = shown === 'failed' ? this.#state.state : 'reachable'
    const state = this.#login.state ?? (isOpen ? 'unreachable' : working)
    if (state === this.#state.state) return
    this.#state = { state, since: new Date().toISOString() }
    this.#options.onChange(this.#state)
  }

  #probeIn(ms: number): void {
    clearTimeout(this.#probeTimer)
    if (!this.#isClosed) this.#probeTimer = setTimeout(() => void this.#probe(), Math.max(0, ms))
  }

  async #probe(): Promise<void> {
    if (!this.#right.isHeld) {
      this.#probeIn(PROBE_EVERY_MS)
      return
    }
    const held = this.#login.state
    const shown = await (held === undefined ? this.#options.probes.version() : this.#probeLogin())
    // A login probe whose reply was lost may have been refused: it counts as refused, so that the next one waits.
    this.#note(shown === 'failed' ? (held ?? shown) : shown, true)
    if (this.refusal() === undefined) this.#offerPlaces()
    else if (this.#login.state === undefined || this.#login.nextProbeAt <= steadyNow())
      this.#probeIn(PROBE_EVERY_MS)
  }

  /** Probes the login; a reply that was lost stays noted as a refusal. */
  async #probeLogin(): Promise<Health> {
    const { loginNotes, probes } = this.#options
    if (loginNotes === undefined) return probes.login()
    const note = await noteOrUndefined(loginNotes.begin())
    if (note === undefined) return undefined
    const shown = await probes.login()
    if (shown !== 'failed') await keepShown(loginNotes, shown, note)
    return shown
  }
}

/** The note of a call; undefined if it can't be kept. */
async function noteOrUndefined(begun: Promise<LoginNote>): Promise<LoginNote | undefined> {
  try {
    return await begun
  } catch (error) {
    if (error instanceof StorageError) return undefined
    throw error
  }
}

/** Keeps what a call showed of the login. If that fails, the note from before the call counts as a refusal. */
async function keepShown(notes: LoginNotes, shown: Health, note: LoginNote | undefined): Promise<void> {
  try {
    if (shown === 'login_refused' || shown === 'locked_out') await notes.refused(shown, note)
    else if (note !== undefined) await (shown === 'good' ? notes.accepted() : notes.forget(note))
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
  }
}
