import { keyName } from '../../leads/lead-key.ts'
import type { NewJob } from '../jobs.ts'
import { ChangesWriter } from '../rows.ts'
import { ENDED, PENDING } from '../update-state.ts'
import { byColumn, type Sql } from './database/database.ts'
import type { StoredUpdate } from './pending/pending-updates.ts'

/** Numbers the updates in their order, and stores them with their jobs. */
const INSERT = `WITH job AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
      $10::integer[], $11::integer[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[]) WITH ORDINALITY
    AS j (id, caller, request_id, key_id, replayed_by, account, source, origin, status, received, pending, counts, accepted_at,
      due_at, finished_at, nth)
  ), numbered AS MATERIALIZED (
    SELECT nextval('update_ids') AS id, u.* FROM unnest($16::integer[], $17::integer[], $18::text[], $19::text[], $20::text[],
      $21::text[], $22::bigint[], $23::text[], $24::text[])
    AS u (nth, position, lead, on_multiple, key_match, changes, sequence, status, result)
  ), inserted AS (
    INSERT INTO jobs (id, caller, request_id, key_id, replayed_by, source, origin, status, first_id, last_id, received, pending,
      counts, accepted_at, finished_at)
    SELECT j.id, j.caller, j.request_id, j.key_id, j.replayed_by, j.source, j.origin, j.status, coalesce(range.first, 0),
      coalesce(range.last, 0), j.received, j.pending, j.counts, j.accepted_at, j.finished_at
    FROM job AS j LEFT JOIN (
      SELECT nth, min(id) AS first, max(id) AS last FROM numbered GROUP BY nth
    ) AS range USING (nth)
    ORDER BY j.nth RETURNING n, id
  )
  INSERT INTO updates (id, job, position, account, lead, on_multiple, key_match, changes, sequence, due_at, state, status, result)
  SELECT u.id, i.n, u.position, j.account, u.lead, u.on_multiple, u.key_match, u.changes, coalesce(u.sequence, u.id),
    CASE WHEN u.status IS NULL THEN j.due_at ELSE j.accepted_at END,
    CASE WHEN u.status IS NULL THEN ${PENDING} ELSE ${ENDED} END, u.status, u.result
  FROM numbered AS u JOIN job AS j USING (nth) JOIN inserted AS i ON i.id = j.id
  ORDER BY u.id RETURNING id, account, due_at, state`

/**
 * Stores jobs with their updates, in one statement. Returns the pending updates.
 * @throws StorageError
 */
export async function insertJobs(sql: Sql, jobs: readonly NewJob[]): Promise<StoredUpdate[]> {
  const rows = await sql.rows(
    INSERT,
    ...byColumn(jobs.map(jobRow), 15),
    ...byColumn(jobs.flatMap(updateRows), 9)
  )
  return rows
    .filter(({ state }) => state === PENDING)
    .map(({ id, account, due_at: dueAt }) => ({
      id: Number(id),
      account: String(account),
      dueAt: Number(dueAt)
    }))
}

function jobRow(job: NewJob): unknown[] {
  const { id, caller, requestId, keyId, replayedBy, account, source, origin, acceptedAt, rejected } = job
  const pending = job.updates.length
  const counts: Record<string, number> = {}
  for (const { status } of rejected) counts[status] = (counts[status] ?? 0) + 1
  const state = pending > 0 ? ['queued', null] : ['failed', acceptedAt]
  return [
    ...[id, caller, requestId, keyId, replayedBy, account, source, origin, state[0]],
    ...[pending + rejected.length, pending, JSON.stringify(counts)],
    ...[acceptedAt, job.dueAt ?? acceptedAt, state[1]]
  ]
}

/** The rows of a job's updates, in their order; `index` is the job's position in the statement. */
function updateRows(job: NewJob, index: number): unknown[][] {
  const writer = new ChangesWriter()
  const nth = index + 1
  const pending = job.updates.map((update) => {
    const changes = writer.write(update)
    const { key, onMultiple, keyMatch, sequence } = update
    return [nth, update.index, keyName(key), onMultiple, keyMatch, changes, sequence, null, null]
  })
  const rejected = job.rejected.map((result) => {
    const none = [null, null, null, null, null]
    return [nth, result.index, ...none, result.status, JSON.stringify(result)]
  })
  if (rejected.length === 0) return pending
  return [...pending, ...rejected].toSorted((a, b) => Number(a[1]) - Number(b[1]))
}
