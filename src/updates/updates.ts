import type { BatchAnswer, Result } from '../../schemas/batch.ts'
import { requireSource } from '../callers/access-control.ts'
import type { Caller } from '../callers/caller.ts'
import type { CallRules } from '../delivery/calls/batch-key.ts'
import { outcomeResult, rejectedResult } from '../delivery/result.ts'
import { Problem } from '../errors.ts'
import type { IdempotencyRecord, Repeats } from '../http/idempotency-record.ts'
import { type Batch, type BatchRules, readBatch } from './batch.ts'
import type { LeadRules } from '../leads/server-rules.ts'
import { readNewLead } from '../leads/adding/new-lead.ts'
import { ALL_RIGHTS } from '../leads/rights.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import { DEFAULT_OPTIONS, type UpdateOptions } from '../leads/update-options.ts'
import { dncEntry, readDncRequest } from './dnc-request.ts'
import { dryRunResponse } from './dry-run.ts'
import type { Deliveries } from './ordered-delivery.ts'
import { allRejected, type RequestResults } from './response.ts'
import { steadyNow } from '../steady-clock.ts'

export type Entry = Update | RejectedUpdate

/** Who sends a request's updates, and how they go to VICIdial. */
export interface Sender {
  /** A caller's name, or `webhook:NAME`. */
  readonly caller: string
  readonly requestId: string
  /** See `Caller.keyId`; absent if no caller's key was used. */
  readonly keyId?: string
  /** The VICIdial account, by name. */
  readonly account: string
  /** VICIdial's `source`. */
  readonly source: string
}

/** Takes updates to be delivered later, as a job. */
export interface JobIntake {
  accept(
    request: Sender &
      Repeats & {
        readonly origin: string
        readonly entries: readonly Entry[]
        readonly ignored?: number
      }
  ): Promise<AcceptedJob>
}

/** A stored job, with the response to its request. */
export interface AcceptedJob {
  readonly id: string
  readonly response: IdempotencyRecord
  /** Whether an earlier request with the same key stored it. */
  readonly isRepeat: boolean
}

/** Records each update's result. */
export interface ResultRecorder {
  record(sender: Sender, entries: readonly Entry[], results: readonly Result[]): Promise<void>
  /** Records the rejected ones of `entries`. */
  recordRejected(sender: Sender & { readonly jobId?: string }, entries: readonly Entry[]): Promise<void>
}

export interface UpdatesOptions {
  /** Has the current lead rules; a reload of the gateway file replaces them. */
  readonly config: { readonly leads: LeadRules }
  readonly deliveries: Deliveries
  readonly jobs: JobIntake
  readonly history: ResultRecorder
  readonly rules: CallRules
  /** VICIdial's `source` for callers without their own. */
  readonly source: string
  /** VICIdial's user of each account, by the account's name. */
  readonly users: ReadonlyMap<string, string>
  /** Updates that one request may have. */
  readonly maxUpdates: number
  /** Timeout for the delivery of a request's updates, in milliseconds. */
  readonly requestDeadlineMs: number
}

/** What can be done with a request's updates: read them, then deliver them now, store them for later, or plan them. */
export class Updates {
  readonly #options: UpdatesOptions

  constructor(options: UpdatesOptions) {
    this.#options = options
  }

  /**
   * Reads the body of a batch request.
   * @param caller whose permissions and defaults apply; undefined if a webhook's sender isn't a caller
   * @param defaults instead of the caller's
   * @throws Problem invalid_request or payload_too_large, if the request as a whole can't be read
   */
  read(body: unknown, caller: Caller | undefined, defaults?: Partial<UpdateOptions>): Batch {
    const batch = readBatch(body, this.#rulesOf(caller, defaults))
    if (!('errors' in batch)) return batch
    throw new Problem(batch.code, batch.errors[0]?.detail ?? '', { errors: batch.errors })
  }

  /** Reads a request to add one lead that must be new. */
  readNewLead(members: Readonly<Record<string, unknown>>, caller: Caller): Entry {
    const rules = this.#rulesOf(caller)
    return readNewLead(members, rules.defaults, rules)
  }

  /**
   * Reads the body of a request to add numbers to those that must not be called.
   * @throws Problem invalid_request or payload_too_large, if the request as a whole can't be read
   */
  readDnc(body: unknown, caller: Caller): Batch {
    const batch = readDncRequest(body, this.#rulesOf(caller))
    if (!('errors' in batch)) return batch
    throw new Problem(batch.code, batch.errors[0]?.detail ?? '', { errors: batch.errors })
  }

  /** Reads a request to remove a number from those that must not be called: from a campaign's, or from the system's. */
  readDncRemoval(phoneNumber: string, campaign: string | undefined, caller: Caller): Entry {
    return dncEntry('delete', phoneNumber, campaign, 0, ['phone_number'], this.#rulesOf(caller))
  }

  #rulesOf(caller: Caller | undefined, defaults?: Partial<UpdateOptions>): BatchRules {
    const { config, maxUpdates } = this.#options
    return {
      ...config.leads,
      ...(caller?.rules(maxUpdates) ?? { rights: ALL_RIGHTS, maxUpdates }),
      defaults: {
        ...DEFAULT_OPTIONS,
        ...(caller && optionsOfCaller(caller)),
        ...defaults
      }
    }
  }

  /**
   * Returns a caller as the sender of a request.
   * @param source VICIdial's `source`, if the request names one
   * @throws Problem permission_denied, if the caller may not use that source
   */
  sender(caller: Caller, requestId: string, source?: string): Sender {
    requireSource(caller, source)
    const { name, keyId, account } = caller
    return {
      caller: name,
      requestId,
      keyId,
      account,
      source: source ?? caller.source ?? this.#options.source
    }
  }

  /**
   * Returns what updates would do, without sending anything.
   * @throws Problem all_updates_rejected, as the request itself would
   */
  dryRun(entries: readonly Entry[], sender: Sender): BatchAnswer {
    const { rules, users } = this.#options
    if (entries.every((entry) => 'refusals' in entry)) throw allRejected(entries)
    return dryRunResponse(entries, { ...sender, user: users.get(sender.account) ?? '' }, rules)
  }

  /** The deadline of a request that arrives now, in milliseconds of `steadyNow`. */
  deadline(): number {
    return steadyNow() + this.#options.requestDeadlineMs
  }

  /**
   * Sends updates to VICIdial, within the request's deadline.
   * @param signal aborted when nobody waits for the response any more
   * @param deadline see `deadline`; a request that delivers several times has one for all of them
   * @returns a result for each entry, in order, and the number of calls made
   * @throws Problem overloaded, if too much is waiting for VICIdial or for the disk; then nothing was sent
   */
  async deliver(
    entries: readonly Entry[],
    sender: Sender,
    signal?: AbortSignal,
    deadline = this.deadline()
  ): Promise<RequestResults> {
    const { deliveries, history } = this.#options
    const sound = entries.filter((entry): entry is Update => 'changes' in entry)
    const { account, caller, source, requestId } = sender
    const request = { caller, source, requestId, deadline, ...(signal && { signal }) }
    const { outcomes, upstreamCalls } = await deliveries.deliver(account, sound, request)
    let delivered = 0
    const results = entries.map((entry) => {
      if ('refusals' in entry) return rejectedResult(entry)
      const outcome = outcomes[delivered++]
      if (outcome === undefined) throw new Error(`update ${entry.index} has no outcome`)
      return outcomeResult(entry, outcome)
    })
    await history.record(sender, entries, results)
    return { results, upstreamCalls }
  }

  /**
   * Stores updates as a job, to be delivered later; resolves when they are on disk.
   * @param origin how they came: `batch` or `webhook:NAME`
   * @param repeats what identifies a repeat of the request, or of each entry's event; and the number of a webhook's events
   *   that have no entry
   * @throws Problem all_updates_rejected; overloaded, if they can't be stored; idempotency_key_reused
   */
  async accept(
    entries: readonly Entry[],
    sender: Sender,
    origin: string,
    repeats: Repeats & { readonly ignored?: number } = {}
  ): Promise<AcceptedJob> {
    const { jobs, history } = this.#options
    if (entries.every((entry) => 'refusals' in entry)) {
      await history.recordRejected(sender, entries)
      throw allRejected(entries)
    }
    const job = await jobs.accept({ ...sender, origin, entries, ...repeats })
    if (!job.isRepeat) await history.recordRejected({ ...sender, jobId: job.id }, entries)
    return job
  }
}

/** The options of a caller's updates that name none. */
function optionsOfCaller({ onLossy, onInvalid, keyMatch, verify }: Caller): Partial<UpdateOptions> {
  return { onLossy, onInvalid, keyMatch, verify }
}
