import type { IdempotencyRecord } from '../../http/idempotency-record.ts'
import { readAnswer } from './rows.ts'
import type { Statements } from './statements.ts'

/** Written when writing has failed, to see whether there is room again. No caller has this name. */
const TRIAL = {
  caller: '',
  key: '',
  fingerprint: '',
  httpStatus: 0,
  contentType: '',
  body: ' '.repeat(65_536)
}

/** The table of answers that are known by their key. */
export class Answers {
  readonly #sql: Statements

  constructor(sql: Statements) {
    this.#sql = sql
  }

  /** The answer of a caller's key, if it was given at `since` or later. */
  known(caller: string, key: string, since: number): IdempotencyRecord | undefined {
    const row = this.#sql.row(
      'SELECT * FROM answers WHERE caller = ? AND key = ? AND at >= ?',
      caller,
      key,
      since
    )
    return row && readAnswer(row)
  }

  remember({ caller, key, fingerprint, httpStatus, contentType, body, at }: IdempotencyRecord): void {
    this.#sql.run(
      `INSERT OR REPLACE INTO answers (caller, key, fingerprint, http_status, content_type, body, at)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
      caller,
      key,
      fingerprint,
      httpStatus,
      contentType,
      body,
      at
    )
  }

  /** Writes something large as of `at`, which the next purge deletes. */
  rememberTrial(at: number): void {
    this.remember({ ...TRIAL, at })
  }

  /** Deletes up to `limit` answers of before `before`. Returns how many. */
  purge(before: number, limit: number): number {
    const { changes } = this.#sql.run(
      'DELETE FROM answers WHERE (caller, key) IN (SELECT caller, key FROM answers WHERE at < ? LIMIT ?)',
      before,
      limit
    )
    return Number(changes)
  }
}
