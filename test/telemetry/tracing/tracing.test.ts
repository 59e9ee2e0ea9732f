import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import packageJson from '../../../package.json' with { type: 'json' }
import { startSandbox } from '../../../src/tools/sandbox/sandbox.ts'
import { Tracing } from '../../../src/telemetry/tracing/tracing.ts'
import { API_KEY, batch, call, leaksIn, memoryLog, startGateway, type Tester } from '../../helper.ts'
import { originOf, run } from '../../gateway/gateway-process.ts'
import { ended, store } from '../../routes/jobs-of.ts'
import { scriptedVicidial } from '../../routes/scripted-vicidial.ts'
import { until } from '../../until.ts'
import { otlpReceiver } from './otlp-receiver.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const SOON = { OTEL_BSP_SCHEDULE_DELAY: '20' }

/** A gateway that is traced as the variables say, on a sandbox or another VICIdial. */
async function startTraced(t: Tester, env: Record<string, string>, vicidial?: string) {
  const { log, logged } = memoryLog()
  const settings = vicidial === undefined ? {} : { VICIDIAL_URL: vicidial, VICIDIAL_MAX_CONCURRENCY: '1' }
  return {
    ...(await startGateway(t, settings, {}, { tracing: tracingAs({ ...SOON, ...env }, log) })),
    /** What tracing has logged. */
    complaints: logged
  }
}

/** The libraries read the variables when they are put together, and not again. */
function tracingAs(env: Record<string, string>, log: ConstructorParameters<typeof Tracing>[0]): Tracing {
  Object.assign(process.env, env)
  try {
    return new Tracing(log)
  } finally {
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name)
  }
}

/** The same as a process of its own. */
async function startProcess(t: Tester, env: Record<string, string>) {
  const sandbox = await startSandbox()
  t.teardown(() => sandbox.close())
  const login = { VICIDIAL_URL: sandbox.url, VICIDIAL_USER: 'api', VICIDIAL_PASS: 's3cret' }
  const server = run(t, { ...login, API_KEY, ...env })
  return { ...server, origin: await originOf(server) }
}

function sets(...leads: number[]) {
  return { lead_ids: leads, fields: { status: 'SALE' } }
}

test('a request and its call to VICIdial are spans of the trace that its sender began', async (t) => {
  const receiver = await otlpReceiver(t)
  const gateway = await startTraced(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint })
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-request-id': 'req-of-the-test' }
  await batch(gateway, sets(1, 2, 3), headers)
  const spans = await until('two spans', () => receiver.spans().length >= 2 && receiver.spans())
  const request = spans.find(({ kind }) => kind === 'server')
  const toVicidial = spans.find(({ kind }) => kind === 'client')

  t.match(request, {
    name: 'POST /v1/leads/batch-update',
    traceId: TRACE,
    parentSpanId: PARENT,
    isError: false,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/v1/leads/batch-update',
      'vicidial_gateway.request_id': 'req-of-the-test'
    }
  })
  t.equal(Number(request?.attributes['http.response.status_code']), 200)
  t.match(toVicidial, {
    name: 'vicidial batch_update_lead',
    traceId: TRACE,
    parentSpanId: request?.spanId ?? 'none',
    isError: false,
    attributes: {
      'vicidial.function': 'batch_update_lead',
      'vicidial.account': 'default',
      'vicidial.outcome': 'updated'
    }
  })
  t.same(toVicidial?.links, [])
  t.equal(Number(toVicidial?.attributes['vicidial.leads']), 3)
  t.match(receiver.resource(), { 'service.name': 'vicidial-gateway', 'service.version': packageJson.version })
})

test('a call shared by several requests belongs to one of them, and links to the others', async (t) => {
  const receiver = await otlpReceiver(t)
  const vicidial = await scriptedVicidial(t)
  const env = {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/v1/traces`,
    OTEL_SERVICE_NAME: 'dialer-gateway'
  }
  const gateway = await startTraced(t, env, vicidial.url)
  vicidial.holds()
  const first = batch(gateway, sets(1))
  await until('the first call', () => vicidial.held.length === 1)
  const sharing = [2, 3, 4].map((lead) => batch(gateway, sets(lead)))
  await until('the others wait', async () => {
    const { body } = await call(gateway, 'GET', '/metrics')
    return body.includes('vicidial_gateway_waiting_updates{account="default"} 4')
  })
  vicidial.makes()
  await Promise.all([first, ...sharing])
  const calls = await until('both calls', () => {
    const clients = receiver.spans().filter(({ kind }) => kind === 'client')
    return clients.length === 2 && clients
  })
  const requests = await until('the requests', () => {
    const all = receiver.spans().filter(({ name }) => name.startsWith('POST'))
    return all.length === 4 && all
  })
  const shared = calls.find(({ links }) => links.length > 0)
  t.equal(shared?.links.length, 2)
  const named = [shared?.parentSpanId, ...(shared?.links.map(({ spanId }) => spanId) ?? [])]
  const others = calls.find(({ links }) => links.length === 0)?.parentSpanId
  t.same(
    named.toSorted(),
    requests
      .map(({ spanId }) => spanId)
      .filter((id) => id !== others)
      .toSorted()
  )
  t.equal(receiver.resource()['service.name'], 'dialer-gateway')
})

test('a call belongs to its request, even if another with the same X-Request-Id came and went', async (t) => {
  const receiver = await otlpReceiver(t)
  const vicidial = await scriptedVicidial(t)
  const gateway = await startTraced(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }, vicidial.url)
  const id = { 'x-request-id': 'of-what-its-sender-does' }
  vicidial.holds()
  const update = batch(gateway, sets(1), id)
  await until('its call', () => vicidial.held.length === 1)
  await call(gateway, 'GET', '/v1/fields', undefined, id)
  vicidial.makes()
  await update
  const spans = await until('three spans', () => receiver.spans().length === 3 && receiver.spans())
  const request = spans.find(({ name }) => name === 'POST /v1/leads/batch-update')
  t.equal(spans.find(({ kind }) => kind === 'client')?.parentSpanId, request?.spanId)
})

test('a call for stored updates is a trace of its own', async (t) => {
  const receiver = await otlpReceiver(t)
  const gateway = await startTraced(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint })
  await ended(gateway, await store(gateway, sets(1)))
  const stored = await until('its call', () => receiver.spans().find(({ kind }) => kind === 'client'))
  t.equal(stored.parentSpanId ?? '', '')
  t.equal(stored.isError, false)
})

test('a call that VICIdial refuses is an error, and so is its request', async (t) => {
  const receiver = await otlpReceiver(t)
  const vicidial = await scriptedVicidial(t)
  vicidial.denies()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }
  await batch(await startTraced(t, env, vicidial.url), sets(1))
  const spans = await until('two spans', () => receiver.spans().length >= 2 && receiver.spans())
  t.same(
    spans.map(({ isError }) => isError),
    [true, true]
  )
})

test('traces contain no secrets and no values: no query, header, body or message', async (t) => {
  const receiver = await otlpReceiver(t)
  const gateway = await startTraced(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint })
  const secret = 'secret-of-a-query'
  await call(gateway, 'GET', `/vicidial/other_api.php?user=crm&pass=${secret}&function=version`)
  await call(gateway, 'GET', `/v1/jobs?status=${secret}`)
  await call(gateway, 'GET', `/v1/fields?pass=${secret}`, undefined, { 'x-api-key': API_KEY, cookie: secret })
  await batch(gateway, { updates: [{ lead_id: 1, fields: { email: 'ann@example.com', nope: secret } }] })
  await batch(gateway, { updates: [{ lead_id: 2, fields: { email: 'ann@example.com' } }] })
  await call(gateway, 'POST', `/v1/webhooks/path-of-somebody?token=${secret}`, {
    secret
  })
  const spans = await until('all spans', () => {
    const all = receiver.spans()
    return all.filter(({ kind }) => kind === 'server').length >= 6 && all
  })
  t.same(
    leaksIn(receiver.text(), [
      secret,
      API_KEY,
      's3cret',
      'ann@example.com',
      '?',
      'other_api',
      'path-of-somebody'
    ]),
    []
  )
  t.ok(
    spans.some(({ name }) => name === 'GET'),
    'what is not there is a span too'
  )
  t.notOk(
    spans.some(({ isError }) => isError),
    'what the sender did wrong is no error of the gateway'
  )
})

test('the remaining spans are exported at shutdown', async (t) => {
  const receiver = await otlpReceiver(t)
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_BSP_SCHEDULE_DELAY: '3600000' }
  const gateway = await startProcess(t, env)
  await batch(gateway, sets(1))
  gateway.child.kill('SIGTERM')
  t.equal(await gateway.exit, 0)
  t.equal(receiver.spans().length, 2)
})

test('an unreachable receiver stops nothing, and is logged', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '300'
  }
  const gateway = await startTraced(t, env)
  t.equal((await batch(gateway, sets(1))).status, 200)
  await until('the complaint', () => gateway.complaints().includes('traces cannot be exported'))
})

test('nothing is traced if tracing is off or not supported', async (t) => {
  const receiver = await otlpReceiver(t)
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_EXPORTER: 'zipkin', ...SOON }
  const gateway = await startProcess(t, env)
  await gateway.line('OTEL_TRACES_EXPORTER is zipkin')
  await batch(gateway, sets(1))
  gateway.child.kill('SIGTERM')
  t.equal(await gateway.exit, 0)
  t.same(receiver.spans(), [])
})
