import { DatabaseSync } from 'node:sqlite'
import { APPLICATION_ID } from '../../outbox/sqlite/database/open-database.ts'
import { DEAD_LETTER, PENDING } from '../../outbox/update-state.ts'

/** What a copy of the database has. */
export interface CopyContents {
  /** Updates that were not delivered yet. */
  readonly waiting: number
  readonly deadLetters: number
}

/**
 * Checks a copy of the gateway's database, and makes it a single file: opening it creates no others beside it.
 * @returns undefined if it is damaged, or no such database
 */
export function checkCopy(path: string): CopyContents | undefined {
  try {
    using database = new DatabaseSync(path)
    // Nothing else has opened it. Without this there would be a -shm file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    const first = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0]
    if (first('PRAGMA application_id') !== APPLICATION_ID || first('PRAGMA quick_check(1)') !== 'ok')
      return undefined
    database.exec('PRAGMA journal_mode = DELETE')
    const count = (state: number) => Number(first(`SELECT count(*) FROM updates WHERE state = ${state}`))
    return { waiting: count(PENDING), deadLetters: count(DEAD_LETTER) }
  } catch {
    return undefined
  }
}
