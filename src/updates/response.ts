import type { BatchAnswer, Result, Summary } from '../../schemas/batch.ts'
import { rejectedResult } from '../delivery/result.ts'
import { ERRORS, type FieldError, Problem, type RequestCode } from '../errors.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'

/** The results of a request's updates, in order. */
export interface RequestResults {
  readonly results: Result[]
  /** Calls to VICIdial made for the request, retries included. */
  readonly upstreamCalls: number
}

/** The response to a batch, unless it is a problem. */
export interface BatchResponse {
  readonly httpStatus: 200 | 207
  readonly body: BatchAnswer
}

/** VICIdial is rarely down for less, and a refused login isn't tried more often. In seconds. */
const RETRY_AFTER_SECONDS = '60'

/** Counts results by status. */
export function summarize(results: readonly Result[], upstreamCalls: number): Summary {
  const counts: Summary = {
    received: results.length,
    updated: 0,
    added: 0,
    not_found: 0,
    ambiguous: 0,
    rejected: 0,
    failed: 0,
    unknown: 0,
    upstream_calls: upstreamCalls
  }
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/**
 * Returns the response to a batch: 200 if every lead was updated, added or read, else 207.
 * @throws Problem 422 if every update was rejected; 502, 503 or 504 if VICIdial kept every update from being made
 */
export function batchResponse(
  id: string,
  entries: readonly (Update | RejectedUpdate)[],
  { results, upstreamCalls }: RequestResults
): BatchResponse {
  const summary = summarize(results, upstreamCalls)
  const { received, updated, added, read = 0, incomplete = 0, rejected, failed, unknown } = summary
  const made = updated + added + read
  if (rejected === received) {
    const refusals = entries.flatMap((entry) => ('refusals' in entry ? entry.refusals : []))
    throw rejectedProblem(refusals, summary, results)
  }
  if (failed + unknown + rejected === received) {
    const problem = upstreamProblem(results, summary)
    if (problem) throw problem
  }
  const isComplete = made === received
  const status = isComplete ? 'completed' : made + incomplete > 0 ? 'partial' : 'failed'
  return { httpStatus: isComplete ? 200 : 207, body: { id, status, summary, results } }
}

/**
 * Returns the result of a request's only update, whose fields are the request's body.
 * @param leadId as the request gives it
 * @throws Problem not_found, all_updates_rejected; 502, 503 or 504 if VICIdial kept the update from being made
 */
export function leadResponse(
  leadId: string,
  entry: Update | RejectedUpdate,
  { results, upstreamCalls }: RequestResults
): Result | undefined {
  const summary = summarize(results, upstreamCalls)
  const [result] = results
  if ('refusals' in entry) {
    const refusals = entry.refusals.map((refusal) => ({
      ...refusal,
      pointer: refusal.pointer.replace(/^\/updates\/0(\/fields)?/, '')
    }))
    throw rejectedProblem(refusals, summary, results)
  }
  if (result?.error === undefined) return result
  const { code, detail } = result.error
  if (code === 'lead_not_found') {
    const what = `There is no lead ${leadId}: ${detail}`
    throw new Problem('not_found', what, { extra: { summary, results } })
  }
  // The only value that VICIdial refuses is list_id.
  const refusal = { pointer: '/list_id', code, detail }
  throw upstreamProblem(results, summary) ?? rejectedProblem([refusal], summary, results)
}

/**
 * Returns the result of a request to add one lead.
 * @throws Problem lead_exists, all_updates_rejected; 502, 503 or 504 if VICIdial kept the lead from being added
 */
export function newLeadResponse(
  entry: Update | RejectedUpdate,
  { results, upstreamCalls }: RequestResults
): Result {
  const summary = summarize(results, upstreamCalls)
  const [result] = results
  if ('refusals' in entry) throw rejectedProblem(entry.refusals, summary, results)
  if (result?.status === 'added') return result
  const { code = 'upstream_error', detail = 'VICIdial has not said that it has added the lead.' } =
    result?.error ?? {}
  if (code === 'lead_exists') throw new Problem(code, detail, { extra: { summary, results } })
  // VICIdial refuses the list, or the key.
  const pointer = code.startsWith('list_') ? '/list_id' : `/${entry.key.by}`
  throw upstreamProblem(results, summary) ?? rejectedProblem([{ pointer, code, detail }], summary, results)
}

/**
 * Returns the result of a request about one number that must not be called.
 * @throws Problem all_updates_rejected; 502, 503 or 504 if VICIdial kept it from being made
 */
export function dncResponse(
  entry: Update | RejectedUpdate,
  { results, upstreamCalls }: RequestResults
): Result | undefined {
  const summary = summarize(results, upstreamCalls)
  const [result] = results
  if ('refusals' in entry) throw rejectedProblem(entry.refusals, summary, results)
  if (result?.error === undefined) return result
  const { code, detail } = result.error
  const refusal = { pointer: '/phone_number', code, detail }
  throw upstreamProblem(results, summary) ?? rejectedProblem([refusal], summary, results)
}

/** The problem of a request whose updates were all refused before anything was sent. */
export function allRejected(entries: readonly RejectedUpdate[]): Problem {
  const results = entries.map(rejectedResult)
  return rejectedProblem(
    entries.flatMap(({ refusals }) => refusals),
    summarize(results, 0),
    results
  )
}

/** The problem of a request whose updates were all refused; equal refusals are listed once. */
function rejectedProblem(refusals: readonly FieldError[], summary: Summary, results: Result[]): Problem {
  const errors = new Map<string, FieldError>()
  for (const { pointer, code, detail } of refusals)
    errors.set(`${code} ${pointer}`, { pointer, code, detail })
  const which = summary.received === 1 ? 'The update was' : `All ${summary.received} updates were`
  const by =
    summary.failed > 0
      ? 'refused by VICIdial; nothing was changed.'
      : 'rejected; nothing was sent to VICIdial.'
  return new Problem('all_updates_rejected', `${which} ${by}`, {
    errors: [...errors.values()],
    extra: { summary, results }
  })
}

/** The problem of a request that failed because of VICIdial: the first failure's; undefined if an update is to blame. */
export function upstreamProblem(
  results: readonly Result[],
  summary: Summary = summarize(results, 0)
): Problem | undefined {
  const failures = results.filter(({ status }) => status === 'failed' || status === 'unknown')
  const upstream = failures.filter(({ error }) => isRequestCode(error?.code))
  const [first] = upstream
  if (first?.error === undefined || upstream.length < failures.length) return undefined
  const code = first.error.code as RequestCode
  const headers: Record<string, string> =
    ERRORS[code].status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}
  return new Problem(code, first.error.detail, { extra: { summary, results }, headers })
}

function isRequestCode(code: string | undefined): code is RequestCode {
  return code !== undefined && code in ERRORS && 'status' in ERRORS[code as keyof typeof ERRORS]
}
