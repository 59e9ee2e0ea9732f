import type { CallRight } from '../../vicidial/call-right.ts'
import { Calls } from './calls.ts'
import type { LeaseTable, OwnerRow, OwnerState, TakenLease } from './lease-table.ts'

export interface LeaseOptions {
  readonly table: Pick<LeaseTable, 'look' | 'take' | 'renew' | 'release'>
  /** How long the lease lasts without a renewal, in milliseconds. */
  readonly leaseMs: number
  /** How often it is renewed, or looked at, in milliseconds. */
  readonly renewMs: number
  /** Timeout for a call to VICIdial, in milliseconds. */
  readonly callTimeoutMs: number
  /** What the next owner is to know. */
  readonly state: () => OwnerState
  /** Called when this gateway has become the owner; calls may be made after `waitMs`. */
  readonly onTaken: (taken: TakenLease) => void
  /** Called when another gateway has the lease now. Resolves when this one has ended everything that calls VICIdial. */
  readonly onLost: (term: number) => Promise<void>
  /** Called with the owner each time that it was looked at. */
  readonly onOwner: (owner: OwnerRow) => void
  readonly log: { warn(members: object, message: string): void; info(members: object, message: string): void }
}

/** The next owner waits at least this long after an owner that ended without a word, in milliseconds. */
const MIN_WAIT_MS = 1_000
/** How much longer a call may take than the slowest of the last minute. */
const WAIT_FACTOR = 2
/** The right ends this part of the lease before the lease does. */
const MARGIN = 0.2
/** Looks a little after the lease of another ends, in milliseconds. */
const AFTER_END_MS = 10

/** A lease that this gateway holds. */
interface Held {
  readonly term: number
  /** Until when calls may be made: by a clock that is never set, and by the system's, as a suspended machine stops the first. */
  readonly untilSteady: number
  readonly untilSystem: number
}

/**
 * Elects the owner, the one gateway that calls VICIdial: takes the lease when it has ended, renews it, gives it back. The
 * right to call ends before the lease can be taken by another, even if the database cannot be asked.
 */
export class Lease implements CallRight {
  readonly #options: LeaseOptions
  readonly #calls = new Calls()
  #held: Held | undefined
  /** Calls wait until this time of the steady clock after a take. */
  #callsFrom = 0
  #mayTake = true
  #isStopped = false
  #isFailing = false
  #timer: NodeJS.Timeout | undefined
  #step: Promise<void> = Promise.resolve()

  constructor(options: LeaseOptions) {
    this.#options = options
  }

  /** The term that this gateway owns; undefined if another gateway does, as far as it knows. */
  get term(): number | undefined {
    return this.#held?.term
  }

  /** Whether VICIdial may be called now. */
  get isHeld(): boolean {
    const held = this.#held
    const now = performance.now()
    return (
      held !== undefined && now >= this.#callsFrom && now < held.untilSteady && Date.now() < held.untilSystem
    )
  }

  /** Milliseconds since the lease was last renewed; undefined if this gateway does not own it. */
  get ageMs(): number | undefined {
    return this.#held && performance.now() - (this.#held.untilSteady - this.#validMs)
  }

  /** Calls to VICIdial that are under way. */
  get callsInFlight(): number {
    return this.#calls.inFlight
  }

  begin(): () => void {
    const end = this.#calls.begin()
    // If this gateway was frozen until its right ended, its calls only look slow.
    return () => {
      end(this.isHeld)
    }
  }

  /** Looks at the lease now and from then on. Resolves after the first look. */
  async start(): Promise<void> {
    await this.#look()
  }

  /** Takes the lease no more; one that is held is renewed until `release`. */
  takeNoMore(): void {
    this.#mayTake = false
  }

  /**
   * Waits for the calls under way, gives the lease back if it is held, and looks no more.
   * @param state what the next owner is to know
   */
  async release(state: OwnerState = this.#options.state()): Promise<void> {
    this.#mayTake = false
    const held = this.#held
    // No call begins from here on; those under way keep the lease.
    this.#callsFrom = Number.POSITIVE_INFINITY
    await this.#calls.ended()
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#step
    if (held === undefined || this.#held?.term !== held.term) return
    this.#held = undefined
    try {
      await this.#options.table.release(held.term, state)
      this.#options.log.info({ term: held.term }, 'gave back the right to call vicidial')
    } catch (error) {
      this.#options.log.warn(
        { err: error, term: held.term },
        'the lease could not be given back; it ends on its own'
      )
    }
  }

  get #validMs(): number {
    return this.#options.leaseMs * (1 - MARGIN)
  }

  async #look(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#step = promise
    let pauseMs = this.#options.renewMs
    try {
      const leftMs = this.#held === undefined ? await this.#lookOrTake() : await this.#renew(this.#held.term)
      if (leftMs > 0) pauseMs = Math.min(pauseMs, leftMs + AFTER_END_MS)
      if (this.#isFailing) this.#options.log.info({}, 'the database answers again')
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) this.#options.log.warn({ err: error }, 'the lease cannot be read')
      this.#isFailing = true
    } finally {
      resolve(undefined)
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#look(), pauseMs)
  }

  /** Returns how long the lease of another lasts, in milliseconds. */
  async #lookOrTake(): Promise<number> {
    const { table, leaseMs, onOwner, onTaken, log } = this.#options
    const owner = await table.look()
    onOwner(owner)
    // A call of an earlier term may still be under way.
    if (owner.leftMs > 0 || !this.#mayTake || this.#calls.inFlight > 0) return owner.leftMs
    const asked = now()
    const taken = await table.take(leaseMs)
    if (taken === undefined) return 0
    this.#callsFrom = performance.now() + taken.waitMs
    this.#hold(taken.term, asked)
    log.info(
      { term: taken.term, wait_ms: Math.round(taken.waitMs), clean: taken.isClean },
      'took over the right to call vicidial'
    )
    onTaken(taken)
    return 0
  }

  async #renew(term: number): Promise<number> {
    const { table, leaseMs, callTimeoutMs, state, onLost, log } = this.#options
    const waitMs = Math.min(callTimeoutMs, Math.max(MIN_WAIT_MS, WAIT_FACTOR * this.#calls.slowestMs()))
    const asked = now()
    if (await table.renew(term, { leaseMs, waitMs: Math.round(waitMs), state: state() })) {
      this.#hold(term, asked)
      return 0
    }
    this.#held = undefined
    log.warn({ term }, 'lost the right to call vicidial: another gateway has taken it over')
    await onLost(term)
    return 0
  }

  /** @param asked when the statement was sent: the database has counted from then on, or later */
  #hold(term: number, asked: ReturnType<typeof now>): void {
    const validMs = this.#validMs
    this.#held = { term, untilSteady: asked.steady + validMs, untilSystem: asked.system + validMs }
  }
}

function now() {
  return { steady: performance.now(), system: Date.now() }
}
