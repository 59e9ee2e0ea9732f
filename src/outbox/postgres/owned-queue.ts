import { StorageError } from '../../errors.ts'
import { steadyNow } from '../../steady-clock.ts'
import type { Result } from '../../../schemas/batch.ts'
import type { HistoryPolicy } from '../history.ts'
import { type Claimed, MAX_FOLDED, type Settlement } from '../queue.ts'
import { RowReader } from '../rows.ts'
import { PENDING } from '../update-state.ts'
import { readClaims } from './claims.ts'
import type { Database, Sql } from './database/database.ts'
import { countDeadLetters } from './dead-letters.ts'
import { JobTable, OF_JOB } from './job-table.ts'
import { NOTHING_SEEN, readUnseen, type Seen, SERVER } from './look.ts'
import { NewestWrites, noteWrites, type Write } from './newest-writes.ts'
import { type FoundUpdate, PendingUpdates } from './pending-updates.ts'
import { storeSettlements } from './settlements.ts'
import { UPDATE_COLUMNS } from './update-columns.ts'

/** The right to claim and settle, as the table `owner` has it. */
export interface Term {
  /** The name of this gateway. */
  readonly gateway: string
  /** Grows with each owner. */
  readonly term: number
}

export interface OwnedQueueOptions {
  readonly database: Database
  readonly term: Term
  readonly policy: HistoryPolicy
  /** The longest pause before a retry, in milliseconds: updates due later were stored by a clock that is ahead. */
  readonly longestPauseMs: number
  /** Called when a look has found updates. */
  readonly onArrived: () => void
}

/** Settlements on disk. */
export interface Settled {
  readonly settlements: readonly Settlement[]
  /** The ids of the jobs that have ended with them. */
  readonly endedJobs: readonly string[]
}

const NO_CALLS: ReadonlyMap<string, number> = new Map()
/**
 * Held while something is settled or noted, shared; a replay holds it alone, so that no newer update is written between
 * its reading of dead letters and its end. "vgat" and 2.
 */
export const WRITES_LOCK = '(1986486644, 2)'
/** Waits for a take of the lease, and finds no row after it. Renewals don't wait for it. */
const FENCE = `SELECT ${SERVER} AS server FROM owner WHERE term = $1 AND gateway = $2 FOR KEY SHARE`

/**
 * The queue in the hands of its owner, for one term: all pending updates are in memory, and what others have stored since
 * is read by `look`. Its methods must run one after the other, except for `add`.
 */
export class OwnedQueue {
  readonly #options: OwnedQueueOptions
  readonly #jobs: JobTable
  #pending = new PendingUpdates()
  #writes = new NewestWrites()
  #seen: Seen = { snapshot: NOTHING_SEEN, server: '' }
  /** Updates in flight, by id. */
  readonly #inFlight = new Map<number, Claimed>()
  #deadLetters = 0
  /** Dead letters removed so far, as far as `#deadLetters` knows. */
  #removed = 0
  /** The update that was found first, and when its job was accepted. */
  #oldest: { readonly id: number; readonly acceptedAt: number | undefined } | undefined

  private constructor(options: OwnedQueueOptions) {
    this.#options = options
    this.#jobs = new JobTable(options.database)
  }

  /** Reads everything that is pending. @throws StorageError */
  static async load(options: OwnedQueueOptions): Promise<OwnedQueue> {
    const queue = new OwnedQueue(options)
    await queue.#load()
    return queue
  }

  get pendingByAccount(): ReadonlyMap<string, number> {
    return this.#pending.byAccount
  }

  get size(): { readonly pending: number; readonly deadLetters: number } {
    return { pending: this.#pending.size, deadLetters: this.#deadLetters }
  }

  /** What has been read so far. */
  get snapshot(): string {
    return this.#seen.snapshot
  }

  get oldestPendingAt(): number | undefined {
    return this.#oldest?.acceptedAt
  }

  nextDueAt(account: string): number | undefined {
    return this.#pending.nextDueAt(account)
  }

  writtenSince(lead: string, sequence: number): readonly string[] {
    return this.#writes.since(lead, sequence)
  }

  /**
   * Adds updates that this gateway has stored; `look` finds those of others.
   * @param acceptedAt when the job of the first one was accepted
   */
  add(updates: readonly FoundUpdate[], acceptedAt: number): void {
    const [first] = updates
    if (first !== undefined && this.#pending.size === 0) this.#oldest = { id: first.id, acceptedAt }
    for (const update of updates) this.#pending.add(update)
  }

  /** Adds what was noted of writes. */
  addWrites(noted: Awaited<ReturnType<typeof noteWrites>>): void {
    this.#writes.add(noted)
  }

  /** Keeps the right to settle until the transaction ends. @throws StorageError if another gateway has it */
  async hold(sql: Sql): Promise<void> {
    const { gateway, term } = this.#options.term
    await sql.rows(`SELECT pg_advisory_xact_lock_shared${WRITES_LOCK}`)
    const [owner] = await sql.rows(FENCE, term, gateway)
    if (owner === undefined) throw new StorageError('Another gateway has taken over the queue.')
    if (owner['server'] !== this.#seen.server) throw new StorageError('The database was started again.')
  }

  /** Counts dead letters that this gateway has replayed or deleted. */
  removeDeadLetters(count: number): void {
    this.#deadLetters -= count
    this.#removed += count
  }

  /** Counts dead letters that any gateway has replayed or deleted; `removed` counts those so far. */
  noteRemoved(removed: number): void {
    this.removeDeadLetters(removed - this.#removed)
  }

  /** Reads what was stored since the last look. */
  async look(): Promise<void> {
    const { database, onArrived } = this.#options
    let hasFound = false
    let seen = this.#seen
    for await (const found of readUnseen(database, this.#seen.snapshot, this.#latest)) {
      if (found.seen.server !== this.#seen.server) {
        await this.#load()
        onArrived()
        return
      }
      for (const update of found.updates) hasFound = this.#pending.add(update) || hasFound
      seen = found.seen
    }
    this.#seen = seen
    await this.#noteOldest()
    if (hasFound) onArrived()
  }

  /** See `UpdateQueue.claim`. */
  async claim(account: string, limit: number, now: number, maxFolded = MAX_FOLDED): Promise<Claimed[]> {
    await this.look()
    const taken = this.#pending.take(account, limit, now)
    if (taken.length === 0) return []
    try {
      const room = Math.min(maxFolded, MAX_FOLDED)
      const { claimed, missing } = await readClaims(this.#options.database, taken, room)
      for (const { id } of missing) this.#pending.end(id)
      for (const one of claimed) this.#take(one)
      return [...claimed]
    } catch (error) {
      for (const { id } of taken) this.#pending.release(id)
      throw error
    }
  }

  /** Ends deliveries. Leaves out updates that were claimed before this term. */
  async settle(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): Promise<Settled> {
    const held = settlements.filter(({ claimed }) => this.#inFlight.get(claimed.id) === claimed)
    return this.#store(held, calls)
  }

  /** Cancels up to `limit` of a job's updates after id `after` that are not in flight. */
  async cancel(jobId: string, after: number, limit: number): Promise<Settled> {
    const inFlight = [...this.#inFlight.values()].filter(({ job }) => job.id === jobId).map(({ id }) => id)
    const rows = await this.#options.database.rows(
      `SELECT ${UPDATE_COLUMNS} FROM jobs AS j JOIN updates AS u ON ${OF_JOB}
      WHERE j.id = $1 AND u.id > $2 AND u.state = ${PENDING} AND u.id <> ALL ($3::bigint[]) ORDER BY u.id LIMIT $4`,
      jobId,
      after,
      inFlight,
      limit
    )
    const reader = new RowReader()
    const cancelled = rows.map((row): Settlement => {
      const claimed = reader.claimed(row)
      const { index, key } = claimed.update
      const result: Result = { index, [key.by]: key.value, status: 'cancelled' }
      return { claimed, disposition: 'delivered', result, delivered: [] }
    })
    return cancelled.length === 0 ? { settlements: [], endedJobs: [] } : this.#store(cancelled, NO_CALLS)
  }

  forgetWrites(limit: number): Promise<number> {
    const { database } = this.#options
    return this.#writes.forget({ rows: (text, ...values) => database.write(text, ...values) }, limit)
  }

  /** Marks the update, and those folded into it, as in flight. */
  #take(claimed: Claimed): void {
    const { folded = [] } = claimed
    for (const one of [...folded, claimed]) {
      this.#inFlight.set(one.id, one)
      this.#pending.takeById(one.id)
    }
  }

  async #store(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): Promise<Settled> {
    const { database, policy } = this.#options
    const writes = settlements.flatMap((one): Write[] =>
      one.disposition !== 'retry' && one.delivered.length > 0
        ? [{ delivered: one.delivered, sequence: one.claimed.sequence }]
        : []
    )
    const { endedJobs, noted } = await database.transaction(async (sql) => {
      await this.hold(sql)
      const endedJobs = await storeSettlements(sql, settlements, calls, policy)
      // Those that have just ended cannot undo them any more.
      return { endedJobs, noted: await noteWrites(sql, writes) }
    })
    this.#writes.add(noted)
    for (const settlement of settlements) {
      const { id } = settlement.claimed
      this.#inFlight.delete(id)
      if (settlement.disposition === 'retry') this.#pending.release(id, settlement.dueAt)
      else this.#pending.end(id)
      if (settlement.disposition === 'dead_lettered') this.#deadLetters++
    }
    await this.#noteOldest()
    return { settlements, endedJobs }
  }

  /** Reads everything again; what is in flight stays so, if it is still there. */
  async #load(): Promise<void> {
    const { database } = this.#options
    const pending = new PendingUpdates()
    const writes = new NewestWrites()
    let seen = this.#seen
    let next = 0
    for await (const found of readUnseen(database, NOTHING_SEEN, this.#latest)) {
      for (const update of found.updates) pending.add(update)
      ;({ seen, nextSequence: next } = found)
    }
    const highest = await writes.load(database)
    // Updates that are accepted from now on must be newer than everything that was written.
    if (highest > next)
      await database.readLong(
        "SELECT count(nextval('update_ids')) FROM generate_series(1, $1)",
        highest - next
      )
    const { count, removed } = await countDeadLetters({
      rows: (text, ...values) => database.readLong(text, ...values)
    })
    await this.#keepInFlight(pending)
    this.#pending = pending
    this.#writes = writes
    this.#seen = seen
    this.#deadLetters = count
    this.#removed = removed
    await this.#noteOldest()
  }

  /** Marks updates that are in flight in what was read again. Those that are not there any more can't be settled. */
  async #keepInFlight(pending: PendingUpdates): Promise<void> {
    if (this.#inFlight.size === 0) return
    const claimed = [...this.#inFlight.values()]
    const rows = await this.#options.database.rows(
      `SELECT u.id FROM unnest($1::bigint[], $2::text[]) AS f (id, job) JOIN updates AS u USING (id)
      JOIN jobs AS j ON j.n = u.job AND j.id = f.job`,
      claimed.map(({ id }) => id),
      claimed.map(({ job }) => job.id)
    )
    const found = new Set(rows.map(({ id }) => Number(id)))
    for (const { id } of claimed) {
      if (found.has(id)) pending.takeById(id)
      else this.#inFlight.delete(id)
    }
  }

  async #noteOldest(): Promise<void> {
    const id = this.#pending.oldestId
    if (id === this.#oldest?.id) return
    this.#oldest = id === undefined ? undefined : { id, acceptedAt: await this.#jobs.acceptedAt(id) }
  }

  /** Never tried updates are due at once at the latest, others after the longest pause. */
  readonly #latest = (attempts: number) =>
    attempts === 0 ? steadyNow() : steadyNow() + this.#options.longestPauseMs
}
