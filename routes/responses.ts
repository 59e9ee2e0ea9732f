import { STATUS_CODES } from 'node:http'
import type { TSchema } from 'typebox'
import { ProblemSchema } from '../schemas/problem.ts'
import { ref } from '../schemas/ref.ts'
import { ERRORS, type RequestCode } from '../src/errors.ts'

/** A described JSON answer. */
export function json(description: string, schema: TSchema) {
  return { description, content: { 'application/json': { schema: ref(schema) } } }
}

/** The problem answers of a route, by HTTP status, each described by its codes. */
export function problems(...codes: RequestCode[]) {
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: `${STATUS_CODES[status]}: ${ofStatus.map((code) => `\`${code}\``).join(', ')}`,
        content: { 'application/problem+json': { schema: ref(ProblemSchema) } }
      }
    ])
  )
}

/** What can go wrong with every request that carries a key. */
export const COMMON_PROBLEMS: RequestCode[] = [
  'unauthenticated',
  'permission_denied',
  'invalid_request',
  'unsupported_media_type',
  'internal_error',
  'overloaded'
]

/** What can go wrong with every request that changes something: it may have a body and an `Idempotency-Key`. */
export const CHANGE_PROBLEMS: RequestCode[] = [
  ...COMMON_PROBLEMS,
  'invalid_json',
  'conflict',
  'payload_too_large',
  'idempotency_key_reused'
]

/** What can go wrong with every request that sends updates to VICIdial. */
export const UPDATE_PROBLEMS: RequestCode[] = [
  ...CHANGE_PROBLEMS,
  'all_updates_rejected',
  'upstream_login_failed',
  'upstream_permission_denied',
  'upstream_error',
  'upstream_locked_out',
  'upstream_unavailable',
  'upstream_timeout'
]
