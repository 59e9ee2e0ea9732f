import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { BatchAnswerSchema } from '../schemas/batch.ts'
import { AcceptedSchema, type JobAnswer } from '../schemas/job.ts'
import { type Answered, answerBatch } from '../src/updates/response.ts'
import type { Dependencies } from '../src/app.ts'
import { countAnonymous, authenticate, countUpdates } from '../src/http/authentication.ts'
import { type AccessControl, requirePermission } from '../src/callers/access-control.ts'
import type { Caller } from '../src/callers/caller.ts'
import { rejectedResult } from '../src/delivery/result.ts'
import { Problem } from '../src/errors.ts'
import { fingerprintOf, idempotencyKeyOf } from '../src/http/idempotency.ts'
import type { JobRequest } from '../src/jobs/jobs.ts'
import type { IdempotencyKey } from '../src/http/idempotency-record.ts'
import { readBatch } from '../src/leads/batch.ts'
import { ALL_RIGHTS } from '../src/leads/rights.ts'
import { preferredWait } from '../src/http/prefer.ts'
import { rawBody, refuseEncodedBodies } from '../src/http/body-rules.ts'
import { DEFAULT_ACCOUNT } from '../src/vicidial/account.ts'
import type { WebhookEndpoint } from '../src/webhooks/endpoint.ts'
import { readEvent, verifySender } from '../src/webhooks/receive.ts'
import { json, problems } from './responses.ts'

const ParamsSchema = Type.Object({
  source: Type.String({ description: 'The name of a webhook source, as configured.' })
})
const QuerySchema = Type.Object({
  wait: Type.Optional(
    Type.String({
      description:
        'Seconds, at most 25, to wait for the result; the answer is the result if there is one by then.'
    })
  )
})
type Webhook = {
  Params: Static<typeof ParamsSchema>
  Querystring: Static<typeof QuerySchema>
  Body: Buffer | null
}

/** Longer waits are cut off by many senders, and by proxies. */
const MAX_WAIT_SECONDS = 25
const NO_BODY = Buffer.alloc(0)

const anything = { schema: {} }
const schema = {
  operationId: 'receiveWebhook',
  summary: 'Take an event of a sender that cannot shape its requests',
  description:
    'How the sender proves itself and how its payload becomes updates is configured for each source. The updates are ' +
    'stored durably, and then delivered. A repeat of an event that is known by its id is answered as the first one was.',
  tags: ['webhooks'],
  security: [],
  params: ParamsSchema,
  querystring: QuerySchema,
  body: {
    content: {
      'application/json': anything,
      'application/x-www-form-urlencoded': anything,
      'text/plain': anything
    }
  },
  response: {
    202: json(
      'The updates are stored, and will be delivered; or the event is of no interest.',
      AcceptedSchema
    ),
    200: json('With `wait`: all leads were updated.', BatchAnswerSchema),
    207: json('With `wait`: some leads were updated, or none was found.', BatchAnswerSchema),
    ...problems(
      'unauthenticated',
      'permission_denied',
      'not_found',
      'invalid_json',
      'invalid_request',
      'payload_too_large',
      'unsupported_media_type',
      'idempotency_key_reused',
      'all_updates_rejected',
      'rate_limited',
      'overloaded',
      'internal_error'
    )
  }
}

/** `POST /v1/webhooks/{source}` */
export function webhookRoutes(dependencies: Dependencies, accessControl: AccessControl) {
  const { runtimeConfig, jobs, history, maxUpdatesPerRequest } = dependencies

  async function receive(request: FastifyRequest<Webhook>, reply: FastifyReply) {
    const endpoint = runtimeConfig.endpoint(request.params.source)
    if (endpoint === undefined) {
      countAnonymous(request, accessControl)
      throw new Problem('not_found', 'There is no webhook source of this name.')
    }
    const rawBody = request.body ?? NO_BODY
    request.rawBody = rawBody
    const caller = endpoint.isForCallers ? callerOfWebhook(endpoint, request) : undefined
    if (caller === undefined) prove(endpoint, request, rawBody, accessControl)
    const { headers } = request
    const { updates, eventId } = await readEvent(endpoint, { headers, rawBody }, maxUpdatesPerRequest)
    if (updates.length === 0) return reply.code(202).send({ id: null, status: 'ignored', updates: 0 })

    const defaults = {
      ...endpoint.options,
      ...(caller?.onLossy === 'reject' ? { onLossy: caller.onLossy } : {})
    }
    const allowed = caller?.rules(maxUpdatesPerRequest) ?? {
      rights: ALL_RIGHTS,
      maxUpdates: maxUpdatesPerRequest
    }
    const batch = readBatch({ updates }, { ...runtimeConfig.leads, ...allowed, defaults })
    if ('errors' in batch)
      throw new Problem(batch.code, batch.errors[0]?.detail ?? '', { errors: batch.errors })
    const { entries } = batch
    if (caller) countUpdates(request, entries.length)
    const origin = `webhook:${endpoint.name}`
    const name = caller?.name ?? origin
    const sender = {
      caller: name,
      requestId: request.id,
      ...(caller ? { keyId: caller.keyId } : {}),
      account: caller?.account ?? endpoint.account ?? DEFAULT_ACCOUNT,
      source: endpoint.source ?? caller?.source ?? dependencies.source
    }
    if (entries.every((entry) => 'refusals' in entry)) {
      await history.recordRejected(sender, entries)
      return answerBatch(request.id, entries, entries.map(rejectedResult), 0)
    }
    const job = {
      ...sender,
      origin,
      entries,
      // Another endpoint may number its events alike.
      ...repeatKeyOf(caller ? `${origin} ${name}` : origin, request, eventId)
    }
    return accept(job, request, reply)
  }

  /** @throws Problem unauthenticated, permission_denied, rate_limited */
  function callerOfWebhook({ name }: WebhookEndpoint, request: FastifyRequest): Caller {
    const caller = authenticate(request, accessControl)
    requirePermission(caller, `webhook:${name}`)
    return caller
  }

  async function accept(job: JobRequest, request: FastifyRequest<Webhook>, reply: FastifyReply) {
    const { answer, id, isRepeat } = await jobs.accept(job)
    if (isRepeat) reply.header('idempotency-replayed', 'true')
    else await history.recordRejected({ ...job, jobId: id }, job.entries)
    const ended = await jobs.ended(id, waitMs(request))
    const result = ended && resultOf(id, job, ended)
    if (result === undefined) return reply.code(answer.httpStatus).type(answer.contentType).send(answer.body)
    return reply.code(result.httpStatus).send(result.body)
  }

  return async (app: FastifyInstance) => {
    refuseEncodedBodies(app)
    rawBody(app)
    app.post<Webhook>('/v1/webhooks/:source', { schema, validatorCompiler: () => () => true }, receive)
  }
}

/** The result as a batch's; undefined if it is a problem of VICIdial's: it is stored, and nothing for the sender to repeat. */
function resultOf(id: string, job: JobRequest, ended: JobAnswer): Answered | undefined {
  try {
    return answerBatch(id, job.entries, ended.results, ended.summary.upstream_calls)
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

/** @throws Problem unauthenticated, rate_limited */
function prove(
  endpoint: WebhookEndpoint,
  request: FastifyRequest,
  rawBody: Buffer,
  accessControl: AccessControl
): void {
  const { method, url, headers } = request
  const refusal = verifySender(endpoint, { method, url, headers, rawBody, now: Date.now() })
  if (refusal === undefined) return
  accessControl.countWrongKey(request.ip)
  throw refusal
}

/**
 * By what a repeat will be known: the event's id, or without one the sender's own `Idempotency-Key`, which no
 * signature covers: it must not make another event of a known one, nor stand for the id of one.
 */
function repeatKeyOf(
  caller: string,
  request: FastifyRequest,
  eventId: string | undefined
): { repeat?: IdempotencyKey } {
  // A sender that repeats an event may write it anew: its id alone counts.
  if (eventId !== undefined) return { repeat: { caller, key: `event:${eventId}`, fingerprint: '' } }
  const key = idempotencyKeyOf(request)
  return key === undefined
    ? {}
    : { repeat: { caller, key: `key:${key}`, fingerprint: fingerprintOf(request) } }
}

function waitMs(request: FastifyRequest<Webhook>): number {
  const { wait } = request.query
  const seconds = wait !== undefined && /^[0-9]{1,5}$/.test(wait) ? Number(wait) : preferredWait(request)
  return Math.min(seconds ?? 0, MAX_WAIT_SECONDS) * 1_000
}
