import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { BatchAnswerSchema } from '../schemas/batch.ts'
import { AcceptedSchema, type JobResponse } from '../schemas/job.ts'
import { ref } from '../schemas/ref.ts'
import { type AccessControl, requirePermission } from '../src/callers/access-control.ts'
import type { Caller } from '../src/callers/caller.ts'
import type { RuntimeConfig } from '../src/config/runtime-config.ts'
import { Problem } from '../src/errors.ts'
import { authenticate, countAnonymous, countWrongKey } from '../src/http/authentication.ts'
import { rawBody, refuseEncodedBodies } from '../src/http/body-rules.ts'
import { fingerprintOf, idempotencyKeyOf } from '../src/http/idempotency.ts'
import type { IdempotencyKey } from '../src/http/idempotency-record.ts'
import { loadShedding } from '../src/http/load-shedding.ts'
import type { RequestBodies } from '../src/http/request-bodies.ts'
import { preferredWait } from '../src/http/client-wait.ts'
import type { Jobs } from '../src/jobs/jobs.ts'
import { type BatchResponse, batchResponse } from '../src/updates/response.ts'
import type { Entry, Sender, Updates } from '../src/updates/updates.ts'
import { DEFAULT_ACCOUNT } from '../src/vicidial/account.ts'
import type { WebhookEndpoint } from '../src/webhooks/endpoint.ts'
import type { AuthFault, VerifyBody } from '../src/webhooks/auth/auth.ts'
import { notVerified, readEvent } from '../src/webhooks/receive.ts'
import { json, problems } from './responses.ts'

const ParamsSchema = Type.Object({
  source: Type.String({ description: 'The name of a webhook source, as configured.' })
})
const QuerySchema = Type.Object({
  wait: Type.Optional(
    Type.String({
      description: 'Seconds to wait for the result, at most 25. If it is there by then, it is the response.'
    })
  )
})
type Webhook = {
  Params: Static<typeof ParamsSchema>
  Querystring: Static<typeof QuerySchema>
  Body: Buffer | null
}

/** In seconds: many senders and proxies cut off longer waits. */
const MAX_WAIT_SECONDS = 25
const NO_BODY = Buffer.alloc(0)
/** The longest body that may hold its sender's key, in bytes: reading it costs time before the sender is known. */
const MAX_KEY_BODY_BYTES = 262_144
const PATH = '/v1/webhooks/:source'

/** The answer to a challenge in a body: the challenge, and perhaps its HMAC, by the names that the sender gives them. */
const ChallengeSchema = Type.Record(Type.String(), Type.String())

const NOTHING_SENT: ReadonlySet<AuthFault> = new Set(['credential_missing', 'signature_missing'])

const anything = { schema: {} }
const schema = {
  operationId: 'receiveWebhook',
  summary: 'Receive a webhook event',
  description:
    'For services whose payload you cannot change. The configuration of each source says how its sender proves itself, and ' +
    'how a payload becomes updates. They are stored on disk, then delivered. A repeat of a known event id gets the first ' +
    'response again.',
  tags: ['webhooks'],
  security: [],
  params: ParamsSchema,
  querystring: QuerySchema,
  body: {
    content: {
      'application/json': anything,
      'application/x-www-form-urlencoded': anything,
      'multipart/form-data': anything,
      'text/plain': anything
    }
  },
  response: {
    202: json(
      'The updates are stored, and will be delivered; or the source ignores the event.',
      AcceptedSchema
    ),
    200: {
      description:
        'With `wait`: all leads were updated. From sources whose senders want exactly 200: what else would be 202 or 207. ' +
        'To a sender that asks whether this is its address: its own challenge.',
      content: {
        'application/json': {
          schema: Type.Union([ref(BatchAnswerSchema), ref(AcceptedSchema), ChallengeSchema])
        },
        'text/plain': { schema: Type.String() }
      }
    },
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

declare module 'fastify' {
  interface FastifyRequest {
    /** A webhook as far as it is read; null for other requests. */
    webhook: ReceivedWebhook | null
  }
}

interface ReceivedWebhook {
  readonly endpoint: WebhookEndpoint
  /** Verifies the signature, if it has one. */
  readonly verifyBody?: VerifyBody
  /** The parsed body, if its key is in it. */
  readonly payload?: unknown
}

export interface WebhookOptions {
  readonly runtimeConfig: Pick<RuntimeConfig, 'endpoint'>
  readonly updates: Updates
  readonly jobs: Pick<Jobs, 'ended'>
  /** Updates that one event may have. */
  readonly maxUpdates: number
  /** VICIdial's `source`, for endpoints and callers without their own. */
  readonly source: string
  readonly accessControl: AccessControl
  readonly bodies: RequestBodies
  /** See `loadShedding`. */
  readonly maxEventLoopDelayMs: number
}

/** `POST /v1/webhooks/{source}`; also `GET`, for senders that ask first whether the address is theirs */
export function webhookRoutes(options: WebhookOptions) {
  const { runtimeConfig, updates, jobs, maxUpdates, source, accessControl, bodies } = options

  async function receive(request: FastifyRequest<Webhook>, reply: FastifyReply) {
    const { endpoint, payload = await parse(request) } = webhookOf(request)
    const { headers, caller } = request
    if (request.sender === null) throw new Error('a webhook was not verified')
    const challenge = endpoint.answerPayload(payload)
    if (challenge !== undefined) return reply.code(200).send(challenge)
    const bytes = request.body?.length ?? 0
    const event = await readEvent(endpoint, { headers, payload, bytes }, maxUpdates)
    if (event.updates.length === 0) return reply.code(202).send({ id: null, status: 'ignored', updates: 0 })

    // Of the two settings, the stricter one.
    const stricter = {
      ...(caller?.onLossy === 'reject' && { onLossy: caller.onLossy }),
      ...(caller?.keyMatch === 'exact' && { keyMatch: caller.keyMatch })
    }
    const { entries } = updates.read({ updates: event.updates }, caller ?? undefined, {
      ...endpoint.options,
      ...stricter
    })
    caller?.limits.take('updates', entries.length)
    const sender = senderOf(endpoint, caller, request.id)
    const key = idempotencyKeyOfEvent(endpoint, caller, request, event.eventId)
    const { id, response, isRepeat } = await updates.accept(entries, sender, originOf(endpoint), key)
    if (isRepeat) reply.header('idempotency-replayed', 'true')
    const job = await jobs.ended(id, waitMs(request))
    const result = job && responseOf(job, entries)
    if (result) return reply.code(result.httpStatus).send(result.body)
    return reply.code(response.httpStatus).type(response.contentType).send(response.body)
  }

  /**
   * Finds the endpoint, and checks the sender as far as possible before the body is read.
   * @throws Problem not_found, unauthenticated, permission_denied, rate_limited
   */
  async function checkHead(request: FastifyRequest<Webhook>, reply: FastifyReply): Promise<unknown> {
    const endpoint = runtimeConfig.endpoint(request.params.source)
    if (endpoint === undefined && request.method === 'POST')
      throw new Problem('not_found', 'There is no webhook source of this name.')
    if (endpoint === undefined) throw onlyPost(request)
    request.webhook = { endpoint }
    const answer = endpoint.answerHead(request)
    if (answer !== undefined) {
      if (typeof answer === 'string') throw refused(endpoint, answer, request)
      countAnonymous(request, accessControl)
      return reply.type('text/plain; charset=utf-8').send(answer.text)
    }
    if (request.method !== 'POST') throw endpoint.hasQueryChallenge ? withoutChallenge() : onlyPost(request)
    if (endpoint.hasKeyInBody) return undefined
    if (endpoint.isForCallers) {
      requirePermission(authenticate(request, accessControl), `webhook:${endpoint.name}`)
      return undefined
    }
    const checked = endpoint.verifyHead(request)
    if (typeof checked === 'string') throw refused(endpoint, checked, request)
    if (checked === undefined) request.sender = originOf(endpoint)
    else request.webhook = { endpoint, verifyBody: checked }
    return undefined
  }

  /**
   * Checks the sender that signs the body, or has its key in it. A signature takes no points of its address before: whoever proves itself is
   * let in from any address, and the HMAC of a body costs less than receiving it.
   * @throws Problem unauthenticated, rate_limited
   */
  async function checkBody(request: FastifyRequest<Webhook>): Promise<void> {
    const { endpoint, verifyBody } = webhookOf(request)
    if (endpoint.hasKeyInBody) await checkKeyInBody(request)
    if (verifyBody === undefined) return
    const fault = verifyBody(request.body ?? NO_BODY, Date.now())
    if (fault !== undefined) throw refused(endpoint, fault, request)
    request.sender = originOf(endpoint)
  }

  /** @throws Problem unauthenticated, rate_limited, invalid_json, invalid_request, unsupported_media_type */
  async function checkKeyInBody(request: FastifyRequest<Webhook>): Promise<void> {
    const { endpoint } = webhookOf(request)
    const giveBack = accessControl.countBody(request.ip, request.body?.length ?? 0)
    const payload = await parse(request)
    const fault = endpoint.takeBodyKey(payload)
    if (fault !== undefined) throw refused(endpoint, fault, request)
    giveBack()
    request.sender = originOf(endpoint)
    request.webhook = { endpoint, payload }
  }

  async function parse(request: FastifyRequest<Webhook>): Promise<unknown> {
    const { endpoint } = webhookOf(request)
    return endpoint.parse(request.body ?? NO_BODY, request.headers['content-type'])
  }

  function readBody(request: FastifyRequest): Promise<Buffer> {
    if (request.webhook?.endpoint.hasKeyInBody !== true) return bodies.read(request)
    return bodies.read(request, { limit: MAX_KEY_BODY_BYTES })
  }

  function refused(endpoint: WebhookEndpoint, fault: AuthFault, request: FastifyRequest<Webhook>): Problem {
    // Who sends nothing to prove itself tries nothing, and may wait for the challenge.
    if (!NOTHING_SENT.has(fault)) countWrongKey(request, accessControl)
    return notVerified(endpoint, fault)
  }

  function senderOf(endpoint: WebhookEndpoint, caller: Caller | null, requestId: string): Sender {
    return {
      caller: caller?.name ?? originOf(endpoint),
      requestId,
      ...(caller && { keyId: caller.keyId }),
      account: caller?.account ?? endpoint.account ?? DEFAULT_ACCOUNT,
      source: endpoint.source ?? caller?.source ?? source
    }
  }

  return async (app: FastifyInstance) => {
    app.decorateRequest('webhook', null)
    refuseEncodedBodies(app)
    app.addHook<Webhook>('onRequest', checkHead)
    loadShedding(app, options.maxEventLoopDelayMs)
    rawBody(app, readBody)
    app.addHook('onSend', (request, reply, payload, done) => {
      const { answerStatus } = request.webhook?.endpoint ?? {}
      if (answerStatus !== undefined && reply.statusCode < 300) reply.code(answerStatus)
      done(null, payload)
    })
    app.get<Webhook>(PATH, { config: { mayBeOff: true }, schema: { hide: true } }, () => {
      throw new Error('a webhook that no hook has answered')
    })
    app.post<Webhook>(PATH, { schema, preHandler: checkBody, validatorCompiler: () => () => true }, receive)
  }
}

function onlyPost({ method }: FastifyRequest): Problem {
  const detail = `This path takes POST, and not ${method}.`
  return new Problem('method_not_allowed', detail, { headers: { allow: 'POST' } })
}

function withoutChallenge(): Problem {
  const detail = 'A GET must have the challenge that the verification of this webhook source names.'
  return new Problem('invalid_request', detail)
}

function webhookOf({ webhook }: FastifyRequest<Webhook>): NonNullable<FastifyRequest['webhook']> {
  if (webhook === null) throw new Error('a webhook was not checked')
  return webhook
}

function originOf({ name }: WebhookEndpoint): string {
  return `webhook:${name}`
}

/** The response to a job that has ended; undefined if VICIdial failed, because the sender has nothing to repeat. */
function responseOf(job: JobResponse, entries: readonly Entry[]): BatchResponse | undefined {
  const { id, results, summary } = job
  try {
    return batchResponse(id, entries, { results, upstreamCalls: summary.upstream_calls })
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

/**
 * What identifies a repeat of an event: the event's id, else the sender's `Idempotency-Key`. The prefixes keep the two
 * apart, because no signature covers the header.
 */
function idempotencyKeyOfEvent(
  endpoint: WebhookEndpoint,
  sender: Caller | null,
  request: FastifyRequest,
  eventId: string | undefined
): IdempotencyKey | undefined {
  // Two endpoints may receive the same event ids.
  const origin = originOf(endpoint)
  const caller = sender ? `${origin} ${sender.name}` : origin
  // The body of a repeated event may differ, so only its id counts.
  if (eventId !== undefined) return { caller, key: `event:${eventId}`, fingerprint: '' }
  const key = idempotencyKeyOf(request)
  return key === undefined ? undefined : { caller, key: `key:${key}`, fingerprint: fingerprintOf(request) }
}

function waitMs(request: FastifyRequest<Webhook>): number {
  const { wait } = request.query
  const seconds = wait !== undefined && /^[0-9]{1,5}$/.test(wait) ? Number(wait) : preferredWait(request)
  return Math.min(seconds ?? 0, MAX_WAIT_SECONDS) * 1_000
}
