import type { HistoryEntry, HistoryPage, HistoryRecord, HistoryStore } from '../history.ts'
import type { GroupCommit } from './group-commit.ts'
import type { HistoryTable } from './history-table.ts'

/** The history in SQLite. */
export class SqliteHistory implements HistoryStore {
  readonly #commits: GroupCommit
  readonly #table: HistoryTable

  constructor(commits: GroupCommit, table: HistoryTable) {
    this.#commits = commits
    this.#table = table
  }

  record(records: readonly HistoryRecord[]): Promise<void> {
    return this.#commits.write(() => {
      this.#table.add(records)
    })
  }

  async list(page: HistoryPage): Promise<HistoryEntry[]> {
    return this.#table.list(page)
  }

  purge(before: number, limit: number): Promise<number> {
    return this.#commits.write(() => this.#table.purge(before, limit))
  }
}
