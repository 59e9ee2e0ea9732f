import { StorageError } from '../../../errors.ts'
import type { DatabaseSync } from 'node:sqlite'

/** How long one commit takes further work, in milliseconds; then the event loop gets its turn. */
const MAX_COMMIT_MS = 8

/** SQLite's result code for a full disk. */
const SQLITE_FULL = 13

/** Syncs what was committed to disk, without blocking the event loop. Nothing is committed until it resolves. */
export type Sync = () => Promise<void>

/** Room on the disk for notes; see `DiskReserve`. */
export interface Reserve {
  /** Why it does not exist; undefined if it does. */
  readonly fault: string | undefined
  /** Deletes it. Returns false if it can't. */
  release(): boolean
}

const NO_RESERVE: Reserve = { fault: undefined, release: () => false }

/** The database's files; see `DatabaseFiles`. */
export interface Files {
  /** Why no restart would find what is written; undefined if one would. */
  readonly fault: string | undefined
}

const SOUND_FILES: Files = { fault: undefined }

/**
 * What work is for: a `note` must be written even if the disk is full, and may use the reserve; a `promise` must be found
 * after a restart.
 */
type Purpose = 'note' | 'promise' | 'progress'

interface Work {
  readonly purpose: Purpose
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Counts kept in memory beside the database. */
export interface Counts {
  /** `changes`: rows of the file changed so far; rows of temporary tables don't count. */
  readonly statements: { readonly changes: number }
  /** Counts again after a group was rolled back. If it throws, it is called again before the next group. */
  recount(): void
}

export interface GroupCommitOptions {
  /** How long a commit waits for others to share it, in milliseconds. */
  readonly gatherMs: number
  /** Deleted when the disk is full; only notes are written until it exists again. */
  readonly reserve?: Reserve
  /** Looked at before each group: while they have a fault, nothing is promised. */
  readonly files?: Files
  /** Absent: a commit is on disk when it ends. */
  readonly sync?: Sync | undefined
  /** A clock in milliseconds. */
  readonly now?: () => number
}

/** Writes in groups: everything requested while a group is written and synced shares the next one. */
export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #gatherMs: number
  readonly #counts: Counts
  readonly #reserve: Reserve
  readonly #files: Files
  readonly #sync: Sync | undefined
  readonly #now: () => number
  /** Groups that are committed and not synced yet. */
  #syncing = Promise.resolve()
  #isSyncing = false
  /** Why nothing is written any more: after a failed sync it is unknown what is on the disk. */
  #lost: string | undefined
  #isRecountDue = false
  #waiting: Work[] = []
  #isScheduled = false
  #fault: string | undefined

  constructor(
    database: DatabaseSync,
    counts: Counts,
    {
      gatherMs,
      reserve = NO_RESERVE,
      files = SOUND_FILES,
      sync,
      now = () => performance.now()
    }: GroupCommitOptions
  ) {
    this.#database = database
    this.#gatherMs = gatherMs
    this.#counts = counts
    this.#reserve = reserve
    this.#files = files
    this.#sync = sync
    this.#now = now
  }

  /** Why a commit failed; undefined once something was written since. An empty commit proves nothing. */
  get fault(): string | undefined {
    return this.#lost ?? this.#fault ?? this.#reserveFault
  }

  /**
   * Runs `run` in a transaction; resolves with its result once that is on disk.
   * @throws StorageError if it fails; then its whole group is rolled back, unless only the sync failed: what it has may be
   *   found after a restart
   */
  write<T>(run: () => T, purpose: Purpose = 'progress'): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run, purpose, resolve: resolve as (value: unknown) => void, reject })
      this.#schedule()
    })
  }

  /** Commits all waiting work. Resolves when it is synced. */
  async flush(): Promise<void> {
    await this.#syncing
    while (this.#waiting.length > 0) {
      this.#commit()
      await this.#syncing
    }
  }

  /** Whether a sync has failed: nothing is written any more. */
  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** Why only notes are written. */
  get #reserveFault(): string | undefined {
    const { fault } = this.#reserve
    return fault === undefined
      ? undefined
      : `The database cannot be written: it has no room in reserve (${fault}).`
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isSyncing) return
    this.#isScheduled = true
    const commit = () => {
      this.#isScheduled = false
      // Then the end of the sync schedules the next one.
      if (this.#isSyncing) return
      this.#commit()
      if (this.#waiting.length > 0) this.#schedule()
    }
    if (this.#gatherMs > 0) setTimeout(commit, this.#gatherMs)
    else setImmediate(commit)
  }

  #commit(): void {
    if (this.#lost !== undefined) this.#refuse(() => true, this.#lost)
    const reserveFault = this.#reserveFault
    if (reserveFault !== undefined) this.#refuse(({ purpose }) => purpose !== 'note', reserveFault)
    const filesFault = this.#files.fault
    if (filesFault !== undefined) this.#refuse(({ purpose }) => purpose === 'promise', filesFault)
    const done: [Work, unknown][] = []
    const started = this.#now()
    let taken = 0
    let isChanged = false
    try {
      if (this.#isRecountDue) this.#recount()
      const before = this.#counts.statements.changes
      this.#database.exec('BEGIN IMMEDIATE')
      for (const work of this.#waiting) {
        taken++
        done.push([work, work.run()])
        if (this.#now() - started > MAX_COMMIT_MS) break
      }
      this.#database.exec('COMMIT')
      isChanged = this.#counts.statements.changes > before
      if (isChanged) this.#fault = undefined
    } catch (error) {
      const group = this.#waiting.slice(0, Math.max(taken, 1))
      const rest = this.#waiting.slice(group.length)
      const isNote = ({ purpose }: Work) => purpose === 'note'
      const isHelped = isFull(error) && group.some(isNote) && this.#reserve.release()
      const again = group.filter((work) => isHelped && isNote(work))
      const failed = group.filter((work) => !(isHelped && isNote(work)))
      this.#waiting = [...again, ...rest]
      const cause = error instanceof Error ? error.message : 'unknown'
      this.#fault = `The database cannot be written (${cause}).`
      for (const { reject } of failed) reject(new StorageError(this.#fault, error))
      this.#undo()
      return
    }
    this.#waiting = this.#waiting.slice(taken)
    const resolve = () => {
      for (const [work, value] of done) work.resolve(value)
    }
    if (this.#sync === undefined || !isChanged) {
      resolve()
      return
    }
    this.#isSyncing = true
    this.#syncing = this.#sync()
      .then(resolve, (error: unknown) => {
        const cause = error instanceof Error ? error.message : 'unknown'
        this.#lost = `The database cannot be synced to disk (${cause}).`
        for (const [{ reject }] of done) reject(new StorageError(this.#lost, error, true))
      })
      .then(() => {
        this.#isSyncing = false
        if (this.#waiting.length > 0) this.#schedule()
      })
  }

  #refuse(isRefused: (work: Work) => boolean, fault: string): void {
    const refused = this.#waiting.filter(isRefused)
    if (refused.length === 0) return
    this.#waiting = this.#waiting.filter((work) => !isRefused(work))
    for (const { reject } of refused) reject(new StorageError(fault))
  }

  /** Rolls back. An error here is not passed on: the next group will fail, too. */
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

function isFull(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_FULL
}
