import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { monotonicFactory } from 'ulid'
import type { Accepted } from '../../schemas/job.ts'
import type { IdempotencyRecord } from './idempotency-record.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request's log line says beyond what it says of every request. */
    logMembers: Readonly<Record<string, string | number | undefined>> | null
  }
}

const WELL_FORMED_ID = /^[A-Za-z0-9._:@=+/-]{1,128}$/
/** W3C Trace Context: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Returns a function that gives a request's id: a well-formed `X-Request-Id`, or else a new id. */
export function requestIds(): (request: { headers: IncomingHttpHeaders }) => string {
  // An id isn't a secret, so it needs no cryptographic randomness.
  const ulid = monotonicFactory(Math.random)
  return (request) => {
    const given = request.headers['x-request-id']
    return typeof given === 'string' && WELL_FORMED_ID.test(given) ? given : `req_${ulid()}`
  }
}

/** Adds to a request's log line the job that it made, and the number of its updates. */
export function logJob(request: FastifyRequest, response: IdempotencyRecord): void {
  if (response.httpStatus !== 202) return
  const { id, updates } = acceptedIn(response.body)
  request.logMembers = { ...request.logMembers, job_id: id ?? undefined, updates }
}

/** The job that a stored response names; none if it cannot be read any more. */
function acceptedIn(body: string): Partial<Accepted> {
  try {
    return JSON.parse(body) as Partial<Accepted>
  } catch {
    return {}
  }
}

/** Adds the request id to every response, and logs one line per request without values, query or credentials. */
export function requestLog(app: FastifyInstance): void {
  app.decorateRequest('logMembers', null)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { traceparent } = request.headers
    // pino leaves out what is undefined.
    const line = {
      ...request.logMembers,
      trace_id: traceparent === undefined ? undefined : TRACEPARENT.exec(String(traceparent))?.[1],
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      code: request.problemCode ?? undefined,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      caller: request.caller?.name
    }
    request.log.info(line, 'request')
    done()
  })
}
