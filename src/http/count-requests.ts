import type { FastifyInstance } from 'fastify'
import type { MetricsOnDemand } from '../telemetry/metrics/metrics-on-demand.ts'

/** Tells the metrics of each request that was answered. */
export function countRequests(app: FastifyInstance, metrics: MetricsOnDemand): void {
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
