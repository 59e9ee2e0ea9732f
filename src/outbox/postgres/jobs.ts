import type { Result } from '../../../schemas/batch.ts'
import { IDEMPOTENCY_KEY_TTL_MS, type IdempotencyRecord } from '../../http/idempotency-record.ts'
import { steadyNow } from '../../steady-clock.ts'
import type {
  DeadLetter,
  DeadLetterChoice,
  DeadLetterPage,
  Job,
  JobPage,
  JobStore,
  NewJob,
  Replay
} from '../jobs.ts'
import type { QueueEvents } from '../queue-events.ts'
import type { UpdateAttempts } from '../attempts.ts'
import type { AcceptGroups } from './accept-groups.ts'
import { attemptsOf } from './attempts.ts'
import type { Database } from './database/database.ts'
import { chooseDeadLetters, endDeadLetters, listDeadLetters, noteRemoved } from './dead-letters.ts'
import { findRecord, saveRecord } from './idempotency-records.ts'
import { insertJobs } from './insert-jobs.ts'
import { JobTable } from './job-table.ts'
import { WRITES_LOCK } from './owned-queue.ts'
import type { PostgresQueue } from './queue.ts'
import { Retention } from './retention.ts'
import type { SetAside } from './set-aside.ts'

export interface PostgresJobsOptions {
  readonly database: Database
  readonly accepts: AcceptGroups
  readonly queue: PostgresQueue
  readonly events: QueueEvents
  readonly setAside: SetAside
}

/** The jobs in PostgreSQL. */
export class PostgresJobs implements JobStore {
  readonly #options: PostgresJobsOptions
  readonly #table: JobTable
  readonly #retention: Retention

  constructor(options: PostgresJobsOptions) {
    this.#options = options
    this.#table = new JobTable(options.database)
    this.#retention = new Retention(options.database)
  }

  accept(job: NewJob): Promise<IdempotencyRecord | undefined> {
    return this.#options.accepts.accept(job)
  }

  find(id: string): Promise<Job | undefined> {
    return this.#table.find(id)
  }

  list(page: JobPage): Promise<Job[]> {
    return this.#table.list(page)
  }

  results(id: string, part?: { readonly from: number; readonly limit: number }): Promise<Result[]> {
    return this.#table.results(id, part)
  }

  attempts(id: string, part: { readonly from: number; readonly limit: number }): Promise<UpdateAttempts[]> {
    return attemptsOf(this.#options.database, id, part)
  }

  onEnd(id: string, listener: () => void): () => void {
    return this.#options.events.onEnd(id, listener)
  }

  /** Looks whether jobs have ended whose end somebody waits for. @throws StorageError */
  async watch(): Promise<void> {
    const { events } = this.#options
    const awaited = events.awaitedJobs
    if (awaited.length > 0) events.announce([], await this.#table.ended(awaited))
  }

  cancel(id: string): Promise<number> {
    return this.#options.queue.cancel(id)
  }

  deadLetters(page: DeadLetterPage): Promise<DeadLetter[]> {
    const { database, setAside } = this.#options
    return listDeadLetters(database, setAside, page)
  }

  choose(choice: DeadLetterChoice): Promise<{ letters: DeadLetter[]; remaining: number }> {
    const { database, setAside } = this.#options
    return database.load((sql) => chooseDeadLetters(sql, setAside, choice))
  }

  async replay(
    choice: DeadLetterChoice,
    replay: (letters: readonly DeadLetter[], remaining: () => number) => Replay | undefined,
    repeat?: Pick<IdempotencyRecord, 'caller' | 'key'>
  ): Promise<IdempotencyRecord | undefined> {
    const { database, queue, setAside } = this.#options
    return database
      .transaction(async (sql) => {
        await sql.rows(`SELECT pg_advisory_xact_lock${WRITES_LOCK}`)
        const since = steadyNow() - IDEMPOTENCY_KEY_TTL_MS
        const known = repeat && (await findRecord(sql, repeat.caller, repeat.key, since))
        if (known) return { record: known }
        const { letters, remaining } = await chooseDeadLetters(sql, setAside, choice)
        const made = letters.length === 0 ? undefined : replay(letters, () => remaining)
        if (made === undefined) return undefined
        const { jobs, record } = made
        const letterIds = jobs.flatMap(({ replays = [] }) => replays)
        const removed = await noteRemoved(sql, await endDeadLetters(sql, letterIds))
        const updates = jobs.length === 0 ? [] : await insertJobs(sql, jobs)
        if (repeat) await saveRecord(sql, record)
        return { record, removed, updates, acceptedAt: jobs[0]?.acceptedAt ?? 0 }
      })
      .then((done) => {
        if (done?.updates) {
          queue.stored(done.updates, done.acceptedAt)
          queue.noteRemoved(done.removed)
        }
        return done?.record
      })
  }

  async purge(before: number, limit: number, hours = 0): Promise<number> {
    const { rows, removed } = await this.#retention.purge(before, limit, hours)
    this.#options.queue.noteRemoved(removed)
    return rows
  }

  noteHour(at: number, hours: number): Promise<void> {
    return this.#table.noteHour(at, hours)
  }

  lastHours(limit: number): Promise<readonly number[]> {
    return this.#table.lastHours(limit)
  }
}
