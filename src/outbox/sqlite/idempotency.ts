import type { IdempotencyRecord } from '../../http/idempotency-record.ts'
import type { IdempotencyStore } from '../idempotency.ts'
import type { GroupCommit } from './group-commit.ts'
import type { IdempotencyTable } from './idempotency-table.ts'

/** The stored responses in SQLite. */
export class SqliteIdempotency implements IdempotencyStore {
  readonly #commits: GroupCommit
  readonly #table: IdempotencyTable

  constructor(commits: GroupCommit, table: IdempotencyTable) {
    this.#commits = commits
    this.#table = table
  }

  async find(caller: string, key: string, since: number): Promise<IdempotencyRecord | undefined> {
    return this.#table.find(caller, key, since)
  }

  save(record: IdempotencyRecord): Promise<void> {
    return this.#commits.write(() => {
      this.#table.save(record)
    })
  }

  purge(before: number, limit: number): Promise<number> {
    return this.#commits.write(() => {
      const purged = this.#table.purge(before, limit)
      if (this.#commits.fault !== undefined) this.#table.saveTrial(before)
      return purged
    })
  }
}
