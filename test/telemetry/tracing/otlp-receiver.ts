import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import type { Tester } from '../../helper.ts'

export interface ReceivedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly kind: 'server' | 'client' | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly isError: boolean
}

/** Receives traces by OTLP/HTTP as JSON, on 127.0.0.1, until the test ends. */
export async function otlpReceiver(t: Tester) {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    bodies.push(await readText(request))
    response.setHeader('content-type', 'application/json').end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Everything received, unparsed. */
    text: () => bodies.join('\n'),
    /** The attributes of the process that sent. */
    resource: () => attributesOf(JSON.parse(bodies[0] ?? '{}').resourceSpans?.[0]?.resource.attributes),
    spans: (): ReceivedSpan[] => bodies.flatMap((body) => JSON.parse(body).resourceSpans.flatMap(spansOf))
  }
}

const KINDS: Readonly<Record<number, ReceivedSpan['kind']>> = { 2: 'server', 3: 'client' }
const ERROR = 2

function spansOf({ scopeSpans }: any): ReceivedSpan[] {
  return scopeSpans.flatMap(({ spans }: any) =>
    spans.map(({ name, traceId, spanId, parentSpanId, kind, attributes, links = [], status }: any) => ({
      name,
      traceId,
      spanId,
      parentSpanId,
      kind: KINDS[kind],
      attributes: attributesOf(attributes),
      links: links.map((link: any) => ({ traceId: link.traceId, spanId: link.spanId })),
      isError: status?.code === ERROR
    }))
  )
}

function attributesOf(list: any[] = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]))
}
