import { EventEmitter } from 'node:events'
import { type HistoryPolicy, settledRecords } from '../history.ts'
import type { Settlement } from '../queue.ts'
import type { SqliteHistory } from './history.ts'
import type { JobTable } from './job-table.ts'

/** Updates were settled: the event's argument. */
const SETTLED = Symbol('settled')

/** What follows when updates are settled or cancelled: their history, their jobs' progress, and events. */
export class JobProgress {
  readonly #jobs: JobTable
  readonly #history: Pick<SqliteHistory, 'add'>
  readonly #policy: HistoryPolicy
  /** Its events are the ids of jobs that have ended, and SETTLED. */
  readonly #events = new EventEmitter()

  constructor(jobs: JobTable, history: Pick<SqliteHistory, 'add'>, policy: HistoryPolicy) {
    this.#jobs = jobs
    this.#history = history
    this.#policy = policy
    // One for every request that waits.
    this.#events.setMaxListeners(0)
  }

  /**
   * Stores it, within a transaction.
   * @param calls calls to VICIdial, by job id
   * @returns the ids of the jobs that have ended with these settlements
   */
  store(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): string[] {
    if (this.#policy.entries) this.#history.add(settledRecords(settlements, this.#policy.values))
    const ended = new Map<string, Record<string, number>>()
    for (const settlement of settlements) {
      const { id } = settlement.claimed.job
      const counts = ended.get(id) ?? {}
      ended.set(id, counts)
      if (settlement.disposition === 'retry') continue
      const { status } = settlement.result
      counts[status] = (counts[status] ?? 0) + 1
    }
    const ids = [...new Set([...ended.keys(), ...calls.keys()])]
    return ids.filter((id) => this.#jobs.noteProgress(id, ended.get(id) ?? {}, calls.get(id) ?? 0))
  }

  /** Calls the listeners. To be called once the settlements are on disk. */
  announce(settlements: readonly Settlement[], endedJobs: readonly string[]): void {
    this.#events.emit(SETTLED, settlements)
    for (const id of endedJobs) this.#events.emit(id)
  }

  onSettled(listener: (settlements: readonly Settlement[]) => void): void {
    this.#events.on(SETTLED, listener)
  }

  /** Calls `listener` when a job has ended. Returns a function that removes the listener. */
  onEnd(id: string, listener: () => void): () => void {
    this.#events.once(id, listener)
    return () => this.#events.off(id, listener)
  }
}
