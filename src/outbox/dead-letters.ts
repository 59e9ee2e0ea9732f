import type { DeadLetter, DeadLetterChoice, DeadLetterPage } from './outbox.ts'
import { JOB_COLUMNS } from './ready-updates.ts'
import { type Row, RowReader } from './rows.ts'
import type { Statements } from './statements.ts'

/** `updates.state`, see MIGRATIONS. */
export const DEAD = 1
const DEAD_WITH_JOB = `updates JOIN jobs ON jobs.n = updates.job
  WHERE state = ${DEAD} AND (?1 IS NULL OR caller = ?1) AND (?2 IS NULL OR jobs.id = ?2)`
const NAMED = 'seq IN (SELECT value FROM json_each(?3))'

/** The updates that were given up. */
export class DeadLetters {
  readonly #sql: Statements

  constructor(sql: Statements) {
    this.#sql = sql
  }

  /** Newest first. */
  list(page: DeadLetterPage): DeadLetter[] {
    const { caller = null, jobId = null, after = null, limit } = page
    return read(
      this.#sql.rows(
        `SELECT updates.*, ${JOB_COLUMNS} FROM ${DEAD_WITH_JOB} AND seq < coalesce(?3, 9e15) ORDER BY seq DESC LIMIT ?4`,
        caller,
        jobId,
        after === null ? null : Number(after),
        limit
      )
    )
  }

  /** Those that are chosen, oldest first, and what counts how many more than `limit` there are. */
  choose(choice: DeadLetterChoice): { letters: DeadLetter[]; remaining: () => number } {
    const { caller = null, jobId = null, seqs, after = 0, limit } = choice
    const names = seqs === undefined ? null : JSON.stringify(seqs)
    // Without names a parameter is left over, which has to have its place.
    const chosen = `${DEAD_WITH_JOB} AND ${names === null ? '?3 IS NULL' : NAMED} AND seq > ?4`
    const letters = read(
      this.#sql.rows(
        `SELECT updates.*, ${JOB_COLUMNS} FROM ${chosen} ORDER BY seq LIMIT ?5`,
        caller,
        jobId,
        names,
        after,
        limit
      )
    )
    const remaining = () => {
      if (letters.length < limit) return 0
      const count = this.#sql.row(`SELECT count(*) AS count FROM ${chosen}`, caller, jobId, names, after)
      return Number(count?.['count']) - letters.length
    }
    return { letters, remaining }
  }
}

function read(rows: readonly Row[]): DeadLetter[] {
  const reader = new RowReader()
  return rows.map((row) => reader.deadLetter(row))
}
