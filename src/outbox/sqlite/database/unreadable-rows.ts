import type { DatabaseSync } from 'node:sqlite'
import { StorageError } from '../../../errors.ts'
import { MAX_LEAD_ID } from '../../../leads/lead-key.ts'
import { UNREADABLE } from '../../rows.ts'
import { ENDED, PENDING } from '../../update-state.ts'

/** Entries of the history whose lead cannot be one: JavaScript cannot even read numbers beyond 2^53. */
const UNREADABLE_HISTORY = `lead < 1 OR lead > ${MAX_LEAD_ID}`
/** Entries of the history that can be read. */
export const READABLE_HISTORY = `(lead IS NULL OR NOT (${UNREADABLE_HISTORY})) AND ${isJson('fields', 'array')}
  AND ${isJson("coalesce(stored, '{}')", 'object')}`
const READABLE_ID = `lead GLOB 'lead_id:[1-9]*' AND substr(lead, 9) NOT GLOB '*[^0-9]*'
  AND CAST(substr(lead, 9) AS INTEGER) <= ${MAX_LEAD_ID}`
/** Changes have the form that `ChangesWriter` gives them. */
const READABLE_CHANGES = ['text', 'object', 'object', 'array']
  .map((type, n) => isJson('changes', type, `$[${n}]`))
  .join(' AND ')
/** Updates that have not ended and cannot be read. */
const UNREADABLE_UPDATES = `state < 2 AND NOT (${READABLE_CHANGES}
  AND (${READABLE_ID} OR lead GLOB 'vendor_lead_code:?*' OR lead GLOB 'phone_number:?*'))`

/** SQL that is true if a text is JSON, and what is at `path` in it has a type, as `json_type` names it. */
function isJson(text: string, type: string, path = '$'): string {
  return `iif(json_valid(${text}), json_type(${text}, '${path}') IS '${type}', FALSE)`
}

/**
 * Moves rows that can't be read into the table `set_aside`: a query that meets one would fail for all of its rows. The
 * updates among them end as failed.
 * @param now milliseconds since the epoch
 * @returns how many rows
 * @throws StorageError
 */
export function setAsideUnreadable(database: DatabaseSync, now: number): number {
  const run = (sql: string) => Number(database.prepare(sql).run().changes)
  try {
    database.exec('BEGIN IMMEDIATE')
    const entries = run(
      `INSERT INTO set_aside (at, origin, content)
      SELECT ${now}, 'history', json_object('id', id, 'caller', caller, 'lead', CAST(lead AS TEXT), 'key', key,
        'fields', fields, 'stored', stored, 'status', status, 'code', code, 'detail', detail)
      FROM history WHERE ${UNREADABLE_HISTORY}`
    )
    if (entries > 0) run(`DELETE FROM history WHERE ${UNREADABLE_HISTORY}`)
    const updates = run(
      `INSERT INTO set_aside (at, origin, content)
      SELECT ${now}, 'updates', json_object('id', id, 'account', account, 'lead', lead, 'changes', changes)
      FROM updates WHERE ${UNREADABLE_UPDATES}`
    )
    if (updates > 0) endUpdates(run, now)
    database.exec('COMMIT')
    return entries + updates
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw new StorageError('The database cannot be checked for unreadable rows.', error)
  }
}

/** Ends the updates that can't be read, and the jobs that have no other pending update. */
function endUpdates(run: (sql: string) => number, now: number): void {
  const result = `json_object('index', position, 'status', 'failed', 'error', json('${JSON.stringify(UNREADABLE)}'))`
  run(
    `UPDATE jobs SET pending = pending - (SELECT count(*) FROM updates
      WHERE id >= first_id AND id < first_id + received AND state = ${PENDING} AND ${UNREADABLE_UPDATES})
    WHERE n IN (SELECT job FROM updates WHERE ${UNREADABLE_UPDATES})`
  )
  run(
    `UPDATE jobs SET status = 'partial', finished_at = ${now}
    WHERE pending = 0 AND finished_at IS NULL AND n IN (SELECT job FROM updates WHERE ${UNREADABLE_UPDATES})`
  )
  run(
    `UPDATE updates SET state = ${ENDED}, status = 'failed', result = ${result}, due_at = ${now}
    WHERE ${UNREADABLE_UPDATES}`
  )
}
