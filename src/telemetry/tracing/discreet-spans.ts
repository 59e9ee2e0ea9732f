import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'

const PATH = 'url.path'
/** Of the spans that @fastify/otel makes of handlers, beside that of the request. */
const HOOK = 'hook.name'
const HTTP_STATUS = 'http.response.status_code'

/**
 * Exports spans without what may hold a secret or somebody's data: the path, in which @fastify/otel leaves the query
 * with its credentials, and the messages of errors, which quote values. The route tells enough.
 */
export class DiscreetSpans implements SpanExporter {
  readonly #exporter: SpanExporter

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter
  }

  export(spans: ReadableSpan[], resultCallback: Parameters<SpanExporter['export']>[1]): void {
    const told = spans.filter(({ attributes }) => !(HOOK in attributes))
    this.#exporter.export(told.map(discreet), resultCallback)
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown()
  }
}

/** The same span, but for what is not told of it. */
function discreet(span: ReadableSpan): ReadableSpan {
  const { [PATH]: _, ...attributes } = span.attributes
  // What a server refuses is no error of its own, say OpenTelemetry's conventions.
  const isSendersFault = Number(attributes[HTTP_STATUS] ?? 500) < 500
  return Object.create(span, {
    attributes: { value: attributes },
    status: { value: { code: isSendersFault ? SpanStatusCode.UNSET : span.status.code } },
    events: { value: [] }
  }) as ReadableSpan
}
