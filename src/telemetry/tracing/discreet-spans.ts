import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'

const PATH = 'url.path'
/** Only on the extra spans that @fastify/otel makes for handlers. */
const HOOK = 'hook.name'
const HTTP_STATUS = 'http.response.status_code'

/**
 * Exports spans without what may contain a secret or personal data: the path, where @fastify/otel leaves the query with
 * its credentials, and error messages, which quote values. The route is enough.
 */
export class DiscreetSpans implements SpanExporter {
  readonly #exporter: SpanExporter

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter
  }

  export(spans: ReadableSpan[], resultCallback: Parameters<SpanExporter['export']>[1]): void {
    const exported = spans.filter(({ attributes }) => !(HOOK in attributes))
    this.#exporter.export(exported.map(discreet), resultCallback)
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown()
  }
}

/** The same span without path, events and error messages. */
function discreet(span: ReadableSpan): ReadableSpan {
  const { [PATH]: _, ...attributes } = span.attributes
  // By OpenTelemetry's conventions a 4xx is not an error of the server.
  const isSendersFault = Number(attributes[HTTP_STATUS] ?? 500) < 500
  return Object.create(span, {
    attributes: { value: attributes },
    status: { value: { code: isSendersFault ? SpanStatusCode.UNSET : span.status.code } },
    events: { value: [] }
  }) as ReadableSpan
}
