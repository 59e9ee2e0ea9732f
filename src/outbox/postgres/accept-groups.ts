import { StorageError } from '../../errors.ts'
import type { IdempotencyRecord } from '../../http/idempotency-record.ts'
import { recordName } from '../idempotency.ts'
import type { NewJob } from '../jobs.ts'
import { type Database, isOfValues } from './database/database.ts'
import { reserveRecords } from './idempotency-records.ts'
import { insertJobs } from './insert-jobs.ts'
import type { StoredUpdate } from './pending/pending-updates.ts'

/** Groups stored at once, each by a connection. */
const MAX_GROUPS = 3
/** Updates in a group, unless it is a single job. */
const MAX_UPDATES = 2_000

interface Waiting {
  readonly job: NewJob
  /** The names of its idempotency keys. */
  readonly keys: readonly string[]
  readonly resolve: (known: IdempotencyRecord | undefined) => void
  readonly reject: (error: unknown) => void
}

/** Called with pending updates that were stored, and with the time at which the job of the first one was accepted. */
type Stored = (updates: readonly StoredUpdate[], acceptedAt: number) => void

/**
 * Stores jobs in groups, one commit for each group: what is accepted while groups are written shares the next one. Of jobs
 * with the same key, the later ones wait for the first.
 */
export class AcceptGroups {
  readonly #database: Database
  readonly #onStored: Stored
  readonly #keys = new Set<string>()
  #waiting: Waiting[] = []
  #isScheduled = false
  #running = 0
  #onIdle: () => void = () => {}

  /** @param onStored called with the pending updates of each group, before their jobs' promises resolve */
  constructor(database: Database, onStored: Stored) {
    this.#database = database
    this.#onStored = onStored
  }

  /**
   * Stores a job. Returns the response to one of its keys if that has one; then nothing is stored.
   * @throws StorageError
   */
  accept(job: NewJob): Promise<IdempotencyRecord | undefined> {
    const keys = (job.records ?? []).map(({ caller, key }) => recordName(caller, key))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, keys, resolve, reject })
      this.#schedule()
    })
  }

  /** Resolves when nothing waits and nothing is being stored. */
  async idle(): Promise<void> {
    while (this.#running > 0 || this.#waiting.length > 0)
      await new Promise<void>((resolve) => (this.#onIdle = resolve))
  }

  #schedule(): void {
    if (this.#isScheduled || this.#running >= MAX_GROUPS || this.#waiting.length === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      const group = this.#nextGroup()
      if (group.length > 0) void this.#run(group)
    })
  }

  #nextGroup(): Waiting[] {
    const group: Waiting[] = []
    const rest: Waiting[] = []
    let updates = 0
    for (const one of this.#waiting) {
      updates += one.job.updates.length + one.job.rejected.length
      const isFull = group.length > 0 && updates > MAX_UPDATES
      if (isFull || one.keys.some((key) => this.#keys.has(key))) rest.push(one)
      else {
        group.push(one)
        for (const key of one.keys) this.#keys.add(key)
      }
    }
    this.#waiting = rest
    return group
  }

  async #run(group: readonly Waiting[]): Promise<void> {
    this.#running++
    this.#schedule()
    await this.#store(group)
    for (const { keys } of group) for (const key of keys) this.#keys.delete(key)
    this.#running--
    this.#schedule()
    if (this.#running === 0 && this.#waiting.length === 0) this.#onIdle()
  }

  async #store(group: readonly Waiting[]): Promise<void> {
    const jobs = group.map(({ job }) => job)
    try {
      const { updates, known } = await this.#insert(jobs)
      const first = jobs.find((job) => !known.has(job) && job.updates.length > 0)
      if (first !== undefined) this.#onStored(updates, first.acceptedAt)
      for (const { job, resolve } of group) resolve(known.get(job))
    } catch (error) {
      const isOfOne = error instanceof StorageError && isOfValues(error)
      // What is wrong with one job must not fail the others.
      if (isOfOne && group.length > 1) for (const one of group) await this.#store([one])
      else for (const { reject } of group) reject(error)
    }
  }

  async #insert(jobs: readonly NewJob[]): Promise<{
    readonly updates: readonly StoredUpdate[]
    readonly known: ReadonlyMap<NewJob, IdempotencyRecord>
  }> {
    const database = this.#database
    const hasKeys = jobs.some(({ records = [] }) => records.length > 0)
    if (!hasKeys) {
      const rows = (text: string, ...values: readonly unknown[]) => database.write(text, ...values)
      return { updates: await insertJobs({ rows }, jobs), known: new Map() }
    }
    return database.transaction(async (sql) => {
      const known = await reserveRecords(sql, jobs)
      const left = jobs.filter((job) => !known.has(job))
      return { updates: left.length === 0 ? [] : await insertJobs(sql, left), known }
    })
  }
}
