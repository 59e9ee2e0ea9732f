import type { BatchAnswer, Result, Summary } from '../../schemas/batch.ts'
import { ERRORS, type FieldError, Problem, type RequestCode } from '../errors.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'

/** An answer that is not a problem: HTTP status and body. */
export interface Answered {
  readonly httpStatus: 200 | 207
  readonly body: BatchAnswer
}

/** Counts results by status. */
export function summarize(results: readonly Result[], upstreamCalls: number): Summary {
  const summary = {
    received: results.length,
    updated: 0,
    not_found: 0,
    ambiguous: 0,
    rejected: 0,
    failed: 0,
    unknown: 0
  }
  const counts: Summary = { ...summary, upstream_calls: upstreamCalls }
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/**
 * Makes the answer to a batch: 200 if all was updated, 207 if some was or VICIdial answered with something else.
 * @throws Problem 422 if every update was rejected; 502, 503 or 504 if nothing could be done because of VICIdial
 */
export function answerBatch(
  id: string,
  entries: readonly (Update | RejectedUpdate)[],
  results: Result[],
  upstreamCalls: number
): Answered {
  const summary = summarize(results, upstreamCalls)
  if (summary.rejected === summary.received) {
    throw rejectedProblem(
      entries.flatMap((entry) => ('refusals' in entry ? entry.refusals : [])),
      summary,
      results
    )
  }
  if (summary.failed + summary.unknown + summary.rejected === summary.received) {
    const problem = upstreamProblem(summary, results)
    if (problem) throw problem
  }
  const completed = summary.updated === summary.received
  const status = completed ? 'completed' : summary.updated > 0 ? 'partial' : 'failed'
  return { httpStatus: completed ? 200 : 207, body: { id, status, summary, results } }
}

/** The problem of a request of which every update was refused; the same place is listed once. */
export function rejectedProblem(
  refusals: readonly FieldError[],
  summary: Summary,
  results: Result[]
): Problem {
  const errors = new Map<string, FieldError>()
  for (const { pointer, code, detail } of refusals)
    errors.set(`${code} ${pointer}`, { pointer, code, detail })
  const which = summary.received === 1 ? 'The update was' : `All ${summary.received} updates were`
  const by =
    summary.failed > 0
      ? 'refused by VICIdial; nothing was changed.'
      : 'rejected; nothing was sent to VICIdial.'
  const detail = `${which} ${by}`
  return new Problem('all_updates_rejected', detail, {
    errors: [...errors.values()],
    extra: { summary, results }
  })
}

/** The problem of a request that failed because of VICIdial: the first failure's; undefined if it is the update's. */
export function upstreamProblem(summary: Summary, results: Result[]): Problem | undefined {
  const failures = results.filter((result) => result.status === 'failed' || result.status === 'unknown')
  const upstream = failures.filter((result) => isRequestCode(result.error?.code))
  const [first] = upstream
  if (first?.error === undefined || upstream.length < failures.length) return undefined
  const code = first.error.code as RequestCode
  const headers: Record<string, string> =
    ERRORS[code].status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}
  return new Problem(code, first.error.detail, { extra: { summary, results }, headers })
}

/** VICIdial being down rarely lasts less; a refused login is not tried more often. */
const RETRY_AFTER_SECONDS = '60'

function isRequestCode(code: string | undefined): code is RequestCode {
  return code !== undefined && code in ERRORS && 'status' in ERRORS[code as keyof typeof ERRORS]
}
