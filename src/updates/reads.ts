import type { Result } from '../../schemas/batch.ts'
import type { FoundLeads, Lead } from '../../schemas/read.ts'
import type { Caller } from '../callers/caller.ts'
import type { Delivered } from '../delivery/delivery.ts'
import type { Reading } from '../delivery/outcome.ts'
import { outcomeResult, rejectedResult } from '../delivery/result.ts'
import { leadOf } from '../delivery/reading/lead-of-reading.ts'
import { Problem } from '../errors.ts'
import type { Repeats } from '../http/idempotency-record.ts'
import { onlyIf } from '../leads/changes.ts'
import type { LeadRules } from '../leads/server-rules.ts'
import { readOf } from '../leads/reading/lead-read.ts'
import type { Update } from '../leads/update.ts'
import { DEFAULT_OPTIONS } from '../leads/update-options.ts'
import { reportResults, type ResultObserver } from '../telemetry/observer.ts'
import type { Batch } from './batch.ts'
import { conditionOf } from './condition.ts'
import type { Deliveries } from './ordered-delivery.ts'
import { readReadRequest } from './read-request.ts'
import { allRejected, type RequestResults, upstreamProblem } from './response.ts'
import type { AcceptedJob, Entry, JobIntake, Sender } from './updates.ts'

export interface ReadsOptions {
  /** Has the current lead rules; a reload of the gateway file replaces them. */
  readonly config: { readonly leads: LeadRules }
  readonly deliveries: Deliveries
  readonly jobs: JobIntake
  readonly observer: ResultObserver
  /** Leads that one stored request may have. */
  readonly maxUpdates: number
}

/** Leads that one request may read while it waits. */
export const MAX_READ_AT_ONCE = 1_000

/** What was read of the leads of a key, newest first. */
export interface Readings {
  readonly readings: readonly Reading[]
  /** Whether the key has more leads, which were not read. */
  readonly hasMore: boolean
}

/** What to read of a lead. Absent fields: all that the caller may read. */
export interface Selection {
  readonly fields?: readonly string[] | undefined
  readonly customFields: boolean
}

/**
 * What can be done to read leads: read the request, then read them now or later. A reading goes the way of an update, so it
 * has its turn among a lead's updates: it shows what was accepted before it.
 */
export class Reads {
  readonly #options: ReadsOptions

  constructor(options: ReadsOptions) {
    this.#options = options
  }

  /**
   * Reads the body of a request for many leads.
   * @param isStored whether they will be read later, so that there may be more
   * @throws Problem invalid_request, payload_too_large or permission_denied, if the request as a whole can't be read
   */
  read(body: unknown, caller: Caller, isStored: boolean): Batch {
    const { config, maxUpdates } = this.#options
    const most = isStored ? maxUpdates : Math.min(maxUpdates, MAX_READ_AT_ONCE)
    const defaults = { ...DEFAULT_OPTIONS, keyMatch: caller.keyMatch }
    const batch = readReadRequest(body, { ...config.leads, ...caller.rules(most), defaults })
    if (!('errors' in batch)) return batch
    const { code, errors } = batch
    const isForbidden = errors.every((error) => error.code === 'field_not_allowed')
    throw new Problem(isForbidden ? 'permission_denied' : code, errors[0]?.detail ?? '', { errors })
  }

  /** Reads a request for all leads of a key. @throws Problem as `read` */
  readAll(key: Readonly<Record<string, unknown>>, selection: Selection, caller: Caller): Entry {
    const entry = this.readOne(key, selection, caller)
    // One more than is returned shows that there are more.
    return 'refusals' in entry ? entry : { ...entry, onMultiple: 'newest', newest: MAX_READ_AT_ONCE + 1 }
  }

  /** Reads a request for one lead. @throws Problem as `read` */
  readOne(
    key: Readonly<Record<string, unknown>>,
    { fields, customFields }: Selection,
    caller: Caller
  ): Entry {
    const names = fields === undefined ? {} : { fields }
    const [entry] = this.read({ leads: [key], ...names, custom_fields: customFields }, caller, false).entries
    if (entry === undefined) throw new Error('a request has no lead')
    return entry
  }

  /**
   * Reads leads from VICIdial.
   * @param deadline in milliseconds of `steadyNow`; leads that are not read by then are `failed`
   * @returns a result for each entry, in order, and the number of calls made
   * @throws Problem overloaded, if too much is waiting for VICIdial
   */
  async deliver(
    entries: readonly Entry[],
    sender: Sender,
    deadline: number,
    signal?: AbortSignal
  ): Promise<RequestResults> {
    const { observer } = this.#options
    const sound = entries.filter((entry): entry is Update => 'changes' in entry)
    const { outcomes, upstreamCalls } = await this.#deliver(sound, sender, deadline, signal)
    let delivered = 0
    const results = entries.map((entry) => {
      if ('refusals' in entry) return rejectedResult(entry)
      const outcome = outcomes[delivered++]
      if (outcome === undefined) throw new Error(`lead ${entry.index} has no outcome`)
      return outcomeResult(entry, outcome)
    })
    reportResults(observer, sender, results)
    return { results, upstreamCalls }
  }

  /**
   * Reads the leads of the first of some keys that has any, with their values as VICIdial's database has them.
   * @param entries one for each key
   * @returns at most the newest `MAX_READ_AT_ONCE` of them, and whether there are more
   * @throws Problem all_updates_rejected, if a key can't be looked up; overloaded; 502, 503 or 504
   */
  async readings(
    entries: readonly Entry[],
    sender: Sender,
    deadline: number,
    signal?: AbortSignal
  ): Promise<Readings> {
    for (const entry of entries) {
      if ('refusals' in entry) throw allRejected([entry])
      const { outcomes } = await this.#deliver([entry], sender, deadline, signal)
      const results = outcomes.map((outcome) => outcomeResult(entry, outcome))
      reportResults(this.#options.observer, sender, results)
      const [{ readings = [], error } = {}] = outcomes
      if (error !== undefined && error.code !== 'lead_not_found') throw problemOf(results)
      if (readings.length > 0)
        return { readings: readings.slice(0, MAX_READ_AT_ONCE), hasMore: readings.length > MAX_READ_AT_ONCE }
    }
    return { readings: [], hasMore: false }
  }

  #deliver(
    sound: readonly Update[],
    { account, caller, source, requestId }: Sender,
    deadline: number,
    signal?: AbortSignal
  ): Promise<Delivered> {
    const request = { caller, source, requestId, deadline, ...(signal && { signal }) }
    return this.#options.deliveries.deliver(account, sound, request)
  }

  /** Reads the leads of the first of some keys that has any, as `readings` does. */
  async find(
    entries: readonly Entry[],
    sender: Sender,
    deadline: number,
    signal?: AbortSignal
  ): Promise<FoundLeads> {
    const [first] = entries
    const read = first && 'changes' in first ? readOf(first.changes) : undefined
    const { readings, hasMore } = await this.readings(entries, sender, deadline, signal)
    const leads = read === undefined ? [] : readings.map((reading) => leadOf(reading, read))
    return hasMore ? { leads, has_more: true } : { leads }
  }

  /**
   * Stores a request, to read the leads later, as a job; resolves when it is on disk.
   * @throws Problem all_updates_rejected; overloaded, if it can't be stored; idempotency_key_reused
   */
  async accept(entries: readonly Entry[], sender: Sender, repeats: Repeats = {}): Promise<AcceptedJob> {
    const rejected = entries.filter((entry) => 'refusals' in entry)
    if (rejected.length === entries.length) throw allRejected(rejected)
    return this.#options.jobs.accept({ ...sender, origin: 'read', entries, ...repeats })
  }

  /**
   * Lets an update be made only if its lead is as it was when it was read. The gateway looks in the update's own turn, so
   * no other update that it makes comes between. It is a check, not a lock: VICIdial has none.
   * @param tags entity tags that the lead may have
   * @throws Problem precondition_failed, if it can have none of them
   */
  onlyIf(update: Update, tags: readonly string[], caller: Caller): Update {
    const { config, maxUpdates } = this.#options
    const condition = conditionOf(tags, { ...config.leads, ...caller.rules(maxUpdates) })
    if (condition !== undefined) return { ...update, changes: onlyIf(update.changes, condition) }
    const detail = 'This lead cannot have the ETag in If-Match; nothing was changed.'
    throw new Problem('precondition_failed', detail)
  }
}

/**
 * The lead of a request's only result.
 * @throws Problem not_found, conflict; 502, 503 or 504 if VICIdial kept it from being read
 */
export function leadOfResults({ results }: RequestResults): Lead {
  const [result] = results
  if (result === undefined) throw new Error('a reading has no result')
  const { error } = result
  if (error === undefined) return leadOfResult(result)
  if (error.code === 'lead_not_found') throw new Problem('not_found', error.detail)
  throw problemOf(results)
}

/** The problem of a request whose only result is an error. */
function problemOf(results: readonly Result[]): Problem {
  const { code = '', detail = '' } = results[0]?.error ?? {}
  return (
    upstreamProblem(results) ?? new Problem('conflict', detail, { errors: [{ pointer: '', code, detail }] })
  )
}

function leadOfResult({ lead_id: leadId = 0, fields = {}, custom_fields, unread, etag }: Result): Lead {
  return {
    lead_id: leadId,
    fields,
    ...(custom_fields ? { custom_fields } : {}),
    ...(unread ? { unread } : {}),
    ...(etag === undefined ? {} : { etag })
  }
}
