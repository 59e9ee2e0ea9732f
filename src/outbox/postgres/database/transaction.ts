import type pg from 'pg'
import { StorageError } from '../../../errors.ts'

/** A gateway that is frozen within a transaction must not keep others from its locks for longer than this. */
const BEGIN = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '1s'"

/**
 * Runs `run` in a transaction (READ COMMITTED).
 * @throws StorageError if the database fails; then nothing is changed, unless the connection was lost during the commit
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  run: (client: pg.PoolClient) => Promise<T>
): Promise<T> {
  const client = await pool.connect().catch(throwStorageError)
  try {
    await client.query(BEGIN)
    const value = await run(client)
    await client.query('COMMIT')
    client.release()
    return value
  } catch (error) {
    // The connection may be broken or busy, so it is closed: that rolls back too.
    client.release(true)
    return throwStorageError(error)
  }
}

/** Throws an error of the database as a StorageError, and any other unchanged. */
export function throwStorageError(error: unknown): never {
  if (error instanceof StorageError) throw error
  const cause = error instanceof Error ? error.message : 'unknown'
  throw new StorageError(`The database failed (${cause}).`, error)
}
