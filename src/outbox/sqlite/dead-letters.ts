import type { DeadLetter, DeadLetterChoice, DeadLetterPage } from '../jobs.ts'
import { UPDATE_COLUMNS } from './ready-updates.ts'
import { errorText, type Row, RowReader } from '../rows.ts'
import type { Statements } from './database/statements.ts'
import { DEAD_LETTER } from '../update-state.ts'

const LETTERS_WITH_JOB = `updates JOIN jobs ON jobs.n = updates.job
  WHERE state = ${DEAD_LETTER} AND (?1 IS NULL OR caller = ?1) AND updates.id >= ?2 AND updates.id < ?3
    AND (?4 IS NULL OR instr(result, ?4) > 0)`
const NAMED = 'updates.id IN (SELECT value FROM json_each(?5))'
/** Greater than every id. */
const END = Number.MAX_SAFE_INTEGER

/** The dead letters among the updates. */
export class DeadLetters {
  readonly #sql: Statements

  constructor(sql: Statements) {
    this.#sql = sql
  }

  /** Newest first. */
  list(page: DeadLetterPage): DeadLetter[] {
    const { caller = null, jobId, code, after = END, limit } = page
    const { from, to } = this.#idsOf(jobId)
    return read(
      this.#sql.rows(
        `SELECT ${UPDATE_COLUMNS} FROM ${LETTERS_WITH_JOB} ORDER BY updates.id DESC LIMIT ?5`,
        caller,
        from,
        Math.min(to, Number(after)),
        code === undefined ? null : errorText(code),
        limit
      )
    )
  }

  /** The chosen ones, oldest first, and a function that counts those beyond `limit`. */
  choose(choice: DeadLetterChoice): { letters: DeadLetter[]; remaining: () => number } {
    const { caller = null, jobId, code, ids, after = 0, limit } = choice
    const { from, to } = this.#idsOf(jobId)
    const first = Math.max(from, after + 1)
    const error = code === undefined ? null : errorText(code)
    const named = ids === undefined ? null : JSON.stringify(ids)
    // Without ids the statement still needs its fifth parameter.
    const chosen = `${LETTERS_WITH_JOB} AND ${named === null ? '?5 IS NULL' : NAMED}`
    const letters = read(
      this.#sql.rows(
        `SELECT ${UPDATE_COLUMNS} FROM ${chosen} ORDER BY updates.id LIMIT ?6`,
        caller,
        first,
        to,
        error,
        named,
        limit
      )
    )
    const remaining = () => {
      if (letters.length < limit) return 0
      const count = this.#sql.row(`SELECT count(*) AS count FROM ${chosen}`, caller, first, to, error, named)
      return Number(count?.['count']) - letters.length
    }
    return { letters, remaining }
  }

  /** The range of ids of a job's updates; without a job, of all updates. */
  #idsOf(jobId: string | undefined): { from: number; to: number } {
    if (jobId === undefined) return { from: 0, to: END }
    const job = this.#sql.row('SELECT first_id, received FROM jobs WHERE id = ?', jobId)
    const from = Number(job?.['first_id'] ?? 0)
    return { from, to: from + Number(job?.['received'] ?? 0) }
  }
}

function read(rows: readonly Row[]): DeadLetter[] {
  const reader = new RowReader()
  return rows.map((row) => reader.deadLetter(row))
}
