import type { Result } from '../../schemas/batch.ts'
import type { IdempotencyRecord } from '../http/idempotency-record.ts'
import type { Addition } from '../leads/adding/addition.ts'
import { type Changes, changesOf, FUNCTIONS, partsOf } from '../leads/changes.ts'
import { isObject } from '../leads/is-object.ts'
import { isKeyName, isLeadId, keyOfName } from '../leads/lead-key.ts'
import type { Update } from '../leads/update.ts'
import { ON_MULTIPLE } from '../leads/update-options.ts'
import type { HistoryEntry } from './history.ts'
import type { DeadLetter, Job, JobStatus } from './jobs.ts'
import type { Claimed } from './queue.ts'

/** A row as an engine's driver returns it: both engines have the same columns. */
export type Row = Readonly<Record<string, unknown>>

/** What is stored of changes: their parts, and the lead to add if none has the key. */
type WrittenChanges = [...Required<Parameters<typeof changesOf>>, Addition] | ReturnType<typeof partsOf>

/** The error of a stored update that can't be read. */
export const UNREADABLE = {
  code: 'internal_error',
  detail: 'The stored update could not be read from the database.',
  retryable: true
} as const

/** Writes the changes of many updates. Equal ones are written once, unless their update may add its lead. */
export class ChangesWriter {
  readonly #written = new Map<Changes, string>()

  write({ changes, addition }: Pick<Update, 'changes' | 'addition'>): string {
    if (addition !== undefined) {
      const [called, params, stored, warnings, isVerified = false, actions = null] = partsOf(changes)
      const parts: WrittenChanges = [called, params, stored, warnings, isVerified, actions, addition]
      return JSON.stringify(parts)
    }
    const known = this.#written.get(changes)
    if (known !== undefined) return known
    const text = JSON.stringify(partsOf(changes))
    this.#written.set(changes, text)
    return text
  }
}

type StoredChanges = Pick<Update, 'changes' | 'addition'>

/** What a `ChangesWriter` has written; undefined if the text is damaged. */
function readChanges(text: string): StoredChanges | undefined {
  const written = readObject(text)
  if (!Array.isArray(written)) return undefined
  const [called, params, stored, warnings, isVerified = false, actions = null, addition] =
    written as readonly unknown[]
  const known = FUNCTIONS.find((one) => one === called)
  if (known === undefined || !isTexts(params) || !isTexts(stored) || !Array.isArray(warnings))
    return undefined
  if (typeof isVerified !== 'boolean' || (actions !== null && !isObject(actions))) return undefined
  const changes = changesOf(known, params, stored, warnings as Changes['warnings'], isVerified, actions)
  if (addition === undefined) return { changes }
  return isAddition(addition) ? { changes, addition } : undefined
}

function isAddition(value: unknown): value is Addition {
  return (
    isObject(value) &&
    isTexts(value['params']) &&
    isTexts(value['stored']) &&
    Array.isArray(value['warnings'])
  )
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((one) => typeof one === 'string')
}

/** Reads many rows. Equal changes are parsed once and shared. */
export class RowReader {
  readonly #changes = new Map<string, StoredChanges | undefined>()

  /** Whether an update can be read: its lead and its changes are as they were stored. */
  isReadable(row: Row): boolean {
    return isKeyName(String(row['lead'])) && this.#changesOf(row) !== undefined
  }

  /** @throws TypeError, RangeError if it can't be read */
  claimed(row: Row): Claimed {
    return {
      id: Number(row['id']),
      sequence: Number(row['sequence']),
      job: {
        id: String(row['job_id']),
        caller: String(row['caller']),
        requestId: String(row['request_id']),
        keyId: typeof row['key_id'] === 'string' ? row['key_id'] : undefined,
        ...(typeof row['replayed_by'] === 'string' ? { replayedBy: row['replayed_by'] } : {}),
        account: String(row['account']),
        source: String(row['source'])
      },
      update: this.#update(row),
      superseded: readNames(row['superseded']),
      attempts: Number(row['attempts']),
      acceptedAt: Number(row['accepted_at'])
    }
  }

  deadLetter(row: Row): DeadLetter {
    const { job, acceptedAt: _, ...claimed } = this.claimed(row)
    return {
      ...claimed,
      jobId: job.id,
      caller: job.caller,
      account: job.account,
      source: job.source,
      result: readResult(row),
      diedAt: Number(row['due_at'])
    }
  }

  #update(row: Row): Update {
    const onMultiple = ON_MULTIPLE.find((one) => one === row['on_multiple']) ?? 'reject'
    const changes = this.#changesOf(row)
    if (changes === undefined) throw new TypeError('unreadable changes')
    const key = keyOfName(String(row['lead']))
    const keyMatch = row['key_match'] === 'exact' && { keyMatch: 'exact' as const }
    return { index: Number(row['position']), key, onMultiple, ...keyMatch, ...changes }
  }

  #changesOf(row: Row): StoredChanges | undefined {
    const text = String(row['changes'])
    if (!this.#changes.has(text)) this.#changes.set(text, readChanges(text))
    return this.#changes.get(text)
  }
}

/** The result of an update; `queued` if it has none yet. One that is damaged loses only its details. */
export function readResult(row: Row): Result {
  const index = Number(row['position'])
  const stored = readObject(row['result'])
  const result = stored !== undefined && 'index' in stored ? (stored as Result) : undefined
  if (row['status'] !== null) return result ?? { index, status: row['status'] as Result['status'] }
  const name = String(row['lead'])
  const key = isKeyName(name) ? keyOfName(name) : undefined
  const queued = { index, ...(key && { [key.by]: key.value }), status: 'queued' } as const
  return { ...queued, ...(result?.error ? { error: result.error } : {}) }
}

/**
 * The text that the stored result of an update has if it ended with an error of this code, and no other result has. Unlike
 * JSON functions it can be searched for in a damaged result, too.
 */
export function errorText(code: string): string {
  return `"error":{"code":${JSON.stringify(code)},`
}

/** A stored object; undefined if there is none, or it is damaged. */
export function readObject(value: unknown): object | undefined {
  if (typeof value !== 'string') return undefined
  try {
    const read: unknown = JSON.parse(value)
    return read instanceof Object ? read : undefined
  } catch {
    return undefined
  }
}

export function readJob(row: Row, counts: Readonly<Record<string, number>>): Job {
  const finishedAt = row['finished_at']
  return {
    id: String(row['id']),
    caller: String(row['caller']),
    source: String(row['source']),
    origin: String(row['origin']),
    status: row['status'] as JobStatus,
    acceptedAt: Number(row['accepted_at']),
    finishedAt: finishedAt === null ? undefined : Number(finishedAt),
    counts,
    upstreamCalls: Number(row['calls'])
  }
}

export function readIdempotencyRecord(row: Row): IdempotencyRecord {
  return {
    caller: String(row['caller']),
    key: String(row['key']),
    fingerprint: String(row['fingerprint']),
    httpStatus: Number(row['http_status']),
    contentType: String(row['content_type']),
    body: String(row['body']),
    at: Number(row['at'])
  }
}

/** A stored list of names. */
export function readNames(value: unknown): readonly string[] {
  return typeof value === 'string' ? (JSON.parse(value) as string[]) : []
}

/** Whether an entry of the history is as it was stored. */
export function isReadableEntry({ lead, fields, stored }: Row): boolean {
  const isWhole = Array.isArray(readObject(fields)) && (stored === null || isObject(readObject(stored)))
  return isWhole && (lead === null || isLeadId(lead))
}

export function readHistoryEntry(row: Row): HistoryEntry {
  const code = optional(row['code'])
  return {
    id: Number(row['id']),
    at: Number(row['at']),
    lead: row['lead'] === null ? undefined : Number(row['lead']),
    key: optional(row['key']),
    fields: readNames(row['fields']),
    ...(typeof row['stored'] === 'string'
      ? { values: JSON.parse(row['stored']) as Record<string, string> }
      : {}),
    status: row['status'] as Result['status'],
    ...(code === undefined ? {} : { error: { code, detail: String(row['detail']) } }),
    caller: String(row['caller']),
    keyId: optional(row['key_id']),
    ...(typeof row['replayed_by'] === 'string' ? { replayedBy: row['replayed_by'] } : {}),
    requestId: String(row['request_id']),
    ...(typeof row['job_id'] === 'string' ? { jobId: row['job_id'] } : {}),
    account: String(row['account']),
    source: String(row['source'])
  }
}

function optional(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
