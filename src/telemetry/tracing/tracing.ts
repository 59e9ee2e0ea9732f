import {
  diag,
  DiagLogLevel,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { EndedCall, Observer } from '../observer.ts'
import { VERSION } from '../version.ts'
import { DiscreetSpans } from './discreet-spans.ts'

const NAME = 'vicidial-gateway'
/** Most links from one call to requests. */
const MAX_LINKS = 100
/** Outcomes of calls that worked. The others are errors. */
const GOOD = new Set([
  'updated',
  'added',
  'found',
  'limit_reached',
  'not_found',
  'lead',
  'field',
  'no_field',
  'labels',
  // A lead with an apostrophe is read field by field.
  'unreadable',
  'probe: alive',
  'probe: good'
])

/** A request. Others may have the same id. */
interface TracedRequest {
  readonly id: string
}

/** Exports a span for each request and each call to VICIdial by OTLP, configured by the `OTEL_` variables. */
export class Tracing implements Observer {
  readonly #provider: BasicTracerProvider
  readonly #tracer: Tracer
  /** Spans of requests in progress, by request id. Senders choose the ids, so several requests may share one. */
  readonly #requests = new Map<string, Map<TracedRequest, SpanContext>>()

  /** @param log gets a warning if spans cannot be exported */
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

  /** Makes the spans; requests need it too. */
  get provider(): TracerProvider {
    return this.#provider
  }

  requestStarted(request: TracedRequest, context: SpanContext): void {
    const contexts = this.#requests.get(request.id) ?? new Map<TracedRequest, SpanContext>()
    this.#requests.set(request.id, contexts.set(request, context))
  }

  requestEnded(request: TracedRequest): void {
    const contexts = this.#requests.get(request.id)
    contexts?.delete(request)
    if (contexts?.size === 0) this.#requests.delete(request.id)
  }

  callEnded({ account, function: called, outcome, leads, ms, requests = [] }: EndedCall): void {
    const contexts: SpanContext[] = []
    for (const { requestId } of requests) {
      for (const context of this.#requests.get(requestId)?.values() ?? [])
        if (contexts.length <= MAX_LINKS) contexts.push(context)
    }
    const [parent, ...others] = contexts
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

  /** Exports the remaining spans, and stops. */
  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => {})
    propagation.disable()
    diag.disable()
  }
}
