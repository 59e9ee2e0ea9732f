import type { DatabaseSync } from 'node:sqlite'
import { SUPERSEDED } from './newest-writes.ts'
import type { Row } from '../rows.ts'
import { Statements } from './database/statements.ts'
import { PENDING } from '../update-state.ts'

/** What is read of an update, with its job. */
export const UPDATE_COLUMNS = `updates.*, jobs.id AS job_id, jobs.caller, jobs.request_id, jobs.key_id, jobs.replayed_by,
  jobs.source, jobs.accepted_at, ${SUPERSEDED}`
// Texts with values in them are made here once, not for each update.
const DUE = `SELECT ready.due_at AS ready_at, ${UPDATE_COLUMNS}, (
    SELECT 1 FROM updates AS later WHERE later.lead = updates.lead AND later.account = updates.account
      AND later.state = ${PENDING} AND later.id > updates.id
  ) AS has_later
  FROM ready CROSS JOIN updates ON updates.id = ready.id CROSS JOIN jobs ON jobs.n = updates.job
  WHERE ready.account = ? AND ready.due_at <= ?
    AND NOT EXISTS (SELECT 1 FROM in_flight WHERE in_flight.lead = updates.lead)
  ORDER BY ready.due_at, ready.id LIMIT ?`
const ADD_NEXT = `INSERT OR IGNORE INTO ready (account, due_at, id)
  SELECT account, due_at, id FROM updates WHERE lead = ? AND account = ? AND state = ${PENDING} ORDER BY id LIMIT 1`
/** An update's row in `ready`, by its id. */
const ENTRY = '(account, due_at, id) = (SELECT account, due_at, id FROM updates WHERE updates.id = ?)'

/**
 * The updates that may be claimed, by account and time: the oldest of each lead and account, unless an update of the
 * lead is in flight, as VICIdial could apply the updates of two accounts in either order. In memory, so what was in
 * flight when the process ended is delivered again.
 */
export class ReadyUpdates {
  readonly #sql: Statements
  /** The accounts that have had pending updates. */
  readonly #accounts: Set<string>

  constructor(database: DatabaseSync) {
    // Its own: what they change is in memory.
    this.#sql = new Statements(database)
    database.exec(
      `PRAGMA temp_store = MEMORY;
      CREATE TEMP TABLE in_flight (lead TEXT, id INTEGER, PRIMARY KEY (lead, id)) WITHOUT ROWID;
      CREATE TEMP TABLE ready (account TEXT NOT NULL, due_at INTEGER NOT NULL, id INTEGER NOT NULL,
        PRIMARY KEY (account, due_at, id)) WITHOUT ROWID;
      INSERT INTO ready (account, due_at, id)
        SELECT account, due_at, min(id) FROM updates WHERE state = ${PENDING} GROUP BY lead, account`
    )
    const accounts = this.#sql.rows('SELECT DISTINCT account FROM ready')
    this.#accounts = new Set(accounts.map(({ account }) => String(account)))
  }

  add(account: string, dueAt: number, id: number): void {
    this.#accounts.add(account)
    this.#sql.run('INSERT INTO ready (account, due_at, id) VALUES (?, ?, ?)', account, dueAt, id)
  }

  /** Adds each account's next update of a lead, unless one of the lead is in flight. */
  addNext(lead: string): void {
    if (this.#sql.row('SELECT 1 FROM in_flight WHERE lead = ? LIMIT 1', lead) !== undefined) return
    for (const account of this.#accounts) {
      this.#sql.run(ADD_NEXT, lead, account)
    }
  }

  remove(id: number): void {
    this.#sql.run(`DELETE FROM ready WHERE ${ENTRY}`, id)
  }

  /** Takes up to `limit` updates of an account that are due at `now`, longest due first, and marks them as in flight. */
  take(account: string, limit: number, now: number): Row[] {
    const rows = this.#sql.rows(DUE, account, now, limit)
    for (const { lead, id } of rows) this.takeAlong(String(lead), Number(id))
    // Also removes those whose lead is in flight: `release` adds them again.
    const last = rows.length < limit ? undefined : rows.at(-1)
    this.#sql.run(
      'DELETE FROM ready WHERE account = ? AND (due_at, id) <= (?, ?)',
      account,
      last ? Number(last['ready_at']) : now,
      last ? Number(last['id']) : Number.MAX_SAFE_INTEGER
    )
    return rows
  }

  /** The updates of a taken one's lead and account that were accepted after it, oldest first. */
  *after({ lead, account, id }: Row): Generator<Row> {
    yield* this.#sql.iterate(
      `SELECT ${UPDATE_COLUMNS} FROM updates CROSS JOIN jobs ON jobs.n = updates.job
      WHERE updates.lead = ? AND updates.account = ? AND updates.state = ${PENDING} AND updates.id > ?
      ORDER BY updates.id`,
      String(lead),
      String(account),
      Number(id)
    )
  }

  /** Marks an update as in flight. */
  takeAlong(lead: string, id: number): void {
    this.#sql.run('INSERT INTO in_flight (lead, id) VALUES (?, ?)', lead, id)
  }

  /** Up to `limit` pending updates of a job after id `after` that are not in flight. */
  waiting(job: string, after: number, limit: number): Row[] {
    return this.#sql.rows(
      `SELECT ${UPDATE_COLUMNS} FROM jobs JOIN updates ON updates.id >= first_id AND updates.id < first_id + received
      WHERE jobs.id = ? AND updates.id > ? AND state = ${PENDING}
        AND NOT EXISTS (SELECT 1 FROM in_flight WHERE in_flight.lead = updates.lead AND in_flight.id = updates.id)
      ORDER BY updates.id LIMIT ?`,
      job,
      after,
      limit
    )
  }

  /** Ends the flight of an update, and adds the next ones of its lead. */
  release(lead: string, id: number): void {
    this.#sql.run('DELETE FROM in_flight WHERE lead = ? AND id = ?', lead, id)
    this.addNext(lead)
  }

  /** When the next update of an account is due, in milliseconds since the epoch. */
  nextDueAt(account: string): number | undefined {
    const due = this.#sql.row('SELECT min(due_at) AS due FROM ready WHERE account = ?', account)?.['due']
    return typeof due === 'number' ? due : undefined
  }
}
