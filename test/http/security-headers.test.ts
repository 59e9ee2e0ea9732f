import { hash } from 'node:crypto'
import { test } from 'tap'
import { API_KEY, batch, call, startGateway, sharedGateway } from '../helper.ts'

const ORIGIN = 'https://crm.example'
const NO_KEY = { authorization: '' }
const PREFLIGHT = { ...NO_KEY, origin: ORIGIN, 'access-control-request-method': 'POST' }
const DOCUMENTS = [
  '/docs',
  '/docs/static/swagger-ui-bundle.js',
  '/docs/json',
  '/openapi.json',
  '/openapi.yaml',
  '/'
]

function basic(user: string, password: string) {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

function corsHeaders(headers: Headers): string[] {
  return [...headers.keys()].filter((name) => name.startsWith('access-control-'))
}

test('every response forbids frames and content sniffing, and scripts too, unless it is a page', async (t) => {
  const gateway = await sharedGateway(t)
  const data = [
    await call(gateway, 'GET', '/livez'),
    await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } }),
    await batch(gateway, '{'),
    await call(gateway, 'GET', '/v1/fields', undefined, NO_KEY),
    await call(gateway, 'GET', '/nope'),
    await call(gateway, 'GET', '/%zz')
  ]
  const pages = [await call(gateway, 'GET', '/docs'), await call(gateway, 'GET', '/problems/overloaded')]
  for (const { headers } of data)
    t.equal(headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'")
  for (const { headers } of pages)
    t.match(
      headers.get('content-security-policy'),
      /default-src 'none';.*script-src 'self';.*form-action 'none';.*frame-ancestors 'none'/
    )
  for (const { status, headers } of [...data, ...pages]) {
    t.equal(headers.get('x-content-type-options'), 'nosniff', String(status))
    t.notMatch(headers.get('content-security-policy'), /unsafe|http|upgrade/)
    t.equal(headers.has('strict-transport-security'), false)
    t.equal(headers.has('x-powered-by'), false)
  }
})

test('the pages obey their own policy: nothing from other origins, no inline script, no unknown inline style', async (t) => {
  const gateway = await sharedGateway(t)
  for (const path of ['/docs', '/problems', '/problems/overloaded']) {
    const { headers, body } = await call(gateway, 'GET', path)
    const policy = headers.get('content-security-policy') ?? ''
    for (const [, address = ''] of body.matchAll(/(?:src|href)="([^"]+)"/g)) t.match(address, /^\//, path)
    for (const [, script = ''] of body.matchAll(/<script[^>]*>(.*?)<\/script>/gs))
      t.equal(script.trim(), '', path)
    for (const [, style = ''] of body.matchAll(/<style[^>]*>(.*?)<\/style>/gs))
      t.match(policy, `'sha256-${hash('sha256', style, 'base64')}'`, path)
    t.notMatch(body, /\son[a-z]+=|\sstyle=/, path)
  }
})

test('without CORS_ORIGINS there are no CORS headers, and no preflight', async (t) => {
  const gateway = await sharedGateway(t)
  const preflight = await call(gateway, 'OPTIONS', '/v1/leads/batch-update', undefined, PREFLIGHT)
  t.equal(preflight.status, 405)
  const answer = await call(gateway, 'GET', '/v1/fields', undefined, { origin: ORIGIN })
  t.same(
    [...corsHeaders(preflight.headers), ...corsHeaders(answer.headers), answer.headers.get('vary')],
    [null]
  )
})

test('pages of CORS_ORIGINS may send requests and read the responses', async (t) => {
  const gateway = await startGateway(t, { CORS_ORIGINS: `${ORIGIN},https://shop.example` })
  const headers = {
    ...PREFLIGHT,
    'access-control-request-headers': 'authorization,content-type,idempotency-key'
  }
  const preflight = await call(gateway, 'OPTIONS', '/v1/leads/batch-update', undefined, headers)
  t.equal(preflight.status, 204)
  t.equal(preflight.headers.get('access-control-allow-origin'), ORIGIN)
  t.match(preflight.headers.get('access-control-allow-methods'), /POST.*PATCH/)
  t.equal(preflight.headers.get('access-control-allow-headers'), 'authorization,content-type,idempotency-key')

  const exposed =
    'X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, Idempotency-Replayed, Preference-Applied, ETag, Location'
  const answers = [
    await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } }, { origin: ORIGIN }),
    await batch(gateway, '{', { origin: ORIGIN }),
    await call(gateway, 'GET', '/v1/fields', undefined, { ...NO_KEY, origin: 'https://shop.example' })
  ]
  t.same(
    answers.map(({ status, headers: given }) => [
      status,
      given.get('access-control-allow-origin'),
      given.get('access-control-expose-headers'),
      given.get('access-control-allow-credentials'),
      given.get('vary')
    ]),
    [
      [200, ORIGIN, exposed, null, 'Origin'],
      [400, ORIGIN, exposed, null, 'Origin'],
      [401, 'https://shop.example', exposed, null, 'Origin']
    ]
  )
})

test('pages of other origins may not', async (t) => {
  const gateway = await startGateway(t, { CORS_ORIGINS: ORIGIN })
  for (const origin of ['https://crm.example.evil.example', 'http://crm.example', 'null']) {
    const preflight = await call(gateway, 'OPTIONS', '/v1/fields', undefined, { ...PREFLIGHT, origin })
    t.equal(preflight.headers.has('access-control-allow-origin'), false, origin)
    const { headers } = await call(gateway, 'GET', '/v1/fields', undefined, { origin })
    t.equal(headers.has('access-control-allow-origin'), false, origin)
  }
})

test('DOCS=off removes the documents and nothing else', async (t) => {
  const gateway = await startGateway(t, { DOCS: 'off' })
  for (const path of DOCUMENTS) t.equal((await call(gateway, 'GET', path)).status, 404, path)
  for (const path of ['/problems', '/livez', '/v1/fields'])
    t.equal((await call(gateway, 'GET', path)).status, 200)
})

test('DOCS=key: a browser asks for a password, which is a key; other ways to send a key work too', async (t) => {
  const gateway = await startGateway(t, { DOCS: 'key' })
  for (const path of DOCUMENTS) {
    const status = async (headers: Record<string, string>) =>
      (await call(gateway, 'GET', path, undefined, headers)).status
    const refused = await call(gateway, 'GET', path, undefined, NO_KEY)
    t.same(
      [refused.status, refused.headers.get('www-authenticate')],
      [401, 'Basic realm="vicidial-gateway"'],
      path
    )
    t.match(refused.body, { code: 'unauthenticated' })
    const expected = path === '/' ? 302 : 200
    t.equal(await status(basic('anybody', API_KEY)), expected)
    t.equal(await status(basic('', API_KEY)), expected)
    t.equal(await status({}), expected)
    t.equal(await status({ ...NO_KEY, 'x-api-key': API_KEY }), expected)
    for (const [user, password] of [
      ['a', 'wrong'],
      [API_KEY, ''],
      ['a', `${API_KEY}:`]
    ] as const)
      t.equal(await status(basic(user, password)), 401)
    t.equal(await status({ authorization: 'Basic !' }), 401)
  }
  t.equal((await call(gateway, 'GET', '/problems', undefined, NO_KEY)).status, 200)
})
