import { READABLE_HISTORY } from '../../outbox/sqlite/database/unreadable-rows.ts'

/** A table that is copied, in the order of its key. */
export interface CopiedTable {
  /** Its name in PostgreSQL. */
  readonly name: string
  /** Its columns in PostgreSQL with their types: first the key's. */
  readonly columns: Readonly<Record<string, 'bigint' | 'integer' | 'smallint' | 'text'>>
  /** How many of the columns are the key. */
  readonly keyColumns: number
  /** SQL for SQLite that selects the columns of the rows after a key, in the order of the key, at most `:limit`. */
  readonly page: string
  /** The key before the first row. */
  readonly start: readonly (number | string)[]
}

/** SQL for SQLite: how many updates of a job have a result of each status, as JSON. */
const COUNTS = `(SELECT json_group_object(status, number) FROM (
    SELECT status, count(*) AS number FROM updates
    WHERE updates.id >= first_id AND updates.id < first_id + received AND status IS NOT NULL GROUP BY status
  ))`

/** What is copied. A job's updates come after it. */
export const TABLES: readonly CopiedTable[] = [
  {
    name: 'jobs',
    columns: {
      n: 'bigint',
      id: 'text',
      caller: 'text',
      request_id: 'text',
      key_id: 'text',
      replayed_by: 'text',
      source: 'text',
      origin: 'text',
      status: 'text',
      first_id: 'bigint',
      last_id: 'bigint',
      received: 'integer',
      pending: 'integer',
      calls: 'integer',
      counts: 'text',
      accepted_at: 'bigint',
      finished_at: 'bigint'
    },
    keyColumns: 1,
    start: [-1],
    page: `SELECT n, id, caller, request_id, key_id, replayed_by, source, origin, status, first_id,
        first_id + received - 1 AS last_id, received, pending, calls, coalesce(counts, ${COUNTS}) AS counts, accepted_at,
        finished_at
      FROM jobs WHERE n > ? ORDER BY n LIMIT ?`
  },
  {
    name: 'updates',
    columns: {
      id: 'bigint',
      job: 'bigint',
      position: 'integer',
      account: 'text',
      lead: 'text',
      on_multiple: 'text',
      key_match: 'text',
      changes: 'text',
      sequence: 'bigint',
      attempts: 'integer',
      due_at: 'bigint',
      state: 'smallint',
      status: 'text',
      result: 'text'
    },
    keyColumns: 1,
    start: [-1],
    page: `SELECT id, job, position, account, lead, on_multiple, key_match, changes, sequence, attempts, due_at, state, status,
        result
      FROM updates WHERE id > ? ORDER BY id LIMIT ?`
  },
  {
    name: 'newest_writes',
    columns: { lead: 'text', field: 'text', sequence: 'bigint' },
    keyColumns: 2,
    start: ['', ''],
    page: `SELECT lead, field, sequence FROM newest_writes WHERE (lead, field) > (?, ?) ORDER BY lead, field LIMIT ?`
  },
  {
    name: 'idempotency_records',
    columns: {
      caller: 'text',
      key: 'text',
      fingerprint: 'text',
      http_status: 'integer',
      content_type: 'text',
      body: 'text',
      at: 'bigint'
    },
    keyColumns: 2,
    start: ['', ''],
    page: `SELECT caller, key, fingerprint, http_status, content_type, body, at FROM idempotency_records
      WHERE (caller, key) > (?, ?) ORDER BY caller, key LIMIT ?`
  },
  {
    name: 'history',
    columns: {
      id: 'bigint',
      at: 'bigint',
      caller: 'text',
      lead: 'bigint',
      key: 'text',
      fields: 'text',
      stored: 'text',
      status: 'text',
      code: 'text',
      detail: 'text',
      key_id: 'text',
      replayed_by: 'text',
      request_id: 'text',
      job_id: 'text',
      account: 'text',
      source: 'text'
    },
    keyColumns: 1,
    start: [-1],
    page: `SELECT id, at, caller, lead, key, fields, stored, status, code, detail, key_id, replayed_by, request_id, job_id, account,
        source
      FROM history CROSS JOIN history_records ON first = (SELECT max(first) FROM history_records WHERE first <= history.id)
      WHERE id > ? AND ${READABLE_HISTORY} ORDER BY id LIMIT ?`
  },
  {
    name: 'running_hours',
    columns: { hour: 'bigint', at: 'bigint', next_job: 'bigint' },
    keyColumns: 1,
    start: [-1],
    page: 'SELECT hour, at, next_job FROM running_hours WHERE hour > ? ORDER BY hour LIMIT ?'
  },
  {
    name: 'attempts',
    columns: {
      update_id: 'bigint',
      number: 'integer',
      at: 'bigint',
      status: 'text',
      code: 'text',
      detail: 'text',
      said: 'text'
    },
    keyColumns: 2,
    start: [-1, 0],
    page: `SELECT update_id, number, at, status, code, detail, said FROM attempts
      WHERE (update_id, number) > (?, ?) ORDER BY update_id, number LIMIT ?`
  },
  {
    name: 'result_counts',
    columns: { at: 'bigint', status: 'text', code: 'text', count: 'bigint' },
    keyColumns: 3,
    start: [-1, '', ''],
    page: `SELECT at, status, code, count FROM result_counts
      WHERE (at, status, code) > (?, ?, ?) ORDER BY at, status, code LIMIT ?`
  }
]

/** What is compared after the copy. The SQL is for both databases. */
export const COUNTED: Readonly<Record<string, { readonly sqlite: string; readonly postgres?: string }>> = {
  jobs: { sqlite: 'SELECT count(*) AS count FROM jobs' },
  'pending updates of jobs': { sqlite: 'SELECT coalesce(sum(pending), 0) AS count FROM jobs' },
  'pending updates': { sqlite: 'SELECT count(*) AS count FROM updates WHERE state = 0' },
  'dead letters': { sqlite: 'SELECT count(*) AS count FROM updates WHERE state = 1' },
  'ended updates': { sqlite: 'SELECT count(*) AS count FROM updates WHERE state = 2' },
  'sequence numbers': { sqlite: 'SELECT coalesce(sum(sequence), 0) AS count FROM updates' },
  'noted writes': { sqlite: 'SELECT count(*) AS count FROM newest_writes' },
  'idempotency records': { sqlite: 'SELECT count(*) AS count FROM idempotency_records' },
  'history entries': {
    sqlite: `SELECT count(*) AS count FROM history WHERE ${READABLE_HISTORY}
      AND EXISTS (SELECT 1 FROM history_records WHERE first <= history.id)`,
    postgres: 'SELECT count(*) AS count FROM history'
  },
  'running hours': { sqlite: 'SELECT count(*) AS count FROM running_hours' },
  attempts: { sqlite: 'SELECT count(*) AS count FROM attempts' },
  'counted results': { sqlite: 'SELECT coalesce(sum(count), 0) AS count FROM result_counts' }
}
