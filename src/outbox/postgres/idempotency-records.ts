import { IDEMPOTENCY_KEY_TTL_MS, type IdempotencyRecord } from '../../http/idempotency-record.ts'
import { EVENT_ID_TTL_MS, recordName } from '../idempotency.ts'
import type { NewJob } from '../jobs.ts'
import { readIdempotencyRecord } from '../rows.ts'
import { byColumn, type Sql } from './database/database.ts'

const COLUMNS = 'caller, key, fingerprint, http_status, content_type, body, at'
const REPLACE = `fingerprint = excluded.fingerprint, http_status = excluded.http_status, content_type = excluded.content_type,
  body = excluded.body, at = excluded.at`
/** An event, which has no fingerprint, is kept for longer. */
const IS_OUT_OF_DATE = `r.at < excluded.at - CASE excluded.fingerprint WHEN '' THEN ${EVENT_ID_TTL_MS}
  ELSE ${IDEMPOTENCY_KEY_TTL_MS} END`
/** In the order of the keys, so that gateways that store some of the same keys wait for each other and don't deadlock. */
const INSERT = `INSERT INTO idempotency_records AS r (${COLUMNS})
  SELECT ${COLUMNS} FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::bigint[])
    AS new (${COLUMNS})
  ORDER BY caller COLLATE "C", key COLLATE "C"
  ON CONFLICT (caller, key) DO UPDATE SET ${REPLACE}`

/** The response to a caller's key, if it was stored at `since` or later. */
export async function findRecord(
  sql: Sql,
  caller: string,
  key: string,
  since: number
): Promise<IdempotencyRecord | undefined> {
  const [row] = await sql.rows(
    `SELECT ${COLUMNS} FROM idempotency_records WHERE caller = $1 AND key = $2 AND at >= $3`,
    caller,
    key,
    since
  )
  return row && readIdempotencyRecord(row)
}

/** Saves a record in place of another one with its key. */
export async function saveRecord(sql: Sql, record: IdempotencyRecord): Promise<void> {
  await sql.rows(INSERT, ...byColumn([values(record)], 7))
}

/**
 * Stores the records of jobs, within a transaction, except for the jobs of which a key is known. Returns the records of
 * those keys, by job. No two of the jobs may have the same key.
 */
export async function reserveRecords(
  sql: Sql,
  jobs: readonly NewJob[]
): Promise<ReadonlyMap<NewJob, IdempotencyRecord>> {
  const records = jobs.flatMap((job) => job.records ?? [])
  if (records.length === 0) return new Map()
  const rows = await sql.rows(
    `${INSERT} WHERE ${IS_OUT_OF_DATE} RETURNING caller, key`,
    ...byColumn(records.map(values), 7)
  )
  const stored = new Set(rows.map(({ caller, key }) => recordName(String(caller), String(key))))
  const known = new Map<NewJob, IdempotencyRecord>()
  for (const job of jobs) {
    const { records: ofJob = [] } = job
    const taken = ofJob.find(({ caller, key }) => !stored.has(recordName(caller, key)))
    if (taken === undefined) continue
    for (const { caller, key } of ofJob)
      if (stored.has(recordName(caller, key)))
        await sql.rows('DELETE FROM idempotency_records WHERE caller = $1 AND key = $2', caller, key)
    known.set(job, (await findRecord(sql, taken.caller, taken.key, 0)) ?? taken)
  }
  return known
}

function values({ caller, key, fingerprint, httpStatus, contentType, body, at }: IdempotencyRecord) {
  return [caller, key, fingerprint, httpStatus, contentType, body, at]
}
