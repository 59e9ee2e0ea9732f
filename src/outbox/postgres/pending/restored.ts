import { PENDING } from '../../update-state.ts'
import type { Database, Sql } from '../database/database.ts'

/** Whether the newest pending update has a transaction number that this server has not given yet. */
const NEWEST = `SELECT xid >= pg_snapshot_xmax(pg_current_snapshot()) AS is_foreign FROM updates WHERE state = ${PENDING}
  ORDER BY xid DESC, id DESC LIMIT 1`
/** Older than every transaction. */
const RENUMBER = `UPDATE updates SET xid = '3' WHERE state = ${PENDING}`

/**
 * Lets looks find the pending updates of a restored dump, and in their order. They have the transaction numbers of another
 * server. If those are beyond this one's, looks would not see them, and new updates would seem to be older.
 * @param hold keeps the queue until the transaction ends: the next owner's looks would not find what is renumbered later
 * @throws StorageError, or what `hold` throws
 */
export async function renumberRestored(
  database: Pick<Database, 'load' | 'transaction'>,
  hold: (sql: Sql) => Promise<unknown>
): Promise<void> {
  if (!(await database.load(isForeign))) return
  await database.transaction(async (sql) => {
    await hold(sql)
    if (await isForeign(sql)) await sql.rows(RENUMBER)
  }, 'slow')
}

async function isForeign(sql: Sql): Promise<boolean> {
  const [newest] = await sql.rows(NEWEST)
  return newest?.['is_foreign'] === true
}
