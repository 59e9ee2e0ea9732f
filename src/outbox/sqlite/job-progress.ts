import { type HistoryPolicy, settledRecords } from '../history.ts'
import { countEnded } from '../progress.ts'
import type { Settlement } from '../queue.ts'
import type { SqliteHistory } from './history.ts'
import type { JobTable } from './job-table.ts'

/** What follows when updates are settled or cancelled: their history, and their jobs' progress. */
export class JobProgress {
  readonly #jobs: JobTable
  readonly #history: Pick<SqliteHistory, 'add'>
  readonly #policy: HistoryPolicy

  constructor(jobs: JobTable, history: Pick<SqliteHistory, 'add'>, policy: HistoryPolicy) {
    this.#jobs = jobs
    this.#history = history
    this.#policy = policy
  }

  /**
   * Stores it, within a transaction.
   * @param calls calls to VICIdial, by job id
   * @returns the ids of the jobs that have ended with these settlements
   */
  store(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): string[] {
    if (this.#policy.entries) this.#history.add(settledRecords(settlements, this.#policy.values))
    const ended = countEnded(settlements)
    const ids = [...new Set([...ended.keys(), ...calls.keys()])]
    return ids.filter((id) => this.#jobs.noteProgress(id, ended.get(id) ?? {}, calls.get(id) ?? 0))
  }
}
