import type { DatabaseSync } from 'node:sqlite'
import { StorageError } from './outbox.ts'

/** A commit takes in work for so long; then the event loop gets its turn. */
const LONGEST_MS = 8

interface Work {
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Writes in groups: all that is asked for while a commit runs shares the next one, and its `fsync`. */
export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #gatherMs: number
  readonly #onRollback: () => void
  #waiting: Work[] = []
  #isScheduled = false
  #fault: string | undefined

  /**
   * @param gatherMs so long a commit waits for company; 0: not at all
   * @param onRollback called when a group was undone
   */
  constructor(database: DatabaseSync, gatherMs: number, onRollback: () => void) {
    this.#database = database
    this.#gatherMs = gatherMs
    this.#onRollback = onRollback
  }

  /** Why the last commit failed; undefined if it did not. */
  get fault(): string | undefined {
    return this.#fault
  }

  /**
   * Does `run` within a transaction; resolves with what it returns once that is on disk.
   * @throws StorageError if it is not; then nothing of its group is done
   */
  write<T>(run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run, resolve: resolve as (value: unknown) => void, reject })
      this.#schedule()
    })
  }

  /** Commits everything that waits. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commit()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const commit = () => {
      this.#isScheduled = false
      this.#commit()
      if (this.#waiting.length > 0) this.#schedule()
    }
    if (this.#gatherMs > 0) setTimeout(commit, this.#gatherMs)
    else setImmediate(commit)
  }

  #commit(): void {
    const done: [Work, unknown][] = []
    const started = performance.now()
    let taken = 0
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      for (const work of this.#waiting) {
        taken++
        done.push([work, work.run()])
        if (performance.now() - started > LONGEST_MS) break
      }
      this.#database.exec('COMMIT')
      this.#fault = undefined
    } catch (error) {
      const failed = this.#waiting.slice(0, Math.max(taken, 1))
      this.#waiting = this.#waiting.slice(failed.length)
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK')
      const cause = error instanceof Error ? error.message : 'unknown'
      this.#fault = `The database cannot be written (${cause}).`
      if (this.#database.isOpen) this.#onRollback()
      for (const { reject } of failed) reject(new StorageError(this.#fault, error))
      return
    }
    this.#waiting = this.#waiting.slice(taken)
    for (const [work, value] of done) work.resolve(value)
  }
}
