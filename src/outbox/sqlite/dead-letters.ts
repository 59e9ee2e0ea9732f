import type { DeadLetter, DeadLetterChoice, DeadLetterPage } from '../outbox.ts'
import { JOB_COLUMNS } from './ready-updates.ts'
import { type Row, RowReader } from './rows.ts'
import type { Statements } from './statements.ts'

/** `updates.state`, see MIGRATIONS. */
export const DEAD = 1
const DEAD_WITH_JOB = `updates JOIN jobs ON jobs.n = updates.job
  WHERE state = ${DEAD} AND (?1 IS NULL OR caller = ?1) AND seq >= ?2 AND seq < ?3`
const NAMED = 'seq IN (SELECT value FROM json_each(?4))'
/** Beyond every `seq`. */
const END = Number.MAX_SAFE_INTEGER

/** The updates that were given up. */
export class DeadLetters {
  readonly #sql: Statements

  constructor(sql: Statements) {
    this.#sql = sql
  }

  /** Newest first. */
  list(page: DeadLetterPage): DeadLetter[] {
    const { caller = null, jobId, after = END, limit } = page
    const { from, to } = this.#seqsOf(jobId)
    return read(
      this.#sql.rows(
        `SELECT updates.*, ${JOB_COLUMNS} FROM ${DEAD_WITH_JOB} ORDER BY seq DESC LIMIT ?4`,
        caller,
        from,
        Math.min(to, Number(after)),
        limit
      )
    )
  }

  /** Those that are chosen, oldest first, and what counts how many more than `limit` there are. */
  choose(choice: DeadLetterChoice): { letters: DeadLetter[]; remaining: () => number } {
    const { caller = null, jobId, seqs, after = 0, limit } = choice
    const { from, to } = this.#seqsOf(jobId)
    const first = Math.max(from, after + 1)
    const names = seqs === undefined ? null : JSON.stringify(seqs)
    // Without names a parameter is left over, which has to have its place.
    const chosen = `${DEAD_WITH_JOB} AND ${names === null ? '?4 IS NULL' : NAMED}`
    const letters = read(
      this.#sql.rows(
        `SELECT updates.*, ${JOB_COLUMNS} FROM ${chosen} ORDER BY seq LIMIT ?5`,
        caller,
        first,
        to,
        names,
        limit
      )
    )
    const remaining = () => {
      if (letters.length < limit) return 0
      const count = this.#sql.row(`SELECT count(*) AS count FROM ${chosen}`, caller, first, to, names)
      return Number(count?.['count']) - letters.length
    }
    return { letters, remaining }
  }

  /** Where the updates of a job are among all; without a job, all. */
  #seqsOf(jobId: string | undefined): { from: number; to: number } {
    if (jobId === undefined) return { from: 0, to: END }
    const job = this.#sql.row('SELECT first_seq, received FROM jobs WHERE id = ?', jobId)
    const from = Number(job?.['first_seq'] ?? 0)
    return { from, to: from + Number(job?.['received'] ?? 0) }
  }
}

function read(rows: readonly Row[]): DeadLetter[] {
  const reader = new RowReader()
  return rows.map((row) => reader.deadLetter(row))
}
