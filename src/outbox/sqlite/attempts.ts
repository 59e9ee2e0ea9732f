import { ATTEMPT_COLUMNS, attemptRows, readAttempts } from '../attempt-rows.ts'
import { MAX_ATTEMPTS_KEPT, type UpdateAttempts } from '../attempts.ts'
import type { Settlement } from '../queue.ts'
import type { Statements } from './database/statements.ts'

const INSERT = `INSERT OR REPLACE INTO attempts (update_id, number, at, status, code, detail, said)
  VALUES (?, ?, ?, ?, ?, ?, ?)`
const DELETE_OLD = `DELETE FROM attempts WHERE update_id = ?1 AND number <= ?2 - ${MAX_ATTEMPTS_KEPT}`

/** The table of attempts. Its rows are deleted with their updates. */
export class AttemptTable {
  readonly #sql: Statements

  constructor(sql: Statements) {
    this.#sql = sql
  }

  /** Adds the attempts of settlements, within a transaction. */
  add(settlements: readonly Settlement[]): void {
    for (const row of attemptRows(settlements)) {
      const [id = null, number = null] = row
      this.#sql.run(INSERT, ...row)
      this.#sql.run(DELETE_OLD, id, number)
    }
  }

  /** See `JobStore.attempts`. */
  of(job: string, { from, limit }: { readonly from: number; readonly limit: number }): UpdateAttempts[] {
    return readAttempts(
      this.#sql.rows(
        `SELECT ${ATTEMPT_COLUMNS} FROM jobs
          CROSS JOIN attempts AS a ON a.update_id >= first_id + ?2 AND a.update_id < first_id + min(received, ?2 + ?3)
          CROSS JOIN updates AS u ON u.id = a.update_id
        WHERE jobs.id = ?1 ORDER BY a.update_id, a.number`,
        job,
        from,
        limit
      )
    )
  }
}
