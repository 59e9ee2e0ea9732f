import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../telemetry/metrics/metrics.ts'

/** Counts every answered request in the metrics. */
export function countRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    metrics.requestEnded({
      route: request.routeOptions.url ?? 'none',
      method: request.method,
      status: reply.statusCode,
      ms: reply.elapsedTime,
      problem: request.problemCode
    })
    done()
  })
}
