import type { DatabaseSync } from 'node:sqlite'
import type { Row } from './rows.ts'
import { Statements } from './statements.ts'

/** What is needed of its job beside a row of `updates`. */
export const JOB_COLUMNS =
  'jobs.id, jobs.caller, jobs.request_id, jobs.key_id, jobs.replayed_by, jobs.source, jobs.accepted_at'
/** An update's place in `ready`, by its `seq`. */
const PLACE = '(account, due_at, seq) = (SELECT account, due_at, seq FROM updates WHERE updates.seq = ?)'

/**
 * The updates that may be claimed, by account and time: the oldest of each lead and account, unless one of the lead is
 * on its way: what two accounts send at once VICIdial could make in either order. In memory, so what was being
 * delivered when the process ended is delivered again.
 */
export class ReadyUpdates {
  readonly #sql: Statements
  readonly #openState: number

  /** @param openState the state of updates that have not ended */
  constructor(database: DatabaseSync, openState: number) {
    // Its own: what they change is in memory.
    this.#sql = new Statements(database)
    this.#openState = openState
    database.exec(
      `PRAGMA temp_store = MEMORY;
      CREATE TEMP TABLE on_way (lead TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TEMP TABLE ready (account TEXT NOT NULL, due_at INTEGER NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (account, due_at, seq)) WITHOUT ROWID;
      INSERT INTO ready (account, due_at, seq)
        SELECT account, due_at, min(seq) FROM updates WHERE state < 2 AND state = ${openState} GROUP BY lead, account`
    )
  }

  add(account: string, dueAt: number, seq: number): void {
    this.#sql.run('INSERT INTO ready (account, due_at, seq) VALUES (?, ?, ?)', account, dueAt, seq)
  }

  /** Adds each account's next update of a lead, unless one of the lead is on its way. */
  addNext(lead: string): void {
    this.#sql.run(
      `INSERT OR IGNORE INTO ready (account, due_at, seq)
        SELECT account, due_at, min(seq) FROM updates
        WHERE lead = ?1 AND state < 2 AND state = ${this.#openState}
          AND NOT EXISTS (SELECT 1 FROM on_way WHERE on_way.lead = ?1)
        GROUP BY account`,
      lead
    )
  }

  remove(seq: number): void {
    this.#sql.run(`DELETE FROM ready WHERE ${PLACE}`, seq)
  }

  /** Takes up to `limit` updates of an account that are due at `now`, the longest due first; they are on their way. */
  take(account: string, limit: number, now: number): Row[] {
    const rows = this.#sql.rows(
      `SELECT ready.due_at AS ready_at, updates.*, ${JOB_COLUMNS}
      FROM ready CROSS JOIN updates ON updates.seq = ready.seq CROSS JOIN jobs ON jobs.n = updates.job
      WHERE ready.account = ? AND ready.due_at <= ?
        AND NOT EXISTS (SELECT 1 FROM on_way WHERE on_way.lead = updates.lead)
      ORDER BY ready.due_at, ready.seq LIMIT ?`,
      account,
      now,
      limit
    )
    for (const { lead = null, seq = null } of rows)
      this.#sql.run('INSERT INTO on_way (lead, seq) VALUES (?, ?)', lead, seq)
    // With what was taken go those whose lead is on its way: they come back when it has arrived.
    const last = rows.length < limit ? undefined : rows.at(-1)
    this.#sql.run(
      'DELETE FROM ready WHERE account = ? AND (due_at, seq) <= (?, ?)',
      account,
      last ? Number(last['ready_at']) : now,
      last ? Number(last['seq']) : Number.MAX_SAFE_INTEGER
    )
    return rows
  }

  /** Those of a job's updates, by their places in the table, that are not on their way. */
  waiting(job: string): Row[] {
    return this.#sql.rows(
      `SELECT updates.*, ${JOB_COLUMNS} FROM jobs JOIN updates ON updates.seq >= first_seq AND updates.seq < first_seq + received
      WHERE jobs.id = ? AND state = ${this.#openState}
        AND NOT EXISTS (SELECT 1 FROM on_way WHERE on_way.lead = updates.lead AND on_way.seq = updates.seq)
      ORDER BY updates.seq`,
      job
    )
  }

  /** The update of a lead that was on its way has arrived, or comes back. */
  release(lead: string): void {
    this.#sql.run('DELETE FROM on_way WHERE lead = ?', lead)
    this.addNext(lead)
  }

  /** When the next update of an account is due, in milliseconds since the epoch. */
  nextDueAt(account: string): number | undefined {
    const due = this.#sql.row('SELECT min(due_at) AS due FROM ready WHERE account = ?', account)?.['due']
    return typeof due === 'number' ? due : undefined
  }
}
