import { keyName } from '../../leads/lead-key.ts'
import type { HistoryEntry, HistoryPage, HistoryRecord, HistoryStore } from '../history.ts'
import { isReadableEntry, readHistoryEntry } from '../rows.ts'
import { byColumn, type Database, type Sql } from './database/database.ts'
import type { SetAside } from './set-aside.ts'

/** Entries are written in the order of their times, except for those less than this apart. */
const MAX_DISORDER_MS = 60_000

const INSERT = `INSERT INTO history (at, caller, lead, key, fields, stored, status, code, detail, key_id, replayed_by, request_id,
    job_id, account, source)
  SELECT e.at, e.caller, e.lead, e.key, e.fields, e.stored, e.status, e.code, e.detail, e.key_id, e.replayed_by, e.request_id,
    e.job_id, e.account, e.source
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
      $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[]) WITH ORDINALITY
    AS e (at, caller, lead, key, fields, stored, status, code, detail, key_id, replayed_by, request_id, job_id, account, source, n)
  ORDER BY e.n`
/** The lowest id of the entries from a time on, so that older ones need not be read. */
const FIRST_SINCE = `WITH early AS MATERIALIZED (
    SELECT id FROM history WHERE at BETWEEN (SELECT min(at) FROM history WHERE at >= $1)
      AND (SELECT min(at) FROM history WHERE at >= $1) + ${MAX_DISORDER_MS}
  ) SELECT coalesce(min(id), ${Number.MAX_SAFE_INTEGER}) AS id FROM early`
/** The id of an entry that is newer than all entries from before a time. */
const FIRST_LATER = `SELECT id FROM history WHERE at >= $1::bigint + ${MAX_DISORDER_MS} ORDER BY at, id LIMIT 1`
/** The oldest entries are the first ones, except for a few: see MAX_DISORDER_MS. */
const PURGE = `DELETE FROM history WHERE id IN (
    SELECT id FROM (SELECT id, at FROM history WHERE id > $3 ORDER BY id LIMIT $2) AS oldest WHERE at < $1
  ) RETURNING id`

/** The history in PostgreSQL: a row for each lead of each update. */
export class PostgresHistory implements HistoryStore {
  readonly #database: Database
  readonly #setAside: SetAside
  /** Every entry up to this id was deleted. */
  #purgedTo = 0

  constructor(database: Database, setAside: SetAside) {
    this.#database = database
    this.#setAside = setAside
  }

  async record(records: readonly HistoryRecord[]): Promise<void> {
    await addHistory({ rows: (text, ...values) => this.#database.write(text, ...values) }, records)
  }

  /** Entries that can't be read are removed. */
  async list(page: HistoryPage): Promise<HistoryEntry[]> {
    const { lead, caller, jobId, code, since, until, limit, before } = page
    const which: [condition: string, value: number | string][] = []
    if (before !== undefined) which.push(['id <', before])
    if (lead !== undefined) which.push(['lead =', lead])
    if (caller !== undefined) which.push(['caller =', caller])
    if (jobId !== undefined) which.push(['job_id COLLATE "C" =', jobId])
    if (code !== undefined) which.push(['code COLLATE "C" =', code])
    if (until !== undefined) which.push(['id <', await this.#firstLater(until)], ['at <', until])
    if (since !== undefined) which.push(['id >=', await this.#firstSince(since)], ['at >=', since])
    const conditions = which.map(([condition], index) => `${condition} $${index + 2}`).join(' AND ')
    for (;;) {
      const rows = await this.#database.rows(
        `SELECT * FROM history ${conditions && `WHERE ${conditions}`} ORDER BY id DESC LIMIT $1`,
        limit,
        ...which.map(([, value]) => value)
      )
      const unreadable = rows.filter((row) => !isReadableEntry(row)).map(({ id }) => Number(id))
      if (unreadable.length === 0) return rows.map(readHistoryEntry)
      await this.#database.transaction((sql) => this.#setAside.entries(sql, unreadable))
    }
  }

  async purge(before: number, limit: number): Promise<number> {
    const deleted = await this.#database.write(PURGE, before, limit, this.#purgedTo)
    const last = deleted.reduce((highest, { id }) => Math.max(highest, Number(id)), 0)
    // A step that deletes everything that it looks at leaves nothing before its end.
    if (deleted.length === limit) this.#purgedTo = last
    return deleted.length
  }

  async #firstSince(since: number): Promise<number> {
    const [row] = await this.#database.rows(FIRST_SINCE, since)
    return Number(row?.['id'])
  }

  async #firstLater(until: number): Promise<number> {
    const [row] = await this.#database.rows(FIRST_LATER, until)
    return Number(row?.['id'] ?? Number.MAX_SAFE_INTEGER)
  }
}

/** Adds records to the history. */
export async function addHistory(sql: Sql, records: readonly HistoryRecord[]): Promise<void> {
  const entries = records.flatMap(entriesOf)
  if (entries.length > 0) await sql.rows(INSERT, ...byColumn(entries, 15))
}

/** The rows of a record: one for each lead of its updates. */
function entriesOf({ sender, at, updates }: HistoryRecord): unknown[][] {
  const { caller, keyId, replayedBy, requestId, jobId, account, source } = sender
  const ofSender = [keyId, replayedBy, requestId, jobId, account, source]
  return updates.flatMap(({ leads, key, fields, values, status, error }) =>
    (leads.length === 0 ? [null] : leads).map((lead) => {
      const isItsId = key?.by === 'lead_id' && key.value === lead
      const name = key === undefined || isItsId ? null : keyName(key)
      const stored = values === undefined ? null : JSON.stringify(values)
      const { code, detail } = error ?? {}
      return [at, caller, lead, name, JSON.stringify(fields), stored, status, code, detail, ...ofSender]
    })
  )
}
