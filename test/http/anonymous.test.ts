import { createHmac } from 'node:crypto'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { type Answer, call, startGateway } from '../helper.ts'

const NO_KEY = { authorization: '' }
const WRONG_KEY = { authorization: 'Bearer guessed' }
const SECRET = 'canary-webhook-secret'
const FILE = `
callers:
  - name: near
    key_hashes: ["sha256:${hashKey('key-of-near')}"]
    permissions: "*"
    networks: [192.0.2.0/24]
webhooks:
  - name: signed
    auth: { hmac: { header: X-Signature, prefix: sha256=, secrets: [${SECRET}] } }
    mapping: { lead: { lead_id: id }, fields: { status: status } }
  - name: shared
    auth: { callers: true }
    mapping: { lead: { lead_id: id }, fields: { status: status } }
`
const from = (address: string) => ({ 'x-forwarded-for': address })
const seconds = ({ headers }: Answer) => Number(headers.get('retry-after'))

function signed(body: string) {
  return { 'x-signature': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}` }
}

test('guessing keys is throttled after 60 tries in a minute, while a caller at the same address is served', async (t) => {
  const gateway = await startGateway(t)
  const ask = (headers: Record<string, string>) => call(gateway, 'GET', '/v1/fields', undefined, headers)
  const statuses = []
  for (let n = 0; n < 62; n++) {
    const answer = await ask({ authorization: `Bearer guess-${n}` })
    statuses.push(answer.status)
    if (n % 10 === 0) t.equal((await ask({})).status, 200)
  }
  t.same(statuses, [...Array(60).fill(401), 429, 429])

  const refused = await ask(WRONG_KEY)
  t.match(refused.body, {
    code: 'rate_limited',
    detail: 'Too many requests without a valid key came from this address.'
  })
  t.ok(seconds(refused) >= 1 && seconds(refused) <= 60)
  t.equal((await ask(NO_KEY)).status, 429)
  for (const path of ['/livez', '/readyz'])
    t.equal((await call(gateway, 'GET', path, undefined, NO_KEY)).status, 200)
  for (let n = 0; n < 100; n++) t.equal((await ask({})).status, 200)
})

test('any request without a key costs one point, with a wrong key ten', async (t) => {
  const gateway = await startGateway(t, { ANONYMOUS_POINTS_PER_MINUTE: '30', TRUST_PROXY: '127.0.0.1' })
  const requests: [method: string, path: string, status: number][] = [
    ['GET', '/docs', 200],
    ['GET', '/docs/static/swagger-ui.css', 200],
    ['GET', '/openapi.json', 200],
    ['GET', '/', 302],
    ['GET', '/problems', 200],
    ['GET', '/problems/overloaded', 200],
    ['GET', '/nope', 404],
    ['POST', '/nope', 404],
    ['GET', '/v1/fields', 401],
    ['POST', '/v1/leads/batch-update', 401],
    ['POST', '/v1/webhooks/none', 404],
    ['POST', '/v1/webhooks/none?a', 404]
  ]
  let address = 0
  for (const [method, path, status] of requests) {
    const sender = from(`192.0.2.${++address}`)
    const ask = async (headers: Record<string, string>) => {
      const answer = await call(gateway, method, path, method === 'POST' ? '{}' : undefined, {
        ...headers,
        ...sender
      })
      return answer.status
    }
    const wrong = status === 401 ? 401 : status
    t.same([await ask(WRONG_KEY), await ask(WRONG_KEY), await ask(NO_KEY)], [wrong, wrong, status], path)
    t.same([await ask(WRONG_KEY), await ask(NO_KEY)], [429, status], path)
    for (let n = 0; n < 8; n++) await ask(NO_KEY)
    t.equal(await ask(NO_KEY), 429, path)
    t.not(await ask({}), 429, path)
  }
})

test('a webhook with a wrong credential costs ten points, one without any costs one; a valid one is always accepted', async (t) => {
  const path = `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path, ANONYMOUS_POINTS_PER_MINUTE: '20' })
  const body = JSON.stringify({ id: 1, status: 'SALE' })
  const send = async (source: string, headers: Record<string, string>) =>
    call(gateway, 'POST', `/v1/webhooks/${source}`, body, { ...NO_KEY, ...headers })
  const statuses = [
    await send('signed', { 'x-signature': 'sha256=00' }),
    await send('signed', {}),
    await send('signed', signed(`${body} `)),
    await send('shared', {}),
    await send('signed', signed(body)),
    await send('shared', { authorization: 'Bearer canary-key-0123456789abcdef-of-every-test' })
  ].map(({ status }) => status)
  t.same(statuses, [401, 401, 429, 401, 202, 202])
})

test('a valid key from a forbidden address costs no points', async (t) => {
  const path = `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path, ANONYMOUS_POINTS_PER_MINUTE: '2' })
  for (let n = 0; n < 4; n++) {
    const headers = { authorization: 'Bearer key-of-near' }
    t.equal((await call(gateway, 'GET', '/v1/fields', undefined, headers)).status, 403)
  }
})

test('X-Forwarded-For is trusted only from TRUST_PROXY', async (t) => {
  const path = `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml`
  const near = { authorization: 'Bearer key-of-near' }
  const statusOf = async (gateway: { origin: string }, headers: Record<string, string>) =>
    (await call(gateway, 'GET', '/v1/fields', undefined, { ...near, ...headers })).status

  const alone = await startGateway(t, { GATEWAY_CONFIG: path })
  t.equal(await statusOf(alone, from('192.0.2.1')), 403)
  const behindAnother = await startGateway(t, { GATEWAY_CONFIG: path, TRUST_PROXY: '10.0.0.1' })
  t.equal(await statusOf(behindAnother, from('192.0.2.1')), 403)

  const behind = await startGateway(t, { GATEWAY_CONFIG: path, TRUST_PROXY: '127.0.0.1,10.0.0.0/8' })
  t.equal(await statusOf(behind, from('192.0.2.1')), 200)
  t.equal(await statusOf(behind, from('192.0.2.1, 10.0.0.7')), 200, 'through two proxies')
  t.equal(
    await statusOf(behind, from('192.0.2.1, 198.51.100.9')),
    403,
    'what an anonymous sender puts before its own address'
  )
  for (const nonsense of ['unknown', '192.0.2.1:8080', 'x'.repeat(1_000)])
    t.equal(await statusOf(behind, from(nonsense)), 403, nonsense)
  t.equal(await statusOf(behind, {}), 403)
})
