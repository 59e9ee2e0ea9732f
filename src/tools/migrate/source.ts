import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Row } from '../../outbox/rows.ts'
import { FILE, openDatabase } from '../../outbox/sqlite/database/open-database.ts'
import { setAsideUnreadable } from '../../outbox/sqlite/database/unreadable-rows.ts'
import { NEXT_JOB } from '../../outbox/sqlite/job-table.ts'
import { NEXT_ID } from '../../outbox/sqlite/update-table.ts'
import { NotMigrated } from './not-migrated.ts'
import { type CopiedTable, COUNTED } from './tables.ts'

/** Ends the name of a database that was copied: no gateway starts with it again by mistake. */
const MIGRATED = '.migrated'

/** The database of a gateway that does not run, open for this process alone. */
export class Source {
  readonly #database: DatabaseSync
  readonly #path: string
  /** Rows that can't be read, and are not copied. */
  readonly setAside: number

  /**
   * @throws NotMigrated if there is none
   * @throws StorageError if it cannot be used, or a gateway uses it
   */
  constructor(directory: string) {
    this.#path = join(directory, FILE)
    if (!existsSync(this.#path)) {
      const isDone = existsSync(`${this.#path}${MIGRATED}`)
      throw new NotMigrated(
        isDone
          ? `${directory} was migrated before: its database is now ${FILE}${MIGRATED}.`
          : `${directory} has no database ${FILE}.`
      )
    }
    this.#database = openDatabase(directory)
    this.setAside = setAsideUnreadable(this.#database, Date.now())
  }

  /** Changes with whatever a gateway changes in the database. */
  get fingerprint(): string {
    const parts = [
      'SELECT count(*), max(n), sum(pending), sum(calls), max(finished_at) FROM jobs',
      'SELECT count(*), max(id), sum(state), sum(attempts), max(due_at) FROM updates',
      'SELECT count(*), max(at) FROM idempotency_records',
      'SELECT count(*), max(id) FROM history',
      'SELECT count(*), sum(sequence) FROM newest_writes'
    ]
    return parts.map((sql) => Object.values(this.#database.prepare(sql).get() ?? {}).join(' ')).join(', ')
  }

  /** The rows of a table after a key, at most `limit`. */
  page({ page }: CopiedTable, after: readonly SQLInputValue[], limit: number): Row[] {
    return this.#database.prepare(page).all(...after, limit)
  }

  /** What is to be the same in the copy. */
  counts(): Map<string, number> {
    return new Map(Object.entries(COUNTED).map(([what, { sqlite }]) => [what, this.#number(sqlite, 'count')]))
  }

  /** The numbers that the next update, job and history entry get. */
  get next(): {
    readonly update: number
    readonly job: number
    readonly entry: number
    readonly hour: number
  } {
    return {
      update: this.#number(NEXT_ID, 'next') || 1,
      job: this.#number(NEXT_JOB, 'next'),
      entry: this.#number('SELECT coalesce(max(id), 0) + 1 AS next FROM history', 'next'),
      hour: this.#number('SELECT coalesce(max(hour), 0) + 1 AS next FROM running_hours', 'next')
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  /** Closes it, and gives it another name. Returns that. */
  retire(): string {
    this.#database.exec('PRAGMA journal_mode = DELETE')
    this.close()
    renameSync(this.#path, `${this.#path}${MIGRATED}`)
    return `${this.#path}${MIGRATED}`
  }

  #number(sql: string, column: string): number {
    return Number(this.#database.prepare(sql).get()?.[column])
  }
}
