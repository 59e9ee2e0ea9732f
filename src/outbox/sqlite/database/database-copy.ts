import { rmSync, statfsSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { backup, type DatabaseSync } from 'node:sqlite'
import { overloaded, Problem, StorageError } from '../../../errors.ts'

const FILE = 'gateway.backup'
/** Pages copied at a time. Everything else waits meanwhile, so a few: 400 KiB. */
const PAGES_PER_STEP = 100
/** Disk space in bytes that must be left for accepted updates while the copy exists. */
const SPACE_LEFT = 64 * 1024 * 1024
const RETRY_AFTER_SECONDS = 60
/** How often a copy is begun, and the pause between, in milliseconds: a write takes a few. */
const MAX_TRIES = 500
const RETRY_MS = 10

/** Copies an open database while it is in use. */
export class DatabaseCopy {
  readonly #database: DatabaseSync
  readonly #directory: string
  #isBusy = false

  /** @param directory gets the copy; one that a crash left there is deleted */
  constructor(database: DatabaseSync, directory: string) {
    this.#database = database
    this.#directory = directory
    this.#remove()
  }

  /**
   * Copies everything that was committed before the call, and some of what is committed meanwhile.
   * @param bytes the size of the database
   * @returns the copy, whose name is deleted already: closing it frees its disk space
   * @throws Problem conflict while another copy is being made; overloaded if the disk has no room for it
   * @throws StorageError
   */
  async make(bytes: number): Promise<FileHandle> {
    if (this.#isBusy) throw new Problem('conflict', 'Another backup is being made. Wait until it is done.')
    const { bavail, bsize } = statfsSync(this.#directory)
    if (bavail * bsize < bytes + SPACE_LEFT)
      throw overloaded('The disk of DATA_DIR has no room for a copy of the database.', RETRY_AFTER_SECONDS)
    this.#isBusy = true
    try {
      await this.#copy()
      return await open(this.#path)
    } catch (error) {
      throw new StorageError('The database cannot be copied.', error)
    } finally {
      this.#remove()
      this.#isBusy = false
    }
  }

  async #copy(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await backup(this.#database, this.#path, { rate: PAGES_PER_STEP })
        return
      } catch (error) {
        if (tries === MAX_TRIES || !isWriting(error)) throw error
        await pause(RETRY_MS)
      }
    }
  }

  get #path(): string {
    return join(this.#directory, FILE)
  }

  #remove(): void {
    rmSync(this.#path, { force: true })
    rmSync(`${this.#path}-journal`, { force: true })
  }
}

/**
 * Whether a copy could not begin because something was being written. SQLite would copy after that, but Node gives up at the
 * first step, with SQLite's code for no error.
 */
function isWriting(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 0
}
