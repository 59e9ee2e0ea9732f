import type { Cluster } from '../cluster/cluster.ts'
import type { OwnedTerm, RunningOwner } from '../cluster/own-terms.ts'
import type { OwnerState } from '../cluster/lease/lease-table.ts'
import type { Relay } from '../cluster/relay/relay.ts'
import type { OwnerView } from '../delivery/owner-view.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Term } from '../outbox/postgres/owned-queue.ts'
import type { Account } from '../vicidial/account.ts'
import { Owner, type OwnerOptions } from './owner.ts'
import type { Ownership } from './ownership.ts'
import type { UpstreamState } from '../vicidial/guard.ts'

/** The outbox of several gateways, of which the owner claims and settles. */
export interface SharedOutbox extends Outbox {
  readonly queue: Outbox['queue'] & {
    /** Reads the queue: from now on this gateway claims and settles. */
    take(term: Term): Promise<void>
    /** Forgets the queue: another gateway owns it. */
    release(): void
  }
}

export interface SharedOwnershipOptions extends Omit<
  OwnerOptions,
  'right' | 'hasAccount' | 'isInDoubt' | 'outbox'
> {
  readonly outbox: SharedOutbox
}

/** After a drain, updates in flight have this long to end before those that are not sent yet are given up, in milliseconds. */
const DRAIN_MS = 1_000
const UNKNOWN: UpstreamState = { state: 'unknown' }

/** The gateway shares its database with others, and is the owner at times. */
export class SharedOwnership implements Ownership {
  readonly #options: SharedOwnershipOptions
  readonly #accounts: ReadonlySet<string>
  /** The configuration, with the passwords that now hold. */
  #config: OwnerOptions['config']
  #cluster: Cluster | undefined
  #owner: Owner | undefined
  /** What the owner last said, if it is another gateway. */
  #state: OwnerState = {}

  constructor(options: SharedOwnershipOptions) {
    this.#options = options
    this.#config = options.config
    this.#accounts = new Set(options.config.accounts.map(({ name }) => name))
    options.outbox.queue.onArrived(() => this.#owner?.wake())
  }

  /** Must be called once, before anything else. */
  join(cluster: Cluster): void {
    this.#cluster = cluster
  }

  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new Error('the gateway has not joined the cluster')
    return this.#cluster
  }

  get deliveries(): Relay {
    return this.cluster.relay
  }

  get view(): OwnerView {
    const { states = {}, queues = [] } = this.#state
    return (
      this.#owner ?? {
        states: new Map([...this.#accounts].map((name) => [name, states[name] ?? UNKNOWN])),
        queues
      }
    )
  }

  get own(): OwnerView {
    return this.#owner ?? NOTHING
  }

  wake(): void {
    this.cluster.relay.wake()
  }

  cancel(job: string): Promise<number> {
    return this.cluster.relay.cancel(job)
  }

  changePasswords(accounts: readonly Account[]): string[] {
    const passwords = new Map(accounts.map(({ name, pass }) => [name, pass]))
    const withPassword = (account: Account) => ({
      ...account,
      pass: passwords.get(account.name) ?? account.pass
    })
    const [first, ...more] = this.#config.accounts
    const changed = [first, ...more].filter(({ name, pass }) => (passwords.get(name) ?? pass) !== pass)
    this.#config = { ...this.#config, accounts: [withPassword(first), ...more.map(withPassword)] }
    this.#owner?.changePasswords(accounts)
    return changed.map(({ name }) => name)
  }

  start(): Promise<void> {
    return this.cluster.start()
  }

  stop(): Promise<void> {
    return this.cluster.handOver()
  }

  /** The next owner knows from the lease. */
  async settled(): Promise<void> {}

  async close(): Promise<void> {
    await this.cluster.leave()
  }

  /** Notes what the owner said. */
  noteState(state: OwnerState): void {
    if (state.build !== undefined && state.build !== this.#state.build) this.#options.onBuild(state.build)
    this.#state = state
  }

  /** Begins to work as the owner. */
  async begin({ gateway, term, right, lastCallsEnded, isClean, state }: OwnedTerm): Promise<RunningOwner> {
    const { outbox } = this.#options
    const hasAccount = (account: string) => this.cluster.members.accounts.has(account)
    await Promise.all([outbox.queue.take({ gateway, term }), lastCallsEnded])
    const isInDoubt = !isClean || state.isInDoubt === true
    const owner = await Owner.create({
      ...this.#options,
      config: this.#config,
      right,
      isInDoubt,
      hasAccount,
      sentAlerts: state.alerts
    })
    const running = this.#running(owner)
    this.#owner = owner
    try {
      await owner.start()
      return running
    } catch (error) {
      await running.abort()
      throw error
    }
  }

  #running(owner: Owner): RunningOwner {
    const { queue, jobs } = this.#options.outbox
    const end = async () => {
      if (this.#owner === owner) this.#owner = undefined
      queue.release()
      await owner.close()
    }
    return {
      deliveries: owner.deliveries,
      hasAccount: (account) => this.#accounts.has(account),
      wake: () => {
        owner.wake()
      },
      cancel: (job) => jobs.cancel(job, Date.now()),
      get state() {
        return stateOf(owner)
      },
      membersChanged: () => {
        owner.checkAccounts()
      },
      drain: () => owner.stop(DRAIN_MS),
      stop: async () => {
        owner.callNoMore()
        // What they have set must be noted before the next owner reads the notes.
        await Promise.all([owner.stop(), owner.deliveries.ended()])
      },
      abort: async () => {
        owner.callNoMore()
        await owner.stop(0)
        await end()
      }
    }
  }
}

const NOTHING: OwnerView = { states: new Map(), queues: [] }

function stateOf({ build, states, queues, sentAlerts, isInDoubt }: Owner): OwnerState {
  return {
    ...(build === undefined ? {} : { build }),
    states: Object.fromEntries(states),
    queues,
    ...(sentAlerts.length > 0 && { alerts: sentAlerts }),
    ...(isInDoubt && { isInDoubt })
  }
}
