import type { Result } from '../../../schemas/batch.ts'
import { IDEMPOTENCY_KEY_TTL_MS, type IdempotencyRecord } from '../../http/idempotency-record.ts'
import { EVENT_ID_TTL_MS } from '../idempotency.ts'
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
import type { DeadLetters } from './dead-letters.ts'
import type { GroupCommit } from './database/group-commit.ts'
import type { SqliteIdempotency } from './idempotency.ts'
import type { JobProgress } from './job-progress.ts'
import type { JobTable } from './job-table.ts'
import type { AttemptTable } from './attempts.ts'
import type { UpdateAttempts } from '../attempts.ts'
import type { UpdateTable } from './update-table.ts'
import { steadyNow } from '../../steady-clock.ts'

const NO_CALLS: ReadonlyMap<string, number> = new Map()
/** Updates cancelled in one transaction: few, so that other writes don't wait long. */
const STEP = 200

/** What the jobs work on. */
export interface JobsTables {
  readonly commits: GroupCommit
  readonly jobs: JobTable
  readonly updates: UpdateTable
  readonly attempts: AttemptTable
  readonly deadLetters: DeadLetters
  readonly idempotency: Pick<SqliteIdempotency, 'get' | 'put'>
  readonly progress: JobProgress
  readonly events: QueueEvents
}

/** The jobs in SQLite. */
export class SqliteJobs implements JobStore {
  readonly #tables: JobsTables

  constructor(tables: JobsTables) {
    this.#tables = tables
  }

  accept(job: NewJob): Promise<IdempotencyRecord | undefined> {
    const { commits, idempotency, updates } = this.#tables
    return commits.write(() => {
      const { records = [] } = job
      for (const { caller, key, fingerprint, at } of records) {
        const ttlMs = fingerprint === '' ? EVENT_ID_TTL_MS : IDEMPOTENCY_KEY_TTL_MS
        const known = idempotency.get(caller, key, at - ttlMs)
        if (known) return known
      }
      for (const record of records) idempotency.put(record)
      updates.insert(job)
      return undefined
    }, 'promise')
  }

  async find(id: string): Promise<Job | undefined> {
    return this.#tables.jobs.find(id)
  }

  async list(page: JobPage): Promise<Job[]> {
    return this.#tables.jobs.list(page)
  }

  async results(id: string, part?: { readonly from: number; readonly limit: number }): Promise<Result[]> {
    return this.#tables.jobs.results(id, part)
  }

  async attempts(
    id: string,
    part: { readonly from: number; readonly limit: number }
  ): Promise<UpdateAttempts[]> {
    return this.#tables.attempts.of(id, part)
  }

  onEnd(id: string, listener: () => void): () => void {
    return this.#tables.events.onEnd(id, listener)
  }

  async cancel(id: string, now: number): Promise<number> {
    const { commits, updates, progress, events } = this.#tables
    let cancelled = 0
    let last = 0
    for (let taken = STEP; taken === STEP;) {
      const { settlements, endedJobs } = await commits.write(() => {
        const settlements = updates.cancel(id, now, last, STEP)
        return { settlements, endedJobs: progress.store(settlements, NO_CALLS) }
      })
      events.announce(settlements, endedJobs)
      taken = settlements.length
      cancelled += taken
      last = settlements.at(-1)?.claimed.id ?? last
    }
    return cancelled
  }

  async deadLetters(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#tables.deadLetters.list(page)
  }

  async choose(choice: DeadLetterChoice): Promise<{ letters: DeadLetter[]; remaining: number }> {
    const { letters, remaining } = this.#tables.deadLetters.choose(choice)
    return { letters, remaining: remaining() }
  }

  replay(
    choice: DeadLetterChoice,
    replay: (letters: readonly DeadLetter[], remaining: () => number) => Replay | undefined,
    repeat?: Pick<IdempotencyRecord, 'caller' | 'key'>
  ): Promise<IdempotencyRecord | undefined> {
    const { commits, idempotency, deadLetters, updates } = this.#tables
    return commits.write(() => {
      const known = repeat && idempotency.get(repeat.caller, repeat.key, steadyNow() - IDEMPOTENCY_KEY_TTL_MS)
      if (known) return known
      const { letters, remaining } = deadLetters.choose(choice)
      if (letters.length === 0) return undefined
      const made = replay(letters, remaining)
      if (made === undefined) return undefined
      const { jobs, record } = made
      for (const job of jobs) updates.insert(job)
      if (repeat) idempotency.put(record)
      return record
    }, 'promise')
  }

  purge(before: number, limit: number, hours = 0): Promise<number> {
    const { commits, jobs, updates } = this.#tables
    return commits.write(() => updates.purge(before, limit, jobs.acceptedBefore(hours)))
  }

  async noteHour(at: number, hours: number): Promise<void> {
    const { commits, jobs } = this.#tables
    await commits.write(() => {
      jobs.noteHour(at, hours)
    })
  }

  async lastHours(limit: number): Promise<readonly number[]> {
    return this.#tables.jobs.lastHours(limit)
  }
}
