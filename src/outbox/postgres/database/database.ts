import type pg from 'pg'
import { StorageError } from '../../../errors.ts'
import type { Row } from '../../rows.ts'

/** A gateway that is frozen within a transaction must not keep others from its locks for longer than this. */
const BEGIN = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '1s'"
/** Classes of error codes for which the values are to blame, not the database: data, and constraints. */
const BAD_VALUES = /^2[23]/

/** How long to wait for statements that read or change a whole table, in milliseconds. */
const PATIENCE_MS = 600_000

/** Runs statements. */
export interface Sql {
  /** @throws StorageError */
  rows(text: string, ...values: readonly unknown[]): Promise<Row[]>
}

/** A pool of connections, and whether writing works. */
export class Database implements Sql {
  readonly #pool: pg.Pool
  #fault: string | undefined

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Why a write failed; undefined once one has succeeded since. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** Reads. */
  async rows(text: string, ...values: readonly unknown[]): Promise<Row[]> {
    try {
      return (await this.#pool.query<Row>(text, [...values])).rows
    } catch (error) {
      throw storageError('read', error)
    }
  }

  /** Reads what may take long. */
  async readLong(text: string, ...values: readonly unknown[]): Promise<Row[]> {
    try {
      return (await this.#pool.query<Row>(patient(text, values))).rows
    } catch (error) {
      throw storageError('read', error)
    }
  }

  /**
   * Writes with one statement.
   * @throws StorageError; whether the statement was run is unknown if the connection was lost
   */
  write(text: string, ...values: readonly unknown[]): Promise<Row[]> {
    return this.#noting(
      async () => (await this.#pool.query<Row>(text, [...values]).catch(throwUnwritable)).rows
    )
  }

  /**
   * Runs `run` in a transaction (READ COMMITTED).
   * @param isLong whether its statements may take long
   * @throws StorageError, or what `run` throws; then nothing is changed, unless the connection was lost during the commit
   */
  transaction<T>(run: (sql: Sql) => Promise<T>, isLong = false): Promise<T> {
    return this.#noting(async () => {
      const client = await this.#pool.connect().catch(throwUnwritable)
      const rows: Sql['rows'] = async (text, ...values) => {
        const query = isLong ? patient(text, values) : { text, values: [...values] }
        return (await client.query<Row>(query).catch(throwUnwritable)).rows
      }
      try {
        await rows(BEGIN)
        const value = await run({ rows })
        await rows('COMMIT')
        client.release()
        return value
      } catch (error) {
        // The connection may be broken or busy, so it is closed: that rolls back too.
        client.release(true)
        throw error
      }
    })
  }

  /** Finds out whether writing works again. */
  async tryToWrite(): Promise<void> {
    await this.write('UPDATE queue_state SET content = content')
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  async #noting<T>(write: () => Promise<T>): Promise<T> {
    try {
      const value = await write()
      this.#fault = undefined
      return value
    } catch (error) {
      if (error instanceof StorageError && !isOfValues(error)) this.#fault = error.message
      throw error
    }
  }
}

/** Whether values are the reason why a write failed: others may succeed. */
export function isOfValues({ cause }: StorageError): boolean {
  return cause instanceof Error && 'code' in cause && BAD_VALUES.test(String(cause.code))
}

/** The values of rows by column, as `unnest` takes them. */
export function byColumn(rows: readonly (readonly unknown[])[], columns: number): unknown[][] {
  return Array.from({ length: columns }, (_, column) => rows.map((row) => storable(row[column])))
}

/** PostgreSQL cannot store the character NUL, which may be in a reply of VICIdial's. */
function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
}

function patient(text: string, values: readonly unknown[]) {
  return { text, values: [...values], query_timeout: PATIENCE_MS }
}

function throwUnwritable(error: unknown): never {
  throw storageError('written', error)
}

function storageError(done: 'read' | 'written', error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const cause = error instanceof Error ? error.message : 'unknown'
  return new StorageError(`The database cannot be ${done} (${cause}).`, error)
}
