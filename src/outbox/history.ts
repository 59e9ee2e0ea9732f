import type { Result } from '../../schemas/batch.ts'
import { type ErrorCode, ERRORS } from '../errors.ts'
import { ACTION_NAMES, type ActionName } from '../leads/actions/lead-actions.ts'
import type { Addition } from '../leads/adding/addition.ts'
import { type Changes, namesSet } from '../leads/changes.ts'
import { optionsOf, withoutFields } from '../leads/compose-changes.ts'
import type { LeadKey } from '../leads/lead-key.ts'
import { isReading } from '../leads/reading/lead-read.ts'
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
  /** Undefined if it could not be read. */
  readonly key: LeadKey | undefined
  /** The fields sent, without those that newer updates had set by then; of a rejected update, the faulty ones. */
  readonly fields: readonly string[]
  /** The values as VICIdial stores them, by field, if it was updated and values are kept. */
  readonly values?: Readonly<Record<string, string>> | undefined
  readonly status: Result['status']
  /** Why it failed. */
  readonly error?: { readonly code: string; readonly detail: string } | undefined
}

/** Updates that ended together. */
export interface HistoryRecord {
  readonly sender: HistorySender
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly updates: readonly HistoryUpdate[]
}

/** One lead of one update, as listed. */
export interface HistoryEntry extends HistorySender, Omit<HistoryUpdate, 'leads' | 'key'> {
  /** Grows with every entry. */
  readonly id: number
  readonly at: number
  readonly lead: number | undefined
  /** Its key, such as `vendor_lead_code:CRM-7`; undefined if it is this lead's id, or could not be read. */
  readonly key: string | undefined
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
  readonly jobId?: string
  /** The code of the error. */
  readonly code?: string
  /** Milliseconds since the epoch: leaves out older entries. */
  readonly since?: number
  /** Milliseconds since the epoch: leaves out entries of this time, and newer ones. */
  readonly until?: number
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
  const { status, error, lead_id: lead, superseded } = result
  const changes = 'changes' in update ? changesMade(update.changes, superseded) : undefined
  return {
    leads: result.lead_ids ?? (lead === undefined ? [] : [lead]),
    key: update.key,
    fields: 'changes' in update ? fieldsOf(changes, addedBy(update, status)) : refusedFields(result),
    values: keepsValues ? valuesOf(update, changes, result) : undefined,
    status,
    error: error && errorOf(error, status)
  }
}

/** The changes without those fields that newer updates had set; undefined if none is left. */
function changesMade(changes: Changes, superseded: readonly string[] = []): Changes | undefined {
  return superseded.length > 0 ? withoutFields(changes, superseded) : changes
}

/** The lead that an update has added; undefined if it has added none. */
function addedBy(update: Update | RejectedUpdate, status: Result['status']): Addition | undefined {
  return status === 'added' && 'changes' in update ? update.addition : undefined
}

function valuesOf(
  update: Update | RejectedUpdate,
  changes: Changes | undefined,
  result: Result
): HistoryUpdate['values'] {
  const { status } = result
  const stored = status === 'updated' ? (changes?.stored ?? {}) : addedBy(update, status)?.stored
  return stored && { ...stored, ...actionsOf(result) }
}

function fieldsOf(changes: Changes | undefined, addition: Addition | undefined): string[] {
  const actions = Object.keys(changes?.actions ?? {})
  if (addition !== undefined) return [...Object.keys(addition.stored), ...actions]
  if (changes === undefined) return []
  const fields = namesSet(changes)
  if (optionsOf(changes).resetCalled) fields.push('reset_called')
  return fields
}

/** How the actions of an update ended. */
function actionsOf(result: Result): Partial<Record<ActionName, string>> {
  const names: readonly string[] = ACTION_NAMES
  return Object.fromEntries(Object.entries(result).filter(([name]) => names.includes(name)))
}

/** An update's error. The gateway's own refusals quote the value, so they get their code's title instead. */
function errorOf({ code, detail }: Exclude<Result['error'], undefined>, status: Result['status']) {
  return { code, detail: status === 'rejected' && code in ERRORS ? ERRORS[code as ErrorCode].title : detail }
}

/** The records of settlements: one for each job with updates that have ended. Readings change nothing, so they have none. */
export function settledRecords(settlements: readonly Settlement[], keepsValues: boolean): HistoryRecord[] {
  const ended = settlements
    .filter((settlement) => settlement.disposition !== 'retry')
    .filter(({ claimed }) => !isReading(claimed.update.changes))
  const at = Date.now()
  const ofJobs = Map.groupBy(ended, ({ claimed }) => claimed.job.id).values()
  return [...ofJobs].flatMap((settled) => {
    const [first] = settled
    if (first === undefined) return []
    const { id: jobId, ...sender } = first.claimed.job
    const updates = settled.map(({ claimed, result }) => historyUpdate(claimed.update, result, keepsValues))
    return [{ sender: { ...sender, jobId }, at, updates }]
  })
}

/** The fields that an update was rejected for. */
function refusedFields({ error, errors = error ? [error] : [] }: Result): string[] {
  return [...new Set(errors.flatMap(({ field }) => (field === undefined ? [] : [field])))]
}
