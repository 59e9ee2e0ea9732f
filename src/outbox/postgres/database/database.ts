import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import { StorageError } from '../../../errors.ts'
import type { Row } from '../../rows.ts'

/**
 * A gateway that is frozen within a transaction must not keep others from its locks for longer than this. One that
 * starts has much else to do, and keeps only those from starting that start at the same time.
 */
const BEGIN = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '1s'"
const BY_INDEX =
  'SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off'
const BEGIN_LONG = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '60s'"
/** Classes of error codes for which the values are to blame, not the database: data, constraints, and sizes. */
const BAD_VALUES = /^(?:2[123]|54)/
/** Classes of error codes with which the server ends a connection: it may have done what it was asked for. */
const CONNECTION_ENDS = /^(?:08|57P|40003|XX)/

/** How long to wait for statements that read or change a whole table, in milliseconds. */
const PATIENCE_MS = 600_000
/** How long to wait for what a new owner reads: no longer, as the next owner may be this gateway again. */
const LOAD_MS = 30_000

/**
 * What may take long in a transaction: nothing, its statements, or also what the gateway does between them while it
 * starts.
 */
type Pace = 'quick' | 'slow' | 'starting'

/** Runs statements. */
export interface Sql {
  /** @throws StorageError */
  rows(text: string, ...values: readonly unknown[]): Promise<Row[]>
}

/** A pool of connections, and whether writing works. */
export class Database implements Sql {
  readonly #pool: pg.Pool
  /** What was asked and is not answered yet. */
  readonly #running = new Set<Promise<unknown>>()
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
      return (await this.#untilAnswered(this.#pool.query<Row>(text, [...values]))).rows
    } catch (error) {
      throw storageError('read', error)
    }
  }

  /**
   * Reads what may take a while, by indexes and in their order: a table that has just been filled has no statistics yet,
   * and PostgreSQL would sort all of it for each page.
   * @throws StorageError, or what `run` throws
   */
  load<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#untilAnswered(
      this.#withClient(async (client) => {
        const rows: Sql['rows'] = async (text, ...values) => {
          const query = { text, values: [...values], query_timeout: LOAD_MS }
          try {
            return (await client.query<Row>(query)).rows
          } catch (error) {
            throw storageError('read', error)
          }
        }
        await rows(`${BEGIN_LONG}; ${BY_INDEX}`)
        const value = await run({ rows })
        await rows('COMMIT')
        return value
      })
    )
  }

  /** Writes with one statement. @throws StorageError */
  write(text: string, ...values: readonly unknown[]): Promise<Row[]> {
    return this.#noting(() =>
      this.#withClient(async (client) => {
        try {
          return (await client.query<Row>(text, [...values])).rows
        } catch (error) {
          throw storageError('written', error, mayBeDone(error))
        }
      })
    )
  }

  /**
   * Runs `run` in a transaction (READ COMMITTED).
   * @throws StorageError, or what `run` throws
   */
  transaction<T>(run: (sql: Sql) => Promise<T>, pace: Pace = 'quick'): Promise<T> {
    return this.#noting(() =>
      this.#withClient(async (client) => {
        const rows: Sql['rows'] = async (text, ...values) => {
          const patience = pace === 'quick' ? {} : { query_timeout: PATIENCE_MS }
          const query = { text, values: [...values], ...patience }
          return (await client.query<Row>(query).catch(throwUnwritable)).rows
        }
        await rows(pace === 'starting' ? BEGIN_LONG : BEGIN)
        const value = await run({ rows })
        try {
          await client.query('COMMIT')
        } catch (error) {
          throw storageError('written', error, mayBeDone(error))
        }
        return value
      })
    )
  }

  /** Finds out whether writing works again. */
  async tryToWrite(): Promise<void> {
    await this.write('UPDATE queue_state SET content = content')
  }

  /** Closes the connections once everything is answered: the pool forgets statements that wait for a connection. */
  async close(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.allSettled(this.#running)
      // Whoever has an answer now may ask for what follows.
      await setImmediate()
    }
    await this.#pool.end()
  }

  async #untilAnswered<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  async #withClient<T>(run: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch(throwUnwritable)
    try {
      const value = await run(client)
      client.release()
      return value
    } catch (error) {
      // The connection may be broken or busy, so it is closed: that rolls back too.
      client.release(true)
      throw error
    }
  }

  async #noting<T>(write: () => Promise<T>): Promise<T> {
    try {
      const value = await this.#untilAnswered(write())
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

function throwUnwritable(error: unknown): never {
  throw storageError('written', error)
}

/** Whether the server may have done what it was asked for: it did not say that it has not. */
function mayBeDone(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || CONNECTION_ENDS.test(error.code ?? '')
}

function storageError(done: 'read' | 'written', error: unknown, mayBeStored = false): StorageError {
  if (error instanceof StorageError) return error
  const cause = error instanceof Error ? error.message : 'unknown'
  return new StorageError(`The database cannot be ${done} (${cause}).`, error, mayBeStored)
}
