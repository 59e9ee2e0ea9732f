import type { Result } from '../../../schemas/batch.ts'
import type { Changes } from '../../leads/changes.ts'
import { keyName } from '../../leads/lead-key.ts'
import { DEAD } from './dead-letters.ts'
import type { JobTable } from './job-table.ts'
import type { DeliveredFields, NewJob, Settlement } from '../outbox.ts'
import type { ReadyUpdates } from './ready-updates.ts'
import { namesIn, type Row, RowReader, writeChanges } from './rows.ts'
import type { Statements } from './statements.ts'

/** `updates.state`, see MIGRATIONS. */
export const OPEN = 0
const ENDED = 2

/** The table of updates, with those of them that are ready, and how many there are. Changed within transactions only. */
export class UpdateTable {
  readonly #sql: Statements
  readonly #jobs: JobTable
  readonly #ready: ReadyUpdates
  #nextSeq: number
  /** By account. */
  #open = new Map<string, number>()
  #dead = 0

  constructor(sql: Statements, jobs: JobTable, ready: ReadyUpdates) {
    this.#sql = sql
    this.#jobs = jobs
    this.#ready = ready
    this.#nextSeq = Number(this.#sql.row('SELECT max(first_seq + received) AS next FROM jobs')?.['next'] ?? 1)
    this.recount()
  }

  /** Updates that wait or are being delivered, by account. */
  get open(): ReadonlyMap<string, number> {
    return this.#open
  }

  get dead(): number {
    return this.#dead
  }

  /** The number that the next update gets. */
  get nextSeq(): number {
    return this.#nextSeq
  }

  /** Adds a job with its updates; the dead letters that it takes over are none any more. */
  insert(job: NewJob): void {
    const received = job.updates.length + job.refused.length
    const firstSeq = this.#nextSeq
    const n = this.#jobs.insert(job, firstSeq)
    const written = new Map<Changes, string>()
    for (const update of job.updates) {
      const seq = firstSeq + update.index
      const lead = keyName(update.key)
      const changes = written.get(update.changes) ?? writeChanges(update.changes)
      written.set(update.changes, changes)
      const isNext = this.#nextOf(lead, job.account) === undefined
      this.#sql.run(
        `INSERT INTO updates (seq, job, place, account, lead, on_multiple, changes, accepted_as, superseded, tries, due_at, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ${OPEN})`,
        seq,
        n,
        update.index,
        job.account,
        lead,
        update.onMultiple,
        changes,
        update.sequence ?? seq,
        update.superseded?.length ? JSON.stringify(update.superseded) : null,
        job.acceptedAt
      )
      if (isNext) this.#ready.add(job.account, job.acceptedAt, seq)
    }
    for (const result of job.refused) {
      const seq = firstSeq + result.index
      this.#sql.run(
        `INSERT INTO updates (seq, job, place, account, accepted_as, tries, due_at, state, status, result)
        VALUES (?, ?, ?, ?, ?, 0, ?, ${ENDED}, ?, ?)`,
        seq,
        n,
        result.index,
        job.account,
        seq,
        job.acceptedAt,
        result.status,
        JSON.stringify(result)
      )
    }
    for (const seq of job.replays ?? []) {
      const { changes } = this.#sql.run(
        `UPDATE updates SET state = ${ENDED} WHERE seq = ? AND state = ${DEAD}`,
        seq
      )
      this.#dead -= Number(changes)
    }
    this.#nextSeq += received
    this.#count(job.account, job.updates.length)
  }

  /** Tells whether the update has ended. */
  settle(settlement: Settlement): boolean {
    const { seq, sequence, update, job } = settlement.claimed
    if (settlement.disposition === 'retry') {
      const { dueAt, attempts, result } = settlement
      const error = result ? JSON.stringify(result) : null
      this.#sql.run(
        'UPDATE updates SET tries = ?, due_at = ?, result = ? WHERE seq = ?',
        attempts,
        dueAt,
        error,
        seq
      )
      this.#ready.release(keyName(update.key))
      return false
    }
    const { result, disposition, delivered } = settlement
    const now = Date.now()
    this.#end(seq, job.account, disposition === 'dead_lettered' ? DEAD : ENDED, result, now)
    for (const fields of delivered) this.supersede(fields, sequence)
    this.#ready.release(keyName(update.key))
    return true
  }

  /** Fields that an update accepted before `order` is not to set any more. */
  supersede({ lead, fields }: DeliveredFields, order: number): void {
    for (const row of this.#sql.rows(
      'SELECT seq, superseded FROM updates WHERE lead = ? AND state < 2 AND accepted_as < ?',
      lead,
      order
    )) {
      const names = [...new Set([...namesIn(row['superseded']), ...fields])]
      this.#sql.run(
        'UPDATE updates SET superseded = ? WHERE seq = ?',
        JSON.stringify(names),
        Number(row['seq'])
      )
    }
  }

  /** Ends the updates of a job that are not on their way. Returns what became of them. */
  cancel(id: string, now: number): Settlement[] {
    const reader = new RowReader()
    const cancelled = this.#ready.waiting(id).map((row): Settlement => {
      const claimed = reader.claimed(row)
      const { seq, job, update } = claimed
      const { index, key } = update
      const result: Result = { index, [key.by]: key.value, status: 'cancelled' }
      this.#ready.remove(seq)
      this.#end(seq, job.account, ENDED, result, now)
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
      'SELECT n, first_seq, received FROM jobs WHERE finished_at < ? ORDER BY finished_at LIMIT ?',
      before,
      limit
    )) {
      if (left <= 0) break
      left -= this.#purgeJob(job, left)
    }
    return limit - left
  }

  /** Counts anew what is stored. */
  recount(): void {
    const counts = this.#sql.rows(
      'SELECT account, count(*) AS open FROM updates WHERE state < 2 AND state = 0 GROUP BY account'
    )
    this.#open = new Map(counts.map(({ account, open }) => [String(account), Number(open)]))
    this.#dead = Number(this.#sql.row('SELECT count(*) AS dead FROM updates WHERE state = 1')?.['dead'])
  }

  #count(account: string, more: number): void {
    this.#open.set(account, (this.#open.get(account) ?? 0) + more)
  }

  #end(seq: number, account: string, state: number, result: Result, now: number): void {
    this.#sql.run(
      'UPDATE updates SET state = ?, status = ?, result = ?, due_at = ? WHERE seq = ?',
      state,
      result.status,
      JSON.stringify(result),
      now,
      seq
    )
    this.#count(account, -1)
    if (state === DEAD) this.#dead++
  }

  /** Deletes a job, or as many of its updates as `limit` says. Returns how many rows. */
  #purgeJob(job: Row, limit: number): number {
    const first = Number(job['first_seq'])
    const updates = this.#sql.rows(
      'SELECT seq, state FROM updates WHERE seq >= ? AND seq < ? LIMIT ?',
      first,
      first + Number(job['received']),
      limit
    )
    for (const { seq = null, state } of updates) {
      this.#sql.run('DELETE FROM updates WHERE seq = ?', seq)
      if (state === DEAD) this.#dead--
    }
    if (updates.length === limit) return limit
    this.#sql.run('DELETE FROM jobs WHERE n = ?', Number(job['n']))
    return updates.length + 1
  }

  /** The oldest update of a lead by an account that has not ended. */
  #nextOf(lead: string, account: string): number | undefined {
    const row = this.#sql.row(
      `SELECT seq FROM updates WHERE lead = ? AND account = ? AND state < 2 AND state = ${OPEN} ORDER BY seq LIMIT 1`,
      lead,
      account
    )
    return row && Number(row['seq'])
  }
}
