import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { monotonicFactory } from 'ulid'

const WELL_FORMED_ID = /^[A-Za-z0-9._:@=+/-]{1,128}$/
/** W3C Trace Context: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Gives the id of a request: the sender's `X-Request-Id` if it is well formed, a new one otherwise. */
export function requestIds(): (request: { headers: IncomingHttpHeaders }) => string {
  // An id, not a secret: it needs no cryptographic chance.
  const ulid = monotonicFactory(Math.random)
  return (request) => {
    const given = request.headers['x-request-id']
    return typeof given === 'string' && WELL_FORMED_ID.test(given) ? given : `req_${ulid()}`
  }
}

/** Returns the request id with every answer, and writes one line a request: no values, no query, no credentials. */
export function requestLog(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const traceId = TRACEPARENT.exec(String(request.headers['traceparent'] ?? ''))?.[1]
    request.log.info(
      {
        ...(traceId ? { trace_id: traceId } : {}),
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ...(request.caller ? { caller: request.caller.name } : {})
      },
      'request'
    )
    done()
  })
}
