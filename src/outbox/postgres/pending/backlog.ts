import { steadyNow } from '../../../steady-clock.ts'
import type { Sql } from '../database/database.ts'
import { JobTable } from '../job-table.ts'
import { AddedUpdates, type OldestUpdate } from './added-updates.ts'
import { NOTHING_SEEN, readUnseen, type Seen } from './look.ts'
import { type PendingUpdate, PendingUpdates, type StoredUpdate } from './pending-updates.ts'

/** All that is pending, as it was read. */
export interface ReadBacklog {
  readonly pending: PendingUpdates
  readonly seen: Seen
  /** See `UpdateQueue.nextSequence`. */
  readonly nextSequence: number
  /** The updates that had been added when the reading began. */
  readonly added: readonly number[]
}

/** What a look has found: updates of other gateways, nothing of theirs, or that another server answers. */
export type Looked = 'found' | 'nothing' | 'other_server'

/**
 * The pending updates in memory, as far as looks have found them; those that this gateway has stored since count too. Its
 * methods must run one after the other, except for `add`.
 */
export class Backlog {
  readonly #sql: Sql
  readonly #jobs: JobTable
  readonly #longestPauseMs: number
  #pending = new PendingUpdates()
  readonly #added = new AddedUpdates()
  #seen = NOTHING_SEEN
  #oldest: OldestUpdate | undefined

  /** @param longestPauseMs the longest pause before a retry, in milliseconds */
  constructor(sql: Sql, longestPauseMs: number) {
    this.#sql = sql
    this.#jobs = new JobTable(sql)
    this.#longestPauseMs = longestPauseMs
  }

  get size(): number {
    return this.#pending.size + this.#added.size
  }

  get byAccount(): ReadonlyMap<string, number> {
    const sizes = new Map(this.#pending.byAccount)
    for (const [account, size] of this.#added.byAccount) sizes.set(account, (sizes.get(account) ?? 0) + size)
    return sizes
  }

  /** What has been read so far. */
  get seen(): Seen {
    return this.#seen
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
    // A look may have found them before this gateway knows that they are stored.
    const unknown = updates.filter(({ id }) => !this.#pending.has(id))
    this.#added.add(unknown, acceptedAt)
  }

  /** Reads what was stored since the last look. @throws StorageError */
  async look(): Promise<Looked> {
    const { ids: added, oldest } = this.#added
    let looked: Looked = 'nothing'
    let seen = this.#seen
    for await (const found of readUnseen(this.#sql, seen.snapshot, this.#latest)) {
      if (found.seen.server !== this.#seen.server) return 'other_server'
      for (const update of found.updates) {
        const isOwn = this.#added.delete(update.id)
        if (this.#pending.add(update) && !isOwn) looked = 'found'
      }
      seen = found.seen
    }
    this.#seen = seen
    this.#forget(added)
    if (this.#pending.oldestId === oldest?.id) this.#oldest = oldest
    await this.noteOldest()
    return looked
  }

  /** Reads everything. It does not count before it is given to `use`. @throws StorageError */
  async read(sql: Sql): Promise<ReadBacklog> {
    const { ids: added } = this.#added
    const pending = new PendingUpdates()
    let seen = NOTHING_SEEN
    let nextSequence = 0
    for await (const found of readUnseen(sql, seen.snapshot, this.#latest)) {
      for (const update of found.updates) pending.add(update)
      ;({ seen, nextSequence } = found)
    }
    return { pending, seen, nextSequence, added }
  }

  /** Goes on with what was read. */
  use({ pending, seen, added }: ReadBacklog): void {
    this.#pending = pending
    this.#seen = seen
    this.#forget(added)
  }

  /** See `PendingUpdates.take`. */
  take(account: string, limit: number, now: number): PendingUpdate[] {
    return this.#pending.take(account, limit, now)
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

  /** Forgets added updates that a look which began later must have found, unless they have ended. */
  #forget(added: readonly number[]): void {
    for (const id of added) this.#added.delete(id)
  }

  /** Never tried updates are due at once at the latest, others after the longest pause. */
  readonly #latest = (attempts: number) => (attempts === 0 ? steadyNow() : steadyNow() + this.#longestPauseMs)
}
