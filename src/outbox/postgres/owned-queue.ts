import { StorageError } from '../../errors.ts'
import type { Result } from '../../../schemas/batch.ts'
import type { HistoryPolicy } from '../history.ts'
import { type Claimed, MAX_FOLDED, type Settlement } from '../queue.ts'
import { PENDING } from '../update-state.ts'
import type { Database, Sql } from './database/database.ts'
import { countDeadLetters } from './dead-letters.ts'
import { OF_JOB } from './job-table.ts'
import { NewestWrites, noteWrites, type Write } from './newest-writes.ts'
import { Backlog } from './pending/backlog.ts'
import { readClaims, readUpdates } from './pending/claims.ts'
import { type Seen, SERVER } from './pending/look.ts'
import type { PendingUpdates, StoredUpdate } from './pending/pending-updates.ts'
import { renumberRestored } from './pending/restored.ts'
import type { SetAside } from './set-aside.ts'
import { storeProgress, storeSettlements } from './settlements.ts'
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
  /** Updates that are read at once; by default PAGE_SIZE. */
  readonly pageSize?: number | undefined
  readonly setAside: SetAside
  /** Called when a look has found updates that other gateways have stored. */
  readonly onArrived: () => void
  /** Called with the ids of jobs that have ended, as their last updates can't be read. */
  readonly onEnded: (jobs: readonly string[]) => void
}

/** Settlements on disk. */
export interface Settled {
  readonly settlements: readonly Settlement[]
  /** The ids of the jobs that have ended with them. */
  readonly endedJobs: readonly string[]
}

/** A step of a cancellation. */
interface CancelStep extends Settled {
  /** The last update that was looked at; undefined if there are no more. */
  readonly last: number | undefined
}

const NO_CALLS: ReadonlyMap<string, number> = new Map()
/**
 * Held while something is settled or noted, shared; a replay holds it alone, so that no newer update is written between
 * its reading of dead letters and its end. "vgat" and 2.
 */
export const WRITES_LOCK = '(1986486644, 2)'
/** Waits for a take of the lease, and finds no row after it. Renewals don't wait for it. Also takes the lock. */
const FENCE = `SELECT ${SERVER} AS server, pg_advisory_xact_lock_shared${WRITES_LOCK}
  FROM owner WHERE term = $1 AND gateway = $2 FOR KEY SHARE`

/**
 * The queue in the hands of its owner, for one term. All pending updates are in memory once looks have read them: the oldest
 * are read first and can be claimed before the others are read. Its methods must run one after the other, except for `add`.
 */
export class OwnedQueue {
  readonly #options: OwnedQueueOptions
  readonly #backlog: Backlog
  #writes = new NewestWrites()
  /** Updates in flight, by id. */
  readonly #inFlight = new Map<number, Claimed>()
  #deadLetters = 0
  /** Dead letters removed so far, as far as `#deadLetters` knows. */
  #removed = 0

  private constructor(options: OwnedQueueOptions) {
    this.#options = options
    this.#backlog = new Backlog(options)
  }

  /** Reads the oldest pending updates; `look` reads the others. @throws StorageError */
  static async load(options: OwnedQueueOptions): Promise<OwnedQueue> {
    const queue = new OwnedQueue(options)
    await queue.#load('first')
    return queue
  }

  get pendingByAccount(): ReadonlyMap<string, number> {
    return this.#backlog.byAccount
  }

  get size(): { readonly pending: number; readonly deadLetters: number } {
    return { pending: this.#backlog.size, deadLetters: this.#deadLetters }
  }

  /** What has been read so far. */
  get seen(): Seen {
    return this.#backlog.seen
  }

  /** Whether a look has further pages. */
  get isReading(): boolean {
    return this.#backlog.isReading
  }

  get oldestPendingAt(): number | undefined {
    return this.#backlog.oldestPendingAt
  }

  nextDueAt(account: string): number | undefined {
    return this.#backlog.nextDueAt(account)
  }

  writtenSince(lead: string, sequence: number): readonly string[] {
    return this.#writes.since(lead, sequence)
  }

  /** Counts in updates that this gateway has stored, see `Backlog.add`. */
  add(updates: readonly StoredUpdate[], acceptedAt: number): void {
    this.#backlog.add(updates, acceptedAt)
  }

  /** Adds what was noted of writes. */
  addWrites(noted: Awaited<ReturnType<typeof noteWrites>>): void {
    this.#writes.add(noted)
  }

  /** Keeps the right to settle until the transaction ends. @throws StorageError if another gateway has it */
  async hold(sql: Sql): Promise<void> {
    const server = await this.#holdTerm(sql)
    if (server !== this.seen.server) throw new StorageError('The database was started again.')
  }

  /** Learns how many dead letters all gateways have replayed or deleted so far, or had at an earlier time. */
  noteRemoved(removed: number): void {
    if (removed <= this.#removed) return
    this.#deadLetters -= removed - this.#removed
    this.#removed = removed
  }

  /** Reads the next page of what was stored since the last look. Returns whether there are more. @throws StorageError */
  async look(): Promise<boolean> {
    const looked = await this.#backlog.look()
    if (looked === 'other_server') await this.#load('all')
    if (looked !== 'nothing') this.#options.onArrived()
    return this.#backlog.isReading
  }

  /** See `UpdateQueue.claim`. */
  async claim(account: string, limit: number, now: number, maxFolded = MAX_FOLDED): Promise<Claimed[]> {
    // While a look has further pages, what they have is newer than what was read.
    let taken = this.#backlog.isReading ? this.#backlog.take(account, limit, now) : []
    if (taken.length === 0) {
      await this.look()
      taken = this.#backlog.take(account, limit, now)
    }
    if (taken.length === 0) return []
    try {
      const room = Math.min(maxFolded, MAX_FOLDED)
      const after = (id: number, most: number) => this.#backlog.after(id, most)
      const { claimed, missing, unreadable } = await readClaims(this.#options.database, taken, after, room)
      for (const id of missing) this.#backlog.end(id)
      await this.#endUnreadable(unreadable)
      for (const one of claimed) this.#take(one)
      return [...claimed]
    } catch (error) {
      for (const id of taken) this.#backlog.release(id)
      throw error
    }
  }

  /** Ends deliveries. Leaves out updates that were claimed before this term. */
  async settle(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): Promise<Settled> {
    const held = settlements.filter(({ claimed }) => this.#inFlight.get(claimed.id) === claimed)
    return this.#store(held, calls)
  }

  /** Cancels up to `limit` of a job's updates after id `after` that are not in flight. */
  async cancel(jobId: string, after: number, limit: number): Promise<CancelStep> {
    const inFlight = [...this.#inFlight.values()].filter(({ job }) => job.id === jobId).map(({ id }) => id)
    const rows = await this.#options.database.rows(
      `SELECT ${UPDATE_COLUMNS} FROM jobs AS j JOIN updates AS u ON ${OF_JOB}
      WHERE j.id = $1 AND u.id > $2 AND u.state = ${PENDING} AND u.id <> ALL ($3::bigint[]) ORDER BY u.id LIMIT $4`,
      jobId,
      after,
      inFlight,
      limit
    )
    const { readable, unreadable } = readUpdates(rows)
    await this.#endUnreadable(unreadable)
    const cancelled = readable.map((claimed): Settlement => {
      const { index, key } = claimed.update
      const result: Result = { index, [key.by]: key.value, status: 'cancelled' }
      return { claimed, disposition: 'delivered', result, delivered: [] }
    })
    const nothing: Settled = { settlements: [], endedJobs: [] }
    const settled = cancelled.length === 0 ? nothing : await this.#store(cancelled, NO_CALLS)
    return { ...settled, last: rows.length < limit ? undefined : Number(rows.at(-1)?.['id']) }
  }

  forgetWrites(limit: number): Promise<number> {
    const { database } = this.#options
    return this.#writes.forget({ rows: (text, ...values) => database.write(text, ...values) }, limit)
  }

  /** Keeps the queue until the transaction ends. Returns the server. @throws StorageError if another gateway has it */
  async #holdTerm(sql: Sql): Promise<unknown> {
    const { gateway, term } = this.#options.term
    const [owner] = await sql.rows(FENCE, term, gateway)
    if (owner === undefined) throw new StorageError('Another gateway has taken over the queue.')
    return owner['server']
  }

  /** Marks the update, and those folded into it, as in flight. */
  #take(claimed: Claimed): void {
    const { folded = [] } = claimed
    for (const one of [...folded, claimed]) {
      this.#inFlight.set(one.id, one)
      this.#backlog.takeById(one.id)
    }
  }

  /** Ends pending updates that can't be read, as failed. */
  async #endUnreadable(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return
    const { database, setAside, onEnded } = this.#options
    const endedJobs = await database.transaction(async (sql) => {
      await this.hold(sql)
      const jobs = Object.entries(Object.groupBy(await setAside.updates(sql, ids, PENDING), (job) => job))
      const ended = new Map(jobs.map(([job, updates = []]) => [job, { failed: updates.length }]))
      return storeProgress(sql, ended, NO_CALLS, Date.now())
    })
    for (const id of ids) this.#backlog.end(id)
    onEnded(endedJobs)
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
      if (settlement.disposition === 'retry') this.#backlog.release(id, settlement.dueAt)
      else this.#backlog.end(id)
      if (settlement.disposition === 'dead_lettered') this.#deadLetters++
    }
    await this.#backlog.noteOldest()
    return { settlements, endedJobs }
  }

  /** Reads from the beginning. What is in flight stays so, if it is still there: then everything must be read. */
  async #load(pages: 'first' | 'all'): Promise<void> {
    const { database } = this.#options
    await renumberRestored(database, (sql) => this.#holdTerm(sql))
    const { read, writes, count, removed } = await database.load(async (sql) => {
      const read = await this.#backlog.read(sql, pages)
      const writes = new NewestWrites()
      const highest = await writes.load(sql)
      // Updates that are accepted from now on must be newer than everything that was written.
      const { nextSequence } = read.page
      if (highest > nextSequence)
        await sql.rows(
          "SELECT count(nextval('update_ids')) FROM generate_series(1, $1)",
          highest - nextSequence
        )
      return { read, writes, ...(await countDeadLetters(sql)) }
    })
    await this.#keepInFlight(read.pending)
    this.#backlog.use(read)
    this.#writes = writes
    this.#deadLetters = count
    this.#removed = removed
    await this.#backlog.noteOldest()
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
}
