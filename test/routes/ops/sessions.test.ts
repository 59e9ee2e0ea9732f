import { writeFileSync } from 'node:fs'
import { test } from 'tap'
import { hashKey } from '../../../src/callers/key.ts'
import { API_KEY, call, startGateway } from '../../helper.ts'
import { withCallers } from '../jobs-of.ts'
import { form, led, look, signIn, textOf } from './session.ts'

const PAGES = [
  ...[
    '/ops',
    '/ops/',
    '/ops/jobs',
    '/ops/jobs/job_1',
    '/ops/dead-letters',
    '/ops/dead-letters/replay',
    '/ops/dead-letters.csv',
    '/ops/history',
    '/ops/callers',
    '/ops/callers/api_key'
  ],
  ...['/ops/webhooks', '/ops/webhooks/crm', '/ops/webhooks/crm/requests/1', '/ops/try', '/ops/try?source=crm']
]
const FORMS = [
  ...['/ops/jobs/job_1/cancel', '/ops/dead-letters/replay', '/ops/try'],
  ...['/ops/webhooks/crm/requests/1/delete', '/ops/webhooks/crm/payloads/delete']
]

test('without a session every page redirects to the sign-in form, and nothing is done', async (t) => {
  const gateway = await startGateway(t)
  for (const path of PAGES) t.same(led(await look(gateway, path)), [303, '/ops/sign-in'], path)
  for (const path of FORMS) t.same(led(await form(gateway, path, {})), [303, '/ops/sign-in'], path)
  t.same(led(await look(gateway, '/ops', { authorization: `Bearer ${API_KEY}` })), [303, '/ops/sign-in'])
  t.same(led(await look(gateway, '/ops', { cookie: 'vicidial_gateway_ops=guessed' })), [303, '/ops/sign-in'])
  const { status, body } = await look(gateway, '/ops/sign-in')
  t.equal(status, 200)
  t.match(body, '<form class="card" method="post" action="/ops/sign-in">')
})

test("an operator key opens a session; its cookie isn't the key, and is sent to these pages only", async (t) => {
  const gateway = await startGateway(t)
  const { status, headers } = await form(gateway, '/ops/sign-in', { key: ` ${API_KEY}\n` })
  t.same([status, headers.get('location')], [303, '/ops'])
  const cookie = headers.get('set-cookie') ?? ''
  t.match(cookie, /^vicidial_gateway_ops=[\w-]{43}; Max-Age=28800; Path=\/ops; HttpOnly; SameSite=Strict$/)
  const session = { cookie: cookie.split(';')[0] ?? '' }
  t.equal((await look(gateway, '/ops', session)).status, 200)
  t.same(led(await look(gateway, '/ops/', session)), [303, '/ops'])
  t.same(led(await look(gateway, '/ops/sign-in', session)), [303, '/ops'])
  t.equal((await look(gateway, '/v1/jobs', session)).status, 401)
  t.match(textOf(await look(gateway, '/ops', session)), /This minute/)
})

test('the cookie is for HTTPS only if the request used HTTPS', async (t) => {
  const gateway = await startGateway(t, { TRUST_PROXY: '127.0.0.1' })
  const { headers } = await form(gateway, '/ops/sign-in', { key: API_KEY }, { 'x-forwarded-proto': 'https' })
  t.match(headers.get('set-cookie'), /; HttpOnly; Secure; SameSite=Strict$/)
})

test('other keys open no session, and the page says why', async (t) => {
  const gateway = await startGateway(t, withCallers(t))
  for (const [key, status, why] of [
    ['wrong', 401, /The API key is unknown or has expired/],
    [' ', 401, /The request has no API key/],
    ['crm-key', 403, /The caller crm lacks &#34;operator&#34; \(permissions\.routes\)/]
  ] as const) {
    const answer = await form(gateway, '/ops/sign-in', { key })
    t.same([answer.status, answer.headers.get('set-cookie')], [status, null])
    t.match(answer.body, why)
    t.match(answer.body, 'aria-invalid="true" aria-describedby="problem"')
    t.notMatch(answer.body, 'value=')
  }
  for (const fields of [{}, { key: 'a', user: 'b' }])
    t.equal((await form(gateway, '/ops/sign-in', fields as Record<string, string>)).status, 400)
})

test('guessing keys on the form is throttled as everywhere, while a session keeps working', async (t) => {
  const gateway = await startGateway(t, { ANONYMOUS_POINTS_PER_MINUTE: '30' })
  const session = await signIn(gateway)
  const statuses = []
  for (let n = 0; n < 4; n++)
    statuses.push((await form(gateway, '/ops/sign-in', { key: `guess-${n}` })).status)
  t.same(statuses, [401, 401, 401, 429])
  const refused = await look(gateway, '/ops')
  t.equal(refused.status, 429)
  t.match(refused.headers.get('content-type'), 'text/html')
  t.equal((await look(gateway, '/ops/sign-in')).status, 429)
  t.equal((await look(gateway, '/ops/ops.css')).status, 429)
  for (const path of ['/ops', '/ops/ops.css', '/ops/jobs'])
    t.equal((await look(gateway, path, session)).status, 200)
})

test('signing out ends the session', async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  const out = await form(gateway, '/ops/sign-out', {}, session)
  t.same(led(out), [303, '/ops/sign-in'])
  t.match(out.headers.get('set-cookie'), /^vicidial_gateway_ops=; .*Path=\/ops; Expires=Thu, 01 Jan 1970/)
  t.same(led(await look(gateway, '/ops', session)), [303, '/ops/sign-in'])
})

test('signing in again ends the previous session', async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  t.equal((await form(gateway, '/ops/sign-in', { key: API_KEY }, session)).status, 303)
  t.same(led(await look(gateway, '/ops', session)), [303, '/ops/sign-in'])
})

test('a session ends at once when its key is removed, expires or loses operator, and outside its network', async (t) => {
  const caller = (permissions: string, more = '', key = 'ops-key') => `
callers:
  - name: ops
    key_hashes: [${key.startsWith('{') ? key : `"sha256:${hashKey(key)}"`}]
    permissions: ${permissions}
${more}`
  const expired = `{ hash: "sha256:${hashKey('ops-key')}", expires_at: 2020-01-01T00:00:00Z }`
  for (const [change, status] of [
    [caller('"*"', '', 'other-key'), 303],
    [caller('"*"', '', expired), 303],
    [caller('{ routes: [jobs] }'), 303],
    [caller('"*"', '    networks: [192.0.2.0/24]'), 403]
  ] as const) {
    const path = `${t.testdir({ 'gateway.yaml': caller('"*"') })}/gateway.yaml`
    const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
    const session = await signIn(gateway, 'ops-key')
    writeFileSync(path, change)
    gateway.app.reload()
    t.equal((await look(gateway, '/ops', session)).status, status, change)
    writeFileSync(path, caller('"*"'))
    gateway.app.reload()
    t.equal((await look(gateway, '/ops', session)).status, status === 403 ? 200 : 303, change)
  }
})

test('a form sent by another site is refused, even with a session', async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  const paths = [...FORMS, '/ops/sign-in', '/ops/sign-out']
  for (const path of paths) {
    for (const from of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: gateway.origin },
      { 'sec-fetch-site': 'none' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      {}
    ] as Record<string, string>[]) {
      const answer = await call(gateway, 'POST', path, 'key=a', {
        ...session,
        authorization: '',
        'content-type': 'application/x-www-form-urlencoded',
        ...from
      })
      t.equal(answer.status, 403, `${path} ${JSON.stringify(from)}`)
      t.match(textOf(answer), 'This form was not sent by a page of this gateway.')
    }
  }
  t.equal((await look(gateway, '/ops', session)).status, 200)
  const own = {
    authorization: '',
    'content-type': 'application/x-www-form-urlencoded',
    origin: gateway.origin
  }
  t.equal((await call(gateway, 'POST', '/ops/sign-out', '', { ...session, ...own })).status, 303)
})

test("the pages run no inline scripts, send forms to the gateway only, and aren't cached", async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  for (const path of ['/ops/sign-in', ...PAGES]) {
    const { headers, body } = await look(gateway, path, path === '/ops/sign-in' ? {} : session)
    const policy = headers.get('content-security-policy')
    t.match(policy, /default-src 'none';.*script-src 'self';.*form-action 'self';.*frame-ancestors 'none'/)
    t.notMatch(policy, /unsafe|http/)
    t.equal(headers.get('cache-control'), 'no-store')
    t.equal(headers.get('referrer-policy'), 'same-origin')
    t.notMatch(body, /<style|<script[^>]*>[^<]|\son[a-z]+=|\sstyle=/)
    for (const [, address = ''] of body.matchAll(/(?:src|href|action)="([^"]+)"/g))
      t.match(address, /^(\/|#|data:,$)/, path)
  }
  t.match((await look(gateway, '/ops/ops.css')).headers.get('content-type'), 'text/css')
  t.match((await look(gateway, '/ops/ops.js')).headers.get('content-type'), 'text/javascript')
})

test("with OPS=off the pages don't exist", async (t) => {
  const gateway = await startGateway(t, { OPS: 'off' })
  for (const path of ['/ops', '/ops/sign-in', '/ops/ops.css'])
    t.equal((await look(gateway, path)).status, 404)
  t.equal((await form(gateway, '/ops/sign-in', { key: API_KEY })).status, 404)
})
