import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool } from 'pg'
import { StorageError } from '../errors.ts'
import type { CallRight } from '../vicidial/call-right.ts'
import type { ClusterView, MemberView } from './cluster-view.ts'
import { Lease } from './lease/lease.ts'
import { LeaseTable, type OwnerRow, type OwnerState, type TakenLease } from './lease/lease-table.ts'
import { type Member, MemberTable } from './members/member-table.ts'
import { Members } from './members/members.ts'
import { PROTOCOLS } from './members/protocol.ts'
import { listenAtAddress } from './peers/own-address.ts'
import { type Peer, PeerClient } from './peers/peer-client.ts'
import { PeerServer } from './peers/peer-server.ts'
import { askToReach, HELLO, hello, REACH, reachHandler } from './peers/reach.ts'
import { Signer } from './peers/signature.ts'
import { DELIVER } from './relay/delivery-wire.ts'
import { CANCEL, ownerHandlers, type OwnerWork, STORED } from './relay/owner-side.ts'
import { Relay } from './relay/relay.ts'
import { storedSecret } from './secret.ts'
import type { ClusterSettings } from './settings.ts'

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

export interface ClusterOptions {
  readonly settings: ClusterSettings
  /** Connections for the lease and the members alone, so that nothing else delays them. */
  readonly pool: Pick<Pool, 'query'>
  readonly version: string
  /** The newest schema of the database that this gateway knows. */
  readonly schema: number
  /** Hash of the configuration, which a reload may change. */
  readonly fingerprint: () => string
  /** Names of this gateway's VICIdial accounts. */
  readonly accounts: readonly string[]
  /** Timeout for a call to VICIdial, in milliseconds. */
  readonly callTimeoutMs: number
  /** Begins to work as the owner. Rejects with a StorageError if the database fails. */
  readonly begin: (term: OwnedTerm) => Promise<RunningOwner>
  /** Called with what the owner last said, whichever gateway it is. */
  readonly onState: (state: OwnerState) => void
  /** Called with the time that a relayed request took beyond the owner's own, in milliseconds. */
  readonly onRelayed: (ms: number) => void
  readonly log: ClusterLog
}

interface ClusterLog {
  info(members: object, message: string): void
  warn(members: object, message: string): void
  error(members: object, message: string): void
}

/** Pause before the work as the owner is tried again, in milliseconds. */
const BEGIN_AGAIN_MS = 250

/** The gateways that share a database: who they are, which of them calls VICIdial, and how they reach it. */
export class Cluster implements ClusterView {
  readonly members: Members
  readonly relay: Relay
  readonly #options: ClusterOptions
  readonly #run = randomUUID()
  readonly #lease: Lease
  readonly #client: PeerClient
  readonly #server: PeerServer
  #owner: RunningOwner | undefined
  #begun: Promise<void> = Promise.resolve()
  #row: OwnerRow | undefined
  #takeovers = 0
  readonly #stopping = new AbortController()
  #change = Promise.withResolvers<undefined>()

  private constructor(options: ClusterOptions, secret: string) {
    const { settings, pool, callTimeoutMs, onState, onRelayed, log } = options
    const { leaseMs, renewMs, name } = settings
    this.#options = options
    const signer = new Signer(secret)
    this.#client = new PeerClient(signer)
    const table = new MemberTable(pool, this.#run)
    this.members = new Members({
      table,
      self: () => this.#self(),
      goneMs: leaseMs,
      everyMs: renewMs,
      onChange: () => {
        this.#owner?.membersChanged()
        this.#changed()
      },
      log
    })
    this.#lease = new Lease({
      table: new LeaseTable(pool, name),
      leaseMs,
      renewMs,
      callTimeoutMs,
      state: () => this.#latestState(),
      onTaken: (taken) => {
        this.#takeovers++
        this.#begun = this.#begin(taken)
      },
      onLost: () => this.#end(),
      onOwner: (row) => {
        const isOther = row.term !== this.#row?.term || row.leftMs > 0 !== this.#row.leftMs > 0
        this.#row = row
        onState(row.state)
        if (!isOther) return
        // The new owner may be a process that was not listed yet.
        void this.members.look()
        this.#changed()
      },
      log
    })
    const { deliver, stored, cancel } = ownerHandlers(() => this.#owner)
    this.#server = new PeerServer({
      self: { gateway: name, run: this.#run },
      signer,
      handlers: {
        [HELLO]: hello,
        [REACH]: reachHandler(this.#client, () => table.list()),
        [DELIVER]: deliver,
        [STORED]: stored,
        [CANCEL]: cancel
      },
      log
    })
    this.relay = new Relay({
      work: () => this.#owner,
      owner: () => this.#otherOwner(),
      ownerChange: (ms) => Promise.race([this.#change.promise, pause(ms)]),
      client: this.#client,
      onRelayed,
      log
    })
  }

  /**
   * Joins the cluster, but calls nothing yet.
   * @throws StorageError with every fault of the set-up
   */
  static async join(options: ClusterOptions): Promise<Cluster> {
    const secret = options.settings.secret ?? (await storedSecret(options.pool))
    const cluster = new Cluster(options, secret)
    try {
      await cluster.#join()
      return cluster
    } catch (error) {
      await cluster.leave()
      throw error
    }
  }

  get gateway(): string {
    return this.#options.settings.name
  }

  get list(): readonly MemberView[] {
    const fingerprint = this.#options.fingerprint()
    return this.members.all.map((member) => ({ ...member, isAlike: member.fingerprint === fingerprint }))
  }

  get owner(): { readonly gateway: string; readonly term: number } | undefined {
    const { term } = this.#lease
    if (term !== undefined) return { gateway: this.#options.settings.name, term }
    return this.#row === undefined || this.#row.leftMs <= 0 ? undefined : this.#row
  }

  get lastTerm(): number {
    return Math.max(this.#row?.term ?? 0, this.#lease.term ?? 0)
  }

  get leaseAgeMs(): number | undefined {
    return this.#lease.ageMs
  }

  get takeovers(): number {
    return this.#takeovers
  }

  get isOwner(): boolean {
    return this.#owner !== undefined
  }

  /** Takes part in choosing the owner. Resolves after the first look at the lease. */
  async start(): Promise<void> {
    await this.#lease.start()
  }

  /** Hands over to the next owner, if this gateway is the owner. Requests are still relayed. */
  async handOver(): Promise<void> {
    this.#lease.takeNoMore()
    this.#stopping.abort()
    await this.#begun
    const owner = this.#owner
    await owner?.drain()
    this.#latestState()
    this.#owner = undefined
    await owner?.stop()
    await this.#lease.release(owner?.state)
    await owner?.abort()
  }

  /** Leaves the cluster. */
  async leave(): Promise<void> {
    await this.members.leave()
    await this.#server.close()
    await this.#client.close()
  }

  /** What goes with the lease. It is kept for when this gateway's work as the owner has ended. */
  #latestState(): OwnerState {
    const state = this.#owner?.state ?? this.#row?.state ?? {}
    if (this.#row !== undefined) this.#row = { ...this.#row, state }
    return state
  }

  #self(): Member {
    const { settings, version, schema, fingerprint, accounts } = this.#options
    const { name, address } = settings
    return {
      gateway: name,
      address,
      version,
      ...PROTOCOLS,
      schema,
      fingerprint: fingerprint(),
      accounts
    }
  }

  async #join(): Promise<void> {
    const { settings, log } = this.#options
    const { name } = settings
    const self = { gateway: name, run: this.#run }
    const faults = await listenAtAddress(this.#server, this.#client, settings, self)
    faults.push(...(await this.members.join()))
    if (faults.length === 0) {
      const others = this.members.present.filter(({ gateway }) => gateway !== name)
      const asked = await askToReach(this.#client, others, self)
      faults.push(...asked.faults)
      for (const fault of asked.away) log.warn({ fault }, 'another gateway cannot be reached')
    }
    if (faults.length > 0) throw new StorageError(faults.join('\n'))
  }

  #otherOwner(): Peer | undefined {
    const { owner } = this
    return owner && owner.gateway !== this.#options.settings.name
      ? this.members.peer(owner.gateway)
      : undefined
  }

  /** Begins to work as the owner. */
  async #begin(taken: TakenLease): Promise<void> {
    const { settings, begin, log } = this.#options
    const isOwn = () => this.#lease.term === taken.term && !this.#stopping.signal.aborted
    const lastCallsEnded = this.#pause(taken.waitMs)
    const term = { ...taken, gateway: settings.name, right: this.#lease, lastCallsEnded }
    while (isOwn()) {
      try {
        const owner = await begin(term)
        if (!isOwn()) {
          await owner.abort()
          return
        }
        this.#owner = owner
        this.#changed()
        log.info({ term: taken.term }, 'this gateway calls vicidial now')
        return
      } catch (error) {
        log.error({ err: error, term: taken.term }, 'the work as the owner cannot begin')
        await this.#pause(BEGIN_AGAIN_MS)
      }
    }
  }

  async #end(): Promise<void> {
    const owner = this.#owner
    this.#owner = undefined
    this.#changed()
    await this.#begun
    await owner?.abort()
  }

  /** Ends early when this gateway stops. */
  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }

  #changed(): void {
    this.#change.resolve(undefined)
    this.#change = Promise.withResolvers()
  }
}
