import type { Result } from '../../../schemas/batch.ts'
import type { Job, JobPage } from '../jobs.ts'
import type { Counts } from '../progress.ts'
import { readJob, readObject, readResult, type Row } from '../rows.ts'
import type { Sql } from './database/database.ts'

/** Finds a job's updates, by its row `j`. */
export const OF_JOB = 'u.id BETWEEN j.first_id AND j.last_id AND u.job = j.n'

/**
 * Finds a part of a job's updates: from the job's id, the position of the first, and how many. Ids grow at least as fast as
 * positions.
 */
export const PART_OF_JOB = `FROM jobs AS j CROSS JOIN LATERAL (
    SELECT * FROM updates AS u WHERE ${OF_JOB} AND u.id >= j.first_id + $2::bigint AND u.position >= $2::bigint
    ORDER BY u.id LIMIT $3
  ) AS u WHERE j.id = $1`
/** Their results, in the order of the updates. */
export const RESULTS_OF_PART = `SELECT u.position, u.lead, u.status, u.result ${PART_OF_JOB} ORDER BY u.id`

/** Reads the table of jobs. */
export class JobTable {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  async find(id: string): Promise<Job | undefined> {
    const [row] = await this.#sql.rows('SELECT * FROM jobs WHERE id = $1', id)
    return row && this.#toJob(row)
  }

  /** Those of some jobs that have ended. */
  async ended(ids: readonly string[]): Promise<string[]> {
    const rows = await this.#sql.rows(
      'SELECT id FROM jobs WHERE id = ANY ($1::text[]) AND finished_at IS NOT NULL',
      ids
    )
    return rows.map(({ id }) => String(id))
  }

  /** The results in the order of the updates, or a part of them. */
  async results(
    id: string,
    { from, limit }: { readonly from: number; readonly limit: number } = { from: 0, limit: 2 ** 31 - 1 }
  ): Promise<Result[]> {
    const rows = await this.#sql.rows(RESULTS_OF_PART, id, from, limit)
    return rows.map(readResult)
  }

  /** Newest first. */
  async list({ caller, status, source, after, limit }: JobPage): Promise<Job[]> {
    const which: [condition: string, value: string | number][] = []
    if (after !== undefined) which.push(['n <', await this.#endOfPage(after)])
    if (caller !== undefined) which.push(['caller =', caller])
    if (source !== undefined) which.push(['source =', source])
    if (status !== undefined) which.push(['status =', status])
    const conditions = which.map(([condition], index) => `${condition} $${index + 2}`).join(' AND ')
    const rows = await this.#sql.rows(
      `SELECT * FROM jobs ${conditions && `WHERE ${conditions}`} ORDER BY n DESC LIMIT $1`,
      limit,
      ...which.map(([, value]) => value)
    )
    return Promise.all(rows.map((row) => this.#toJob(row)))
  }

  /** When a job was accepted that has the update with this id. */
  async acceptedAt(updateId: number): Promise<number | undefined> {
    const [row] = await this.#sql.rows(
      'SELECT accepted_at FROM jobs WHERE n = (SELECT job FROM updates WHERE id = $1)',
      updateId
    )
    return row && Number(row['accepted_at'])
  }

  /** Notes that the gateway has run for one more hour, and deletes the notes from before the last `hours`. */
  async noteHour(at: number, hours: number): Promise<void> {
    await this.#sql.rows(
      `WITH noted AS (
        INSERT INTO running_hours (at, next_job)
        SELECT $1::bigint, CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM jobs_n_seq RETURNING hour
      ) DELETE FROM running_hours WHERE hour < (SELECT hour FROM noted) - $2::bigint`,
      at,
      hours
    )
  }

  /** When hours were noted, newest first. */
  async lastHours(limit: number): Promise<number[]> {
    const rows = await this.#sql.rows('SELECT at FROM running_hours ORDER BY hour DESC LIMIT $1', limit)
    return rows.map(({ at }) => Number(at))
  }

  /** Jobs after a page have lower numbers than this; by the id of its last job, which may have been purged since. */
  async #endOfPage(id: string): Promise<number> {
    const [row] = await this.#sql.rows(
      `SELECT coalesce((SELECT n FROM jobs WHERE id = $1), (SELECT max(n) + 1 FROM jobs WHERE id < $1), 0) AS end`,
      id
    )
    return Number(row?.['end'])
  }

  async #toJob(row: Row): Promise<Job> {
    const pending = Number(row['pending'])
    const counts =
      (readObject(row['counts']) as Counts | undefined) ?? (await countResults(this.#sql, Number(row['n'])))
    return readJob(row, { ...(pending > 0 ? { queued: pending } : {}), ...counts })
  }
}

/** How many of a job's updates have a result of each status; a job has this in its row, unless that is damaged. */
export async function countResults(sql: Sql, job: number): Promise<Counts> {
  const rows = await sql.rows(
    `SELECT u.status, count(*) AS count FROM jobs AS j JOIN updates AS u ON ${OF_JOB}
    WHERE j.n = $1 AND u.status IS NOT NULL GROUP BY u.status`,
    job
  )
  return Object.fromEntries(rows.map(({ status, count }) => [String(status), Number(count)]))
}
