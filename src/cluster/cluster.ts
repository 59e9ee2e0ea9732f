import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool } from 'pg'
import { StorageError } from '../errors.ts'
import type { ClusterView, MemberView } from './cluster-view.ts'
import { Lease } from './lease/lease.ts'
import { LeaseTable, type OwnerRow, type OwnerState } from './lease/lease-table.ts'
import { type Member, MemberTable } from './members/member-table.ts'
import { Members } from './members/members.ts'
import { PROTOCOLS } from './members/protocol.ts'
import { type OwnedTerm, OwnTerms, type RunningOwner } from './own-terms.ts'
import { listenAtAddress } from './peers/own-address.ts'
import { type Peer, PeerClient } from './peers/peer-client.ts'
import { PeerServer } from './peers/peer-server.ts'
import { askToReach, HELLO, hello, REACH, reachHandler } from './peers/reach.ts'
import { Signer } from './peers/signature.ts'
import { DELIVER } from './relay/delivery-wire.ts'
import { CANCEL, ownerHandlers, STORED } from './relay/owner-side.ts'
import { Relay } from './relay/relay.ts'
import { storedSecret } from './secret.ts'
import type { ClusterSettings } from './settings.ts'

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

/** The gateways that share a database: who they are, which of them calls VICIdial, and how they reach it. */
export class Cluster implements ClusterView {
  readonly members: Members
  readonly relay: Relay
  readonly #options: ClusterOptions
  readonly #run = randomUUID()
  readonly #lease: Lease
  readonly #terms: OwnTerms
  readonly #client: PeerClient
  readonly #server: PeerServer
  #row: OwnerRow | undefined
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
        this.#terms.running?.membersChanged()
        this.#changed()
      },
      log
    })
    this.#terms = new OwnTerms({
      gateway: name,
      lease: () => this.#lease,
      begin: options.begin,
      onChange: () => {
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
        this.#terms.begin(taken)
      },
      onLost: () => this.#terms.end(),
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
    const { deliver, stored, cancel } = ownerHandlers(() => this.#terms.running)
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
      work: () => this.#terms.running,
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
    return this.#terms.count
  }

  get isOwner(): boolean {
    return this.#terms.running !== undefined
  }

  /** Takes part in choosing the owner. Resolves after the first look at the lease. */
  async start(): Promise<void> {
    await this.#lease.start()
  }

  /** Hands over to the next owner, if this gateway is the owner. Requests are still relayed. */
  async handOver(): Promise<void> {
    await this.#terms.handOver(() => this.#latestState())
  }

  /** Leaves the cluster. */
  async leave(): Promise<void> {
    await this.members.leave()
    await this.#server.close()
    await this.#client.close()
  }

  /** What goes with the lease. It is kept for when this gateway's work as the owner has ended. */
  #latestState(): OwnerState {
    const state = this.#terms.running?.state ?? this.#row?.state ?? {}
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

  #changed(): void {
    this.#change.resolve(undefined)
    this.#change = Promise.withResolvers()
  }
}
