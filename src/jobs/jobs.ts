import { monotonicFactory } from 'ulid'
import type { Result } from '../../schemas/batch.ts'
import type { Accepted, JobResponse } from '../../schemas/job.ts'
import { parseDeadLetterId } from './dead-letter-response.ts'
import { rejectedResult } from '../delivery/result.ts'
import { overloaded, type Problem, StorageError } from '../errors.ts'
import {
  type IdempotencyKey,
  type IdempotencyRecord,
  type Repeats,
  refuseOther
} from '../http/idempotency-record.ts'
import { acceptedRecord, acceptedResponse, jobSummary } from './job-response.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import { steadyNow } from '../steady-clock.ts'
import type { DeadLetter, NewJob } from '../outbox/jobs.ts'
import { EVENT_ID_TTL_MS } from '../outbox/idempotency.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { replayJob, ReplaySelection, type ReplayRequester, type RequestRef } from './replay.ts'

type Entry = Update | RejectedUpdate

/** Updates to deliver later, and who sent them. */
export interface JobRequest extends RequestRef, Repeats {
  readonly caller: string
  /** The VICIdial account that delivers them. */
  readonly account: string
  /** VICIdial's `source`. */
  readonly source: string
  /** `batch` or `webhook:NAME`. */
  readonly origin: string
  readonly entries: readonly Entry[]
  /** Events of a webhook that have no entry. */
  readonly ignored?: number
}

/** A job that is stored, and the response to its request. */
interface StoredJob {
  readonly id: string
  readonly response: IdempotencyRecord
  /** Whether an earlier request stored it. */
  readonly isRepeat: boolean
}

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

/** Dead letters to replay; an absent property does not restrict. */
export interface ReplayFilter {
  readonly caller?: string
  readonly jobId?: string
  readonly ids?: readonly string[]
}

/** In seconds. Most faults end soon: the disk is cleared, or the backlog shrinks. */
const RETRY_AFTER_SECONDS = 30
const NOT_ACCEPTED = 'The updates cannot be stored now; nothing was accepted.'
const MAY_BE_ACCEPTED =
  'The database failed while the updates were being stored: they may have been accepted. Repeat the request with the same ' +
  'Idempotency-Key or event ids, and nothing is stored twice. Without them, a repeat may store the updates twice.'
const MAY_BE_REPLAYED =
  'The database failed while the replay was being stored: it may have been accepted. Repeat the request: what was replayed ' +
  'is no dead letter any more.'

/** Accepts, finds, cancels and replays jobs. */
export class Jobs {
  readonly #options: JobsOptions
  // Ids are not secret, so Math.random is enough.
  readonly #ulid = monotonicFactory(Math.random)

  constructor(options: JobsOptions) {
    this.#options = options
  }

  /**
   * Stores updates for delivery; resolves when they are on disk. Leaves out updates of known events.
   * @returns the response; that of the first request if this is a repeat
   * @throws Problem overloaded if they cannot be stored; idempotency_key_reused if another request used the key
   */
  async accept(request: JobRequest): Promise<StoredJob> {
    const { entries, events, repeat } = request
    if (events === undefined) return this.#accept(request, entries, repeat ? [repeat] : [])
    let stored = await this.#accept(request, entries, distinct(events))
    while (stored.isRepeat) {
      const known = await this.#knownEvents(events)
      const isNew = (event: IdempotencyKey | undefined) => event === undefined || !known.has(event.key)
      const left = entries.filter((_, position) => isNew(events[position]))
      const leftEvents = events.filter(isNew)
      const [latest] = [...known.values()].toSorted((a, b) => b.at - a.at)
      // A refused update without an id was refused before, together with the events that are known.
      const hasNew = left.some((entry, position) => 'changes' in entry || leftEvents[position] !== undefined)
      if (latest !== undefined && !hasNew) return knownJob(latest)
      const indexed = left.map((entry, index) => ({ ...entry, index }))
      stored = await this.#accept(request, indexed, distinct(leftEvents))
    }
    return stored
  }

  /** The responses to those events that are known, by their keys. */
  async #knownEvents(
    events: readonly (IdempotencyKey | undefined)[]
  ): Promise<Map<string, IdempotencyRecord>> {
    const { idempotency } = this.#options.outbox
    const since = steadyNow() - EVENT_ID_TTL_MS
    const known = new Map<string, IdempotencyRecord>()
    for (const { caller, key } of distinct(events)) {
      const record = await idempotency.find(caller, key, since).catch(throwUnread)
      if (record) known.set(key, record)
    }
    return known
  }

  /** Stores a job of `entries`, the request's or those of them that are new, with its response for each of `keys`. */
  async #accept(
    request: JobRequest,
    entries: readonly Entry[],
    keys: readonly IdempotencyKey[]
  ): Promise<StoredJob> {
    const { caller, requestId, keyId, account, source, origin, ignored } = request
    const updates: Update[] = []
    const rejected: Result[] = []
    for (const entry of entries) {
      if ('changes' in entry) updates.push(entry)
      else rejected.push(rejectedResult(entry))
    }
    const id = this.#newId()
    const repeated = request.entries.length - entries.length
    const response = acceptedRecord(acceptedResponse(id, entries.length, { ignored, repeated }))
    const records = keys.map((key) => ({ ...response, ...key }))
    const times = { acceptedAt: Date.now(), dueAt: steadyNow() }
    const job = {
      id,
      caller,
      requestId,
      keyId,
      account,
      source,
      origin,
      ...times,
      updates,
      rejected,
      records
    }
    const known = await this.#store(job)
    if (known === undefined) return { id, response: records[0] ?? response, isRepeat: false }
    refuseOther(known, records[0] ?? response)
    return knownJob(known)
  }

  async #store(job: NewJob): Promise<IdempotencyRecord | undefined> {
    const { outbox, maxPending, owner } = this.#options
    const pending = this.#pending(job.account)
    if (pending > 0 && pending + job.updates.length > maxPending) throw outboxFull(pending)
    const known = await outbox.jobs
      .accept(job)
      .catch((error: unknown) => throwOverloaded(error, MAY_BE_ACCEPTED))
    if (known === undefined) owner.wake()
    return known
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
      // The job is accepted, whatever becomes of the question how it has ended.
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

  /**
   * Replays dead letters, as one job for each caller, account and source: the oldest that `filter` and the requester's
   * rights allow, as many as there is room for.
   * @param by the requester; updates that it may not ask for stay dead letters
   * @param isForced also sets fields that newer updates have set since
   * @param bodyOf makes the response body from the jobs, oldest first, and the number of dead letters left
   * @returns the response; that of the first request if this is a repeat; undefined if no dead letter matches
   * @throws Problem permission_denied, conflict or overloaded, if none can be replayed; idempotency_key_reused
   */
  async replay(
    filter: ReplayFilter,
    by: ReplayRequester,
    isForced: boolean,
    { repeat, ...ref }: RequestRef & { readonly repeat?: IdempotencyKey },
    bodyOf: (accepted: Accepted[], left: ReturnType<ReplaySelection['left']>) => object
  ): Promise<{ response: IdempotencyRecord; isRepeat: boolean } | undefined> {
    const { outbox, accounts, owner } = this.#options
    const { ids, ...which } = filter
    const chosen = ids && { ids: ids.map(parseDeadLetterId).filter((id) => id !== undefined) }
    const selection = new ReplaySelection(by, {
      hasAccount: (account) => accounts.has(account),
      roomOf: (account) => this.#roomOf(account)
    })
    let made: IdempotencyRecord | undefined
    const toJobs = (letters: readonly DeadLetter[], remaining: () => number) => {
      const selected = selection.select(letters)
      if (selected.length === 0) return undefined
      const groups = Map.groupBy(selected, ({ account, source, caller }) => `${account} ${source} ${caller}`)
      const jobs = [...groups.values()].map((group) =>
        replayJob(this.#newId(), group, isForced, ref, by.name)
      )
      const accepted = jobs.map(({ id, updates }) => acceptedResponse(id, updates.length))
      made = acceptedRecord(bodyOf(accepted, selection.left(remaining())), repeat)
      return { jobs, record: made }
    }
    let response: IdempotencyRecord | undefined
    do {
      const page = { ...which, ...chosen, ...selection.nextPage() }
      response = await outbox.jobs
        .replay(page, toJobs, repeat)
        .catch((error: unknown) => throwOverloaded(error, MAY_BE_REPLAYED))
    } while (response === undefined && selection.isUnfinished)
    if (response === undefined) {
      const { fullAccount, problem } = selection
      if (fullAccount !== undefined) throw outboxFull(this.#pending(fullAccount))
      if (problem) throw problem
      return undefined
    }
    const isRepeat = response !== made
    if (isRepeat && repeat) refuseOther(response, repeat)
    if (!isRepeat) owner.wake()
    return { response, isRepeat }
  }

  /** How many more updates of an account fit; with none pending, a request of any size does. */
  #roomOf(account: string): number {
    const pending = this.#pending(account)
    return pending === 0 ? Infinity : this.#options.maxPending - pending
  }

  #pending(account: string): number {
    return this.#options.outbox.queue.pendingByAccount.get(account) ?? 0
  }

  #newId(): string {
    return `job_${this.#ulid()}`
  }
}

/** The keys, each once. */
function distinct(events: readonly (IdempotencyKey | undefined)[]): IdempotencyKey[] {
  const keys = new Map<string, IdempotencyKey>()
  for (const event of events) if (event) keys.set(event.key, event)
  return [...keys.values()]
}

/** The job that an earlier request stored, from its response. */
function knownJob(response: IdempotencyRecord): StoredJob {
  const { id } = JSON.parse(response.body) as Accepted
  return { id: id ?? '', response, isRepeat: true }
}

function outboxFull(pending: number): Problem {
  const detail = `${pending} updates wait for VICIdial; further ones cannot be stored now.`
  return overloaded(detail, RETRY_AFTER_SECONDS)
}

function throwUnread(error: unknown): never {
  return throwOverloaded(error, NOT_ACCEPTED)
}

/** @param maybe what to say if the database may have done it */
function throwOverloaded(error: unknown, maybe: string): never {
  if (!(error instanceof StorageError)) throw error
  throw overloaded(error.mayBeStored ? maybe : NOT_ACCEPTED, RETRY_AFTER_SECONDS)
}
