import { randomUUID } from 'node:crypto'
import type { IdempotencyRecord } from '../../http/idempotency-record.ts'
import { type IdempotencyStore, recordName } from '../idempotency.ts'
import { byColumn, type Database } from './database/database.ts'
import { findRecord, saveRecord } from './idempotency-records.ts'

/** A request counts as in progress for this long after its gateway was last heard of. */
const ALIVE = "interval '10 seconds'"
const ALIVE_UNTIL = `clock_timestamp() + ${ALIVE}`
/** Begins a request, also in place of one whose gateway has ended, or of this one's whose end could not be stored. */
const BEGIN = `INSERT INTO requests_in_progress AS r (caller, key, gateway, alive_until) VALUES ($1, $2, $3, ${ALIVE_UNTIL})
  ON CONFLICT (caller, key) DO UPDATE SET gateway = excluded.gateway, alive_until = excluded.alive_until
    WHERE r.alive_until < clock_timestamp() OR r.gateway = excluded.gateway
  RETURNING gateway`
/** Also brings back what a restart of the database has lost. */
const KEEP_ALIVE = `INSERT INTO requests_in_progress AS r (caller, key, gateway, alive_until)
  SELECT caller, key, $3, ${ALIVE_UNTIL} FROM unnest($1::text[], $2::text[]) AS mine (caller, key)
  ORDER BY caller COLLATE "C", key COLLATE "C"
  ON CONFLICT (caller, key) DO UPDATE SET alive_until = excluded.alive_until WHERE r.gateway = excluded.gateway`

/** The stored responses in PostgreSQL, and the requests in progress at any gateway. */
export class PostgresIdempotency implements IdempotencyStore {
  readonly #database: Pick<Database, 'rows' | 'write'>
  /** This process; a gateway that starts again is another one. */
  readonly #gateway = randomUUID()
  /** The caller and key of each request in progress here. */
  readonly #inProgress = new Map<string, readonly [caller: string, key: string]>()

  constructor(database: Pick<Database, 'rows' | 'write'>) {
    this.#database = database
  }

  find(caller: string, key: string, since: number): Promise<IdempotencyRecord | undefined> {
    return findRecord(this.#database, caller, key, since)
  }

  async begin(
    caller: string,
    key: string,
    since: number
  ): Promise<'begun' | 'in_progress' | IdempotencyRecord> {
    const name = recordName(caller, key)
    if (this.#inProgress.has(name)) return 'in_progress'
    this.#inProgress.set(name, [caller, key])
    try {
      const [begun] = await this.#database.write(BEGIN, caller, key, this.#gateway)
      // Looked for afterwards: another gateway may have stored it and ended its request in between.
      const record = await this.find(caller, key, since)
      if (begun !== undefined && record === undefined) return 'begun'
      await (begun === undefined ? this.#inProgress.delete(name) : this.end(caller, key))
      return record ?? 'in_progress'
    } catch (error) {
      this.#inProgress.delete(name)
      throw error
    }
  }

  async save(record: IdempotencyRecord): Promise<void> {
    await saveRecord({ rows: (text, ...values) => this.#database.write(text, ...values) }, record)
  }

  async end(caller: string, key: string): Promise<void> {
    try {
      await this.#database.write(
        'DELETE FROM requests_in_progress WHERE caller = $1 AND key = $2 AND gateway = $3',
        caller,
        key,
        this.#gateway
      )
    } finally {
      this.#inProgress.delete(recordName(caller, key))
    }
  }

  /** Shows the other gateways that the requests in progress here go on. @throws StorageError */
  async keepAlive(): Promise<void> {
    const mine = [...this.#inProgress.values()]
    if (mine.length > 0) await this.#database.write(KEEP_ALIVE, ...byColumn(mine, 2), this.#gateway)
  }

  async purge(before: number, limit: number): Promise<number> {
    await this.#database.write(
      `DELETE FROM requests_in_progress WHERE alive_until < clock_timestamp() - ${ALIVE}`
    )
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
