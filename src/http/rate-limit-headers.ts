import type { FastifyInstance } from 'fastify'

/** Tells limited callers with every answer, refusals too, what is left to them. */
export function limitHeaders(app: FastifyInstance): void {
  app.decorateRequest('caller', null)
  app.addHook('onSend', (request, reply, payload, done) => {
    // None if the request could not be read: then no hook has prepared it.
    if (request.caller) reply.headers(request.caller.limits.headers())
    done(null, payload)
  })
}
