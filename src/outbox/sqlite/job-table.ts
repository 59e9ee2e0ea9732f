import type { SQLInputValue } from 'node:sqlite'
import type { Result } from '../../../schemas/batch.ts'
import type { Job, JobPage, NewJob } from '../jobs.ts'
import { endedStatus } from '../progress.ts'
import { readJob, readObject, readResult, type Row } from '../rows.ts'
import type { Statements } from './database/statements.ts'

/** The number of the next job: above that of every job, and of those before the last hour, which may all be deleted. */
export const NEXT_JOB = `SELECT max(next) AS next FROM (SELECT max(n) + 1 AS next FROM jobs
  UNION ALL SELECT next FROM (SELECT next_job AS next FROM running_hours ORDER BY hour DESC LIMIT 1)
  UNION ALL SELECT 1)`

/** The table of jobs. A job's updates have consecutive ids, see MIGRATIONS. */
export class JobTable {
  readonly #sql: Statements
  #next: number

  constructor(sql: Statements) {
    this.#sql = sql
    this.#next = Number(sql.row(NEXT_JOB)?.['next'])
  }

  /** Adds a job whose updates have ids from `firstId` on. Returns its number. */
  insert(job: NewJob, firstId: number): number {
    const n = this.#next++
    const pending = job.updates.length
    this.#sql.run(
      `INSERT INTO jobs (n, id, caller, request_id, key_id, replayed_by, source, origin, status, first_id, received, pending, calls,
        accepted_at, finished_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
      n,
      job.id,
      job.caller,
      job.requestId,
      job.keyId ?? null,
      job.replayedBy ?? null,
      job.source,
      job.origin,
      pending > 0 ? 'queued' : 'failed',
      firstId,
      pending + job.rejected.length,
      pending,
      job.acceptedAt,
      pending > 0 ? null : job.acceptedAt
    )
    return n
  }

  /**
   * Stores that some of a job's updates have ended, and the calls to VICIdial that carried updates of it. Returns
   * whether the job has ended.
   * @param counts how many have ended with a result of each status
   */
  noteProgress(id: string, counts: Readonly<Record<string, number>>, calls: number): boolean {
    const job = this.#sql.row('SELECT n, first_id, received, pending FROM jobs WHERE id = ?', id)
    if (job === undefined) return false
    const ended = Object.values(counts).reduce((sum, count) => sum + count, 0)
    const pending = Number(job['pending']) - ended
    const received = Number(job['received'])
    const n = Number(job['n'])
    if (ended === 0 || pending > 0) {
      this.#sql.run(
        "UPDATE jobs SET pending = ?, calls = calls + ?, status = replace(status, 'queued', 'running') WHERE n = ?",
        pending,
        calls,
        n
      )
      return false
    }
    // Most jobs are small, so all of their updates end together.
    const all = ended === received ? counts : this.#counts(job)
    this.#sql.run(
      'UPDATE jobs SET pending = ?, calls = calls + ?, status = ?, counts = ?, finished_at = ? WHERE n = ?',
      pending,
      calls,
      endedStatus(all, received),
      JSON.stringify(all),
      Date.now(),
      n
    )
    return true
  }

  /** When the oldest unfinished job was accepted. */
  get oldestPendingAt(): number | undefined {
    const times = ['queued', 'running'].map(
      (status) =>
        this.#sql.row('SELECT accepted_at FROM jobs WHERE status = ? ORDER BY n LIMIT 1', status)?.[
          'accepted_at'
        ]
    )
    const known = times.filter((at) => typeof at === 'number')
    return known.length === 0 ? undefined : Math.min(...known)
  }

  /** Notes that the gateway has run for one more hour, and deletes the notes from before the last `hours`. */
  noteHour(at: number, hours: number): void {
    this.#sql.run('INSERT INTO running_hours (at, next_job) VALUES (?, ?)', at, this.#next)
    this.#sql.run('DELETE FROM running_hours WHERE hour < (SELECT max(hour) FROM running_hours) - ?', hours)
  }

  /** When hours were noted, newest first. */
  lastHours(limit: number): number[] {
    const rows = this.#sql.rows('SELECT at FROM running_hours ORDER BY hour DESC LIMIT ?', limit)
    return rows.map(({ at }) => Number(at))
  }

  /** Jobs with a lower number were accepted before the last `hours` in which the gateway ran. */
  acceptedBefore(hours: number): number {
    if (hours === 0) return Number.MAX_SAFE_INTEGER
    const row = this.#sql.row(
      'SELECT next_job FROM running_hours WHERE hour <= (SELECT max(hour) FROM running_hours) - ? ORDER BY hour DESC LIMIT 1',
      hours
    )
    return Number(row?.['next_job'] ?? 0)
  }

  find(id: string): Job | undefined {
    const row = this.#sql.row('SELECT * FROM jobs WHERE id = ?', id)
    return row && readJob(row, this.#counts(row))
  }

  /** The results in the order of the updates, or a part of them. */
  results(id: string, { from, limit } = { from: 0, limit: Number.MAX_SAFE_INTEGER }): Result[] {
    const job = this.#sql.row('SELECT first_id, received FROM jobs WHERE id = ?', id)
    if (job === undefined) return []
    const first = Number(job['first_id'])
    return this.#sql
      .rows(
        'SELECT position, lead, status, result FROM updates WHERE id >= ? AND id < ? ORDER BY id LIMIT ?',
        first + from,
        first + Number(job['received']),
        limit
      )
      .map(readResult)
  }

  /** Newest first. */
  list({ caller, status, source, after, limit }: JobPage): Job[] {
    const which: [condition: string, value: SQLInputValue][] = []
    if (after !== undefined) which.push(['n < ?', this.#endOfPage(after)])
    if (caller !== undefined) which.push(['caller = ?', caller])
    // The sign keeps SQLite off an index that nearly all jobs may match, while few match the other conditions.
    const isOfCaller = caller !== undefined
    if (source !== undefined) which.push([isOfCaller ? '+source = ?' : 'source = ?', source])
    const isByStatus = isOfCaller || source === undefined
    if (status !== undefined) which.push([isByStatus ? 'status = ?' : '+status = ?', status])
    const conditions = which.map(([condition]) => condition).join(' AND ')
    return this.#sql
      .rows(
        `SELECT * FROM jobs ${conditions && `WHERE ${conditions}`} ORDER BY n DESC LIMIT ?`,
        ...which.map(([, value]) => value),
        limit
      )
      .map((row) => readJob(row, this.#counts(row)))
  }

  /** Jobs after a page have lower numbers than this; by the id of its last job, which may have been purged since. */
  #endOfPage(id: string): number {
    const row = this.#sql.row(
      'SELECT coalesce((SELECT n FROM jobs WHERE id = ?1), (SELECT max(n) + 1 FROM jobs WHERE id < ?1), 0) AS end',
      id
    )
    return Number(row?.['end'])
  }

  /** How many updates have a result of each status; stored once the job has ended. */
  #counts(job: Row): Record<string, number> {
    const counts = readObject(job['counts'])
    if (counts !== undefined) return counts as Record<string, number>
    const first = Number(job['first_id'])
    const rows = this.#sql.rows(
      `SELECT coalesce(status, 'queued') AS result, count(*) AS count FROM updates WHERE id >= ? AND id < ? GROUP BY 1`,
      first,
      first + Number(job['received'])
    )
    return Object.fromEntries(rows.map(({ result, count }) => [String(result), Number(count)]))
  }
}
