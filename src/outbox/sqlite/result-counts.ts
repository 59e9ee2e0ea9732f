import { readResultCount, type ResultCount, type ResultCountStore } from '../result-counts.ts'
import type { GroupCommit } from './database/group-commit.ts'
import type { Statements } from './database/statements.ts'

const ADD = `INSERT INTO result_counts (at, status, code, count) VALUES (?, ?, ?, ?)
  ON CONFLICT (at, status, code) DO UPDATE SET count = count + excluded.count`

/** The counts of results in SQLite. */
export class SqliteResultCounts implements ResultCountStore {
  readonly #sql: Statements
  readonly #commits: GroupCommit

  constructor(sql: Statements, commits: GroupCommit) {
    this.#sql = sql
    this.#commits = commits
  }

  add(counts: readonly ResultCount[]): Promise<void> {
    return this.#commits.write(() => {
      for (const { at, status, code, count } of counts) this.#sql.run(ADD, at, status, code, count)
    })
  }

  async since(since: number, spanMs: number): Promise<ResultCount[]> {
    const rows = this.#sql.rows(
      `SELECT at - at % CAST(?2 AS INTEGER) AS at, status, code, sum(count) AS count FROM result_counts WHERE at >= ?1
      GROUP BY 1, status, code ORDER BY 1, status, code`,
      since,
      spanMs
    )
    return rows.map(readResultCount)
  }

  purge(before: number, limit: number): Promise<number> {
    return this.#commits.write(() => {
      const { changes } = this.#sql.run(
        `DELETE FROM result_counts WHERE (at, status, code) IN (
          SELECT at, status, code FROM result_counts WHERE at < ? ORDER BY at, status, code LIMIT ?
        )`,
        before,
        limit
      )
      return Number(changes)
    })
  }
}
