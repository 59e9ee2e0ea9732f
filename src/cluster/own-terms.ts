import { setTimeout as pause } from 'node:timers/promises'
import type { CallRight } from '../vicidial/call-right.ts'
import type { Lease } from './lease/lease.ts'
import type { OwnerState, TakenLease } from './lease/lease-table.ts'
import type { OwnerWork } from './relay/owner-side.ts'

/** The right of one term to call VICIdial, and what the last owner knew. */
export interface OwnedTerm extends TakenLease {
  readonly gateway: string
  readonly right: CallRight
  /** Resolves when no call of the last owner can be under way any more, or this gateway stops. */
  readonly lastCallsEnded: Promise<void>
}

/** What a gateway runs while it is the owner. */
export interface RunningOwner extends OwnerWork {
  /** What the others and the next owner are to know. */
  readonly state: OwnerState
  /** Gateways have come or gone, and with them accounts that somebody knows. */
  membersChanged(): void
  /** Takes no further stored updates, and gives those in flight a moment to end. */
  drain(): Promise<void>
  /** Makes no further call, and settles what is in flight. */
  stop(): Promise<void>
  /** Cuts off every call: another gateway is the owner. */
  abort(): Promise<void>
}

export interface OwnTermsOptions {
  /** The name of this gateway. */
  readonly gateway: string
  /** This gateway's lease. */
  readonly lease: () => Lease
  /** Begins to work as the owner. Rejects with a StorageError if the database fails. */
  readonly begin: (term: OwnedTerm) => Promise<RunningOwner>
  /** Called when this gateway begins to work as the owner, or ends. */
  readonly onChange: () => void
  readonly log: {
    info(members: object, message: string): void
    error(members: object, message: string): void
  }
}

/** Pause before the work as the owner is tried again, in milliseconds. */
const BEGIN_AGAIN_MS = 250

/** The terms in which this gateway is the owner: what it runs in one, from start to end. */
export class OwnTerms {
  readonly #options: OwnTermsOptions
  readonly #stopping = new AbortController()
  #running: RunningOwner | undefined
  #begun: Promise<void> = Promise.resolve()
  #count = 0

  constructor(options: OwnTermsOptions) {
    this.#options = options
  }

  /** What runs while this gateway is the owner; undefined while it is not. */
  get running(): RunningOwner | undefined {
    return this.#running
  }

  /** How often this gateway became the owner. */
  get count(): number {
    return this.#count
  }

  /** Begins a term: this gateway has taken the lease. */
  begin(taken: TakenLease): void {
    this.#count++
    this.#begun = this.#begin(taken)
  }

  /** Ends the term: another gateway may be the owner. */
  async end(): Promise<void> {
    const owner = this.#running
    this.#running = undefined
    this.#options.onChange()
    await this.#begun
    await owner?.abort()
  }

  /**
   * Hands over to the next owner, if this gateway is the owner, and begins no other term.
   * @param onDrained called once what was in flight has had its moment to end
   */
  async handOver(onDrained: () => void): Promise<void> {
    const lease = this.#options.lease()
    lease.takeNoMore()
    this.#stopping.abort()
    await this.#begun
    const owner = this.#running
    await owner?.drain()
    onDrained()
    this.#running = undefined
    await owner?.stop()
    await lease.release(owner?.state)
    await owner?.abort()
  }

  async #begin(taken: TakenLease): Promise<void> {
    const { gateway, begin, onChange, log } = this.#options
    const lease = this.#options.lease()
    const isOwn = () => lease.term === taken.term && !this.#stopping.signal.aborted
    const lastCallsEnded = this.#pause(taken.waitMs)
    const term = { ...taken, gateway, right: lease, lastCallsEnded }
    while (isOwn()) {
      try {
        const owner = await begin(term)
        if (!isOwn()) {
          await owner.abort()
          return
        }
        this.#running = owner
        onChange()
        log.info({ term: taken.term }, 'this gateway calls vicidial now')
        return
      } catch (error) {
        log.error({ err: error, term: taken.term }, 'the work as the owner cannot begin')
        await this.#pause(BEGIN_AGAIN_MS)
      }
    }
  }

  /** Ends early when this gateway stops. */
  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}
