import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { BatchAnswerSchema } from '../schemas/batch.ts'
import { type Accepted, AcceptedSchema, type JobResponse } from '../schemas/job.ts'
import { ref } from '../schemas/ref.ts'
import { WebhookAnswerSchema, WebhookFormSchema, WebhookPayloadSchema } from '../schemas/webhook.ts'
import type { AccessControl } from '../src/callers/access-control.ts'
import type { Caller } from '../src/callers/caller.ts'
import type { RuntimeConfig } from '../src/config/runtime-config.ts'
import { Problem } from '../src/errors.ts'
import { rawBody, refuseEncodedBodies } from '../src/http/body/body-rules.ts'
import { fingerprintOf, idempotencyKeyOf } from '../src/http/idempotency.ts'
import type { Repeats } from '../src/http/idempotency-record.ts'
import { loadShedding } from '../src/http/load-shedding.ts'
import { sends, takes } from '../src/http/openapi/headers.ts'
import { OF_WEBHOOKS } from '../src/http/openapi/security.ts'
import type { RequestBodies } from '../src/http/body/request-bodies.ts'
import { preferredWait } from '../src/http/client-wait.ts'
import { logJob } from '../src/http/request-log.ts'
import type { Jobs } from '../src/jobs/jobs.ts'
import type { WebhookActivity } from '../src/ops/senders/webhook-activity.ts'
import { type BatchResponse, batchResponse } from '../src/updates/response.ts'
import type { Entry, Sender, Updates } from '../src/updates/updates.ts'
import { DEFAULT_ACCOUNT } from '../src/vicidial/account.ts'
import type { MappedEvents, WebhookEndpoint } from '../src/webhooks/endpoint.ts'
import {
  readEvents,
  type UnusedEvents,
  unusedEvents,
  unusedPayload,
  unusedWhole
} from '../src/webhooks/receive.ts'
import type { ResultObserver } from '../src/telemetry/observer.ts'
import { MappingError } from '../src/webhooks/mapping/mapping-error.ts'
import { json, problems } from './responses.ts'
import { recordWebhook } from './webhook-record.ts'
import { originOf, payloadOf, webhookOf, webhookSenders } from './webhook-senders.ts'

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
const PATH = '/v1/webhooks/:source'
/** The message of the log. */
const NOT_USED = 'webhook events not used'

const payload = { schema: ref(WebhookPayloadSchema) }
const form = { schema: ref(WebhookFormSchema) }
const schema = {
  operationId: 'receiveWebhook',
  summary: 'Receive a webhook event',
  description:
    'For services whose payload you cannot change. The entry of the source in the gateway file says how its sender ' +
    'authenticates, in one of the ways listed under Authorize, and how a payload becomes updates. They are stored on disk, ' +
    'then delivered. A repeat of a known event id gets the first response again.',
  tags: ['webhooks'],
  security: OF_WEBHOOKS,
  ...takes('Wait'),
  params: ParamsSchema,
  querystring: QuerySchema,
  body: {
    content: {
      'application/json': payload,
      'application/x-www-form-urlencoded': form,
      'multipart/form-data': form,
      'text/plain': payload
    }
  },
  response: {
    202: {
      ...json(
        'The updates are stored, and will be delivered; or the source ignores the event.',
        AcceptedSchema
      ),
      ...sends('IdempotencyReplayed')
    },
    200: {
      description:
        'With `wait`: all leads were updated. With `answer_status: 200`: also every answer that would be 202 or 207. ' +
        'To a sender that asks whether this is its address: its own challenge.',
      content: {
        'application/json': { schema: ref(WebhookAnswerSchema) },
        'text/plain': { schema: Type.String() }
      },
      ...sends('IdempotencyReplayed')
    },
    207: {
      ...json('With `wait`: some leads were updated, or none was found.', BatchAnswerSchema),
      ...sends('IdempotencyReplayed')
    },
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

const challengeSchema = {
  operationId: 'answerChallenge',
  summary: 'Answer a sender that asks whether this is its address',
  description:
    'Some services first send a challenge, or look whether there is an answer. The entry of the source in the gateway file ' +
    'says how (`verification`). The challenge comes back as text.',
  tags: ['webhooks'],
  security: [],
  params: ParamsSchema,
  response: {
    200: {
      description: 'The challenge; empty if the sender only looks whether there is an answer.',
      content: { 'text/plain': { schema: Type.String() } }
    },
    ...problems(
      'unauthenticated',
      'invalid_request',
      'method_not_allowed',
      'rate_limited',
      'overloaded',
      'internal_error'
    )
  }
}

export interface WebhookOptions {
  readonly runtimeConfig: Pick<RuntimeConfig, 'endpoint'>
  readonly updates: Updates
  readonly jobs: Pick<Jobs, 'ended'>
  readonly observer: ResultObserver
  /** Absent if there is no operations page to show it. */
  readonly activity?: WebhookActivity | undefined
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
  const { updates, jobs, observer, maxUpdates, source, activity, runtimeConfig } = options
  const { checkHead, checkBody, readBody } = webhookSenders(options)

  async function receive(request: FastifyRequest<Webhook>, reply: FastifyReply) {
    const webhook = webhookOf(request)
    if (!webhook.isVerified) throw new Error('a webhook was not verified')
    const { endpoint, payload = await payloadOf(request) } = webhook
    webhook.payload = payload
    const { headers } = request
    const challenge = endpoint.answerPayload(payload)
    webhook.isAnswered = challenge !== undefined
    if (challenge !== undefined) return reply.code(200).send(challenge)
    const bytes = request.body?.length ?? 0
    try {
      const events = await endpoint.map(payload, { headers, maxItems: maxUpdates, bytes })
      webhook.ignored = events.ignored
      return await takeEvents(endpoint, events, request, reply)
    } catch (error) {
      if (error instanceof MappingError) {
        noteUnused(request, unusedWhole(error))
        const { caller, account } = senderOf(endpoint, request.caller, request.id)
        observer.updatesEnded({ caller, account, status: 'rejected', code: 'invalid_request', count: 1 })
      }
      const unused = unusedPayload(error)
      if (unused === undefined) throw error
      if (endpoint.onUnmapped === 'refuse') throw unused
      const { results = [], errors } = unused.extra as { results?: unknown[]; errors?: Accepted['errors'] }
      webhook.ignored += results.length
      return reply.code(202).send({ ...ignoredAnswer(webhook.ignored), errors })
    }
  }

  async function takeEvents(
    endpoint: WebhookEndpoint,
    events: MappedEvents,
    request: FastifyRequest<Webhook>,
    reply: FastifyReply
  ) {
    const { caller } = request
    const entries = readEvents(updates, endpoint, events, caller)
    const sender = senderOf(endpoint, caller, request.id)
    const unused = unusedEvents(events, entries)
    if (unused !== undefined) noteUnused(request, unused)
    if (events.ignored > 0) {
      const { caller: name, account } = sender
      observer.updatesEnded({ caller: name, account, status: 'ignored', count: events.ignored })
    }
    if (entries.length === 0) return reply.code(202).send(ignoredAnswer(events.ignored))
    await caller?.limits.take('updates', entries.length)
    const { id, response, isRepeat } = await updates.accept(entries, sender, originOf(endpoint), {
      ...repeatsOf(endpoint, caller, request, events.eventIds),
      ignored: events.ignored
    })
    webhookOf(request).job = { id, isRepeat, updates: entries.length }
    logJob(request, response)
    if (isRepeat) reply.header('idempotency-replayed', 'true')
    const job = await jobs.ended(id, waitMs(request))
    const result = job && responseOf(job, entries)
    if (result) return reply.code(result.httpStatus).send(result.body)
    return reply.code(response.httpStatus).type(response.contentType).send(response.body)
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
    app.addHook<Webhook>('onRequest', checkHead)
    refuseEncodedBodies(app)
    loadShedding(app, options.maxEventLoopDelayMs)
    rawBody(app, readBody)
    app.addHook('onSend', (request, reply, payload, done) => {
      const { answerStatus } = request.webhook?.endpoint ?? {}
      if (answerStatus !== undefined && reply.statusCode < 300) reply.code(answerStatus)
      if (activity) recordWebhook(request, reply.statusCode, activity, runtimeConfig)
      done(null, payload)
    })
    const config = { mayBeOff: true }
    const challenge = { config, schema: challengeSchema, validatorCompiler: () => () => true }
    app.get<Webhook>(PATH, challenge, () => {
      throw new Error('a webhook that no hook has answered')
    })
    app.post<Webhook>(PATH, { schema, preHandler: checkBody, validatorCompiler: () => () => true }, receive)
  }
}

/** Notes which events of a payload are not used, in the log and for the operations page. */
function noteUnused(request: FastifyRequest, unused: UnusedEvents): void {
  const webhook = webhookOf(request)
  request.log.info({ source: webhook.endpoint.name, ...unused }, NOT_USED)
  webhook.unused = unused
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

/** The answer if no event of a payload is used. */
function ignoredAnswer(ignored: number): Accepted {
  return { id: null, status: 'ignored', updates: 0, ...(ignored > 0 && { ignored }) }
}

/**
 * What identifies repeats: the events' ids, else the sender's `Idempotency-Key`. The prefixes keep the two apart, because no
 * signature covers the header.
 */
function repeatsOf(
  endpoint: WebhookEndpoint,
  sender: Caller | null,
  request: FastifyRequest,
  eventIds: readonly (string | undefined)[]
): Repeats {
  // Two endpoints may receive the same event ids.
  const origin = originOf(endpoint)
  const caller = sender ? `${origin} ${sender.name}` : origin
  if (eventIds.some((id) => id !== undefined)) {
    // The body of a repeated event may differ, so only its id counts.
    const events = eventIds.map((id) =>
      id === undefined ? undefined : { caller, key: `event:${id}`, fingerprint: '' }
    )
    return { events }
  }
  const key = idempotencyKeyOf(request)
  if (key === undefined) return {}
  return { repeat: { caller, key: `key:${key}`, fingerprint: fingerprintOf(request) } }
}

function waitMs(request: FastifyRequest<Webhook>): number {
  const { wait } = request.query
  const seconds = wait !== undefined && /^[0-9]{1,5}$/.test(wait) ? Number(wait) : preferredWait(request)
  return Math.min(seconds ?? 0, MAX_WAIT_SECONDS) * 1_000
}
