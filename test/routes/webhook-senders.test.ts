import { createHmac } from 'node:crypto'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { type Answer, call, type Gateway, startGateway, type Tester } from '../helper.ts'

const PASSWORD = 'canary-hook-pass'
const KEY = 'canary-hook-key'
const TOKEN = 'canary-verify-token'
const SECRET = 'canary-signing-secret'
const MAPPING = 'mapping: { lead: { lead_id: lead_id }, fields: { status: status, comments: note } }'
const FILE = `
webhooks:
  - name: basic
    auth: { basic: { user: hook, secrets: [${PASSWORD}] } }
    ${MAPPING}
  - name: keyed
    auth: { api_key: { key_hashes: ['sha256:${hashKey(KEY)}'] } }
    ${MAPPING}
  - name: signed
    auth: { hmac: { header: X-Signature, secrets: [${SECRET}] } }
    ${MAPPING}
  - name: exact
    auth: { api_key: { key_hashes: ['sha256:${hashKey(KEY)}'] } }
    answer_status: 200
    mapping: { when: status != "", lead: { lead_id: lead_id }, fields: { status: status } }
  - name: meta
    auth: { api_key: { key_hashes: ['sha256:${hashKey(KEY)}'] } }
    verification:
      query: { challenge: hub.challenge, token: hub.verify_token, secrets: [old-token, ${TOKEN}] }
      body: { challenge: challenge }
    ${MAPPING}
  - name: graph
    auth: { api_key: { key_hashes: ['sha256:${hashKey(KEY)}'] } }
    verification: { query: { challenge: validationToken }, get: true }
    ${MAPPING}
  - name: zoom
    auth:
      hmac:
        header: X-Zm-Signature
        prefix: v0=
        timestamp: { header: X-Zm-Request-Timestamp }
        signed: 'v0:{timestamp}:{body}'
        secrets: [${SECRET}]
    verification: { body: { challenge: payload.plainToken, hmac: encryptedToken, secrets: [${SECRET}] } }
    ${MAPPING}
  - name: in-query
    auth: { query_key: { parameter: key, secrets: [${KEY}, clé d'été] } }
    ${MAPPING}
  - name: in-body
    auth: { body_key: { field: google_key, secrets: [${KEY}] } }
    event_id: { expression: lead_key }
    mapping:
      lead: { lead_id: lead_id }
      fields: { status: status, comments: $string($payload) }
  - name: deep-in-body
    auth: { body_key: { field: meta.auth.key, secrets: [${KEY}] } }
    ${MAPPING}
`

async function start(t: Tester & { testdir: (files: Record<string, string>) => string }, env = {}) {
  const file = `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml`
  return startGateway(t, { GATEWAY_CONFIG: file, ...env })
}

function post(
  gateway: Gateway,
  path: string,
  body: unknown,
  headers: Record<string, string> = {}
): Promise<Answer> {
  return call(gateway, 'POST', `/v1/webhooks/${path}`, body, { authorization: '', ...headers })
}

function get(gateway: Gateway, path: string, method = 'GET'): Promise<Answer> {
  return call(gateway, method, `/v1/webhooks/${path}`, undefined, { authorization: '' })
}

const EVENT = { lead_id: 1, status: 'SALE' }
const KEYED = { 'x-api-key': KEY }

function basic(password: string) {
  return { authorization: `Basic ${Buffer.from(`hook:${password}`).toString('base64')}` }
}

test('the challenge names the scheme that the source takes, and asking for it costs one point', async (t) => {
  const gateway = await start(t, { ANONYMOUS_POINTS_PER_MINUTE: '14' })
  const missing = 'Missing credential: send the key, login or secret of this webhook source.'
  const keys = `${missing} Send it as "Authorization: Bearer KEY" or "X-API-Key: KEY".`
  const login = `${missing} Send user and password as Basic authentication, as curl -u does.`
  for (const [source, challenge, detail] of [
    ['basic', 'Basic realm="basic", charset="UTF-8"', login],
    ['keyed', 'Bearer realm="keyed"', keys],
    ['signed', 'Webhook realm="signed"', 'Missing signature: its header is absent or empty.'],
    ['in-query', 'Webhook realm="in-query"', missing]
  ] as const) {
    const { status, headers, body } = await post(gateway, source, EVENT)
    t.strictSame([status, headers.get('www-authenticate'), body.detail], [401, challenge, detail])
  }
  t.equal((await post(gateway, 'basic', EVENT, basic(`${PASSWORD}x`))).status, 401)
  t.equal((await post(gateway, 'basic', EVENT, basic(`${PASSWORD}x`))).status, 429, 'a wrong one costs ten')
  t.equal((await post(gateway, 'basic', EVENT, basic(PASSWORD))).status, 202)
})

test('a sender that wants exactly 200 gets it, whether its event is stored, done, ignored or repeated', async (t) => {
  const gateway = await start(t)
  const stored = await post(gateway, 'exact', EVENT, { ...KEYED, 'idempotency-key': 'k' })
  t.strictSame([stored.status, stored.body.status], [200, 'queued'])
  const repeated = await post(gateway, 'exact', EVENT, { ...KEYED, 'idempotency-key': 'k' })
  t.strictSame([repeated.status, repeated.body], [200, stored.body])
  const done = await post(gateway, 'exact?wait=10', EVENT, KEYED)
  t.strictSame([done.status, done.body.status], [200, 'completed'])
  const missing = await post(gateway, 'exact?wait=10', { ...EVENT, lead_id: 99_999 }, KEYED)
  t.strictSame([missing.status, missing.body.summary.not_found], [200, 1])
  const ignored = await post(gateway, 'exact', { ...EVENT, status: '' }, KEYED)
  t.strictSame([ignored.status, ignored.body.status], [200, 'ignored'])
  t.equal((await post(gateway, 'exact', EVENT)).status, 401)
  t.equal((await post(gateway, 'exact', '{', KEYED)).status, 400)
})

test('a challenge in the address is sent back as text, if its token is right', async (t) => {
  const gateway = await start(t)
  const of = (query: string, method = 'GET') => get(gateway, `meta?${query}`, method)
  for (const token of [TOKEN, 'old-token']) {
    const { status, body, headers } = await of(
      `hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`
    )
    t.strictSame([status, body], [200, '1158201444'])
    t.match(headers.get('content-type'), /^text\/plain/)
    t.equal(headers.get('x-content-type-options'), 'nosniff')
  }
  t.equal((await of(`hub.verify_token=${TOKEN}&hub.challenge=1`, 'HEAD')).status, 200)
  for (const [query, status] of [
    ['hub.verify_token=wrong&hub.challenge=1', 401],
    [`hub.verify_token=${TOKEN}x&hub.challenge=1`, 401],
    ['hub.challenge=1', 401],
    [`hub.verify_token=${TOKEN}`, 400],
    [`hub.verify_token=${TOKEN}&hub.challenge=`, 400],
    [`hub.verify_token=${TOKEN}&hub.challenge=%0d%0a`, 400],
    [`hub.verify_token=${TOKEN}&hub.challenge=${'1'.repeat(2_001)}`, 400],
    ['', 400]
  ] as const)
    t.equal((await of(query)).status, status, query)
  t.equal((await get(gateway, `keyed?hub.verify_token=${TOKEN}&hub.challenge=1`)).status, 405)
  t.equal((await get(gateway, 'nobody?hub.challenge=1')).status, 405)
  t.strictSame((await call(gateway, 'GET', '/v1/jobs')).body, { jobs: [] })
})

test('a challenge without a token is sent back to a GET or a POST, and a bare GET gets 200', async (t) => {
  const gateway = await start(t)
  const challenge = 'Validation: reachability for subscription Request-Id: 5a6'
  const query = `graph?validationToken=${encodeURIComponent(challenge)}`
  for (const method of ['GET', 'POST']) {
    const response = await fetch(`${gateway.origin}/v1/webhooks/${query}`, { method })
    t.strictSame([response.status, await response.text()], [200, challenge])
  }
  const bare = await fetch(`${gateway.origin}/v1/webhooks/graph`)
  t.strictSame([bare.status, await bare.text()], [200, 'OK'])
  t.equal((await get(gateway, 'graph', 'HEAD')).status, 200)
  t.equal((await post(gateway, 'graph', EVENT)).status, 401, 'an event needs its key')
  t.equal((await post(gateway, 'graph', EVENT, KEYED)).status, 202)
})

test('a GET costs a point, and a wrong token ten', async (t) => {
  const gateway = await start(t, { ANONYMOUS_POINTS_PER_MINUTE: '12' })
  const of = async (token: string) =>
    (await get(gateway, `meta?hub.verify_token=${token}&hub.challenge=1`)).status
  t.strictSame(
    [await of('wrong'), await of('wrong'), await of(TOKEN), await of(TOKEN), await of(TOKEN)],
    [401, 429, 200, 200, 429]
  )
})

test('a challenge in the body of a verified sender is sent back as JSON, and is no event', async (t) => {
  const gateway = await start(t)
  const challenge = '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P'
  const slack = { token: 'x', challenge, type: 'url_verification' }
  const { status, body } = await post(gateway, 'meta', slack, KEYED)
  t.strictSame([status, body], [200, { challenge }])
  t.equal((await post(gateway, 'meta', slack)).status, 401)
  for (const other of [
    { challenge: 7 },
    { challenge: '' },
    { challenge: 'é' },
    { challenge: 'x'.repeat(2_001) }
  ])
    t.equal((await post(gateway, 'meta', { ...EVENT, ...other }, KEYED)).status, 202, JSON.stringify(other))
  t.equal((await post(gateway, 'keyed', { ...EVENT, challenge }, KEYED)).body.status, 'queued')
})

test('Zoom: the answer has the HMAC of the challenge, and no challenge yields a signature of a request', async (t) => {
  const gateway = await start(t)
  const signed = (body: unknown) => {
    const text = JSON.stringify(body)
    const timestamp = String(Math.floor(Date.now() / 1_000))
    const signature = createHmac('sha256', SECRET).update(`v0:${timestamp}:${text}`).digest('hex')
    const headers = { 'x-zm-signature': `v0=${signature}`, 'x-zm-request-timestamp': timestamp }
    return post(gateway, 'zoom', text, headers)
  }
  const asks = (plainToken: unknown) => ({ payload: { plainToken }, event: 'endpoint.url_validation' })
  const plainToken = 'qgg8vlvZRS6UYooatFL8Aw'
  const { status, body } = await signed(asks(plainToken))
  const encryptedToken = createHmac('sha256', SECRET).update(plainToken).digest('hex')
  t.strictSame([status, body], [200, { plainToken, encryptedToken }])
  for (const other of ['v0:1700000000:{}', 'a b', '', 7, null, 'x'.repeat(201)])
    t.not((await signed(asks(other))).status, 200, String(other))
  t.equal((await post(gateway, 'zoom', asks(plainToken))).status, 401)
})

test('a key in the address', async (t) => {
  const gateway = await start(t)
  const of = async (query: string) => post(gateway, `in-query?${query}`, EVENT)
  for (const query of [`key=${KEY}`, `wait=10&key=${KEY}`, `key=cl%C3%A9+d%27%C3%A9t%C3%A9`])
    t.match(await of(query), { status: /20[02]/ }, query)
  for (const query of [
    '',
    'key',
    'key=',
    `key=${KEY}x`,
    `key=${KEY}&key=${KEY}`,
    `key=wrong&key=${KEY}`,
    `Key=${KEY}`,
    'key=%FF'
  ])
    t.equal((await of(query)).status, 401, query)
  t.equal((await post(gateway, 'in-query', { ...EVENT, key: KEY }, KEYED)).status, 401)
})

test('a key in the body, which no expression sees', async (t) => {
  const gateway = await start(t)
  const of = async (body: unknown, headers = {}) => post(gateway, 'in-body?wait=10', body, headers)
  const sound = await of({ ...EVENT, google_key: KEY })
  t.strictSame([sound.status, sound.body.status], [200, 'completed'])
  t.equal(gateway.sandbox.leads()[1]?.comments, '{lead_id:1,status:SALE}')
  const form = new URLSearchParams({ lead_id: '2', status: 'SALE', google_key: KEY })
  const formed = await of(form.toString(), { 'content-type': 'application/x-www-form-urlencoded' })
  t.equal(formed.status, 200)
  const deep = { ...EVENT, meta: { auth: { key: KEY } } }
  t.equal((await post(gateway, 'deep-in-body', deep)).status, 202)
  for (const body of [
    EVENT,
    { ...EVENT, google_key: '' },
    { ...EVENT, google_key: `${KEY}x` },
    { ...EVENT, google_key: [KEY] },
    [{ ...EVENT, google_key: KEY }],
    'null',
    '"text"',
    '{"__proto__": {"google_key": "canary-hook-key"}}'
  ])
    t.equal((await of(body)).status, 401, JSON.stringify(body))
  for (const body of [{ meta: null }, { meta: { auth: KEY } }, { 'meta.auth.key': KEY }])
    t.equal((await post(gateway, 'deep-in-body', { ...EVENT, ...body })).status, 401)
  t.equal((await post(gateway, 'in-body', EVENT, KEYED)).status, 401)
  t.equal((await of('{')).status, 400)
  t.equal((await of({ google_key: KEY, text: 'x'.repeat(262_144) })).status, 413)
  t.strictSame((await call(gateway, 'GET', '/v1/jobs')).body.jobs.length, 3)
})

test('reading a long body for its key costs points, until the key is right', async (t) => {
  const gateway = await start(t, { ANONYMOUS_POINTS_PER_MINUTE: '15' })
  const of = async (key: string) =>
    (await post(gateway, 'deep-in-body', { ...EVENT, meta: { auth: { key } }, text: 'x'.repeat(200_000) }))
      .status
  t.strictSame([await of(KEY), await of(KEY), await of(KEY)], [202, 202, 202])
  t.strictSame([await of('wrong'), await of(KEY)], [429, 429])
})
