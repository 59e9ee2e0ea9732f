import type { IdempotencyRecord } from '../../http/idempotency-record.ts'
import type { IdempotencyStore } from '../idempotency.ts'
import type { Database } from './database/database.ts'
import { findRecord, saveRecord } from './idempotency-records.ts'

/** The stored responses in PostgreSQL. */
export class PostgresIdempotency implements IdempotencyStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  find(caller: string, key: string, since: number): Promise<IdempotencyRecord | undefined> {
    return findRecord(this.#database, caller, key, since)
  }

  async save(record: IdempotencyRecord): Promise<void> {
    await saveRecord({ rows: (text, ...values) => this.#database.write(text, ...values) }, record)
  }

  async purge(before: number, limit: number): Promise<number> {
    const deleted = await this.#database.write(
      `DELETE FROM idempotency_records WHERE (caller, key) IN (
        SELECT caller, key FROM idempotency_records WHERE at < $1 ORDER BY at LIMIT $2
      ) RETURNING 1`,
      before,
      limit
    )
    return deleted.length
  }
}
