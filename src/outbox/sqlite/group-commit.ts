import { StorageError } from '../../errors.ts'
import type { DatabaseSync } from 'node:sqlite'

/** A commit takes in work for so long; then the event loop gets its turn. */
const LONGEST_MS = 8

interface Work {
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** What keeps count of what is written, beside the database. */
export interface Counts {
  /** Rows of the file, not of what is in memory, that have been changed so far. */
  readonly changes: number
  /** Counts anew, as a group was undone. May throw; it is done again before the next group then. */
  recount(): void
}

/** Writes in groups: all that is asked for while a commit runs shares the next one, and its `fsync`. */
export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #gatherMs: number
  readonly #counts: Counts
  #isRecountDue = false
  #waiting: Work[] = []
  #isScheduled = false
  #fault: string | undefined

  /**
   * @param gatherMs so long a commit waits for company; 0: not at all
   */
  constructor(database: DatabaseSync, gatherMs: number, counts: Counts) {
    this.#database = database
    this.#gatherMs = gatherMs
    this.#counts = counts
  }

  /** Why a commit failed; undefined if something was written since: a commit that has nothing to write proves nothing. */
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
      if (this.#isRecountDue) this.#recount()
      const before = this.#counts.changes
      this.#database.exec('BEGIN IMMEDIATE')
      for (const work of this.#waiting) {
        taken++
        done.push([work, work.run()])
        if (performance.now() - started > LONGEST_MS) break
      }
      this.#database.exec('COMMIT')
      if (this.#counts.changes > before) this.#fault = undefined
    } catch (error) {
      const failed = this.#waiting.slice(0, Math.max(taken, 1))
      this.#waiting = this.#waiting.slice(failed.length)
      const cause = error instanceof Error ? error.message : 'unknown'
      this.#fault = `The database cannot be written (${cause}).`
      for (const { reject } of failed) reject(new StorageError(this.#fault, error))
      this.#undo()
      return
    }
    this.#waiting = this.#waiting.slice(taken)
    for (const [work, value] of done) work.resolve(value)
  }

  /** Whatever else fails here is no work's matter: the next group meets it again. */
  #undo(): void {
    if (!this.#database.isOpen) return
    this.#isRecountDue = true
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      this.#recount()
    } catch (error) {
      const cause = error instanceof Error ? error.message : 'unknown'
      this.#fault = `The database cannot be read (${cause}).`
    }
  }

  #recount(): void {
    this.#counts.recount()
    this.#isRecountDue = false
  }
}
