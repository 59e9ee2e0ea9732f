import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { BatchAnswer } from '../../schemas/batch.ts'
import { type AccessControl, requirePermission } from '../../src/callers/access-control.ts'
import type { Caller } from '../../src/callers/caller.ts'
import { readCall } from '../../src/compat/call.ts'
import { type CompatCall, type CompatFunction, FUNCTIONS } from '../../src/compat/compat-call.ts'
import { entriesOfCall } from '../../src/compat/entries.ts'
import { type Parameters, textOf } from '../../src/compat/parameters.ts'
import { refusal, VicidialProblem } from '../../src/compat/problem.ts'
import {
  asksOnly,
  READ_FUNCTIONS,
  type ReadCall,
  type ReadFunction,
  readReadCall
} from '../../src/compat/read-call.ts'
import { readText } from '../../src/compat/read-text.ts'
import {
  type CallSummary,
  functionName,
  problemLines,
  resultLines,
  versionLine
} from '../../src/compat/response-text.ts'
import type { RuntimeConfig } from '../../src/config/runtime-config.ts'
import { isServerError, Problem } from '../../src/errors.ts'
import { callerOf, countAnonymous } from '../../src/http/authentication.ts'
import { rawBody, refuseEncodedBodies } from '../../src/http/body/body-rules.ts'
import { problemOf } from '../../src/http/error-handler.ts'
import { hangUpSignal } from '../../src/http/client-wait.ts'
import { loadShedding } from '../../src/http/load-shedding.ts'
import type { RequestBodies } from '../../src/http/body/request-bodies.ts'
import { idempotency } from '../../src/http/idempotency.ts'
import type { SavedResponses } from '../../src/http/idempotency-record.ts'
import { type BatchResponse, batchResponse } from '../../src/updates/response.ts'
import type { Reads } from '../../src/updates/reads.ts'
import type { Updates } from '../../src/updates/updates.ts'
import { asksVersion, readCompatBody, readCompatHead, readCompatParameters } from './compat-caller.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** A request at VICIdial's address, as far as it has been read; null elsewhere. */
    compat: { parameters: Parameters; call?: CompatCall } | null
  }
}

const PATH = '/vicidial/non_agent_api.php'
/** The path with more slashes, as in `https://dialer.example//vicidial/…`: clients join addresses so. */
const SLASHED_PATH = /^\/+vicidial\/+non_agent_api\.php(?=\?|$)/
const TEXT = 'text/plain; charset=utf-8'

export interface CompatOptions {
  /** Whether VICIdial's address is enabled now. */
  readonly runtimeConfig: Pick<RuntimeConfig, 'compat'>
  readonly updates: Updates
  readonly reads: Pick<Reads, 'readAll' | 'readings' | 'find'>
  readonly idempotency: SavedResponses
  readonly accessControl: AccessControl
  readonly bodies: RequestBodies
  /** See `loadShedding`. */
  readonly maxEventLoopDelayMs: number
  readonly log: FastifyBaseLogger
}

/**
 * VICIdial's address with single slashes: Apache ignores the others. Any other address is returned unchanged: a proxy in
 * front may forbid paths of the gateway, and two slashes must not lead around that.
 */
export function compatUrl(url: string): string {
  return url.replace(SLASHED_PATH, PATH)
}

/** `GET` and `POST /vicidial/non_agent_api.php`: calls in the form that VICIdial, or its tutorials, use. */
export function compatRoutes(options: CompatOptions) {
  const { runtimeConfig, updates, reads, idempotency: store, accessControl, bodies, log } = options

  async function takeCall(request: FastifyRequest, reply: FastifyReply) {
    const { compat } = request
    if (compat === null) throw new Error('a call was not read')
    const format = formatOf(compat.parameters)
    const called = functionOf(compat.parameters)
    const caller = callerOf(request)
    if (
      called !== 'add_lead' &&
      called !== 'batch_update_lead' &&
      (called !== 'update_lead' || asksOnly(compat.parameters))
    )
      return readLeads(readReadCall(called, compat.parameters, caller.name), format, request, reply)
    requirePermission(caller, called === 'add_lead' ? 'add' : 'batch')
    const call = readCall(called, compat.parameters, caller.name)
    compat.call = call
    const { httpStatus, body } = await deliver(call, caller, request, hangUpSignal(request, reply))
    if (format === 'json') return reply.code(httpStatus).send(body)
    return reply
      .type(TEXT)
      .serializer(({ results }: BatchAnswer) => asText(resultLines(results, summaryOf(request))))
      .send(body)
  }

  /** Answers a call that reads leads. */
  async function readLeads(call: ReadCall, format: Format, request: FastifyRequest, reply: FastifyReply) {
    const caller = callerOf(request)
    requirePermission(caller, 'read')
    const sender = updates.sender(caller, request.id, call.source)
    const entries = call.keys.map((key) => reads.readAll(key, call, caller))
    await caller.limits.take('updates', 1)
    const until = [updates.deadline(), hangUpSignal(request, reply)] as const
    if (format === 'json') return reply.send(await reads.find(entries, sender, ...until))
    const { readings } = await reads.readings(entries, sender, ...until)
    return reply.type(TEXT).send(readText(call, readings, caller.name))
  }

  /** Delivers a call's requests until one of them finds a lead. */
  async function deliver(
    call: CompatCall,
    caller: Caller,
    { id }: FastifyRequest,
    signal: AbortSignal | undefined
  ): Promise<BatchResponse> {
    const sender = updates.sender(caller, id, call.source)
    const deadline = updates.deadline()
    if (call.newLead !== undefined) {
      const entries = entriesOfCall(call, [updates.readNewLead(call.newLead, caller)])
      await caller.limits.take('updates', 1)
      return batchResponse(id, entries, await updates.deliver(entries, sender, signal, deadline))
    }
    let upstreamCalls = 0
    for (const [index, request] of call.requests.entries()) {
      const entries = entriesOfCall(call, updates.read(request, caller).entries)
      if (index === 0) await caller.limits.take('updates', entries.length)
      const { results, upstreamCalls: made } = await updates.deliver(entries, sender, signal, deadline)
      upstreamCalls += made
      const isMissing = results.every(({ status }) => status === 'not_found')
      if (isMissing && index < call.requests.length - 1) continue
      return batchResponse(id, entries, { results, upstreamCalls })
    }
    throw new Error('a call has no request')
  }

  return async (app: FastifyInstance) => {
    app.decorateRequest('compat', null)
    app.addHook('onRequest', async (request, reply) => {
      if (!runtimeConfig.compat) {
        reply.callNotFound()
        return reply
      }
      refusePrefetch(request)
      // A GET changes leads here, so no cache may answer it or store its response.
      reply.header('cache-control', 'no-store')
      await readCompatHead(request, accessControl)
      return undefined
    })
    loadShedding(app, options.maxEventLoopDelayMs)
    app.addHook('preHandler', async (request, reply) => {
      const parameters = await readCompatParameters(request, accessControl)
      if (!asksVersion(parameters)) return undefined
      // As in VICIdial, the version needs no login.
      if (request.caller === null) countAnonymous(request, accessControl)
      return reply.type(TEXT).send(versionLine(Date.now()))
    })
    idempotency(app, store, log)
    refuseEncodedBodies(app)
    rawBody(app, (request) => readCompatBody(request, bodies))
    app.setErrorHandler((error: FastifyError, request, reply) => {
      // Nothing was done, or not for good: a repeat may get another response.
      request.isTransient = true
      if (!runtimeConfig.compat || wantsJson(request)) throw error
      const problem = problemOf(error, request, accessControl)
      return reply
        .code(isRetryable(problem) ? problem.status : 200)
        .headers(problem.headers)
        .type(TEXT)
        .send(asText(problemLines(problem, summaryOf(request))))
    })
    // HEAD would change leads too.
    const config = { mayBeOff: true }
    app.get(PATH, { config, schema: { hide: true }, exposeHeadRoute: false }, takeCall)
    app.post(PATH, { config, schema: { hide: true, body: Type.Unknown() } }, takeCall)
  }
}

type Format = 'text' | 'json'

/** @throws Problem invalid_request */
function formatOf(parameters: Parameters): Format {
  const format = textOf(parameters, 'format') ?? 'text'
  if (format === 'text' || format === 'json') return format
  throw refusal('format must be text or json.', 'format')
}

/** @throws Problem invalid_request, permission_denied */
function functionOf(parameters: Parameters): CompatFunction | ReadFunction {
  const called = textOf(parameters, 'function')
  const functions = [...FUNCTIONS, ...READ_FUNCTIONS]
  const known = functions.find((name) => name === called)
  if (known !== undefined) return known
  const names = functions.join(', ')
  if (called === undefined)
    throw new VicidialProblem('NO FUNCTION SPECIFIED', `function must be one of ${names}.`)
  throw new Problem('permission_denied', `The gateway has the functions ${names}, version.`)
}

/** @throws Problem if a browser prefetches the address; its status keeps the browser from using the response */
function refusePrefetch({ headers }: FastifyRequest): void {
  if (!String(headers['sec-purpose'] ?? '').startsWith('prefetch')) return
  const detail =
    'The browser asks for this address ahead of time, which would change leads; nothing was done.'
  throw new Problem('invalid_request', detail, { status: 503, headers: { 'retry-after': '1' } })
}

function asText(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

function wantsJson({ compat, query }: FastifyRequest): boolean {
  const given = compat?.parameters.get('format') ?? (query as Readonly<Record<string, unknown>>)['format']
  return given === 'json'
}

/** Whether the same request may succeed later. Only then a problem has its own status; all others have VICIdial's 200. */
function isRetryable({ status, headers }: Problem): boolean {
  return isServerError(status) || 'retry-after' in headers
}

function summaryOf({ compat, caller }: FastifyRequest): CallSummary {
  const { parameters, call } = compat ?? {}
  const called = parameters?.get('function')
  return {
    user: caller?.name ?? '',
    function: typeof called === 'string' ? functionName(called) : '',
    call
  }
}
