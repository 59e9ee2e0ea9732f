import { createHash } from 'node:crypto'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Result } from '../../schemas/batch.ts'
import { callerOf } from './authentication.ts'
import { isServerError, Problem } from '../errors.ts'
import {
  IDEMPOTENCY_KEY_TTL_MS,
  type IdempotencyKey,
  type SavedResponses,
  refuseOther
} from './idempotency-record.ts'
import { logJob } from './request-log.ts'
import { steadyNow } from '../steady-clock.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What identifies a repeat of this request; null if it has no `Idempotency-Key`. */
    idempotencyKey: IdempotencyKey | null
    /** Whether the response is already stored, together with the job that it accepted. */
    isResponseStored: boolean
    /** Whether a retry might improve the response: something failed that may succeed later. */
    isTransient: boolean
  }
}

const RETRY_AFTER_SECONDS = '1'
/** A key, bare or as the quoted string of a structured header (RFC 9651). */
const KEY = /^(?:"([\x20-\x21\x23-\x5B\x5D-\x7E]{1,255})"|([\x21\x23-\x7E]{1,255}))$/
/** Other methods change nothing, so their responses are always new. */
const CHANGING: ReadonlySet<string> = new Set(['POST', 'PATCH'])
/** Like server errors, these aren't stored: they depend on the caller's rights, another request, or limits. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([403, 409, 429])

/**
 * Makes requests of this scope repeatable: the same request with the same `Idempotency-Key` gets the same response for
 * 24 hours, also after a restart. A repeat is a conflict while the first request is in progress, which lasts until its
 * response is stored, even if its sender has left.
 */
export function idempotency(scope: FastifyInstance, store: SavedResponses, log: FastifyBaseLogger): void {
  scope.decorateRequest('idempotencyKey', null)
  scope.decorateRequest('isResponseStored', false)
  scope.decorateRequest('isTransient', false)

  scope.addHook('preHandler', async (request, reply) => {
    const key = CHANGING.has(request.method) ? idempotencyKeyOf(request) : undefined
    if (key === undefined) return undefined
    const idempotencyKey = { caller: callerOf(request).name, key, fingerprint: fingerprintOf(request) }
    const found = await store.begin(idempotencyKey.caller, key, steadyNow() - IDEMPOTENCY_KEY_TTL_MS)
    if (found === 'in_progress') throw stillInProgress()
    if (found === 'begun') {
      request.idempotencyKey = idempotencyKey
      return undefined
    }
    refuseOther(found, idempotencyKey)
    logJob(request, found)
    return reply
      .code(found.httpStatus)
      .header('idempotency-replayed', 'true')
      .type(found.contentType)
      .send(found.body)
  })

  scope.addHook('preSerialization', async (request, _reply, payload) => {
    if (request.idempotencyKey !== null) request.isTransient = hasTransientFailure(payload)
    return payload
  })

  // Unlike onResponse, this runs even if the connection has been closed.
  scope.addHook('onSend', async (request, reply, payload) => {
    const { idempotencyKey } = request
    if (idempotencyKey === null) return
    await save(request, idempotencyKey, reply, payload)
    request.idempotencyKey = null
    await store.end(idempotencyKey.caller, idempotencyKey.key).catch((error: unknown) => {
      log.error({ err: error, request_id: request.id }, 'the end of a request cannot be stored')
    })
  })

  async function save(
    request: FastifyRequest,
    idempotencyKey: IdempotencyKey,
    reply: FastifyReply,
    payload: unknown
  ) {
    const { isResponseStored, isTransient } = request
    const { statusCode } = reply
    const isFinal = !isTransient && !isServerError(statusCode) && !TRANSIENT_STATUSES.has(statusCode)
    if (isResponseStored || !isFinal || typeof payload !== 'string') return
    const record = {
      ...idempotencyKey,
      httpStatus: reply.statusCode,
      contentType: String(reply.getHeader('content-type')),
      body: payload,
      at: steadyNow()
    }
    await store.save(record).catch((error: unknown) => {
      // The sender still gets its response, but a repeat would run the request again.
      log.error({ err: error, request_id: request.id }, 'answer cannot be stored')
    })
  }
}

/** Whether a response has a result with a retryable error. */
function hasTransientFailure(body: unknown): boolean {
  const { results = [] } = body as { results?: readonly Result[] }
  return results.some(({ error }) => error?.retryable)
}

/**
 * The `Idempotency-Key` of a request; undefined if it has none.
 * @throws Problem invalid_request if it is not well formed
 */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key']
  if (header === undefined) return undefined
  const [, quoted, bare] = KEY.exec(String(header)) ?? []
  const key = quoted ?? bare
  if (key !== undefined) return key
  const detail = 'Idempotency-Key must be 1 to 255 visible ASCII characters, bare or in double quotes.'
  throw new Problem('invalid_request', detail, {
    errors: [{ pointer: '', code: 'invalid_request', detail }]
  })
}

/** Tells requests with the same key apart. The body must have been read. */
export function fingerprintOf({ method, url, rawBody }: FastifyRequest): string {
  const whole = createHash('sha256').update(`${method} ${url}\n`)
  return whole.update(rawBody ?? '').digest('hex')
}

function stillInProgress(): Problem {
  const detail = 'A request with this Idempotency-Key is in progress: repeat it later to get its answer.'
  return new Problem('conflict', detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } })
}
