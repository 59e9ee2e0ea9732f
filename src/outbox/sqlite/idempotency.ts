import type { IdempotencyRecord } from '../../http/idempotency-record.ts'
import { type IdempotencyStore, recordName } from '../idempotency.ts'
import type { GroupCommit } from './database/group-commit.ts'
import { readIdempotencyRecord } from '../rows.ts'
import type { Statements } from './database/statements.ts'

/** Written after a failed write, to find out whether writing works again. No caller has this name. */
const TRIAL = {
  caller: '',
  key: '',
  fingerprint: '',
  httpStatus: 0,
  contentType: '',
  body: ' '.repeat(65_536)
}

/** The stored responses in SQLite. */
export class SqliteIdempotency implements IdempotencyStore {
  readonly #sql: Statements
  readonly #commits: GroupCommit
  /** See `recordName`. */
  readonly #inProgress = new Set<string>()

  constructor(sql: Statements, commits: GroupCommit) {
    this.#sql = sql
    this.#commits = commits
  }

  async begin(
    caller: string,
    key: string,
    since: number
  ): Promise<'begun' | 'in_progress' | IdempotencyRecord> {
    const name = recordName(caller, key)
    if (this.#inProgress.has(name)) return 'in_progress'
    const record = this.get(caller, key, since)
    if (record) return record
    this.#inProgress.add(name)
    return 'begun'
  }

  async end(caller: string, key: string): Promise<void> {
    this.#inProgress.delete(recordName(caller, key))
  }

  async find(caller: string, key: string, since: number): Promise<IdempotencyRecord | undefined> {
    return this.get(caller, key, since)
  }

  save(record: IdempotencyRecord): Promise<void> {
    return this.#commits.write(() => {
      this.put(record)
    })
  }

  purge(before: number, limit: number): Promise<number> {
    return this.#commits.write(() => {
      const { changes } = this.#sql.run(
        'DELETE FROM idempotency_records WHERE (caller, key) IN (SELECT caller, key FROM idempotency_records WHERE at < ? LIMIT ?)',
        before,
        limit
      )
      // Only a write shows whether writing works again. The next purge deletes this record.
      if (this.#commits.fault !== undefined) this.put({ ...TRIAL, at: before })
      return Number(changes)
    })
  }

  /** The response to a caller's key, if it was stored at `since` or later; for use within a transaction. */
  get(caller: string, key: string, since: number): IdempotencyRecord | undefined {
    const row = this.#sql.row(
      'SELECT * FROM idempotency_records WHERE caller = ? AND key = ? AND at >= ?',
      caller,
      key,
      since
    )
    return row && readIdempotencyRecord(row)
  }

  /** Saves a record, within a transaction. */
  put({ caller, key, fingerprint, httpStatus, contentType, body, at }: IdempotencyRecord): void {
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
}
