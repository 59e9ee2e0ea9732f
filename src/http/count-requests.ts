import type { FastifyInstance } from 'fastify'
import type { RequestObserver } from '../telemetry/observer.ts'

/** Reports every answered request. */
export function countRequests(app: FastifyInstance, observers: readonly RequestObserver[]): void {
  app.addHook('onResponse', (request, reply, done) => {
    const ended = {
      route: request.routeOptions.url ?? 'none',
      method: request.method,
      status: reply.statusCode,
      ms: reply.elapsedTime,
      problem: request.problemCode,
      caller: request.keyHolder
    }
    for (const observer of observers) observer.requestEnded(ended)
    done()
  })
}
