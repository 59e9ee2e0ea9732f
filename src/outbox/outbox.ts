import type { FileHandle } from 'node:fs/promises'
import type { HistoryStore } from './history.ts'
import type { IdempotencyStore } from './idempotency.ts'
import type { JobStore } from './jobs.ts'
import type { UpdateQueue } from './queue.ts'
import type { ResultCountStore } from './result-counts.ts'

/** Room on a disk, in bytes. */
export interface DiskSpace {
  /** What the gateway may use. */
  readonly free: number
  /** What it may use, and what is in use. */
  readonly total: number
}

/**
 * The gateway's storage, in five parts over one database. A promise resolves once its change is on disk. Every method
 * may reject with a StorageError, and has then changed nothing, unless the error says that it may have.
 */
export interface Outbox {
  readonly queue: UpdateQueue
  readonly jobs: JobStore
  readonly idempotency: IdempotencyStore
  readonly history: HistoryStore
  readonly resultCounts: ResultCountStore
  /**
   * Leads that the latest updates have changed, each once, at most `limit`.
   */
  updatedLeads(limit: number): Promise<readonly number[]>
  /**
   * The size of the database in bytes, as last measured.
   * @throws StorageError
   */
  readonly bytes: number
  /** Whether the process before ended without closing it, so that VICIdial may still work on calls of that process; absent if several gateways share it. */
  readonly wasKilled?: boolean
  /** Why nothing can be stored; undefined while writing works. */
  readonly fault: string | undefined
  /**
   * Makes a copy of the whole database while it is in use. It has everything that was accepted before the call. Absent if
   * the engine has its own tools for this.
   * @returns the copy, as a file to read and close
   * @throws Problem conflict while another copy is being made; overloaded if there is no room for it
   * @throws StorageError
   */
  backup?(): Promise<FileHandle>
  /**
   * The room on the disk of the database. Absent if that is not a disk of this machine.
   * @throws Error of the file system
   */
  diskSpace?(): Promise<DiskSpace>
  close(): Promise<void>
}
