import type { Result } from '../../../schemas/batch.ts'
import type { Changes } from '../../leads/changes.ts'
import { keyName } from '../../leads/lead-key.ts'
import type { JobTable } from './job-table.ts'
import type { NewJob } from '../jobs.ts'
import type { DeliveredFields, Settlement } from '../queue.ts'
import type { ReadyUpdates } from './ready-updates.ts'
import { readNames, type Row, RowReader, writeChanges } from './rows.ts'
import type { Statements } from './statements.ts'
import { DEAD_LETTER, ENDED, PENDING } from './update-state.ts'

/** The table of updates, with the ready ones and counts. Changed within transactions only. */
export class UpdateTable {
  readonly #sql: Statements
  readonly #jobs: JobTable
  readonly #ready: ReadyUpdates
  #nextId: number
  /** By account. */
  #pending = new Map<string, number>()
  #deadLetters = 0

  constructor(sql: Statements, jobs: JobTable, ready: ReadyUpdates) {
    this.#sql = sql
    this.#jobs = jobs
    this.#ready = ready
    this.#nextId = Number(this.#sql.row('SELECT max(first_id + received) AS next FROM jobs')?.['next'] ?? 1)
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
    const written = new Map<Changes, string>()
    for (const update of job.updates) {
      const id = firstId + update.index
      const lead = keyName(update.key)
      const changes = written.get(update.changes) ?? writeChanges(update.changes)
      written.set(update.changes, changes)
      const isNext = this.#nextOf(lead, job.account) === undefined
      this.#sql.run(
        `INSERT INTO updates (id, job, position, account, lead, on_multiple, changes, sequence, superseded, attempts, due_at, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ${PENDING})`,
        id,
        n,
        update.index,
        job.account,
        lead,
        update.onMultiple,
        changes,
        update.sequence ?? id,
        update.superseded?.length ? JSON.stringify(update.superseded) : null,
        job.acceptedAt
      )
      if (isNext) this.#ready.add(job.account, job.acceptedAt, id)
    }
    for (const result of job.rejected) {
      const id = firstId + result.index
      this.#sql.run(
        `INSERT INTO updates (id, job, position, account, sequence, attempts, due_at, state, status, result)
        VALUES (?, ?, ?, ?, ?, 0, ?, ${ENDED}, ?, ?)`,
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

  /** Ends a delivery. */
  settle(settlement: Settlement): void {
    const { id, sequence, update, job } = settlement.claimed
    if (settlement.disposition === 'retry') {
      const { dueAt, attempts, result } = settlement
      const error = result ? JSON.stringify(result) : null
      this.#sql.run(
        'UPDATE updates SET attempts = ?, due_at = ?, result = ? WHERE id = ?',
        attempts,
        dueAt,
        error,
        id
      )
      this.#ready.release(keyName(update.key))
      return
    }
    const { result, disposition, delivered } = settlement
    const now = Date.now()
    this.#end(id, job.account, disposition === 'dead_lettered' ? DEAD_LETTER : ENDED, result, now)
    for (const fields of delivered) this.supersede(fields, sequence)
    this.#ready.release(keyName(update.key))
  }

  /** Keeps updates of the lead that were accepted before `sequence` from setting these fields. */
  supersede({ lead, fields }: DeliveredFields, sequence: number): void {
    for (const row of this.#sql.rows(
      'SELECT id, superseded FROM updates WHERE lead = ? AND state < 2 AND sequence < ?',
      lead,
      sequence
    )) {
      const names = [...new Set([...readNames(row['superseded']), ...fields])]
      this.#sql.run(
        'UPDATE updates SET superseded = ? WHERE id = ?',
        JSON.stringify(names),
        Number(row['id'])
      )
    }
  }

  /** Cancels the updates of a job that are not in flight. Returns their settlements. */
  cancel(jobId: string, now: number): Settlement[] {
    const reader = new RowReader()
    const cancelled = this.#ready.waiting(jobId).map((row): Settlement => {
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

  /** Deletes jobs that ended before `before`, with their updates, about `limit` rows. Returns how many. */
  purge(before: number, limit: number): number {
    let left = limit
    for (const job of this.#sql.rows(
      'SELECT n, first_id, received FROM jobs WHERE finished_at < ? ORDER BY finished_at LIMIT ?',
      before,
      limit
    )) {
      if (left <= 0) break
      left -= this.#purgeJob(job, left)
    }
    return limit - left
  }

  /** Counts what is stored again. */
  recount(): void {
    const counts = this.#sql.rows(
      `SELECT account, count(*) AS pending FROM updates WHERE state < 2 AND state = ${PENDING} GROUP BY account`
    )
    this.#pending = new Map(counts.map(({ account, pending }) => [String(account), Number(pending)]))
    const row = this.#sql.row(`SELECT count(*) AS count FROM updates WHERE state = ${DEAD_LETTER}`)
    this.#deadLetters = Number(row?.['count'])
  }

  #count(account: string, more: number): void {
    this.#pending.set(account, (this.#pending.get(account) ?? 0) + more)
  }

  #end(id: number, account: string, state: number, result: Result, now: number): void {
    this.#sql.run(
      'UPDATE updates SET state = ?, status = ?, result = ?, due_at = ? WHERE id = ?',
      state,
      result.status,
      JSON.stringify(result),
      now,
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
    for (const { id = null, state } of updates) {
      this.#sql.run('DELETE FROM updates WHERE id = ?', id)
      if (state === DEAD_LETTER) this.#deadLetters--
    }
    if (updates.length === limit) return limit
    this.#sql.run('DELETE FROM jobs WHERE n = ?', Number(job['n']))
    return updates.length + 1
  }

  /** The id of a lead's oldest pending update of an account. */
  #nextOf(lead: string, account: string): number | undefined {
    const row = this.#sql.row(
      `SELECT id FROM updates WHERE lead = ? AND account = ? AND state < 2 AND state = ${PENDING} ORDER BY id LIMIT 1`,
      lead,
      account
    )
    return row && Number(row['id'])
  }
}
