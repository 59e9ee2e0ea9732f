import type { Result } from '../../schemas/batch.ts'
import { type ErrorCode, ERRORS } from '../errors.ts'
import { optionsOf, withoutFields } from '../leads/changes.ts'
import { keyName } from '../leads/lead-key.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import type { Settlement } from './queue.ts'

/** Who asked for updates, and how they were sent to VICIdial. */
export interface HistorySender {
  readonly caller: string
  /** See `Caller.keyId`; undefined if the request had no caller's key. */
  readonly keyId?: string | undefined
  /** Who replayed it with that key, if not the caller itself. */
  readonly replayedBy?: string
  readonly requestId: string
  /** The job that delivered it, if it was stored. */
  readonly jobId?: string
  /** The VICIdial account, by name. */
  readonly account: string
  /** VICIdial's `source`. */
  readonly source: string
}

/** One update's part in the history. */
export interface HistoryUpdate {
  /** The leads that it named, if they are known. */
  readonly leads: readonly number[]
  /** Its key, such as `vendor_lead_code:CRM-7`; undefined if it could not be read. */
  readonly key: string | undefined
  /** The fields sent, without those that newer updates had set by then; of a rejected update, the faulty ones. */
  readonly fields: readonly string[]
  /** The values as VICIdial stores them, by field, if it was updated and values are kept. */
  readonly values?: Readonly<Record<string, string>>
  readonly status: Result['status']
  /** Why it failed. */
  readonly error?: { readonly code: string; readonly detail: string }
}

/** Updates that ended together. */
export interface HistoryRecord extends HistorySender {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly updates: readonly HistoryUpdate[]
}

/** One lead of one update, as listed. */
export interface HistoryEntry extends HistorySender, Omit<HistoryUpdate, 'leads'> {
  /** Grows with every entry. */
  readonly id: number
  readonly at: number
  readonly lead: number | undefined
}

/** Whether history is kept, and whether with values. */
export interface HistoryPolicy {
  readonly entries: boolean
  readonly values: boolean
}

export const NO_HISTORY: HistoryPolicy = { entries: false, values: false }

/** Part of the history, newest first. */
export interface HistoryPage {
  readonly lead?: number
  readonly caller?: string
  /** Milliseconds since the epoch: leaves out older entries. */
  readonly since?: number
  readonly limit: number
  /** The id of the last entry of the previous page. */
  readonly before?: number
}

/** The stored history. */
export interface HistoryStore {
  /** Adds records of updates without a job; updates of jobs are added when they are settled. */
  record(records: readonly HistoryRecord[]): Promise<void>
  /** Entries, newest first. */
  list(page: HistoryPage): Promise<HistoryEntry[]>
  /** Deletes records older than `before`, about `limit` entries at most. Returns how many. */
  purge(before: number, limit: number): Promise<number>
}

/** The history of one update that has ended. */
export function historyUpdate(
  update: Update | RejectedUpdate,
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
  const common = {
    leads,
    key: key && keyName(key),
    status,
    ...(error ? { error: errorOf(error, status) } : {})
  }
  if ('refusals' in update) return { ...common, fields: refusedFields(result) }
  const changes = superseded.length > 0 ? withoutFields(update.changes, superseded) : update.changes
  const stored = changes?.stored ?? {}
  const fields = Object.keys(stored)
  if (changes && optionsOf(changes).resetCalled) fields.push('reset_called')
  return { ...common, fields, ...(keepsValues && status === 'updated' ? { values: stored } : {}) }
}

/** An update's error. The gateway's own refusals quote the value, so they get their code's title instead. */
function errorOf({ code, detail }: Exclude<Result['error'], undefined>, status: Result['status']) {
  return { code, detail: status === 'rejected' && code in ERRORS ? ERRORS[code as ErrorCode].title : detail }
}

/** The records of settlements: one for each job with updates that have ended. */
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

/** The fields that an update was rejected for. */
function refusedFields({ error, errors = error ? [error] : [] }: Result): string[] {
  return [...new Set(errors.flatMap(({ field }) => (field === undefined ? [] : [field])))]
}
