import type { Result } from '../../schemas/batch.ts'
import type { Accepted } from '../../schemas/job.ts'
import { rejectedResult } from '../delivery/result.ts'
import {
  type IdempotencyKey,
  type IdempotencyRecord,
  type Repeats,
  refuseOther
} from '../http/idempotency-record.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import { EVENT_ID_TTL_MS } from '../outbox/idempotency.ts'
import type { NewJob } from '../outbox/jobs.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { steadyNow } from '../steady-clock.ts'
import { acceptedRecord, acceptedResponse } from './job-response.ts'
import { type OutboxRoom, throwNotStored } from './outbox-room.ts'
import type { RequestRef } from './replay.ts'

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
export interface StoredJob {
  readonly id: string
  readonly response: IdempotencyRecord
  /** Whether an earlier request stored it. */
  readonly isRepeat: boolean
}

export interface JobAcceptanceOptions {
  readonly outbox: Pick<Outbox, 'jobs' | 'idempotency'>
  readonly room: OutboxRoom
  /** Delivers what is stored. It is woken when there is something to deliver. */
  readonly owner: { wake(): void }
  /** Makes the id of a new job. */
  readonly newId: () => string
}

const MAY_BE_ACCEPTED =
  'The database failed while the updates were being stored: they may have been accepted. Repeat the request with the same ' +
  'Idempotency-Key or event ids, and nothing is stored twice. Without them, a repeat may store the updates twice.'

/** Stores the updates of a request as a job, unless an earlier request has. */
export class JobAcceptance {
  readonly #options: JobAcceptanceOptions

  constructor(options: JobAcceptanceOptions) {
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
      const record = await idempotency
        .find(caller, key, since)
        .catch((error: unknown) => throwNotStored(error))
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
    const id = this.#options.newId()
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
    const { outbox, room, owner } = this.#options
    if (job.updates.length > room.of(job.account)) throw room.refusal(job.account)
    const known = await outbox.jobs
      .accept(job)
      .catch((error: unknown) => throwNotStored(error, MAY_BE_ACCEPTED))
    if (known === undefined) owner.wake()
    return known
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
