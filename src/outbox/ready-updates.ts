import type { DatabaseSync } from 'node:sqlite'
import type { Row } from './rows.ts'
import { Statements } from './statements.ts'

/** A row of `updates` with what is needed of its job. */
export const JOB_COLUMNS = 'jobs.id, jobs.caller, jobs.request_id, jobs.key_id, jobs.account, jobs.source'
/** The place of an update in the table, by its `seq`. */
const PLACE = `(account, due_at, seq) = (
  SELECT jobs.account, updates.due_at, updates.seq FROM updates JOIN jobs ON jobs.n = updates.job WHERE updates.seq = ?)`

/**
 * The updates that may be claimed, by account and time: the oldest of each lead, unless it is being delivered. In
 * memory, so what was being delivered when the process ended is delivered again.
 */
export class ReadyUpdates {
  readonly #sql: Statements

  /** @param openState the state of updates that have not ended */
  constructor(database: DatabaseSync, openState: number) {
    // Its own: what they change is in memory.
    this.#sql = new Statements(database)
    database.exec(
      `PRAGMA temp_store = MEMORY;
      CREATE TEMP TABLE ready (account TEXT NOT NULL, due_at INTEGER NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (account, due_at, seq)) WITHOUT ROWID;
      INSERT INTO ready (account, due_at, seq)
        SELECT jobs.account, oldest.due_at, oldest.seq FROM
          (SELECT job, due_at, min(seq) AS seq FROM updates WHERE state < 2 AND state = ${openState} GROUP BY lead) AS oldest
          JOIN jobs ON jobs.n = oldest.job`
    )
  }

  add(account: string, dueAt: number, seq: number): void {
    this.#sql.run('INSERT INTO ready (account, due_at, seq) VALUES (?, ?, ?)', account, dueAt, seq)
  }

  /** Adds an update as it is stored, unless it is there. */
  addStored(seq: number): void {
    this.#sql.run(
      `INSERT OR IGNORE INTO ready (account, due_at, seq)
        SELECT jobs.account, updates.due_at, updates.seq FROM updates JOIN jobs ON jobs.n = updates.job WHERE updates.seq = ?`,
      seq
    )
  }

  has(seq: number): boolean {
    return this.#sql.row(`SELECT 1 FROM ready WHERE ${PLACE}`, seq) !== undefined
  }

  remove(seq: number): void {
    this.#sql.run(`DELETE FROM ready WHERE ${PLACE}`, seq)
  }

  /** Takes up to `limit` updates of an account that are due at `now`, the longest due first. */
  take(account: string, limit: number, now: number): Row[] {
    const rows = this.#sql.rows(
      `SELECT ready.due_at AS ready_at, updates.*, ${JOB_COLUMNS}
      FROM ready CROSS JOIN updates ON updates.seq = ready.seq CROSS JOIN jobs ON jobs.n = updates.job
      WHERE ready.account = ? AND ready.due_at <= ? ORDER BY ready.due_at, ready.seq LIMIT ?`,
      account,
      now,
      limit
    )
    const last = rows.at(-1)
    if (last !== undefined) {
      this.#sql.run(
        'DELETE FROM ready WHERE account = ? AND (due_at, seq) <= (?, ?)',
        account,
        Number(last['ready_at']),
        Number(last['seq'])
      )
    }
    return rows
  }

  /** When the next update of an account is due, in milliseconds since the epoch. */
  nextDueAt(account: string): number | undefined {
    const due = this.#sql.row('SELECT min(due_at) AS due FROM ready WHERE account = ?', account)?.['due']
    return typeof due === 'number' ? due : undefined
  }
}
