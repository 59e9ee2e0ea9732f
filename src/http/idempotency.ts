import { hash } from 'node:crypto'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Result } from '../../schemas/batch.ts'
import { callerOf } from './authentication.ts'
import { Problem } from '../errors.ts'
import { refuseOther, type IdempotencyKey } from '../jobs/jobs.ts'
import { IDEMPOTENCY_KEY_TTL_MS, type Outbox } from '../outbox/outbox.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** By what a repeat of this request will be known; null if its sender did not ask for that. */
    idempotencyKey: IdempotencyKey | null
    /** Whether its answer is stored already, together with what it accepted. */
    isAnswerStored: boolean
    /** Whether a repeat may have a better answer: something failed that may succeed later. */
    isTransient: boolean
  }
}

const RETRY_AFTER_SECONDS = '1'
/** A key, bare or as the quoted string of a structured header (RFC 9651). */
const KEY = /^(?:"([\x20-\x21\x23-\x5B\x5D-\x7E]{1,255})"|([\x21\x23-\x7E]{1,255}))$/
/** Other requests change nothing: their answer is always a new one. */
const CHANGING: ReadonlySet<string> = new Set(['POST', 'PATCH'])
/** Answers that say that nothing was done: the same request may have another answer next time. */
const FIRST_UNKNOWN_STATUS = 500
/** Nor are those kept that speak of what changes: the caller's rights, another request, the limits. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([403, 409, 429])

/**
 * Makes requests of this scope repeatable: with the same `Idempotency-Key` and the same request the answer is the
 * same, for 24 hours and across restarts. A repeat that comes while the first is in progress is a conflict; it is in
 * progress until its answer is stored, whether or not its sender waits for it.
 */
export function idempotency(scope: FastifyInstance, outbox: Outbox, log: FastifyBaseLogger): void {
  const inProgress = new Set<string>()
  scope.decorateRequest('idempotencyKey', null)
  scope.decorateRequest('isAnswerStored', false)
  scope.decorateRequest('isTransient', false)

  scope.addHook('preHandler', async (request, reply) => {
    const key = CHANGING.has(request.method) ? idempotencyKeyOf(request) : undefined
    if (key === undefined) return undefined
    const repeatKey = { caller: callerOf(request).name, key, fingerprint: fingerprintOf(request) }
    const name = nameOf(repeatKey)
    if (inProgress.has(name)) throw stillInProgress()
    inProgress.add(name)
    request.idempotencyKey = repeatKey
    const known = await outbox.findAnswer(repeatKey.caller, key, Date.now() - IDEMPOTENCY_KEY_TTL_MS)
    if (known === undefined) return undefined
    request.isAnswerStored = true
    refuseOther(known, repeatKey)
    return reply
      .code(known.httpStatus)
      .header('idempotency-replayed', 'true')
      .type(known.contentType)
      .send(known.body)
  })

  scope.addHook('preSerialization', async (request, _reply, payload) => {
    if (request.idempotencyKey !== null) request.isTransient = hasTransientFailure(payload)
    return payload
  })

  // Runs for every answer, even if the connection is closed by then; onResponse would not.
  scope.addHook('onSend', async (request, reply, payload) => {
    const { idempotencyKey } = request
    if (idempotencyKey === null) return
    await keep(request, idempotencyKey, reply, payload)
    request.idempotencyKey = null
    inProgress.delete(nameOf(idempotencyKey))
  })

  async function keep(
    request: FastifyRequest,
    repeatKey: IdempotencyKey,
    reply: FastifyReply,
    payload: unknown
  ) {
    const { isAnswerStored, isTransient } = request
    const { statusCode } = reply
    const isFinal = !isTransient && statusCode < FIRST_UNKNOWN_STATUS && !TRANSIENT_STATUSES.has(statusCode)
    if (isAnswerStored || !isFinal || typeof payload !== 'string') return
    const answer = {
      ...repeatKey,
      httpStatus: reply.statusCode,
      contentType: String(reply.getHeader('content-type')),
      body: payload,
      at: Date.now()
    }
    await outbox.saveAnswer(answer).catch((error: unknown) => {
      // What was done is done: its sender learns that, though a repeat would do it again.
      log.error({ err: error, request_id: request.id }, 'answer cannot be stored')
    })
  }
}

/** Whether an answer has a result that says that the same update may succeed later. */
function hasTransientFailure(answer: unknown): boolean {
  const { results = [] } = answer as { results?: readonly Result[] }
  return results.some(({ error }) => error?.retryable)
}

/**
 * The `Idempotency-Key` of a request, if it has one.
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

/** What tells requests apart that have the same key; the body must have been read. */
export function fingerprintOf({ method, url, rawBody }: FastifyRequest): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${method} ${url}\n`), rawBody ?? Buffer.alloc(0)]))
}

function nameOf({ caller, key }: IdempotencyKey): string {
  return `${caller} ${key}`
}

function stillInProgress(): Problem {
  const detail = 'A request with this Idempotency-Key is in progress; its answer comes to a later repeat.'
  return new Problem('conflict', detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } })
}
