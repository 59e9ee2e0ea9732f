import { setTimeout as pause } from 'node:timers/promises'
import { StorageError } from '../../errors.ts'
import type { Peer } from '../peers/peer-client.ts'
import type { Member, MemberTable, SeenMember } from './member-table.ts'
import { understand } from './protocol.ts'

export interface MembersOptions {
  readonly table: MemberTable
  /** This gateway; its fingerprint and accounts may change. */
  readonly self: () => Member
  /** A member that was not seen for this long is gone, in milliseconds. */
  readonly goneMs: number
  /** How often this gateway is noted as alive, in milliseconds. */
  readonly everyMs: number
  /** Called when gateways have come or gone, or have other accounts or addresses. */
  readonly onChange: () => void
  readonly log: {
    info(members: object, message: string): void
    warn(members: object, message: string): void
    error(members: object, message: string): void
  }
}

/** The gateways of the cluster, as this one last saw them. */
export class Members {
  readonly #options: MembersOptions
  #all: readonly SeenMember[] = []
  /** When they were listed, in milliseconds of `performance.now`. */
  #listedAt = 0
  /** What was last logged: names of members, whose configuration differs, and who cannot be understood. */
  #logged = { present: new Set<string>(), different: new Set<string>(), foreign: new Set<string>() }
  #timer: NodeJS.Timeout | undefined
  #isMember = true
  #isStopped = false

  constructor(options: MembersOptions) {
    this.#options = options
  }

  /** Every member that was seen within a day, this one included. */
  get all(): readonly (SeenMember & { readonly isPresent: boolean })[] {
    const listedMsAgo = performance.now() - this.#listedAt
    return this.#all.map((member) => ({
      ...member,
      seenMsAgo: member.seenMsAgo + listedMsAgo,
      isPresent: this.#isPresent(member)
    }))
  }

  /** The members that are alive, this one included. */
  get present(): readonly SeenMember[] {
    return this.#all.filter((member) => this.#isPresent(member))
  }

  /** How to reach a member; undefined if that is not known, or if the two would not understand each other. */
  peer(gateway: string): Peer | undefined {
    const member = this.#all.find((one) => one.gateway === gateway)
    if (member?.address === undefined || !understand(member, this.#options.self())) return undefined
    return { address: member.address, run: member.run }
  }

  /** Names of the VICIdial accounts that a live member has. */
  get accounts(): ReadonlySet<string> {
    return new Set([...this.#options.self().accounts, ...this.present.flatMap(({ accounts }) => accounts)])
  }

  /**
   * Joins the cluster. A process that ended a moment ago without a word still counts as alive, so this waits for as long
   * as it takes to know.
   * @returns why not: there is another gateway of the name, or others are there that this one cannot work with
   */
  async join(): Promise<readonly string[]> {
    const { table, goneMs, everyMs } = this.#options
    await this.#list()
    const seenBefore = new Set(this.#all.map(({ gateway }) => gateway))
    const giveUpAt = performance.now() + goneMs + everyMs
    while (!(await this.#mayJoin())) {
      if (performance.now() > giveUpAt) return this.#whyNot(seenBefore)
      await pause(everyMs)
      await this.#list()
    }
    await table.forget()
    await this.#list()
    this.#schedule()
    return []
  }

  /** Lists the gateways now, beside the regular times. */
  async look(): Promise<void> {
    // The lease reports that the database fails.
    await this.#list().catch(() => {})
  }

  /** Leaves the cluster. */
  async leave(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#options.table.leave().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'this gateway could not be removed from the list of members')
    })
  }

  #isPresent({ seenMsAgo }: SeenMember): boolean {
    return seenMsAgo + performance.now() - this.#listedAt < this.#options.goneMs + this.#options.everyMs
  }

  async #mayJoin(): Promise<boolean> {
    const { table, self, goneMs } = this.#options
    return this.#faultsBesideOthers().length === 0 && (await table.join(self(), goneMs))
  }

  #whyNot(seenBefore: ReadonlySet<string>): string[] {
    const { gateway } = this.#options.self()
    const other = this.present.find((member) => member.gateway === gateway)
    const faults = this.#faultsBesideOthers()
    if (other !== undefined) {
      const what = seenBefore.has(gateway) ? 'is running' : 'has just started'
      const where = other.address ?? 'without an address'
      faults.push(
        `Another gateway with the name ${gateway} ${what} (${where}): give each its own CLUSTER_NAME.`
      )
    }
    return faults.length > 0 ? faults : [`The gateway ${gateway} was kept from joining: start it again.`]
  }

  /** Why this gateway cannot work beside the others that are alive. */
  #faultsBesideOthers(): string[] {
    const self = this.#options.self()
    const others = this.present.filter(({ gateway }) => gateway !== self.gateway)
    const faults: string[] = []
    if (self.address === undefined && others.length > 0) {
      const names = others.map(({ gateway }) => gateway).join(', ')
      faults.push(
        `Other gateways use this database (${names}): set CLUSTER_URL to the address at which they reach this one.`
      )
    }
    for (const { gateway, version, protocol } of others.filter((other) => !understand(other, self))) {
      const remedy =
        protocol > self.protocol
          ? 'start a newer version'
          : 'stop it, or upgrade over a version that both of them understand'
      faults.push(
        `The gateway ${gateway} (version ${version}) speaks to others in a way that version ${self.version} does not know: ${remedy}.`
      )
    }
    return faults
  }

  #schedule(): void {
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#see(), this.#options.everyMs)
  }

  /** @throws StorageError if the gateway must not go on; nobody catches it, so that the process ends */
  async #see(): Promise<void> {
    const { table, self, goneMs, log } = this.#options
    let isOutdated = false
    try {
      isOutdated = await table.isOutdated(self())
      // Another process can have the name only if this one was not seen for long.
      const isMember = (await table.see(self())) || (await table.join(self(), goneMs))
      if (!isMember && this.#isMember)
        log.error({ gateway: self().gateway }, 'another gateway has the name of this one')
      this.#isMember = isMember
      await this.#list()
    } catch {
      // The lease reports that the database fails.
    }
    // Only a gateway that was frozen can have missed it: the newer one would not have started beside it.
    if (isOutdated && !this.#isStopped)
      throw new StorageError('A newer gateway has changed the database: this one cannot use it any more.')
    this.#schedule()
  }

  async #list(): Promise<void> {
    const before = this.#summary()
    this.#all = await this.#options.table.list()
    this.#listedAt = performance.now()
    this.#logChanges()
    if (this.#summary() !== before) this.#options.onChange()
  }

  /** What others act on. */
  #summary(): string {
    return JSON.stringify(this.present.map(({ run, address, accounts }) => [run, address, accounts]))
  }

  #logChanges(): void {
    const { log } = this.#options
    const self = this.#options.self()
    const others = this.present.filter(({ gateway }) => gateway !== self.gateway)
    const names = (is: (member: SeenMember) => boolean) =>
      new Set(others.filter(is).map(({ gateway }) => gateway))
    const present = names(() => true)
    const different = names(({ fingerprint }) => fingerprint !== self.fingerprint)
    const foreign = names((member) => !understand(member, self))
    for (const gateway of present.difference(this.#logged.present)) log.info({ gateway }, 'gateway joined')
    for (const gateway of this.#logged.present.difference(present)) log.warn({ gateway }, 'gateway is gone')
    for (const gateway of different.difference(this.#logged.different))
      log.warn({ gateway }, 'another gateway of the cluster has a different configuration')
    for (const gateway of foreign.difference(this.#logged.foreign))
      log.warn({ gateway }, 'another gateway of the cluster is too new or too old to work with')
    this.#logged = { present, different, foreign }
  }
}
