import type { DatabaseSync } from 'node:sqlite'
import type { Row } from './rows.ts'
import { Statements } from './statements.ts'
import { PENDING } from './update-state.ts'

/** The columns of `jobs` that go with a row of `updates`. */
export const JOB_COLUMNS =
  'jobs.id AS job_id, jobs.caller, jobs.request_id, jobs.key_id, jobs.replayed_by, jobs.source, jobs.accepted_at'
/** An update's row in `ready`, by its id. */
const ENTRY = '(account, due_at, id) = (SELECT account, due_at, id FROM updates WHERE updates.id = ?)'

/**
 * The updates that may be claimed, by account and time: the oldest of each lead and account, unless an update of the
 * lead is in flight, as VICIdial could apply the updates of two accounts in either order. In memory, so what was in
 * flight when the process ended is delivered again.
 */
export class ReadyUpdates {
  readonly #sql: Statements

  constructor(database: DatabaseSync) {
    // Its own: what they change is in memory.
    this.#sql = new Statements(database)
    database.exec(
      `PRAGMA temp_store = MEMORY;
      CREATE TEMP TABLE in_flight (lead TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TEMP TABLE ready (account TEXT NOT NULL, due_at INTEGER NOT NULL, id INTEGER NOT NULL,
        PRIMARY KEY (account, due_at, id)) WITHOUT ROWID;
      INSERT INTO ready (account, due_at, id)
        SELECT account, due_at, min(id) FROM updates WHERE state < 2 AND state = ${PENDING} GROUP BY lead, account`
    )
  }

  add(account: string, dueAt: number, id: number): void {
    this.#sql.run('INSERT INTO ready (account, due_at, id) VALUES (?, ?, ?)', account, dueAt, id)
  }

  /** Adds each account's next update of a lead, unless one of the lead is in flight. */
  addNext(lead: string): void {
    this.#sql.run(
      `INSERT OR IGNORE INTO ready (account, due_at, id)
        SELECT account, due_at, min(id) FROM updates
        WHERE lead = ?1 AND state < 2 AND state = ${PENDING}
          AND NOT EXISTS (SELECT 1 FROM in_flight WHERE in_flight.lead = ?1)
        GROUP BY account`,
      lead
    )
  }

  remove(id: number): void {
    this.#sql.run(`DELETE FROM ready WHERE ${ENTRY}`, id)
  }

  /** Takes up to `limit` updates of an account that are due at `now`, longest due first. They are in flight then. */
  take(account: string, limit: number, now: number): Row[] {
    const rows = this.#sql.rows(
      `SELECT ready.due_at AS ready_at, updates.*, ${JOB_COLUMNS}
      FROM ready CROSS JOIN updates ON updates.id = ready.id CROSS JOIN jobs ON jobs.n = updates.job
      WHERE ready.account = ? AND ready.due_at <= ?
        AND NOT EXISTS (SELECT 1 FROM in_flight WHERE in_flight.lead = updates.lead)
      ORDER BY ready.due_at, ready.id LIMIT ?`,
      account,
      now,
      limit
    )
    for (const { lead = null, id = null } of rows)
      this.#sql.run('INSERT INTO in_flight (lead, id) VALUES (?, ?)', lead, id)
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

  /** The pending updates of a job that are not in flight. */
  waiting(job: string): Row[] {
    return this.#sql.rows(
      `SELECT updates.*, ${JOB_COLUMNS} FROM jobs JOIN updates ON updates.id >= first_id AND updates.id < first_id + received
      WHERE jobs.id = ? AND state = ${PENDING}
        AND NOT EXISTS (SELECT 1 FROM in_flight WHERE in_flight.lead = updates.lead AND in_flight.id = updates.id)
      ORDER BY updates.id`,
      job
    )
  }

  /** The update of a lead that was in flight is settled. */
  release(lead: string): void {
    this.#sql.run('DELETE FROM in_flight WHERE lead = ?', lead)
    this.addNext(lead)
  }

  /** When the next update of an account is due, in milliseconds since the epoch. */
  nextDueAt(account: string): number | undefined {
    const due = this.#sql.row('SELECT min(due_at) AS due FROM ready WHERE account = ?', account)?.['due']
    return typeof due === 'number' ? due : undefined
  }
}
