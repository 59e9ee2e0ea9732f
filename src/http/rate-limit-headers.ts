import type { FastifyInstance } from 'fastify'

/** Adds the remaining quota to every response to a limited caller, errors included. */
export function rateLimitHeaders(app: FastifyInstance): void {
  app.decorateRequest('caller', null)
  app.addHook('onSend', (request, reply, payload, done) => {
    // Undefined if the request could not be parsed.
    if (request.caller) reply.headers(request.caller.limits.headers())
    done(null, payload)
  })
}
