import { FastifyOtelInstrumentation } from '@fastify/otel'
import {
  diag,
  DiagLogLevel,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { EndedCall, Observer } from '../observer.ts'
import { VERSION } from '../../version.ts'
import { DiscreetSpans } from './discreet-spans.ts'

const NAME = 'vicidial-gateway'
/** A call has so many links to requests at most. */
const MAX_LINKS = 100
/** Outcomes of calls in which VICIdial did as it was asked. */
const GOOD = new Set(['updated', 'found', 'limit_reached', 'not_found', 'probe: alive', 'probe: good'])

/** Exports a span of each request and of each call to VICIdial, by OTLP, as the `OTEL_` variables say. */
export class Tracing implements Observer {
  readonly #provider: BasicTracerProvider
  readonly #tracer: Tracer
  /** The spans of the requests that are under way, by their ids, which senders choose: several may have the same. */
  readonly #requests = new Map<string, Map<FastifyRequest, SpanContext>>()

  /** @param log learns why spans cannot be exported */
  constructor(log: { warn(members: object, message: string): void }) {
    const warn = (detail: string) => {
      log.warn({ detail }, 'traces cannot be exported')
    }
    diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN)
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': NAME, 'service.version': VERSION }).merge(
        detectResources({ detectors: [envDetector] })
      ),
      spanProcessors: [new BatchSpanProcessor(new DiscreetSpans(new OTLPTraceExporter()))]
    })
    this.#tracer = this.#provider.getTracer(NAME, VERSION)
  }

  /** Traces the requests of an application; to be called before it has any route. */
  async instrument(app: FastifyInstance): Promise<void> {
    const instrumentation = new FastifyOtelInstrumentation({
      instrumentHooks: false,
      instrumentHandler: false,
      recordExceptions: false,
      requestHook: (span, request) => {
        this.#begin(span, request)
      }
    })
    instrumentation.setTracerProvider(this.#provider)
    await app.register(instrumentation.plugin())
    app.addHook('onResponse', (request, _reply, done) => {
      this.#end(request)
      done()
    })
  }

  #begin(span: Span, request: FastifyRequest): void {
    const { url: route } = request.routeOptions
    span.updateName(route === undefined ? request.method : `${request.method} ${route}`)
    span.setAttribute('vicidial_gateway.request_id', request.id)
    const alike = this.#requests.get(request.id) ?? new Map<FastifyRequest, SpanContext>()
    this.#requests.set(request.id, alike.set(request, span.spanContext()))
  }

  #end(request: FastifyRequest): void {
    const alike = this.#requests.get(request.id)
    alike?.delete(request)
    if (alike?.size === 0) this.#requests.delete(request.id)
  }

  updatesEnded(): void {}

  callEnded({ account, function: called, outcome, leads, ms, requests = [] }: EndedCall): void {
    const known: SpanContext[] = []
    for (const { requestId } of requests) {
      for (const context of this.#requests.get(requestId)?.values() ?? [])
        if (known.length <= MAX_LINKS) known.push(context)
    }
    const [parent, ...others] = known
    const now = Date.now()
    const span = this.#tracer.startSpan(
      `vicidial ${called}`,
      {
        kind: SpanKind.CLIENT,
        startTime: now - ms,
        attributes: {
          'vicidial.function': called,
          'vicidial.account': account,
          'vicidial.outcome': outcome,
          'vicidial.leads': leads
        },
        links: others.map((context) => ({ context }))
      },
      parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
    )
    if (!GOOD.has(outcome)) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(now)
  }

  /** Exports what is left, and ends. */
  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => {})
    propagation.disable()
    diag.disable()
  }
}
