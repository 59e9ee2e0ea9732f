import { PENDING } from '../../update-state.ts'
import type { Database } from '../database/database.ts'

/** Whether the newest pending update has a transaction number that this server has not given yet. */
const NEWEST = `SELECT xid >= pg_snapshot_xmax(pg_current_snapshot()) AS is_foreign FROM updates WHERE state = ${PENDING}
  ORDER BY xid DESC, id DESC LIMIT 1`
/** Older than every transaction. */
const RENUMBER = `UPDATE updates SET xid = '3' WHERE state = ${PENDING}`

/**
 * Lets looks find the pending updates of a restored dump, and in their order. They have the transaction numbers of another
 * server. If those are beyond this one's, looks would not see them, and new updates would seem to be older.
 * @throws StorageError
 */
export async function renumberRestored(database: Pick<Database, 'load' | 'transaction'>): Promise<void> {
  const [newest] = await database.load((sql) => sql.rows(NEWEST))
  if (newest?.['is_foreign'] === true) await database.transaction((sql) => sql.rows(RENUMBER), true)
}
