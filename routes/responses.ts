import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { ProblemSchema } from '../schemas/problem.ts'
import { ref } from '../schemas/ref.ts'
import { ERRORS, type RequestCode } from '../src/errors.ts'
import type { IdempotencyRecord } from '../src/http/idempotency-record.ts'
import { STATUS_CODES } from '../src/http/node-http.ts'
import { logJob } from '../src/http/request-log.ts'

/** A JSON response with its description. */
export function json(description: string, schema: TSchema) {
  return { description, content: { 'application/json': { schema: ref(schema) } } }
}

/** Responses to a request that did not arrive whole. */
const INCOMPLETE_REQUEST = {
  408: problem('The request did not arrive in time. The code is invalid_request.'),
  431: problem('The headers are longer than 16 KiB. The code is invalid_request.')
}

function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: ref(ProblemSchema) } } }
}

/** The problem responses of a route, by HTTP status, each described by its codes. */
export function problems(...codes: RequestCode[]): Readonly<Record<number, ReturnType<typeof problem>>> {
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status)
  return {
    ...INCOMPLETE_REQUEST,
    ...Object.fromEntries(
      [...byStatus].map(([status, ofStatus]) => [
        status,
        problem(`${STATUS_CODES[status]}: ${ofStatus.map((code) => `\`${code}\``).join(', ')}`)
      ])
    )
  }
}

/** Problems of any request with a key. */
export const COMMON_PROBLEMS: RequestCode[] = [
  'unauthenticated',
  'permission_denied',
  'invalid_request',
  'unsupported_media_type',
  'rate_limited',
  'internal_error',
  'overloaded'
]

/** Problems of any request that changes something: it may have a body and an `Idempotency-Key`. */
export const CHANGE_PROBLEMS: RequestCode[] = [
  ...COMMON_PROBLEMS,
  'invalid_json',
  'conflict',
  'payload_too_large',
  'idempotency_key_reused'
]

/** Problems of any request that needs VICIdial. */
export const UPSTREAM_PROBLEMS: RequestCode[] = [
  'upstream_login_failed',
  'upstream_permission_denied',
  'upstream_error',
  'upstream_locked_out',
  'upstream_unproven',
  'upstream_unavailable',
  'upstream_timeout'
]

/** Problems of any request that sends updates to VICIdial. */
export const UPDATE_PROBLEMS: RequestCode[] = [
  ...CHANGE_PROBLEMS,
  'all_updates_rejected',
  ...UPSTREAM_PROBLEMS
]

/** Sends a response that was stored together with the jobs that it accepts. */
export function sendStored(
  { response, isRepeat }: { readonly response: IdempotencyRecord; readonly isRepeat: boolean },
  request: FastifyRequest,
  reply: FastifyReply
): FastifyReply {
  request.isResponseStored = true
  logJob(request, response)
  if (isRepeat) reply.header('idempotency-replayed', 'true')
  return reply.code(response.httpStatus).type(response.contentType).send(response.body)
}
