import { DEAD_LETTER } from '../update-state.ts'
import type { Database, Sql } from './database/database.ts'
import { noteRemoved } from './dead-letters.ts'
import { OF_JOB } from './job-table.ts'

/** Greater than every job's number. */
const EVERY_JOB = Number.MAX_SAFE_INTEGER

/** What a step has deleted. */
interface Purged {
  readonly rows: number
  readonly deadLetters: number
}

/** A job that ended long ago. */
interface OldJob {
  readonly n: number
  readonly finishedAt: number
  readonly received: number
  readonly isKept: boolean
}

/** Deletes jobs that ended long ago, in steps. */
export class Retention {
  readonly #database: Database
  /** The last job that was looked at and kept. */
  #kept: readonly [finishedAt: number, n: number] = [0, 0]

  constructor(database: Database) {
    this.#database = database
  }

  /** See `JobStore.purge`. `removed`: see `OwnedQueue.noteRemoved`. */
  purge(
    before: number,
    limit: number,
    hours: number
  ): Promise<{ readonly rows: number; readonly removed: number }> {
    return this.#database.transaction(async (sql) => {
      const jobs = await this.#oldJobs(sql, before, limit, await acceptedBefore(sql, hours))
      const whole: number[] = []
      let purged: Purged = { rows: 0, deadLetters: 0 }
      let left = limit
      let kept = this.#kept
      for (const { n, finishedAt, received, isKept } of jobs) {
        if (left <= 0) break
        if (isKept) {
          kept = [finishedAt, n]
          continue
        }
        if (received >= left) {
          purged = await purgeUpdates(sql, [n], left)
          left -= purged.rows
          if (left <= 0) break
        } else left -= received
        whole.push(n)
        left--
      }
      const ofWhole = await purgeUpdates(sql, whole, limit)
      if (whole.length > 0) await sql.rows('DELETE FROM jobs WHERE n = ANY ($1::bigint[])', whole)
      this.#kept = jobs.length < limit && left > 0 ? [0, 0] : kept
      const rows = purged.rows + ofWhole.rows + whole.length
      const deadLetters = purged.deadLetters + ofWhole.deadLetters
      return { rows, removed: await noteRemoved(sql, deadLetters) }
    })
  }

  /** The next `limit` jobs; those with dead letters are kept if their number is not below `lettersBefore`. */
  async #oldJobs(sql: Sql, before: number, limit: number, lettersBefore: number): Promise<OldJob[]> {
    const rows = await sql.rows(
      `SELECT j.n, j.finished_at, j.received, j.n >= $1::bigint AND EXISTS (
          SELECT 1 FROM updates AS u WHERE ${OF_JOB} AND u.state = ${DEAD_LETTER}
        ) AS is_kept
      FROM jobs AS j WHERE j.finished_at < $2 AND (j.finished_at, j.n) > ($3::bigint, $4::bigint)
      ORDER BY j.finished_at, j.n LIMIT $5`,
      lettersBefore,
      before,
      ...this.#kept,
      limit
    )
    return rows.map((row) => ({
      n: Number(row['n']),
      finishedAt: Number(row['finished_at']),
      received: Number(row['received']),
      isKept: row['is_kept'] === true
    }))
  }
}

/** Deletes up to `limit` updates of jobs. */
async function purgeUpdates(sql: Sql, jobs: readonly number[], limit: number): Promise<Purged> {
  if (jobs.length === 0) return { rows: 0, deadLetters: 0 }
  const deleted = await sql.rows(
    // Job by job: joined, the planner may read all updates to find those of a few jobs.
    `DELETE FROM updates WHERE id = ANY (ARRAY(
      SELECT u.id FROM jobs AS j CROSS JOIN LATERAL (SELECT id FROM updates AS u WHERE ${OF_JOB} LIMIT $2) AS u
      WHERE j.n = ANY ($1::bigint[]) LIMIT $2
    )) RETURNING state`,
    jobs,
    limit
  )
  const deadLetters = deleted.filter(({ state }) => state === DEAD_LETTER).length
  return { rows: deleted.length, deadLetters }
}

/** Jobs with a lower number were accepted before the last `hours` in which a gateway ran. */
async function acceptedBefore(sql: Sql, hours: number): Promise<number> {
  if (hours === 0) return EVERY_JOB
  const [row] = await sql.rows(
    `SELECT next_job FROM running_hours WHERE hour <= (SELECT max(hour) FROM running_hours) - $1
    ORDER BY hour DESC LIMIT 1`,
    hours
  )
  return Number(row?.['next_job'] ?? 0)
}
