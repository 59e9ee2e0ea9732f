import { FastifyOtelInstrumentation } from '@fastify/otel'
import type { FastifyInstance } from 'fastify'
import type { Tracing } from '../telemetry/tracing/tracing.ts'

/** Makes a span of every request. Call it before the routes are added. */
export async function traceRequests(app: FastifyInstance, tracing: Tracing): Promise<void> {
  const instrumentation = new FastifyOtelInstrumentation({
    instrumentHooks: false,
    instrumentHandler: false,
    recordExceptions: false,
    requestHook: (span, request) => {
      const { url: route } = request.routeOptions
      span.updateName(route === undefined ? request.method : `${request.method} ${route}`)
      span.setAttribute('vicidial_gateway.request_id', request.id)
      tracing.requestStarted(request, span.spanContext())
    }
  })
  instrumentation.setTracerProvider(tracing.provider)
  await app.register(instrumentation.plugin())
  app.addHook('onResponse', (request, _reply, done) => {
    tracing.requestEnded(request)
    done()
  })
}
