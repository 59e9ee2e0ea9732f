import type { FastifyReply, FastifyRequest } from 'fastify'
import { type AccessControl, requirePermission } from '../src/callers/access-control.ts'
import type { RuntimeConfig } from '../src/config/runtime-config.ts'
import { Problem } from '../src/errors.ts'
import { authenticate, countAnonymous, countWrongKey } from '../src/http/authentication.ts'
import type { RequestBodies } from '../src/http/body/request-bodies.ts'
import type { AuthFault, VerifyBody } from '../src/webhooks/auth/auth.ts'
import type { WebhookEndpoint } from '../src/webhooks/endpoint.ts'
import { notVerified, type UnusedEvents } from '../src/webhooks/receive.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** A webhook as far as it is read; null for other requests. */
    webhook: ReceivedWebhook | null
  }
}

export interface ReceivedWebhook {
  readonly endpoint: WebhookEndpoint
  /** Whether its sender is verified, and may send to this endpoint. */
  isVerified: boolean
  /** Why its sender is not verified. */
  fault?: AuthFault
  /** Verifies the signature, if it has one. */
  verifyBody?: VerifyBody
  /** The parsed body. */
  payload?: unknown
  /** Whether it asked if this is its sender's address. */
  isAnswered?: boolean
  /** The events that are not used. */
  unused?: UnusedEvents
  /** How many events are ignored. */
  ignored: number
  /** What it is stored as. */
  job?: { readonly id: string; readonly isRepeat: boolean; readonly updates: number }
}

interface Options {
  readonly runtimeConfig: Pick<RuntimeConfig, 'endpoint'>
  readonly accessControl: AccessControl
  readonly bodies: RequestBodies
}

type Request = FastifyRequest<{ Params: { source: string }; Body: Buffer | null }>

const NO_BODY = Buffer.alloc(0)
/** The longest body that may hold its sender's key, in bytes: reading it costs time before the sender is known. */
const MAX_KEY_BODY_BYTES = 262_144
const TEXT = 'text/plain; charset=utf-8'
/** A sender without a credential tries nothing: it may wait for the challenge. */
const NOTHING_SENT: ReadonlySet<AuthFault> = new Set(['credential_missing', 'signature_missing'])

/** The hooks that find out who sends a webhook. They set `request.webhook`, and `request.sender` once it is verified. */
export function webhookSenders({ runtimeConfig, accessControl, bodies }: Options) {
  /**
   * Finds the endpoint, and checks the sender as far as possible before the body is read. Answers a sender that first asks
   * whether this is its address.
   * @throws Problem not_found, method_not_allowed, unauthenticated, permission_denied, rate_limited
   */
  async function checkHead(request: Request, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const isPost = request.method === 'POST'
    const endpoint = runtimeConfig.endpoint(request.params.source)
    if (endpoint === undefined)
      throw isPost ? new Problem('not_found', 'There is no webhook source of this name.') : onlyPost(request)
    const webhook: ReceivedWebhook = { endpoint, isVerified: false, ignored: 0 }
    request.webhook = webhook
    // Not a child of the log: making one costs CPU time for each webhook.
    request.logMembers = { source: endpoint.name }
    const answer = endpoint.answerHead(request)
    if (typeof answer === 'string') throw refused(request, answer)
    if (answer !== undefined) {
      countAnonymous(request, accessControl)
      webhook.isAnswered = true
      return reply.type(TEXT).send(answer.text)
    }
    if (!isPost) throw endpoint.hasQueryChallenge ? withoutChallenge() : onlyPost(request)
    if (endpoint.isForCallers) {
      requirePermission(await authenticate(request, accessControl), `webhook:${endpoint.name}`)
      webhook.isVerified = true
      return undefined
    }
    if (endpoint.hasKeyInBody) return undefined
    const checked = endpoint.verifyHead(request)
    if (typeof checked === 'string') throw refused(request, checked)
    if (checked === undefined) setVerified(request)
    else webhook.verifyBody = checked
    return undefined
  }

  /**
   * Reads a body: a shorter one if its sender's key is in it.
   * @throws Problem payload_too_large, overloaded
   */
  function readBody(request: FastifyRequest): Promise<Buffer> {
    const hasKeyInBody = request.webhook?.endpoint.hasKeyInBody === true
    return bodies.read(request, hasKeyInBody ? { limit: MAX_KEY_BODY_BYTES } : {})
  }

  /**
   * Checks the sender that signs the body, or has its key in it.
   * @throws Problem unauthenticated, rate_limited, and what `payloadOf` throws
   */
  async function checkBody(request: Request): Promise<void> {
    const { endpoint, verifyBody } = webhookOf(request)
    if (endpoint.hasKeyInBody) await checkKeyInBody(request)
    else if (verifyBody !== undefined) checkSignature(request, verifyBody)
  }

  /**
   * Takes no points of the sender's address before: an authenticated sender gets in from any address, and the HMAC of a
   * body costs less than receiving it.
   */
  function checkSignature(request: Request, verifyBody: VerifyBody): void {
    const fault = verifyBody(request.body ?? NO_BODY, Date.now())
    if (fault !== undefined) throw refused(request, fault)
    setVerified(request)
  }

  /** Takes points of the sender's address before, because parsing costs more than an HMAC. */
  async function checkKeyInBody(request: Request): Promise<void> {
    const webhook = webhookOf(request)
    const giveBack = accessControl.countBody(request.ip, request.body?.length ?? 0)
    const payload = await payloadOf(request)
    const fault = webhook.endpoint.takeBodyKey(payload)
    if (fault !== undefined) throw refused(request, fault)
    giveBack()
    webhook.payload = payload
    setVerified(request)
  }

  function refused(request: Request, fault: AuthFault): Problem {
    const webhook = webhookOf(request)
    request.logMembers = { ...request.logMembers, reason: fault }
    webhook.fault = fault
    if (!NOTHING_SENT.has(fault)) countWrongKey(request, accessControl)
    return notVerified(webhook.endpoint, fault)
  }

  return { checkHead, readBody, checkBody }
}

function setVerified(request: Request): void {
  const webhook = webhookOf(request)
  webhook.isVerified = true
  request.sender = originOf(webhook.endpoint)
}

/** The endpoint of a webhook, and what is known of the request. */
export function webhookOf({ webhook }: Pick<FastifyRequest, 'webhook'>): ReceivedWebhook {
  if (webhook === null) throw new Error('a webhook was not checked')
  return webhook
}

/** @throws Problem invalid_json, invalid_request, unsupported_media_type */
export async function payloadOf(request: Request): Promise<unknown> {
  const { endpoint } = webhookOf(request)
  return endpoint.parse(request.body ?? NO_BODY, request.headers['content-type'])
}

/** The name of a sender that its endpoint has verified. */
export function originOf({ name }: Pick<WebhookEndpoint, 'name'>): string {
  return `webhook:${name}`
}

function onlyPost({ method }: Request): Problem {
  const detail = `This path takes POST, and not ${method}.`
  return new Problem('method_not_allowed', detail, { headers: { allow: 'POST' } })
}

function withoutChallenge(): Problem {
  const detail = 'A GET must have the challenge that the verification of this webhook source names.'
  return new Problem('invalid_request', detail)
}
