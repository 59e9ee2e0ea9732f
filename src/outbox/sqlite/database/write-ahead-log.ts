import { closeSync, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'

const datasync = promisify(fdatasync)

/** The write-ahead log of an open database, to sync it without waiting. SQLite keeps no locks on it. */
export class WriteAheadLog {
  readonly #fd: number

  /** @param path of the log, which exists while the database is open */
  constructor(path: string) {
    this.#fd = openSync(path, 'r+')
  }

  /** Resolves when everything written to the log so far is on the disk. */
  datasync(): Promise<void> {
    return datasync(this.#fd)
  }

  close(): void {
    closeSync(this.#fd)
  }
}
