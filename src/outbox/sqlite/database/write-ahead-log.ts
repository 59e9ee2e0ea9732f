import { closeSync, fdatasync, openSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { promisify } from 'node:util'

const datasync = promisify(fdatasync)

/** Pages in the log before it is copied into the database: few, as copying blocks the main thread. */
const MAX_PAGES = 2_000

/**
 * Syncs an open database to disk. SQLite itself would do so on the main thread: it syncs the log before and after it copies
 * it into the database (a checkpoint), and the database in between. This makes the same syncs in the same order, but in other
 * threads, so that a slow disk does not block the event loop.
 */
export class WriteAheadLog {
  readonly #database: DatabaseSync
  readonly #version: number
  readonly #length: StatementSync
  readonly #databaseFile: number
  readonly #logFile: number

  /** @param path of the database */
  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    database.exec('PRAGMA synchronous = NORMAL')
    database.exec('PRAGMA wal_autocheckpoint = 0')
    this.#version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    this.#length = database.prepare('PRAGMA wal_checkpoint(NOOP)')
    this.#databaseFile = openSync(path, 'r+')
    this.#logFile = openSync(`${path}-wal`, 'r+')
  }

  /** Resolves when everything committed so far is on the disk. Nothing may be committed until then. */
  async sync(): Promise<void> {
    await datasync(this.#logFile)
    if (Number(this.#length.get()?.['log']) < MAX_PAGES || !this.#copy()) return
    await datasync(this.#databaseFile)
    // A commit of one page, which starts the log from its beginning. If it fails, the next commit does so, with a sync.
    this.#unsynced(`PRAGMA user_version = ${this.#version}`)
    await datasync(this.#logFile)
  }

  /** Closes the database. */
  close(): void {
    this.#database.close()
    // Closing a file earlier would also release SQLite's lock on it.
    closeSync(this.#databaseFile)
    closeSync(this.#logFile)
  }

  /** Copies the log into the database. Returns whether all of it was. */
  #copy(): boolean {
    const copied = this.#unsynced('PRAGMA wal_checkpoint(PASSIVE)')
    return copied !== undefined && copied['busy'] === 0 && copied['log'] === copied['checkpointed']
  }

  /** Runs SQL without SQLite's own syncs. Returns undefined if it fails: nothing is lost, and the next sync tries again. */
  #unsynced(sql: string): ReturnType<StatementSync['get']> {
    this.#database.exec('PRAGMA synchronous = OFF')
    try {
      return this.#database.prepare(sql).get()
    } catch {
      return undefined
    } finally {
      this.#database.exec('PRAGMA synchronous = NORMAL')
    }
  }
}
