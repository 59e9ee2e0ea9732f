import type { BatchAnswer, Result } from '../../../schemas/batch.ts'
import { isObject } from '../../leads/is-object.ts'

/** What came of a request to the batch endpoint. */
export type Reply =
  /** `outage`: VICIdial could not be used at all, and why. */
  | {
      readonly kind: 'results'
      readonly results: readonly Result[]
      readonly calls: number
      readonly outage?: string
      readonly retryAfterMs: number
    }
  | { readonly kind: 'too_large' }
  /** Nothing was done, and the same request may be taken later. */
  | { readonly kind: 'later'; readonly detail: string; readonly retryAfterMs: number }
  /** No repeat will help. */
  | { readonly kind: 'refused'; readonly detail: string }

const REFUSED_UPSTREAM = ['upstream_login_failed', 'upstream_permission_denied', 'upstream_locked_out']
const TOO_LARGE = 413
const LATER: readonly number[] = [408, 409, 425, 429]

/**
 * Reads an answer; never throws, whatever it is.
 * @param count how many updates the request had
 */
export function readReply(
  status: number,
  retryAfter: string | null,
  body: Readonly<Record<string, unknown>>,
  count: number
): Reply {
  const detail = sayProblem(status, body)
  const retryAfterMs = readRetryAfter(retryAfter)
  const isProblem = status >= 300
  if (isProblem && REFUSED_UPSTREAM.includes(String(body['code']))) return { kind: 'refused', detail }
  const { results, summary, calls } = body as Partial<BatchAnswer>
  if (Array.isArray(results) && results.length === count) {
    const made = calls?.length ?? summary?.upstream_calls ?? 0
    const outage = status >= 500 ? { outage: detail } : {}
    return { kind: 'results', results, calls: made, ...outage, retryAfterMs }
  }
  if (status === TOO_LARGE) return { kind: 'too_large' }
  if (status >= 500 || LATER.includes(status)) return { kind: 'later', detail, retryAfterMs }
  return { kind: 'refused', detail }
}

/** The body of an answer, parsed or not, as an object; an empty one if it is none. */
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

/** An answer in one sentence. */
export function sayProblem(status: number, body: Readonly<Record<string, unknown>>): string {
  const { code, detail, title } = body
  if (typeof code !== 'string') return `The answer was HTTP ${status}, and not the gateway's.`
  return `The gateway answered ${status} ${code}: ${typeof detail === 'string' ? detail : String(title)}`
}

/** `Retry-After`, in seconds or as a date, in milliseconds; 0 if there is none. */
function readRetryAfter(value: string | null): number {
  if (value === null) return 0
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? 0 : Math.max(0, ms)
}
