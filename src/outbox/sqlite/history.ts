import type { SQLInputValue } from 'node:sqlite'
import { keyName } from '../../leads/lead-key.ts'
import type { HistoryEntry, HistoryPage, HistoryRecord, HistoryStore, HistoryUpdate } from '../history.ts'
import type { GroupCommit } from './database/group-commit.ts'
import { readHistoryEntry } from '../rows.ts'
import type { Statements } from './database/statements.ts'
import { READABLE_HISTORY } from './database/unreadable-rows.ts'

/** Records are written in the order of their times, except for those less than this apart. */
const MAX_DISORDER_MS = 60_000

const RECORD_OF_ENTRY =
  'history_records ON first = (SELECT max(first) FROM history_records WHERE first <= history.id)'
/** Finds entries, and then the record of each. */
const BY_ENTRY = { entries: `history CROSS JOIN ${RECORD_OF_ENTRY}`, newestFirst: 'id DESC' }
/** The same by caller and code. SQLite would take the index of codes, though other callers may have most of one. */
const BY_CALLER_AND_CODE = {
  ...BY_ENTRY,
  entries: `history INDEXED BY history_of_callers_by_code CROSS JOIN ${RECORD_OF_ENTRY}`
}
/** Finds records, and then the entries of each. */
const BY_RECORD = {
  entries: 'history_records CROSS JOIN history ON id >= first AND id < first + size',
  newestFirst: 'first DESC, id DESC'
}

/** The history in SQLite: a row for each record, which says who asked, and a row for each of its leads. */
export class SqliteHistory implements HistoryStore {
  readonly #sql: Statements
  readonly #commits: GroupCommit
  /** The id of the next entry. */
  #next: number

  constructor(sql: Statements, commits: GroupCommit) {
    this.#sql = sql
    this.#commits = commits
    this.#next = Number(sql.row('SELECT coalesce(max(id), 0) + 1 AS next FROM history')?.['next'])
  }

  record(records: readonly HistoryRecord[]): Promise<void> {
    return this.#commits.write(() => {
      this.add(records)
    })
  }

  /** Adds records, within a transaction. */
  add(records: readonly HistoryRecord[]): void {
    for (const record of records) this.#add(record)
  }

  #add({ sender, at, updates }: HistoryRecord): void {
    const first = this.#next
    for (const update of updates) {
      if (update.leads.length === 0) this.#addEntry(sender.caller, null, update)
      for (const lead of update.leads) this.#addEntry(sender.caller, lead, update)
    }
    this.#sql.run(
      `INSERT INTO history_records (first, size, at, key_id, replayed_by, request_id, job_id, account, source)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      first,
      this.#next - first,
      at,
      sender.keyId ?? null,
      sender.replayedBy ?? null,
      sender.requestId,
      sender.jobId ?? null,
      sender.account,
      sender.source
    )
  }

  #addEntry(
    caller: string,
    lead: number | null,
    { key, fields, values, status, error }: HistoryUpdate
  ): void {
    const isItsId = key?.by === 'lead_id' && key.value === lead
    this.#sql.run(
      `INSERT INTO history (id, caller, lead, key, fields, stored, status, code, detail)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      this.#next++,
      caller,
      lead,
      key === undefined || isItsId ? null : keyName(key),
      JSON.stringify(fields),
      values === undefined ? null : JSON.stringify(values),
      status,
      error?.code ?? null,
      error?.detail ?? null
    )
  }

  /** Entries, newest first. */
  async list(page: HistoryPage): Promise<HistoryEntry[]> {
    const { lead, caller, jobId, code, since, until, limit, before = Number.MAX_SAFE_INTEGER } = page
    const end = until === undefined ? before : Math.min(before, this.#firstLater(until))
    // The signs keep SQLite off an index, or off limits of ids, that many entries may match, while few match others.
    const ofRecord = jobId === undefined ? '' : '+'
    const ofLead = lead === undefined ? ofRecord : '+'
    const which: [condition: string, value: SQLInputValue][] = [[`${ofRecord}id < ?`, end]]
    if (jobId !== undefined) which.push(['first < ?', end], ['job_id = ?', jobId])
    if (lead !== undefined) which.push([`${ofRecord}lead = ?`, lead])
    if (caller !== undefined) which.push([`${ofLead}caller = ?`, caller])
    if (code !== undefined) which.push([`${ofLead}code = ?`, code])
    if (since !== undefined) which.push([`${ofRecord}id >= ?`, this.#firstSince(since)], ['at >= ?', since])
    if (until !== undefined) which.push(['at < ?', until])
    const conditions = which.map(([condition]) => condition).join(' AND ')
    const { entries, newestFirst } = wayTo(page)
    return this.#sql
      .rows(
        `SELECT * FROM ${entries} WHERE ${conditions} AND ${READABLE_HISTORY} ORDER BY ${newestFirst} LIMIT ?`,
        ...which.map(([, value]) => value),
        limit
      )
      .map(readHistoryEntry)
  }

  /** The id of an entry that is newer than all entries from before `until`, so that later ones need not be read. */
  #firstLater(until: number): number {
    const row = this.#sql.row(
      'SELECT first FROM history_records WHERE at >= ? ORDER BY at, first LIMIT 1',
      until + MAX_DISORDER_MS
    )
    return typeof row?.['first'] === 'number' ? row['first'] : Number.MAX_SAFE_INTEGER
  }

  /** The lowest id of the entries from `since` on, so that older ones need not be read. */
  #firstSince(since: number): number {
    const row = this.#sql.row(
      `SELECT min(first) AS first FROM history_records
      WHERE at BETWEEN (SELECT min(at) FROM history_records WHERE at >= ?1)
        AND (SELECT min(at) FROM history_records WHERE at >= ?1) + ${MAX_DISORDER_MS}`,
      since
    )
    return typeof row?.['first'] === 'number' ? row['first'] : Number.MAX_SAFE_INTEGER
  }

  purge(before: number, limit: number): Promise<number> {
    return this.#commits.write(() => this.#purge(before, limit))
  }

  /** Deletes about `limit` entries of records older than `before`. Returns how many. */
  #purge(before: number, limit: number): number {
    let left = limit
    for (const { first, size } of this.#sql.rows(
      'SELECT first, size FROM history_records WHERE at < ? ORDER BY at LIMIT ?',
      before,
      limit
    )) {
      if (left <= 0) break
      const from = Number(first)
      const { changes } = this.#sql.run(
        'DELETE FROM history WHERE id IN (SELECT id FROM history WHERE id >= ? AND id < ? LIMIT ?)',
        from,
        from + Number(size),
        left
      )
      left -= Number(changes)
      // The rest of the record is deleted in the next step.
      if (left > 0) this.#sql.run('DELETE FROM history_records WHERE first = ?', from)
    }
    return limit - left
  }
}

/** How to find entries: by the condition that the fewest match. */
function wayTo({ lead, caller, jobId, code }: HistoryPage): typeof BY_ENTRY {
  if (jobId !== undefined) return BY_RECORD
  return lead === undefined && caller !== undefined && code !== undefined ? BY_CALLER_AND_CODE : BY_ENTRY
}
