import { setTimeout as pause } from 'node:timers/promises'
import type { Member, MemberTable, SeenMember } from './member-table.ts'

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
  readonly log: { warn(members: object, message: string): void; info(members: object, message: string): void }
}

/** The gateways of the cluster, as this one last saw them. */
export class Members {
  readonly #options: MembersOptions
  #all: readonly SeenMember[] = []
  /** When they were listed, in milliseconds of `performance.now`. */
  #listedAt = 0
  /** What was last logged: names of members, and whose configuration differs. */
  #logged = { present: new Set<string>(), different: new Set<string>() }
  #timer: NodeJS.Timeout | undefined
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

  /** Where the others reach a member; undefined if it is not known. */
  addressOf(gateway: string): string | undefined {
    return this.#all.find((member) => member.gateway === gateway)?.address
  }

  /** Names of the VICIdial accounts that a live member has. */
  get accounts(): ReadonlySet<string> {
    return new Set([...this.#options.self().accounts, ...this.present.flatMap(({ accounts }) => accounts)])
  }

  /**
   * Joins the cluster. A process of the same name that ended a moment ago still counts as alive, so this waits for as
   * long as it takes to know.
   * @returns why not, if there is another gateway of the name, or if others are there and this one has no address
   */
  async join(): Promise<string | undefined> {
    const { table, self, goneMs } = this.#options
    await this.#list()
    const seenBefore = new Map(this.#all.map(({ gateway, run }) => [gateway, run]))
    const { gateway, address } = self()
    const mayJoin = async () =>
      (address !== undefined || this.present.every((member) => member.gateway === gateway)) &&
      (await table.join(self(), goneMs))
    if (!(await mayJoin())) {
      await pause(goneMs)
      await this.#list()
      if (!(await mayJoin())) return this.#whyNot(seenBefore)
    }
    await table.forget()
    await this.#list()
    this.#schedule()
    return undefined
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

  #whyNot(seenBefore: ReadonlyMap<string, string>): string {
    const { gateway, address } = this.#options.self()
    const other = this.present.find((member) => member.gateway === gateway)
    if (other !== undefined && seenBefore.has(gateway))
      return `Another gateway with the name ${gateway} is running (${other.address ?? 'without an address'}): give each its own CLUSTER_NAME.`
    const names = this.present.map((member) => member.gateway).join(', ')
    return address === undefined
      ? `Other gateways use this database (${names}): set CLUSTER_URL to the address at which they reach this one.`
      : `Another gateway with the name ${gateway} has just started: give each its own CLUSTER_NAME.`
  }

  #schedule(): void {
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#see(), this.#options.everyMs)
  }

  async #see(): Promise<void> {
    const { table, self, goneMs, log } = this.#options
    try {
      // Another process can have the name only if this one was not seen for long.
      const isMember = (await table.see(self())) || (await table.join(self(), goneMs))
      if (!isMember) log.warn({ gateway: self().gateway }, 'another gateway has the name of this one')
      await this.#list()
    } catch {
      // The lease reports that the database fails.
    }
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
    const { self, log } = this.#options
    const { gateway: name, fingerprint } = self()
    const others = this.present.filter(({ gateway }) => gateway !== name)
    const present = new Set(others.map(({ gateway }) => gateway))
    const different = new Set(
      others.filter((member) => member.fingerprint !== fingerprint).map(({ gateway }) => gateway)
    )
    for (const gateway of present.difference(this.#logged.present)) log.info({ gateway }, 'gateway joined')
    for (const gateway of this.#logged.present.difference(present)) log.warn({ gateway }, 'gateway is gone')
    for (const gateway of different.difference(this.#logged.different))
      log.warn({ gateway }, 'another gateway of the cluster has a different configuration')
    this.#logged = { present, different }
  }
}
