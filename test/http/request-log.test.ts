import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { test } from 'tap'
import { logJob } from '../../src/http/request-log.ts'
import { API_KEY, batch, call, type Gateway, startGateway } from '../helper.ts'

function lines(gateway: Gateway, message: string) {
  return gateway
    .logged()
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text))
    .filter((line) => line.msg === message)
}

test('a well-formed X-Request-Id is used, returned, logged, and part of the response', async (t) => {
  const gateway = await startGateway(t)
  for (const id of ['crm-42', 'a', 'A.b_c:d@e=f+g/h-i', 'x'.repeat(128)]) {
    const { headers, body } = await batch(
      gateway,
      { lead_ids: [1], fields: { rank: 1 } },
      { 'x-request-id': id }
    )
    t.equal(headers.get('x-request-id'), id)
    t.equal(body.id, id)
    t.match(lines(gateway, 'request').at(-1), { request_id: id })
    t.match(lines(gateway, 'vicidial call').at(-1), { request_id: id })
  }
})

test('a missing or malformed X-Request-Id is replaced by one that sorts by time', async (t) => {
  const gateway = await startGateway(t)
  const ids = []
  for (const id of [undefined, '', 'a b', 'é', '<script>', 'x'.repeat(129)]) {
    const { headers } = await call(
      gateway,
      'GET',
      '/v1/fields',
      undefined,
      id === undefined ? {} : { 'x-request-id': id }
    )
    ids.push(headers.get('x-request-id') ?? '')
  }
  for (const id of ids) t.match(id, /^req_[0-9A-HJKMNP-TV-Z]{26}$/)
  t.equal(new Set(ids).size, ids.length)
  const times = ids.map((id) => id.slice(0, 14))
  t.same(times, times.toSorted())
})

test('two X-Request-Id headers are not joined into one', async (t) => {
  const gateway = await startGateway(t)
  const { hostname, port } = new URL(gateway.origin)
  const socket = connect(Number(port), hostname)
  socket.write(
    'GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\r\nX-Request-Id: b\r\nConnection: close\r\n\r\n'
  )
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  await once(socket, 'close')
  t.match(text, /x-request-id: req_[0-9A-Z]{26}\r\n/i)
})

test('the trace id of traceparent is logged, and a malformed one is not', async (t) => {
  const gateway = await startGateway(t)
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  for (const traceparent of [`00-${trace}-00f067aa0ba902b7-01`, `00-${trace}`, 'x'.repeat(200)]) {
    await call(gateway, 'GET', '/livez', undefined, { traceparent })
  }
  t.same(
    lines(gateway, 'request').map((line) => line.trace_id),
    [trace, undefined, undefined]
  )
})

test('one log line per request and per call, with these members and no values', async (t) => {
  const gateway = await startGateway(t, { LOG_LEVEL: 'info' })
  await batch(
    gateway,
    {
      updates: [
        { lead_id: 1, fields: { email: 'ann.smith@example.com', last_name: 'Smithers' } },
        { vendor_lead_code: 'CRM-7', fields: { comments: 'diagnosis' } },
        { phone_number: '2125550008', fields: { comments: 'diagnosis' } }
      ]
    },
    { 'x-request-id': 'crm-42' }
  )
  await call(gateway, 'PATCH', '/v1/leads/2', { phone_number: '2125550177' }, { 'x-request-id': 'crm-43' })
  await call(gateway, 'GET', '/v1/nothing?email=ann.smith@example.com', undefined, {
    'x-request-id': 'crm-44'
  })

  const request = { level: 30, msg: 'request', caller: 'api_key' }
  const shown = lines(gateway, 'request').map(({ time: _, pid: __, hostname: ___, ms, ...line }) => {
    t.type(ms, 'number')
    return line
  })
  t.same(shown, [
    { ...request, request_id: 'crm-42', method: 'POST', route: '/v1/leads/batch-update', status: 200 },
    { ...request, request_id: 'crm-43', method: 'PATCH', route: '/v1/leads/:lead_id', status: 200 },
    {
      level: 30,
      msg: 'request',
      request_id: 'crm-44',
      method: 'GET',
      route: 'none',
      status: 404,
      code: 'not_found'
    }
  ])
  const calls = lines(gateway, 'vicidial call').map(({ time: _, pid: __, hostname: ___, ms, ...line }) => {
    t.type(ms, 'number')
    return line
  })
  const line = { level: 30, msg: 'vicidial call', request_id: 'crm-42', leads: 1 }
  t.match(calls, [
    { ...line, function: 'lead_search', outcome: 'found' },
    { ...line, function: 'lead_search', outcome: 'found' },
    { ...line, function: 'batch_update_lead', outcome: 'updated', leads: 2 },
    { ...line, function: 'batch_update_lead', outcome: 'updated' },
    { ...line, request_id: 'crm-43', function: 'update_lead', outcome: 'updated' }
  ])
  t.equal(calls.length, 5)
  t.notMatch(gateway.logged(), /ann\.smith|Smithers|CRM-7|2125550008|2125550177|diagnosis/)
  t.notOk(gateway.logged().includes(API_KEY))
})

const WEBHOOK = `
webhooks: [{ name: erp, auth: { callers: true }, event_id: { expression: id }, mapping: { lead: { lead_id: lead }, fields: { status: stage } } }]
`

test('the line of an accepted request names its job, and counts the updates', async (t) => {
  const path = `${t.testdir({ 'gateway.yaml': WEBHOOK })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
  const later = { prefer: 'respond-async' }
  const fields = { status: 'SALE' }
  const event = { id: 'e1', lead: 5, stage: 'SALE' }
  const requests: [path: string, body: unknown, headers: Record<string, string>, updates: number][] = [
    ['/v1/leads/batch-update', { lead_ids: [1, 2], fields }, { ...later, 'idempotency-key': 'night' }, 2],
    ['/v1/dnc', { phone_numbers: ['2125550101'] }, later, 1],
    ['/v1/leads/read', { lead_ids: [1, 2, 3] }, later, 3],
    ['/v1/webhooks/erp', event, {}, 1]
  ]
  for (const [route, body, headers, updates] of requests) {
    const { id } = (await call(gateway, 'POST', route, body, headers)).body
    t.match(id, /^job_/)
    const line = { route: route.replace('erp', ':source'), status: 202, job_id: id, updates }
    t.match(lines(gateway, 'request').at(-1), line)
    await call(gateway, 'POST', route, body, headers)
    const isRepeatable = 'idempotency-key' in headers || route === '/v1/webhooks/erp'
    if (isRepeatable) t.match(lines(gateway, 'request').at(-1), line, 'a repeat has the same job')
  }
  const request = { logMembers: { source: 'erp' } } as unknown as FastifyRequest
  const damaged = { caller: 'crm', key: 'k', fingerprint: '', contentType: 'application/json', at: 1 }
  logJob(request, { ...damaged, httpStatus: 202, body: '{"id' })
  t.match(request.logMembers, { source: 'erp', job_id: undefined }, 'a damaged answer names none')
  const waited = await call(gateway, 'POST', '/v1/webhooks/erp?wait=20', { ...event, id: 'e2' })
  t.equal(waited.status, 200)
  t.match(lines(gateway, 'request').at(-1), { status: 200, job_id: waited.body.id, updates: 1 })
  await batch(gateway, { lead_ids: [1], fields })
  t.strictSame(lines(gateway, 'request').at(-1).job_id, undefined)
})
