import { randomUUID } from 'node:crypto'
import { StorageError } from '../../errors.ts'
import type { IdempotencyRecord } from '../../http/idempotency-record.ts'
import { type IdempotencyStore, recordName } from '../idempotency.ts'
import { byColumn, type Database } from './database/database.ts'
import { findRecord, saveRecord } from './idempotency-records.ts'

/** A request counts as in progress for this long after its gateway was last heard of. */
const ALIVE = "interval '10 seconds'"
const ALIVE_UNTIL = `clock_timestamp() + ${ALIVE}`
/** Begins a request, also in place of one whose gateway has ended, or of this one's whose end could not be stored. */
const BEGIN = `INSERT INTO requests_in_progress AS r (caller, key, gateway, request, alive_until)
  VALUES ($1, $2, $3, $4, ${ALIVE_UNTIL})
  ON CONFLICT (caller, key) DO UPDATE
    SET gateway = excluded.gateway, request = excluded.request, alive_until = excluded.alive_until
    WHERE r.alive_until < clock_timestamp() OR r.gateway = excluded.gateway
  RETURNING gateway`
/** Also brings back what a restart of the database has lost. */
const KEEP_ALIVE = `INSERT INTO requests_in_progress AS r (caller, key, gateway, request, alive_until)
  SELECT caller, key, $4, request, ${ALIVE_UNTIL}
  FROM unnest($1::text[], $2::text[], $3::bigint[]) AS mine (caller, key, request)
  ORDER BY caller COLLATE "C", key COLLATE "C"
  ON CONFLICT (caller, key) DO UPDATE SET alive_until = excluded.alive_until
    WHERE r.gateway = excluded.gateway AND r.request = excluded.request`
/** Ends requests. Leaves alone later ones with their keys. */
const END = `DELETE FROM requests_in_progress AS r USING unnest($1::text[], $2::text[], $3::bigint[]) AS e (caller, key, request)
  WHERE r.caller = e.caller AND r.key = e.key AND r.request = e.request AND r.gateway = $4`

/** A request in progress at this gateway. */
interface KeyedRequest {
  readonly caller: string
  readonly key: string
  /** Tells this gateway's requests apart. */
  readonly request: number
}

/** The stored responses in PostgreSQL, and the requests in progress at any gateway. */
export class PostgresIdempotency implements IdempotencyStore {
  readonly #database: Pick<Database, 'rows' | 'write'>
  /** This process; a gateway that starts again is another one. */
  readonly #gateway = randomUUID()
  /** See `recordName`. */
  readonly #inProgress = new Map<string, KeyedRequest>()
  #requests = 0

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
    const request = { caller, key, request: ++this.#requests }
    this.#inProgress.set(name, request)
    try {
      const [begun] = await this.#database.write(BEGIN, caller, key, this.#gateway, request.request)
      // Looked for afterwards: another gateway may have stored it and ended its request in between.
      const record = await this.find(caller, key, since)
      if (begun !== undefined && record === undefined) return 'begun'
      this.#inProgress.delete(name)
      if (begun !== undefined) await this.#end([request])
      return record ?? 'in_progress'
    } catch (error) {
      this.#inProgress.delete(name)
      // Whether or not its beginning is stored: the request is not done.
      throw error instanceof StorageError ? new StorageError(error.message, error) : error
    }
  }

  async save(record: IdempotencyRecord): Promise<void> {
    await saveRecord({ rows: (text, ...values) => this.#database.write(text, ...values) }, record)
  }

  async end(caller: string, key: string): Promise<void> {
    const name = recordName(caller, key)
    const request = this.#inProgress.get(name)
    if (request === undefined || !this.#inProgress.delete(name)) return
    await this.#end([request])
  }

  /** Shows the other gateways that the requests in progress here go on. @throws StorageError */
  async keepAlive(): Promise<void> {
    const mine = [...this.#inProgress.values()]
    if (mine.length === 0) return
    await this.#database.write(KEEP_ALIVE, ...byColumn(mine.map(columnsOf), 3), this.#gateway)
    // Those that have ended meanwhile may be back.
    const ended = mine.filter((one) => this.#inProgress.get(recordName(one.caller, one.key)) !== one)
    if (ended.length > 0) await this.#end(ended)
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

  async #end(requests: readonly KeyedRequest[]): Promise<void> {
    await this.#database.write(END, ...byColumn(requests.map(columnsOf), 3), this.#gateway)
  }
}

function columnsOf({ caller, key, request }: KeyedRequest): unknown[] {
  return [caller, key, request]
}
