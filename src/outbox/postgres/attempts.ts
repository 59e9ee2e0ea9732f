import { ATTEMPT_COLUMNS, attemptRows, readAttempts } from '../attempt-rows.ts'
import { MAX_ATTEMPTS_KEPT, type UpdateAttempts } from '../attempts.ts'
import type { Settlement } from '../queue.ts'
import { byColumn, type Sql } from './database/database.ts'
import { OF_JOB } from './job-table.ts'

const ADD = `WITH added AS (
    SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
      AS a (update_id, number, at, status, code, detail, said)
  ), deleted AS (
    DELETE FROM attempts AS a USING added WHERE a.update_id = added.update_id AND a.number <= added.number - ${MAX_ATTEMPTS_KEPT}
  )
  INSERT INTO attempts (update_id, number, at, status, code, detail, said) SELECT * FROM added
  ON CONFLICT (update_id, number) DO UPDATE SET at = excluded.at, status = excluded.status, code = excluded.code,
    detail = excluded.detail, said = excluded.said`
// Ids grow at least as fast as positions.
const OF_PART = `SELECT ${ATTEMPT_COLUMNS} FROM jobs AS j
    JOIN attempts AS a ON a.update_id >= j.first_id + $2::bigint AND a.update_id <= j.last_id
    JOIN updates AS u ON u.id = a.update_id AND ${OF_JOB}
  WHERE j.id = $1 AND u.position >= $2::bigint AND u.position < $2::bigint + $3::bigint ORDER BY u.id, a.number`

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
  return readAttempts(await sql.rows(OF_PART, job, from, limit))
}
