import { monotonicFactory } from 'ulid'
import type { JobResponse } from '../../schemas/job.ts'
import { StorageError } from '../errors.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { JobAcceptance, type JobRequest, type StoredJob } from './job-acceptance.ts'
import { jobSummary } from './job-response.ts'
import { OutboxRoom } from './outbox-room.ts'
import { DeadLetterReplays } from './dead-letter-replays.ts'

export interface JobsOptions {
  readonly outbox: Pick<Outbox, 'jobs' | 'queue' | 'idempotency'>
  /** Delivers what is stored. It is woken when there is something to deliver. */
  readonly owner: {
    wake(): void
    cancel(job: string): Promise<number>
  }
  /** Most pending updates of each account. */
  readonly maxPending: number
  /** The VICIdial accounts, by name. */
  readonly accounts: ReadonlySet<string>
}

/** Accepts, finds, cancels and replays jobs. */
export class Jobs {
  readonly #acceptance: JobAcceptance
  readonly #replays: DeadLetterReplays
  readonly #options: JobsOptions

  constructor(options: JobsOptions) {
    const { outbox, owner, maxPending, accounts } = options
    this.#options = options
    // Ids are not secret, so Math.random is enough.
    const ulid = monotonicFactory(Math.random)
    const newId = () => `job_${ulid()}`
    const room = new OutboxRoom(outbox.queue, maxPending)
    this.#acceptance = new JobAcceptance({ outbox, room, owner, newId })
    this.#replays = new DeadLetterReplays({ outbox, room, accounts, owner, newId })
  }

  /** See `JobAcceptance.accept`. */
  accept(request: JobRequest): Promise<StoredJob> {
    return this.#acceptance.accept(request)
  }

  /** The job with its results; undefined if there is none that `caller` may see. No caller: any job. */
  async find(id: string, caller: string | undefined): Promise<JobResponse | undefined> {
    const { outbox } = this.#options
    const job = await outbox.jobs.find(id)
    if (job === undefined || (caller !== undefined && job.caller !== caller)) return undefined
    return { ...jobSummary(job), results: await outbox.jobs.results(id) }
  }

  /** The job once it has ended; undefined if that takes longer than `ms`, or cannot be read now. */
  async ended(id: string, ms: number): Promise<JobResponse | undefined> {
    if (ms <= 0) return undefined
    const { outbox } = this.#options
    const { promise: end, resolve } = Promise.withResolvers<undefined>()
    const wake = () => {
      resolve(undefined)
    }
    // Listen before looking, or the end could be missed.
    const stop = outbox.jobs.onEnd(id, wake)
    const timer = setTimeout(wake, ms)
    try {
      const job = await outbox.jobs.find(id)
      if (job !== undefined && job.finishedAt === undefined) await end
      const isEnded = (await outbox.jobs.find(id))?.finishedAt !== undefined
      return isEnded ? await this.find(id, undefined) : undefined
    } catch (error) {
      // The job is accepted, whether its end can be read or not.
      if (error instanceof StorageError) return undefined
      throw error
    } finally {
      clearTimeout(timer)
      stop()
    }
  }

  /** Cancels the updates that are not in flight. Returns how many. */
  cancel(id: string): Promise<number> {
    return this.#options.owner.cancel(id)
  }

  /** See `DeadLetterReplays.replay`. */
  replay(...args: Parameters<DeadLetterReplays['replay']>): ReturnType<DeadLetterReplays['replay']> {
    return this.#replays.replay(...args)
  }

  /** See `DeadLetterReplays.preview`. */
  preview(...args: Parameters<DeadLetterReplays['preview']>): ReturnType<DeadLetterReplays['preview']> {
    return this.#replays.preview(...args)
  }
}
