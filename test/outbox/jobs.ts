import type { IdempotencyRecord } from '../../src/http/idempotency-record.ts'
import type { Result } from '../../schemas/batch.ts'
import { deliveredFields } from '../../src/delivery/delivered-fields.ts'
import { keyName } from '../../src/leads/lead-key.ts'
import type { Claimed, Settlement } from '../../src/outbox/queue.ts'
import type { DeadLetter, NewJob, Replay } from '../../src/outbox/jobs.ts'
import type { Outbox } from '../../src/outbox/outbox.ts'
import type { SqliteOptions } from '../../src/outbox/sqlite/sqlite-outbox.ts'
import { UPDATED, updates } from '../delivery/updates.ts'

/** Commits wait for nothing, so that they happen while time is held. */
export const AT_ONCE: SqliteOptions = { gatherMs: 0, sync: async () => {} }
/** For settlements where calls don't matter. */
export const NO_CALLS: ReadonlyMap<string, number> = new Map()
const FAILED = {
  code: 'upstream_unavailable',
  detail: 'VICIdial is away.',
  retryable: true
} as const

/** A job of these updates, accepted `n` milliseconds after the epoch. */
export function newJob(n: number, elements: unknown[], more: Partial<NewJob> = {}): NewJob {
  return {
    id: jobId(n),
    caller: 'crm',
    requestId: `req_${n}`,
    account: 'default',
    source: 'crm',
    origin: 'batch',
    acceptedAt: n,
    updates: elements.length === 0 ? [] : updates(elements),
    rejected: [],
    ...more
  }
}

export function jobId(n: number): string {
  return `job_${String(n).padStart(26, '0')}`
}

/** An element that sets the status of a lead, as a request names it. */
export function sets(status: string, lead: Record<string, unknown> | number = 1): unknown {
  return { ...(typeof lead === 'number' ? { lead_id: lead } : lead), fields: { status } }
}

export function idempotencyRecord(more: Partial<IdempotencyRecord> = {}): IdempotencyRecord {
  return {
    caller: 'crm',
    key: 'key-1',
    fingerprint: 'abc',
    httpStatus: 202,
    contentType: 'application/json; charset=utf-8',
    body: '{"id":"job_1"}',
    at: 1_000,
    ...more
  }
}

/** The part of a job that replays dead letters unchanged. */
export function replaying(letters: readonly DeadLetter[]): Partial<NewJob> {
  return {
    origin: 'replay',
    updates: letters.map(({ update, sequence }, index) => ({ ...update, index, sequence })),
    replays: letters.map(({ id }) => id)
  }
}

/** Replays all letters found as job `n`; they are in `found`. */
export function replayAs(n: number) {
  const found: { letters: readonly DeadLetter[]; remaining: number }[] = []
  const replay = (letters: readonly DeadLetter[], remaining: () => number): Replay => {
    found.push({ letters, remaining: remaining() })
    return { jobs: [newJob(n, [], replaying(letters))], record: idempotencyRecord() }
  }
  return Object.assign(replay, { found })
}

/** VICIdial has made the update. */
export function done(claimed: Claimed): Settlement {
  const { update } = claimed
  const result = resultOf(claimed, 'updated')
  return { claimed, disposition: 'delivered', result, delivered: deliveredFields(update, UPDATED) }
}

/** VICIdial knows no such lead. */
export function missing(claimed: Claimed): Settlement {
  return { claimed, disposition: 'delivered', result: resultOf(claimed, 'not_found'), delivered: [] }
}

export function dead(claimed: Claimed): Settlement {
  const result: Result = { ...resultOf(claimed, 'failed'), error: FAILED }
  return { claimed, disposition: 'dead_lettered', result, delivered: [] }
}

export function waiting(claimed: Claimed, dueAt: number): Settlement {
  const result: Result = { ...resultOf(claimed, 'failed'), error: FAILED }
  return { claimed, disposition: 'retry', result, attempts: claimed.attempts + 1, dueAt }
}

export function resultOf({ update: { index, key } }: Claimed, status: Result['status']): Result {
  return { index, [key.by]: key.value, status }
}

/** Claimed updates in short: job and index, lead, and the status that is set. */
export function inShort(claimed: readonly Claimed[]): string[] {
  return claimed.map(({ job, update }) => {
    const number = Number(job.id.slice('job_'.length))
    return `${number}/${update.index} ${keyName(update.key)} ${update.changes.stored['status']}`
  })
}

/** See `UpdateQueue.nextSequence`; 0 if nothing is stored. */
export async function nextSequence(outbox: Outbox): Promise<number> {
  return (await outbox.queue.nextSequence()) ?? 0
}

/** Claims one update, and settles it. */
export async function settleNext(
  outbox: Outbox,
  settlement: (claimed: Claimed) => Settlement,
  now = 1_000_000
): Promise<Claimed> {
  const [claimed] = await outbox.queue.claim('default', 1, now)
  if (claimed === undefined) throw new Error('nothing was due')
  await outbox.queue.settle([settlement(claimed)], NO_CALLS)
  return claimed
}
