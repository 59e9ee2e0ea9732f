import type { HistoryStore } from './history.ts'
import type { IdempotencyStore } from './idempotency.ts'
import type { JobStore } from './jobs.ts'
import type { UpdateQueue } from './queue.ts'

/**
 * The gateway's storage, in four parts over one database. A promise resolves once its change is on disk. Every method
 * may reject with a StorageError, and has then changed nothing.
 */
export interface Outbox {
  readonly queue: UpdateQueue
  readonly jobs: JobStore
  readonly idempotency: IdempotencyStore
  readonly history: HistoryStore
  /**
   * Leads that the latest updates have changed, each once, at most `limit`.
   */
  updatedLeads(limit: number): Promise<readonly number[]>
  /**
   * The size of the database in bytes, as last measured.
   * @throws StorageError
   */
  readonly bytes: number
  /** Why nothing can be stored; undefined while writing works. */
  readonly fault: string | undefined
  close(): Promise<void>
}
