import type { Summary } from '../../schemas/batch.ts'
import type { Accepted, JobResponse, JobSummary } from '../../schemas/job.ts'
import type { IdempotencyKey, IdempotencyRecord } from '../http/idempotency-record.ts'
import type { Job } from '../outbox/jobs.ts'
import { steadyNow } from '../steady-clock.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/**
 * The response to a job that was just accepted.
 * @param left how many of a webhook's events are not among its updates, and why
 */
export function acceptedResponse(
  id: string,
  updates: number,
  { ignored = 0, repeated = 0 }: { readonly ignored?: number | undefined; readonly repeated?: number } = {}
): Accepted {
  return {
    id,
    status: 'queued',
    updates,
    ...(ignored > 0 && { ignored }),
    ...(repeated > 0 && { repeated }),
    links: linksOf(id)
  }
}

/** The 202 response; without `repeat` it is not stored. */
export function acceptedRecord(
  body: object,
  repeat: IdempotencyKey = { caller: '', key: '', fingerprint: '' }
): IdempotencyRecord {
  return {
    ...repeat,
    httpStatus: 202,
    contentType: JSON_TYPE,
    body: JSON.stringify(body),
    at: steadyNow()
  }
}

function linksOf(id: string): { self: string } {
  return { self: `/v1/jobs/${id}` }
}

/** A job without its results. */
export function jobSummary(job: Job): JobSummary {
  return {
    id: job.id,
    status: job.status,
    caller: job.caller,
    source: job.source,
    origin: job.origin,
    accepted_at: new Date(job.acceptedAt).toISOString(),
    ...(job.finishedAt === undefined ? {} : { finished_at: new Date(job.finishedAt).toISOString() }),
    summary: summaryOf(job),
    links: linksOf(job.id)
  }
}

const NO_COUNTS = { updated: 0, added: 0, not_found: 0, ambiguous: 0, rejected: 0, failed: 0, unknown: 0 }

function summaryOf({ counts, upstreamCalls }: Job): Summary {
  const received = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return { received, ...NO_COUNTS, ...counts, upstream_calls: upstreamCalls }
}

/** Whether every update of a job has ended. */
export function isFinished(job: Pick<JobResponse, 'status'>): boolean {
  return job.status !== 'queued' && job.status !== 'running'
}
