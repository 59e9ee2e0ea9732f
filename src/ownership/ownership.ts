import type { OwnerView } from '../delivery/owner-view.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Deliveries } from '../updates/ordered-delivery.ts'
import type { Account } from '../vicidial/account.ts'
import { Owner, type OwnerOptions } from './owner.ts'

/** The owner's work for this gateway's requests, wherever it is done. */
export interface Ownership {
  readonly deliveries: Deliveries
  /** What the owner shows, for pages. */
  readonly view: OwnerView
  /** What this gateway itself has of that, for its metrics. */
  readonly own: OwnerView
  /** Lets the owner look for stored updates. */
  wake(): void
  /**
   * Cancels the updates of a job that are not in flight. Returns how many.
   * @throws Problem overloaded, if the owner can't be asked
   */
  cancel(job: string): Promise<number>
  /** Gives accounts their passwords. Returns the names of those whose password is another one. */
  changePasswords(accounts: readonly Account[]): string[]
  start(): Promise<void>
  /** Ends the work as the owner, while requests are still being answered. */
  stop(): Promise<void>
  /** Resolves when whoever calls VICIdial next knows enough, once no request is left. */
  settled(): Promise<void>
  /** Closes everything, once no request is left. */
  close(): Promise<void>
}

/** The gateway is the only one, and so always the owner. */
export class SoleOwnership implements Ownership {
  readonly deliveries: Deliveries
  readonly view: OwnerView
  readonly own: OwnerView
  readonly #owner: Owner
  readonly #outbox: Outbox

  private constructor(owner: Owner, outbox: Outbox) {
    this.deliveries = owner.deliveries
    this.view = owner
    this.own = owner
    this.#owner = owner
    this.#outbox = outbox
  }

  static async create(options: Omit<OwnerOptions, 'isInDoubt'>): Promise<SoleOwnership> {
    const { outbox } = options
    return new SoleOwnership(await Owner.create({ ...options, isInDoubt: outbox.wasKilled === true }), outbox)
  }

  wake(): void {
    this.#owner.wake()
  }

  cancel(job: string): Promise<number> {
    return this.#outbox.jobs.cancel(job, Date.now())
  }

  changePasswords(accounts: readonly Account[]): string[] {
    return this.#owner.changePasswords(accounts)
  }

  start(): Promise<void> {
    return this.#owner.start()
  }

  stop(): Promise<void> {
    return this.#owner.stop()
  }

  /** The next start would not know of a lost call. */
  settled(): Promise<void> {
    return this.#owner.certain()
  }

  close(): Promise<void> {
    return this.#owner.close()
  }
}
