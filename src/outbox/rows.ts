import type { Result } from '../../schemas/batch.ts'
import type { IdempotencyRecord } from '../http/idempotency-record.ts'
import type { Addition } from '../leads/adding/addition.ts'
import { type Changes, changesOf, partsOf } from '../leads/changes.ts'
import { keyOfName } from '../leads/lead-key.ts'
import { ON_MULTIPLE, type Update } from '../leads/update.ts'
import type { HistoryEntry } from './history.ts'
import type { DeadLetter, Job, JobStatus } from './jobs.ts'
import type { Claimed } from './queue.ts'

/** A row as an engine's driver returns it: both engines have the same columns. */
export type Row = Readonly<Record<string, unknown>>

/** What is stored of changes: their parts, and the lead to add if none has the key. */
type WrittenChanges = [...Required<Parameters<typeof changesOf>>, Addition] | ReturnType<typeof partsOf>

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

/** Reads many rows. Equal changes are parsed once and shared. */
export class RowReader {
  readonly #changes = new Map<string, Pick<Update, 'changes' | 'addition'>>()

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
    const text = String(row['changes'])
    let changes = this.#changes.get(text)
    if (changes === undefined) {
      const [called, params, stored, warnings, isVerified, actions, addition] = JSON.parse(
        text
      ) as WrittenChanges
      changes = {
        changes: changesOf(called, params, stored, warnings, isVerified, actions),
        ...(addition && { addition })
      }
      this.#changes.set(text, changes)
    }
    const key = keyOfName(String(row['lead']))
    const keyMatch = row['key_match'] === 'exact' && { keyMatch: 'exact' as const }
    return { index: Number(row['position']), key, onMultiple, ...keyMatch, ...changes }
  }
}

/** The result of an update; `queued` if it has none yet. One that is damaged loses only its details. */
export function readResult(row: Row): Result {
  const index = Number(row['position'])
  const stored = readObject(row['result'])
  const result = stored !== undefined && 'index' in stored ? (stored as Result) : undefined
  if (row['status'] !== null) return result ?? { index, status: row['status'] as Result['status'] }
  const key = keyOfName(String(row['lead']))
  const queued = { index, [key.by]: key.value, status: 'queued' } as const
  return { ...queued, ...(result?.error ? { error: result.error } : {}) }
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
