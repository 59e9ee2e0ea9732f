import type { Result } from '../../../schemas/batch.ts'
import { keyName } from '../../leads/lead-key.ts'
import type { JobTable } from './job-table.ts'
import type { NewJob } from '../jobs.ts'
import type { Settlement } from '../queue.ts'
import type { NewestWrites, Write } from './newest-writes.ts'
import type { ReadyUpdates } from './ready-updates.ts'
import { ChangesWriter, type Row, RowReader } from '../rows.ts'
import type { Statements } from './database/statements.ts'
import { DEAD_LETTER, ENDED, PENDING } from '../update-state.ts'

/**
 * The next id: above those of all updates, and above the sequence numbers of noted writes, some of which belong to updates
 * that could not be stored.
 */
export const NEXT_ID = `SELECT max(next) AS next FROM
  (SELECT max(first_id + received) AS next FROM jobs UNION ALL SELECT max(sequence) FROM newest_writes)`

// Texts with values in them are made here once, not for each update.
const INSERT_PENDING = `INSERT INTO updates (id, job, position, account, lead, on_multiple, key_match, changes, sequence, attempts,
    due_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ${PENDING})`
const INSERT_REJECTED = `INSERT INTO updates (id, job, position, account, sequence, attempts, due_at, state, status, result)
  VALUES (?, ?, ?, ?, ?, 0, ?, ${ENDED}, ?, ?)`
const IS_PENDING = `SELECT 1 FROM updates WHERE lead = ? AND account = ? AND state = ${PENDING} LIMIT 1`

type Retry = Extract<Settlement, { readonly disposition: 'retry' }>

/** The table of updates, with the ready ones and counts. Changed within transactions only. */
export class UpdateTable {
  readonly #sql: Statements
  readonly #jobs: JobTable
  readonly #ready: ReadyUpdates
  readonly #writes: NewestWrites
  #nextId: number
  /** By account. */
  #pending = new Map<string, number>()
  #deadLetters = 0
  /** The last job that `purge` looked at and kept. */
  #kept: readonly [finishedAt: number, n: number] = [0, 0]

  constructor(sql: Statements, jobs: JobTable, ready: ReadyUpdates, writes: NewestWrites) {
    this.#sql = sql
    this.#jobs = jobs
    this.#ready = ready
    this.#writes = writes
    const next = this.#sql.row(NEXT_ID)?.['next'] ?? 1
    this.#nextId = Number(next)
    this.recount()
  }

  /** Pending updates by account, those in flight included. */
  get pending(): ReadonlyMap<string, number> {
    return this.#pending
  }

  /** All pending updates, those in flight included, and all dead letters. */
  get size(): { readonly pending: number; readonly deadLetters: number } {
    let pending = 0
    for (const count of this.#pending.values()) pending += count
    return { pending, deadLetters: this.#deadLetters }
  }

  /** The id that the next update gets. */
  get nextId(): number {
    return this.#nextId
  }

  /** Adds a job with its updates, and ends the dead letters that it replays. */
  insert(job: NewJob): void {
    const received = job.updates.length + job.rejected.length
    const firstId = this.#nextId
    const n = this.#jobs.insert(job, firstId)
    const writer = new ChangesWriter()
    const dueAt = job.dueAt ?? job.acceptedAt
    for (const update of job.updates) {
      const id = firstId + update.index
      const lead = keyName(update.key)
      const isNext = !this.#isPending(lead, job.account)
      this.#sql.run(
        INSERT_PENDING,
        id,
        n,
        update.index,
        job.account,
        lead,
        update.onMultiple,
        update.keyMatch ?? null,
        writer.write(update),
        update.sequence ?? id,
        dueAt
      )
      if (isNext) this.#ready.add(job.account, dueAt, id)
    }
    for (const result of job.rejected) {
      const id = firstId + result.index
      this.#sql.run(
        INSERT_REJECTED,
        id,
        n,
        result.index,
        job.account,
        id,
        job.acceptedAt,
        result.status,
        JSON.stringify(result)
      )
    }
    for (const id of job.replays ?? []) {
      const { changes } = this.#sql.run(
        `UPDATE updates SET state = ${ENDED} WHERE id = ? AND state = ${DEAD_LETTER}`,
        id
      )
      this.#deadLetters -= Number(changes)
    }
    this.#nextId += received
    this.#count(job.account, job.updates.length)
  }

  /** Ends deliveries. */
  settle(settlements: readonly Settlement[]): void {
    const now = Date.now()
    const writes: Write[] = []
    for (const settlement of settlements) {
      const { id, sequence, job } = settlement.claimed
      if (settlement.disposition === 'retry') {
        this.#postpone(id, settlement)
        continue
      }
      const { result, disposition, delivered, attempt } = settlement
      const state = disposition === 'dead_lettered' ? DEAD_LETTER : ENDED
      this.#end(id, job.account, state, result, now, attempt?.number)
      if (delivered.length > 0) writes.push({ delivered, sequence })
    }
    // Those that have just ended cannot undo them any more.
    if (writes.length > 0) this.#writes.note(writes)
    for (const { claimed } of settlements) this.#ready.release(keyName(claimed.update.key), claimed.id)
  }

  /** Cancels up to `limit` of a job's updates after id `after` that are not in flight. Returns their settlements. */
  cancel(jobId: string, now: number, after: number, limit: number): Settlement[] {
    const reader = new RowReader()
    const cancelled = this.#ready.waiting(jobId, after, limit).map((row): Settlement => {
      const claimed = reader.claimed(row)
      const { id, job, update } = claimed
      const { index, key } = update
      const result: Result = { index, [key.by]: key.value, status: 'cancelled' }
      this.#ready.remove(id)
      this.#end(id, job.account, ENDED, result, now)
      return { claimed, disposition: 'delivered', result, delivered: [] }
    })
    for (const lead of new Set(cancelled.map(({ claimed }) => keyName(claimed.update.key))))
      this.#ready.addNext(lead)
    return cancelled
  }

  /**
   * Looks at the next `limit` jobs that ended before `before`, and deletes them with their updates, about `limit` rows.
   * Returns how many.
   * @param lettersBefore jobs with dead letters are only deleted if their number is below this
   */
  purge(before: number, limit: number, lettersBefore: number): number {
    const jobs = this.#sql.rows(
      `SELECT n, first_id, received, finished_at, n >= ? AND EXISTS (
          SELECT 1 FROM updates WHERE id >= first_id AND id < first_id + received AND state = ${DEAD_LETTER}
        ) AS is_kept
      FROM jobs WHERE finished_at < ? AND (finished_at, n) > (?, ?)
      ORDER BY finished_at, n LIMIT ?`,
      lettersBefore,
      before,
      ...this.#kept,
      limit
    )
    let left = limit
    for (const job of jobs) {
      if (left <= 0) break
      if (job['is_kept'] === 1) this.#kept = [Number(job['finished_at']), Number(job['n'])]
      else left -= this.#purgeJob(job, left)
    }
    if (jobs.length < limit && left > 0) this.#kept = [0, 0]
    return limit - left
  }

  /** Counts what is stored again. */
  recount(): void {
    const counts = this.#sql.rows(
      `SELECT account, count(*) AS pending FROM updates WHERE state = ${PENDING} GROUP BY account`
    )
    this.#pending = new Map(counts.map(({ account, pending }) => [String(account), Number(pending)]))
    const row = this.#sql.row(`SELECT count(*) AS count FROM updates WHERE state = ${DEAD_LETTER}`)
    this.#deadLetters = Number(row?.['count'])
  }

  #count(account: string, more: number): void {
    this.#pending.set(account, (this.#pending.get(account) ?? 0) + more)
  }

  #postpone(id: number, { dueAt, attempts, result }: Retry): void {
    this.#sql.run(
      'UPDATE updates SET attempts = ?, due_at = ?, result = coalesce(?, result) WHERE id = ?',
      attempts,
      dueAt,
      result ? JSON.stringify(result) : null,
      id
    )
  }

  #end(id: number, account: string, state: number, result: Result, now: number, attempts?: number): void {
    this.#sql.run(
      `UPDATE updates SET state = ?, status = ?, result = ?, due_at = ?, attempts = coalesce(?, attempts)
      WHERE id = ?`,
      state,
      result.status,
      JSON.stringify(result),
      now,
      attempts ?? null,
      id
    )
    this.#count(account, -1)
    if (state === DEAD_LETTER) this.#deadLetters++
  }

  /** Deletes a job, or up to `limit` of its updates. Returns how many rows. */
  #purgeJob(job: Row, limit: number): number {
    const first = Number(job['first_id'])
    const updates = this.#sql.rows(
      'SELECT id, state FROM updates WHERE id >= ? AND id < ? LIMIT ?',
      first,
      first + Number(job['received']),
      limit
    )
    for (const { id, state } of updates) {
      this.#sql.run('DELETE FROM updates WHERE id = ?', Number(id))
      if (state === DEAD_LETTER) this.#deadLetters--
    }
    if (updates.length === limit) return limit
    this.#sql.run('DELETE FROM jobs WHERE n = ?', Number(job['n']))
    return updates.length + 1
  }

  /** Whether an update of a lead is pending for an account. */
  #isPending(lead: string, account: string): boolean {
    return this.#sql.row(IS_PENDING, lead, account) !== undefined
  }
}
