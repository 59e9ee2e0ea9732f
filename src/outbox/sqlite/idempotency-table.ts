import type { IdempotencyRecord } from '../../http/idempotency-record.ts'
import { readIdempotencyRecord } from './rows.ts'
import type { Statements } from './statements.ts'

/** Written after a failed write, to find out whether writing works again. No caller has this name. */
const TRIAL = {
  caller: '',
  key: '',
  fingerprint: '',
  httpStatus: 0,
  contentType: '',
  body: ' '.repeat(65_536)
}

/** The table of stored responses. */
export class IdempotencyTable {
  readonly #sql: Statements

  constructor(sql: Statements) {
    this.#sql = sql
  }

  /** The response to a caller's key, if it was stored at `since` or later. */
  find(caller: string, key: string, since: number): IdempotencyRecord | undefined {
    const row = this.#sql.row(
      'SELECT * FROM idempotency_records WHERE caller = ? AND key = ? AND at >= ?',
      caller,
      key,
      since
    )
    return row && readIdempotencyRecord(row)
  }

  save({ caller, key, fingerprint, httpStatus, contentType, body, at }: IdempotencyRecord): void {
    this.#sql.run(
      `INSERT OR REPLACE INTO idempotency_records (caller, key, fingerprint, http_status, content_type, body, at)
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

  /** Writes a large record of time `at`, which the next purge deletes. */
  saveTrial(at: number): void {
    this.save({ ...TRIAL, at })
  }

  /** Deletes up to `limit` records older than `before`. Returns how many. */
  purge(before: number, limit: number): number {
    const { changes } = this.#sql.run(
      'DELETE FROM idempotency_records WHERE (caller, key) IN (SELECT caller, key FROM idempotency_records WHERE at < ? LIMIT ?)',
      before,
      limit
    )
    return Number(changes)
  }
}
