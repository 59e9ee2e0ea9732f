import { ATTEMPT_COLUMNS, attemptRows, readAttempts } from '../attempt-rows.ts'
import { MAX_ATTEMPTS_KEPT, type UpdateAttempts } from '../attempts.ts'
import type { Settlement } from '../queue.ts'
import { byColumn, type Sql } from './database/database.ts'
import { PART_OF_JOB } from './job-table.ts'

const ADD = `WITH added AS (
    SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
      AS a (update_id, number, at, status, code, detail, said)
  ), deleted AS (
    DELETE FROM attempts AS a USING added WHERE a.update_id = added.update_id AND a.number <= added.number - ${MAX_ATTEMPTS_KEPT}
  )
  INSERT INTO attempts (update_id, number, at, status, code, detail, said) SELECT * FROM added
  ON CONFLICT (update_id, number) DO UPDATE SET at = excluded.at, status = excluded.status, code = excluded.code,
    detail = excluded.detail, said = excluded.said`
/** The attempts of a part of a job's updates, which is chosen first: later updates may have many. */
export const ATTEMPTS_OF_PART = `WITH part AS (SELECT u.id, u.position, u.state, u.due_at ${PART_OF_JOB})
  SELECT ${ATTEMPT_COLUMNS} FROM part AS u JOIN attempts AS a ON a.update_id = u.id ORDER BY u.id, a.number`

/** Adds the attempts of settlements, within a transaction. They are deleted with their updates. */
export async function addAttempts(sql: Sql, settlements: readonly Settlement[]): Promise<void> {
  const rows = attemptRows(settlements)
  if (rows.length > 0) await sql.rows(ADD, ...byColumn(rows, 7))
}

/** See `JobStore.attempts`. */
export async function attemptsOf(
  sql: Sql,
  job: string,
  { from, limit }: { readonly from: number; readonly limit: number }
): Promise<UpdateAttempts[]> {
  return readAttempts(await sql.rows(ATTEMPTS_OF_PART, job, from, limit))
}
