import { steadyNow } from '../../../steady-clock.ts'
import type { Database, Sql } from '../database/database.ts'
import { JobTable } from '../job-table.ts'
import { AddedUpdates, type OldestUpdate } from './added-updates.ts'
import { countPending, Look, NOTHING_SEEN, PAGE_SIZE, type Page, type Seen } from './look.ts'
import { PendingUpdates, type StoredUpdate } from './pending-updates.ts'

export interface BacklogOptions {
  readonly database: Pick<Database, 'rows' | 'load'>
  /** The longest pause before a retry, in milliseconds. */
  readonly longestPauseMs: number
  /** Updates in a page of a look. */
  readonly pageSize?: number | undefined
}

/** What is pending, as it was read: all of it, or the first page. */
export interface ReadBacklog {
  readonly pending: PendingUpdates
  /** The page that was read last. */
  readonly page: Page
  readonly reading: Reading
  /** How many updates are on further pages, by account. */
  readonly unread: Map<string, number>
}

/** A look that has further pages. */
interface Reading {
  readonly look: Look
  /** The updates that had been added when it began. */
  readonly added: readonly number[]
}

/** What a look has found: updates of other gateways, nothing of theirs, or that another server answers. */
export type Looked = 'found' | 'nothing' | 'other_server'

/**
 * The pending updates in memory, as far as looks have found them. Those that looks will find count too: what a new owner has
 * not read yet, and what this gateway has stored since. Its methods must run one after the other, except for `add`.
 */
export class Backlog {
  readonly #options: BacklogOptions
  readonly #jobs: JobTable
  #pending = new PendingUpdates()
  readonly #added = new AddedUpdates()
  /** How many updates are on pages that a new owner has not read yet, by account. */
  #unread = new Map<string, number>()
  #seen = NOTHING_SEEN
  #reading: Reading | undefined
  #oldest: OldestUpdate | undefined

  constructor(options: BacklogOptions) {
    this.#options = options
    this.#jobs = new JobTable(options.database)
  }

  get size(): number {
    return this.#pending.size + this.#added.size + this.#unread.values().reduce((a, b) => a + b, 0)
  }

  get byAccount(): ReadonlyMap<string, number> {
    const sizes = new Map(this.#pending.byAccount)
    for (const [account, size] of [...this.#added.byAccount, ...this.#unread])
      sizes.set(account, (sizes.get(account) ?? 0) + size)
    return sizes
  }

  /** What has been read so far. */
  get seen(): Seen {
    return this.#seen
  }

  /** Whether a look has further pages. */
  get isReading(): boolean {
    return this.#reading !== undefined
  }

  get oldestPendingAt(): number | undefined {
    return (this.#oldest ?? this.#added.oldest)?.acceptedAt
  }

  nextDueAt(account: string): number | undefined {
    const times = [this.#pending.nextDueAt(account), this.#added.nextDueAt(account)]
    const known = times.filter((at) => at !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  }

  /**
   * Counts in updates that this gateway has stored. They can be taken after a look that begins later: only then all older
   * updates of their leads are known, whichever gateway has stored them.
   * @param acceptedAt when the job of the first one was accepted
   */
  add(updates: readonly StoredUpdate[], acceptedAt: number): void {
    const [first] = updates
    if (first !== undefined && first.id === this.#pending.oldestId)
      this.#oldest = { id: first.id, acceptedAt }
    // A look may have found them before this gateway knows that they are stored.
    const unknown = updates.filter(({ id }) => !this.#pending.has(id))
    this.#added.add(unknown, acceptedAt)
  }

  /** Reads the next page of what was stored since the last look. @throws StorageError */
  async look(): Promise<Looked> {
    const { database } = this.#options
    const reading = (this.#reading ??= this.#begin(this.#seen))
    const isNew = this.#seen.snapshot === NOTHING_SEEN.snapshot
    const page = await (isNew ? database.load((sql) => reading.look.read(sql)) : reading.look.read(database))
    if (page.seen.server !== this.#seen.server) {
      this.#reading = undefined
      return 'other_server'
    }
    const { oldest } = this.#added
    let looked: Looked = 'nothing'
    for (const update of page.updates) {
      const isOwn = this.#added.delete(update.id)
      if (this.#pending.add(update) && !isOwn) looked = 'found'
      this.#countRead(update)
    }
    this.#pass(reading, page)
    if (this.#pending.oldestId === oldest?.id) this.#oldest = oldest
    await this.noteOldest()
    return looked
  }

  /**
   * Reads everything from the beginning, or only the first page: then `look` reads the others. It does not count before it
   * is given to `use`.
   * @throws StorageError
   */
  async read(sql: Sql, pages: 'first' | 'all'): Promise<ReadBacklog> {
    const reading = this.#begin(NOTHING_SEEN)
    const pending = new PendingUpdates()
    const next = async () => {
      const page = await reading.look.read(sql)
      for (const update of page.updates) pending.add(update)
      return page
    }
    let page = await next()
    while (page.end !== undefined && pages === 'all') {
      reading.look.pass(page)
      page = await next()
    }
    const unread = page.end === undefined ? new Map<string, number>() : await unreadOf(sql, pending)
    return { pending, page, reading, unread }
  }

  /** Goes on with what was read. */
  use({ pending, page, reading, unread }: ReadBacklog): void {
    this.#pending = pending
    this.#unread = unread
    this.#reading = reading
    this.#seen = { ...NOTHING_SEEN, server: page.seen.server }
    this.#pass(reading, page)
  }

  /** See `PendingUpdates.take`. */
  take(account: string, limit: number, now: number): number[] {
    return this.#pending.take(account, limit, now)
  }

  /** See `PendingUpdates.after`. */
  after(id: number, limit: number): number[] {
    return this.#pending.after(id, limit)
  }

  takeById(id: number): void {
    this.#pending.takeById(id)
  }

  release(id: number, dueAt?: number): void {
    this.#pending.release(id, dueAt)
  }

  /** Removes an update that has ended. */
  end(id: number): void {
    this.#pending.end(id)
    this.#added.delete(id)
  }

  /** Finds out when the job of the oldest update was accepted. To be called after updates have ended. @throws StorageError */
  async noteOldest(): Promise<void> {
    const id = this.#pending.oldestId
    if (id === this.#oldest?.id) return
    this.#oldest = id === undefined ? undefined : { id, acceptedAt: await this.#jobs.acceptedAt(id) }
  }

  #begin({ snapshot }: Seen): Reading {
    const { ids: added } = this.#added
    const { pageSize = PAGE_SIZE } = this.#options
    return { look: new Look({ snapshot, pageSize, latest: this.#latest }), added }
  }

  /** Goes on after a page. The last one ends the look. */
  #pass({ look, added }: Reading, page: Page): void {
    look.pass(page)
    if (page.end !== undefined) return
    this.#reading = undefined
    this.#seen = page.seen
    // What was not found has ended before it was read, ...
    this.#unread.clear()
    // ... as have added updates that a look which began later has not found.
    for (const id of added) this.#added.delete(id)
  }

  #countRead({ account }: StoredUpdate): void {
    const left = this.#unread.get(account)
    if (left === undefined) return
    if (left > 1) this.#unread.set(account, left - 1)
    else this.#unread.delete(account)
  }

  /** Never tried updates are due at once at the latest, others after the longest pause. */
  readonly #latest = (attempts: number) =>
    attempts === 0 ? steadyNow() : steadyNow() + this.#options.longestPauseMs
}

/** How many pending updates of each account are not among those that were read. */
async function unreadOf(sql: Sql, { byAccount }: PendingUpdates): Promise<Map<string, number>> {
  const counted = [...(await countPending(sql))]
  const left = counted.map(([account, size]) => [account, size - (byAccount.get(account) ?? 0)] as const)
  return new Map(left.filter(([, size]) => size > 0))
}
