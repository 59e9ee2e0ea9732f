import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BatchAnswer } from '../schemas/batch.ts'
import { answerBatch } from '../src/updates/response.ts'
import type { Dependencies } from '../src/app.ts'
import { countAnonymous, authenticate, callerOf, countUpdates } from '../src/http/authentication.ts'
import {
  type AccessControl,
  BEARER_CHALLENGE,
  requirePermission,
  requireSource
} from '../src/callers/access-control.ts'
import { presentedKey } from '../src/callers/key.ts'
import { type CompatCall, FUNCTIONS, readCall } from '../src/compat/call.ts'
import { type Parameters, readBody, readQuery, textOf, mergeParameters } from '../src/compat/parameters.ts'
import { withCallPointers } from '../src/compat/pointers.ts'
import { functionName, problemLines, resultLines, versionLine } from '../src/compat/response-text.ts'
import { refusal, VicidialProblem } from '../src/compat/problem.ts'
import { deliverEntries } from '../src/updates/deliver.ts'
import { problemOf } from '../src/http/error-handler.ts'
import { Problem } from '../src/errors.ts'
import { idempotency } from '../src/http/idempotency.ts'
import { DEFAULT_OPTIONS, readBatch } from '../src/leads/batch.ts'
import { rawBody, refuseEncodedBodies } from '../src/http/body-rules.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What a request at VICIdial's address says, as far as it is read; null elsewhere. */
    compat: { parameters: Parameters; call?: CompatCall } | null
  }
}

const PATH = '/vicidial/non_agent_api.php'
const TEXT = 'text/plain; charset=utf-8'
const NO_BODY = Buffer.alloc(0)
/** What is looked at before it is known who calls. */
const LOGIN = ['function', 'user', 'pass']
/** A body is read before it is known who sends it only if it says that itself; reading it takes time. */
const MAX_ANONYMOUS_BODY_BYTES = 1_048_576
const FIRST_SERVER_FAULT = 500

/** `GET` and `POST /vicidial/non_agent_api.php`: calls as VICIdial takes them, and as tutorials say that it does. */
export function compatRoutes(dependencies: Dependencies, accessControl: AccessControl) {
  const { runtimeConfig, maxUpdatesPerRequest } = dependencies

  /** Finds out who calls, as soon as that can be told, and what the request says. */
  async function readRequest(request: FastifyRequest): Promise<Parameters> {
    const body = (request.body as Buffer | null | undefined) ?? NO_BODY
    request.rawBody = body
    const query = await orCounted(request, () => readQuery(request.raw.url ?? ''))
    request.compat = { parameters: query }
    const isKnown = saysWho(query, request)
    if (isKnown) login(request, query)
    const parameters = await orCounted(request, async () => {
      if (!isKnown && body.length > MAX_ANONYMOUS_BODY_BYTES) throw tooLargeForAnonymous()
      const all = mergeParameters(query, await readBody(body, request.headers['content-type']))
      for (const name of LOGIN) textOf(all, name)
      return all
    })
    request.compat.parameters = parameters
    if (isKnown) confirm(request, parameters)
    else if (!asksVersion(parameters)) login(request, parameters)
    return parameters
  }

  /** Reads a part of a request; if it cannot be read, of one whose sender is not known, that costs as having no key. */
  async function orCounted<T>(request: FastifyRequest, read: () => T | Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (request.caller === null) accessControl.countKeyless(request.ip)
      throw error
    }
  }

  /** @throws Problem unauthenticated, permission_denied, rate_limited */
  function login(request: FastifyRequest, parameters: Parameters): void {
    const pass = textOf(parameters, 'pass')
    const user = textOf(parameters, 'user') ?? (pass === undefined ? undefined : '')
    const key = pass ?? presentedKey(request.headers)
    authenticate(request, accessControl, { key, name: user })
  }

  /** Who a body says that it is from must be who its query or a header has shown to be. */
  function confirm(request: FastifyRequest, parameters: Parameters): void {
    const { name } = callerOf(request)
    const pass = textOf(parameters, 'pass')
    const isSame = pass === undefined || accessControl.callers.find(pass)?.name === name
    if (isSame && (textOf(parameters, 'user') ?? name) === name) return
    accessControl.countWrongKey(request.ip)
    const headers = { 'www-authenticate': BEARER_CHALLENGE }
    throw new Problem(
      'unauthenticated',
      'user and pass of the body are not those of the query or the header.',
      { headers }
    )
  }

  async function answer(request: FastifyRequest, reply: FastifyReply) {
    const { compat } = request
    if (compat === null) throw new Error('a call was not read')
    const { parameters } = compat
    const format = textOf(parameters, 'format') ?? 'text'
    if (format !== 'text' && format !== 'json') throw refusal('format must be text or json.', 'format')
    const called = textOf(parameters, 'function')
    const caller = callerOf(request)
    const known = FUNCTIONS.find((name) => name === called)
    if (called === undefined)
      throw new VicidialProblem('NO FUNCTION SPECIFIED', `function must be one of ${FUNCTIONS.join(', ')}.`)
    if (known === undefined)
      throw new Problem(
        'permission_denied',
        `The gateway has the functions ${FUNCTIONS.join(', ')}, version.`
      )
    requirePermission(caller, 'batch')
    const call = readCall(known, parameters, caller.name)
    compat.call = call
    requireSource(caller, call.source)
    const defaults = { ...DEFAULT_OPTIONS, onLossy: caller.onLossy }
    const rules = { ...runtimeConfig.leads, ...caller.rules(maxUpdatesPerRequest), defaults }
    const batch = readBatch(call.request, rules)
    if ('errors' in batch)
      throw new Problem(batch.code, batch.errors[0]?.detail ?? '', { errors: batch.errors })
    const entries = withCallPointers(call, batch.entries)
    countUpdates(request, entries.length)
    const { results, upstreamCalls } = await deliverEntries(
      entries,
      call.source,
      request,
      reply,
      dependencies
    )
    const { httpStatus, body } = answerBatch(request.id, entries, results, upstreamCalls)
    if (format === 'json') return reply.code(httpStatus).send(body)
    return reply
      .type(TEXT)
      .serializer((answered: BatchAnswer) => asText(resultLines(answered.results, summaryOf(request))))
      .send(body)
  }

  return async (app: FastifyInstance) => {
    app.decorateRequest('compat', null)
    app.addHook('onRequest', async (request, reply) => {
      if (!runtimeConfig.compat) {
        reply.callNotFound()
        return reply
      }
      refuseAheadOfTime(request)
      // A call by GET changes leads: no cache may answer it, or keep its answer.
      reply.header('cache-control', 'no-store')
      return undefined
    })
    app.addHook('preHandler', async (request, reply) => {
      const parameters = await readRequest(request)
      if (!asksVersion(parameters)) return undefined
      // VICIdial has no login for it either; without a caller nothing below can be done.
      if (request.caller === null) countAnonymous(request, accessControl)
      return reply.type(TEXT).send(versionLine(Date.now()))
    })
    idempotency(app, dependencies.idempotency, dependencies.log)
    refuseEncodedBodies(app)
    rawBody(app)
    app.setErrorHandler((error: FastifyError, request, reply) => {
      // What it was, a repeat may have another answer: nothing was done, or not for good.
      request.isTransient = true
      if (!runtimeConfig.compat || wantsJson(request)) throw error
      const problem = problemOf(error, request)
      return reply
        .code(hasPassed(problem) ? problem.status : 200)
        .headers(problem.headers)
        .type(TEXT)
        .send(asText(problemLines(problem, summaryOf(request))))
    })
    // A HEAD would change leads too.
    const options = { schema: { hide: true }, exposeHeadRoute: false }
    app.get(PATH, options, answer)
    app.post(PATH, options, answer)
  }
}

function asksVersion(parameters: Parameters): boolean {
  return textOf(parameters, 'function') === 'version'
}

/** Whether it can be told from the query and the headers who calls. */
function saysWho(query: Parameters, { headers }: FastifyRequest): boolean {
  const hasPass = textOf(query, 'pass') !== undefined
  return hasPass ? textOf(query, 'user') !== undefined : presentedKey(headers) !== undefined
}

function tooLargeForAnonymous(): Problem {
  const detail = `A body with user and pass in it may have ${MAX_ANONYMOUS_BODY_BYTES} bytes: send the key in a header.`
  return new Problem('payload_too_large', detail)
}

/** @throws Problem, with a status that makes browsers forget the answer, if they ask before their user does */
function refuseAheadOfTime({ headers }: FastifyRequest): void {
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

/** Whether the same request may succeed later: only that has a status of its own; else it is VICIdial's 200. */
function hasPassed({ status, headers }: Problem): boolean {
  return status >= FIRST_SERVER_FAULT || 'retry-after' in headers
}

function summaryOf({ compat, caller }: FastifyRequest) {
  const { parameters, call } = compat ?? {}
  const called = parameters?.get('function')
  return {
    user: caller?.name ?? '',
    function: typeof called === 'string' ? functionName(called) : '',
    call
  }
}
