import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { test } from 'tap'
import { hashKey } from '../../../src/callers/key.ts'
import { RequestBodies } from '../../../src/http/body/request-bodies.ts'
import { PATH as COMPAT } from '../../compat/calls.ts'
import { scriptedVicidial } from '../../routes/scripted-vicidial.ts'
import { API_KEY, batch, call, dataDir, openApi, startGateway, type Tester } from '../../helper.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { until } from '../../until.ts'
import { type Connection, open, parsed } from '../connection.ts'

const SECRET = 'a-secret-of-a-webhook'
const mapping = { lead: { lead_id: 'id' }, fields: { status: 'status' } }
const WEBHOOKS = [
  { name: 'shared', auth: { callers: true }, mapping },
  { name: 'keyed', auth: { api_key: { key_hashes: [`sha256:${hashKey('key-of-a-sender')}`] } }, mapping },
  { name: 'basic', auth: { basic: { user: 'a', secrets: ['b'] } }, mapping },
  { name: 'header', auth: { header: { header: 'X-Secret', secrets: ['s'] } }, mapping },
  { name: 'signed', auth: { hmac: { header: 'X-Signature', secrets: [SECRET] } }, mapping },
  { name: 'standard', auth: { standard_webhooks: { secrets: ['c2VjcmV0'] } }, mapping }
]
const KEY = `Authorization: Bearer ${API_KEY}\r\n`
const JSON_TYPE = 'Content-Type: application/json\r\n'
const FORM_TYPE = 'Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n'
/** Of the right form, and wrong. */
const SIGNATURE = `X-Signature: ${'0'.repeat(64)}\r\n`

function startWithWebhooks(t: Tester, env: Record<string, string> = {}) {
  const path = join(dataDir(t), 'gateway.yaml')
  const callers = [{ name: 'crm', permissions: '*' }]
  writeFileSync(path, gatewayFile(callers, { compat: true, webhooks: WEBHOOKS }))
  return startGateway(t, { GATEWAY_CONFIG: path, ...env })
}

/** Sends the head of a request that announces a body, and nothing of it. */
async function announce(
  gateway: { origin: string },
  request: string,
  headers: string,
  length = 'Content-Length: 8000000'
): Promise<Connection> {
  const connection = await open(gateway)
  connection.socket.write(`${request} HTTP/1.1\r\nHost: gateway\r\n${headers}${length}\r\n\r\n`)
  return connection
}

test('a body that nobody takes, or of a sender who has not proved itself, is refused before it is read', async (t) => {
  const gateway = await startWithWebhooks(t)
  const requests: [request: string, headers: string, status: number][] = [
    ['GET /livez', '', 400],
    ['GET /readyz', JSON_TYPE, 400],
    ['GET /docs', JSON_TYPE, 400],
    ['GET /docs/static/swagger-ui.css', JSON_TYPE, 400],
    ['GET /openapi.json', JSON_TYPE, 400],
    ['GET /problems/x', JSON_TYPE, 400],
    ['GET /ops/ops.css', JSON_TYPE, 400],
    ['GET /ops/sign-in', JSON_TYPE, 400],
    ['GET /metrics', JSON_TYPE, 401],
    ['GET /metrics', JSON_TYPE + KEY, 400],
    ...['/nope', '/v1/webhooks/nosuch', '/ops/nope'].map((path): [string, string, number] => [
      `POST ${path}`,
      JSON_TYPE,
      404
    ]),
    ...['/', '/docs', '/metrics', '/problems/x', '/livez'].map((path): [string, string, number] => [
      `POST ${path}`,
      JSON_TYPE,
      405
    ]),
    ['DELETE /nope', JSON_TYPE, 404],
    ['POST /ops/sign-in', FORM_TYPE, 413],
    ['POST /ops/sign-in', `${JSON_TYPE}Sec-Fetch-Site: same-origin\r\n`, 415],
    ['POST /ops/sign-in', `${FORM_TYPE.split('\r\n')[0] ?? ''}\r\nSec-Fetch-Site: none\r\n`, 403],
    ['POST /ops/sign-out', FORM_TYPE, 413],
    ['POST /ops/jobs/job_1/cancel', FORM_TYPE, 303],
    ['POST /v1/leads/batch-update', JSON_TYPE, 401],
    ['PATCH /v1/leads/1', JSON_TYPE, 401],
    ...WEBHOOKS.map(({ name }): [string, string, number] => [`POST /v1/webhooks/${name}`, JSON_TYPE, 401]),
    ['POST /v1/webhooks/keyed', `${JSON_TYPE}X-API-Key: wrong\r\n`, 401],
    ['POST /v1/webhooks/signed', `${JSON_TYPE}X-Signature: no\r\n`, 401],
    ['POST /v1/webhooks/signed', `${JSON_TYPE + SIGNATURE}Content-Encoding: gzip\r\n`, 415],
    [`POST ${COMPAT}`, JSON_TYPE, 200],
    [`POST ${COMPAT}?format=json`, JSON_TYPE, 413],
    [`POST ${COMPAT}?format=json`, `${JSON_TYPE}X-API-Key: wrong\r\n`, 401],
    [`POST ${COMPAT}?format=json&user=crm&pass=wrong`, JSON_TYPE, 401],
    [`GET ${COMPAT}?format=json&user=crm&pass=crm-key`, JSON_TYPE, 400]
  ]
  for (const [request, headers, status] of requests) {
    for (const length of status === 413 || request.includes(COMPAT)
      ? [undefined]
      : [undefined, 'Transfer-Encoding: chunked']) {
      const { socket, answered } = await announce(gateway, request, headers, length)
      t.equal(parsed(await answered).status, status, `${request} ${headers} ${length}`)
      socket.destroy()
    }
  }
})

test('every documented operation without a body refuses one before it is read', async (t) => {
  const gateway = await startGateway(t)
  for (const [path, methods] of Object.entries((await openApi()).paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      // Whether a webhook source answers a GET, and to whom, is found out before.
      if (operation.requestBody !== undefined || path.startsWith('/v1/webhooks')) continue
      const request = `${method.toUpperCase()} ${path.replaceAll(/[{}]/g, '')}`
      const { socket, answered } = await announce(gateway, request, KEY + JSON_TYPE)
      const { status, body } = parsed(await answered)
      t.match(
        [status, body],
        [400, { code: 'invalid_request', detail: 'This address takes no body.' }],
        request
      )
      socket.destroy()
    }
  }
})

test('a body that arrives after its refusal is dropped, and the connection ends if it goes on arriving', async (t) => {
  const gateway = await startGateway(t)
  const whole = await announce(gateway, 'POST /nope', JSON_TYPE, 'Content-Length: 3')
  t.equal(parsed(await whole.answered).status, 404)
  whole.socket.write('{}\nGET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n')
  whole.socket.end()
  t.match(await whole.ended, /404 Not Found.*200 OK.*"alive"/s)

  const endless = await announce(gateway, 'POST /nope', JSON_TYPE)
  const timer = setInterval(() => endless.socket.write(' '), 20)
  t.match(await endless.ended, /^HTTP\/1\.1 404 /)
  clearInterval(timer)
})

test('what a stranger sends and nobody can read costs a point', async (t) => {
  const requests: [path: string, body: string, headers: Record<string, string>][] = [
    ['/ops/sign-in', '%', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['/ops/sign-in', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['/ops/sign-in', '{', {}],
    ['/ops/sign-out', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }],
    [
      '/ops/sign-in',
      'key=a',
      { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'none' }
    ],
    ['/v1/webhooks/signed', '{', { 'content-encoding': 'gzip' }],
    ['/v1/webhooks/signed', '{', { 'x-signature': '0'.repeat(64), 'content-type': 'text' }],
    [`${COMPAT}?format=json`, '{', {}],
    [`${COMPAT}?format=json`, 'a=b', { 'content-type': 'text/plain; charset=latin1' }],
    [`${COMPAT}?format=json`, '{}', { 'content-encoding': 'gzip' }],
    ['/nope', '{', {}],
    ['/%FF', '{', {}]
  ]
  const gateway = await startWithWebhooks(t, { ANONYMOUS_POINTS_PER_MINUTE: '3', TRUST_PROXY: '127.0.0.1' })
  for (const [index, [path, body, headers]] of requests.entries()) {
    const statuses = []
    for (let n = 0; n < 4; n++) {
      const { status } = await call(gateway, 'POST', path, body, {
        authorization: '',
        'x-forwarded-for': `192.0.2.${index}`,
        'sec-fetch-site': 'same-origin',
        ...headers
      })
      statuses.push(status)
    }
    t.ok(
      statuses[0] !== undefined && statuses[0] >= 400 && statuses[0] < 429,
      `${path} ${statuses.join(' ')}`
    )
    t.same(statuses.slice(1), [statuses[0], statuses[0], 429], `${path} ${JSON.stringify(headers)}`)
  }
})

const LENGTH = 200_000
const env = { MAX_BODY_BYTES: String(LENGTH) }
const HEAD = `POST /v1/webhooks/signed HTTP/1.1\r\nHost: gateway\r\n${JSON_TYPE}Content-Length: ${LENGTH}\r\n`

test("a stranger's address has room for one of the longest bodies, and what is read is free again with its response", async (t) => {
  const gateway = await startWithWebhooks(t, env)
  const body = `{"id":1,"status":"SALE"}`.padEnd(LENGTH)
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  const send = async () => {
    const connection = await open(gateway)
    connection.socket.write(`${HEAD}X-Signature: ${signature}\r\n\r\n${body.slice(0, -1)}`)
    return connection
  }
  const senders = await Promise.all([send(), send(), send()])
  const large = { updates: [{ lead_id: 1, fields: { status: 'SALE' } }] }
  const text = JSON.stringify(large).padEnd(LENGTH)
  t.equal(
    (await call(gateway, 'POST', '/v1/leads/batch-update', text)).status,
    200,
    'a caller has its own room'
  )

  for (const { socket } of senders) socket.write(' ')
  const answers = await Promise.all(senders.map(({ answered }) => answered))
  t.same(answers.map((answer) => parsed(answer).status).sort(), [202, 503, 503])
  for (const answer of answers.filter((one) => parsed(one).status === 503)) {
    t.match(parsed(answer).body, { code: 'overloaded', detail: 'Too many large bodies are in memory.' })
    t.match(answer, /\r\nretry-after: 2\r\n/)
  }
  for (const { socket } of senders) socket.destroy()
  const again = await send()
  again.socket.write(' ')
  t.equal(parsed(await again.answered).status, 202)
  again.socket.destroy()
})

test('a body whose signature is right takes room of its sender, no longer of its address', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startWithWebhooks(t, { ...env, VICIDIAL_URL: vicidial.url })
  // Until a login was accepted calls go one by one.
  await batch(gateway, { lead_ids: [3], fields: { status: 'S3' } })
  vicidial.holds()
  const send = (id: number) => {
    const body = `{"id":${id},"status":"S${id}"}`.padEnd(LENGTH)
    const signature = createHmac('sha256', SECRET).update(body).digest('hex')
    const headers = { authorization: '', 'x-signature': signature }
    return call(gateway, 'POST', '/v1/webhooks/signed?wait=25', body, headers)
  }
  const first = send(1)
  await until('the first waits', () => vicidial.held.length === 1)
  const second = send(2)
  await until('the second waits', () => vicidial.held.length === 2)
  vicidial.makes()
  t.same([(await first).status, (await second).status], [200, 200])
})

test('a sender who proves itself in the body has room for as many as one who does so in a header', async (t) => {
  const bodies = new RequestBodies(LENGTH)
  const read = async () => {
    const request = { headers: {}, ip: '192.0.2.1', sender: null, heldBody: null, routeOptions: {} }
    const received = Object.assign(request, { raw: new PassThrough() }) as any as FastifyRequest
    const reading = bodies.read(received, { limit: LENGTH })
    received.raw.push(Buffer.alloc(LENGTH))
    received.raw.push(null)
    await reading
    received.sender = 'webhook:signed'
    return { received, refusal: bodies.countForSender(received) }
  }
  const taken = []
  for (let n = 0; n < 8; n++) taken.push(await read())
  for (const { refusal } of taken) t.equal(refusal, undefined)
  const ninth = await read()
  t.match(ninth.refusal, { code: 'overloaded', message: 'Too many large bodies are in memory.' })
  bodies.release(ninth.received)
  const [first] = taken
  if (first) bodies.release(first.received)
  t.equal((await read()).refusal, undefined)
})

test('the room of a body is free again when its sender leaves', async (t) => {
  const gateway = await startWithWebhooks(t, env)
  const statusOf = async () => {
    const { socket, answered } = await open(gateway)
    socket.write(`${HEAD}${SIGNATURE}\r\n${' '.repeat(LENGTH)}`)
    const { status } = parsed(await answered)
    socket.destroy()
    return status
  }
  const leaving = await open(gateway)
  leaving.socket.write(`${HEAD}${SIGNATURE}\r\n${' '.repeat(LENGTH - 1)}`)
  await until('its room is taken', async () => (await statusOf()) === 503)
  leaving.socket.destroy()
  await until('its room is free', async () => (await statusOf()) === 401)
})
