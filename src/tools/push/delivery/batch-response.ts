import type { BatchAnswer, Result } from '../../../../schemas/batch.ts'
import { isObject } from '../../../leads/is-object.ts'

/** The gateway's response to a batch. */
export type BatchResponse =
  /** Each update has a result. `outage` says why, if VICIdial could not be used at all. */
  | {
      readonly kind: 'results'
      readonly results: readonly Result[]
      readonly calls: number
      readonly outage?: string
      readonly retryAfterMs: number
    }
  | { readonly kind: 'too_large' }
  /** Nothing was done. The same request may succeed later. */
  | { readonly kind: 'later'; readonly detail: string; readonly retryAfterMs: number }
  /** A retry won't help. */
  | { readonly kind: 'refused'; readonly detail: string }

const REFUSED_UPSTREAM = ['upstream_login_failed', 'upstream_permission_denied', 'upstream_locked_out']
const TOO_LARGE = 413
const LATER: readonly number[] = [408, 409, 425, 429]

/**
 * Reads the response to a batch. Never throws, for any input.
 * @param count how many updates the request had
 */
export function readBatchResponse(
  status: number,
  retryAfter: string | null,
  body: Readonly<Record<string, unknown>>,
  count: number
): BatchResponse {
  const detail = describeProblem(status, body)
  const retryAfterMs = readRetryAfter(retryAfter)
  const isProblem = status >= 300
  if (isProblem && REFUSED_UPSTREAM.includes(String(body['code']))) return { kind: 'refused', detail }
  const { results, summary, calls } = body as Partial<BatchAnswer>
  if (Array.isArray(results) && results.length === count) {
    const callCount = calls?.length ?? summary?.upstream_calls ?? 0
    const outage = status >= 500 ? { outage: detail } : {}
    return { kind: 'results', results, calls: callCount, ...outage, retryAfterMs }
  }
  if (status === TOO_LARGE) return { kind: 'too_large' }
  if (status >= 500 || LATER.includes(status)) return { kind: 'later', detail, retryAfterMs }
  return { kind: 'refused', detail }
}

/** A response body, parsed or not, as an object. Empty if it isn't one. */
export function readBody(body: unknown): Readonly<Record<string, unknown>> {
  if (isObject(body)) return body
  if (typeof body !== 'string') return {}
  try {
    const parsed: unknown = JSON.parse(body)
    return isObject(parsed) ? parsed : {}
  } catch {
    return {}
  }
}

/** A problem response in one sentence. */
export function describeProblem(status: number, body: Readonly<Record<string, unknown>>): string {
  const { code, detail, title } = body
  if (typeof code !== 'string') return `HTTP ${status}, but not from a gateway.`
  return `The gateway answered ${status} ${code}: ${typeof detail === 'string' ? detail : String(title)}`
}

/** `Retry-After`, in seconds or as a date, in milliseconds. 0 if absent or invalid. */
function readRetryAfter(value: string | null): number {
  if (value === null) return 0
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? 0 : Math.max(0, ms)
}
