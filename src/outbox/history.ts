import type { Result } from '../../schemas/batch.ts'
import { type ErrorCode, ERRORS } from '../errors.ts'
import { type Changes, withoutFields } from '../leads/changes.ts'
import { keyName } from '../leads/lead-key.ts'
import type { RefusedUpdate, Update } from '../leads/update.ts'
import type { Settlement } from './queue.ts'

/** Who asked for updates, when, and how they went to VICIdial. */
export interface HistorySender {
  readonly caller: string
  /** See `Caller.keyId`; undefined if it came with no key of a caller. */
  readonly keyId?: string | undefined
  /** Who had it delivered anew, and has that key, if that was not the caller itself. */
  readonly replayedBy?: string
  readonly requestId: string
  /** The job that it was delivered with, if it was stored. */
  readonly jobId?: string
  /** The VICIdial account, by name. */
  readonly account: string
  /** VICIdial's `source`. */
  readonly source: string
}

/** What became of one update. */
export interface HistoryUpdate {
  /** The leads that it named, as far as they are known. */
  readonly leads: readonly number[]
  /** How it named them, as `vendor_lead_code:CRM-7`; undefined if it could not be read. */
  readonly key: string | undefined
  /** What was sent, without what newer updates had set by then; of a refused one, because of what it was. */
  readonly fields: readonly string[]
  /** The values as VICIdial holds them, by field, if it was updated and values are kept. */
  readonly values?: Readonly<Record<string, string>>
  readonly status: Result['status']
  /** What VICIdial or the gateway said, if it was not made. */
  readonly error?: { readonly code: string; readonly detail: string }
}

/** Updates that ended together. */
export interface HistoryRecord extends HistorySender {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly updates: readonly HistoryUpdate[]
}

/** One lead of one update, as it is read again. */
export interface HistoryEntry extends HistorySender, Omit<HistoryUpdate, 'leads'> {
  /** Grows with every entry. */
  readonly id: number
  readonly at: number
  readonly lead: number | undefined
}

/** What is kept of updates that have ended: entries at all, and their values. */
export interface HistoryPolicy {
  readonly entries: boolean
  readonly values: boolean
}

export const NO_HISTORY: HistoryPolicy = { entries: false, values: false }

/** Part of the history, newest first. */
export interface HistoryPage {
  readonly lead?: number
  readonly caller?: string
  /** Milliseconds since the epoch: nothing from before. */
  readonly since?: number
  readonly limit: number
  /** The id of the last entry of the previous page. */
  readonly before?: number
}

/** The stored history. */
export interface HistoryStore {
  /** Adds records of updates without a job; those of jobs are added as they are settled. */
  record(records: readonly HistoryRecord[]): Promise<void>
  /** Entries, newest first. */
  list(page: HistoryPage): Promise<HistoryEntry[]>
  /** Deletes records older than `before`, about `limit` entries at most. Returns how many. */
  purge(before: number, limit: number): Promise<number>
}

/** What is kept of an update that has ended. */
export function historyUpdate(
  update: Update | RefusedUpdate,
  result: Result,
  keepsValues: boolean
): HistoryUpdate {
  const { key } = update
  const {
    status,
    error,
    lead_id: lead,
    lead_ids: leads = lead === undefined ? [] : [lead],
    superseded = []
  } = result
  const kept = { leads, key: key && keyName(key), status, ...(error ? { error: said(error, status) } : {}) }
  if ('refusals' in update) return { ...kept, fields: fieldsOf(result) }
  const { params, stored } =
    superseded.length > 0 ? (withoutFields(update.changes, superseded) ?? NOTHING) : update.changes
  const fields = Object.keys(stored)
  if (params['reset_lead'] !== undefined) fields.push('reset_called')
  return {
    ...kept,
    fields,
    ...(keepsValues && status === 'updated' ? { values: stored } : {})
  }
}

const NOTHING: Pick<Changes, 'params' | 'stored'> = { params: {}, stored: {} }

/** What was said of an update; a refusal by the gateway quotes the value, and is told by its code's title instead. */
function said({ code, detail }: Exclude<Result['error'], undefined>, status: Result['status']) {
  return { code, detail: status === 'rejected' && code in ERRORS ? ERRORS[code as ErrorCode].title : detail }
}

/** The records of settlements: one for each job of which updates have ended. */
export function settledRecords(settlements: readonly Settlement[], keepsValues: boolean): HistoryRecord[] {
  const ended = settlements.filter((settlement) => settlement.disposition !== 'retry')
  const at = Date.now()
  const ofJobs = Map.groupBy(ended, ({ claimed }) => claimed.job.id).values()
  return [...ofJobs].flatMap((settled) => {
    const [first] = settled
    if (first === undefined) return []
    const { id: jobId, ...sender } = first.claimed.job
    const updates = settled.map(({ claimed, result }) => historyUpdate(claimed.update, result, keepsValues))
    return [{ at, ...sender, jobId, updates }]
  })
}

/** The fields because of which an update was refused. */
function fieldsOf({ error, errors = error ? [error] : [] }: Result): string[] {
  return [...new Set(errors.flatMap(({ field }) => (field === undefined ? [] : [field])))]
}
