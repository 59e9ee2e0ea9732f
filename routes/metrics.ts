import type { FastifyInstance } from 'fastify'
import { MetricsSchema } from '../schemas/health.ts'
import { ref } from '../schemas/ref.ts'
import type { AccessControl } from '../src/callers/access-control.ts'
import { authentication, requires } from '../src/http/authentication.ts'
import type { Registry } from '@prometheus-io/client'
import { Exposition } from '../src/telemetry/metrics/exposition.ts'
import { problems } from './responses.ts'

const text = { schema: ref(MetricsSchema) }
const schema = {
  operationId: 'metrics',
  summary: 'Metrics for Prometheus',
  description:
    'OpenMetrics if `Accept` names `application/openmetrics-text`, else the older text format of Prometheus. ' +
    'docs/operations.md explains each metric.',
  tags: ['service'],
  security: requires('metrics'),
  response: {
    200: {
      description: 'The metrics.',
      content: { 'text/plain': text, 'application/openmetrics-text': text }
    },
    ...problems(
      'unauthenticated',
      'permission_denied',
      'rate_limited',
      'invalid_request',
      'internal_error',
      'overloaded'
    )
  }
}

/** `GET /metrics`; not subject to load shedding, because metrics matter most under load. */
export function metricsRoute(registry: Registry, accessControl: AccessControl) {
  const exposition = new Exposition(registry)
  return async (app: FastifyInstance) => {
    authentication(app, accessControl)
    app.get('/metrics', { schema }, async ({ headers }, reply) => {
      const { contentType, text } = await exposition.write(headers.accept)
      return reply.type(contentType).send(text)
    })
  }
}
