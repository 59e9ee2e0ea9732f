import { createHash, createHmac } from 'node:crypto'
import { test } from 'tap'
import { FAULT_NAMES } from '../../src/tools/sandbox/server/faults.ts'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { look, signIn } from '../routes/ops/session.ts'
import { originOf, run } from './gateway-process.ts'
import {
  API_KEY,
  call,
  dataDir,
  filesIn,
  type Gateway,
  startGateway,
  type Tester,
  type FileTester
} from '../helper.ts'

/** What must appear nowhere. VICIdial keeps letters, digits, - and _ of a password; the others show in encodings. */
const PASS = 'canary-pass/with+odd=chars?7391'
const WRONG_PASS = 'canary-wrong/pass+8264'
const CALLER_KEY = 'canary-caller/key+5517'
const ACCOUNT_PASS = 'canary-account-pass-3302'
const SIGNING_SECRET = 'canary-signing/secret+9184'
const BASIC_SECRET = 'canary-basic/secret+7755'
const HEADER_SECRET = 'canary-header-secret-6120'
const QUERY_SECRET = 'canary-query/secret+3391'
const BODY_SECRET = 'canary-body/secret+4408'
const TOKEN = 'canary-verify/token+6617'
const ALERTS_ADDRESS = 'canary-alerts/address+2286'
const CALLER_HASH = createHash('sha256').update(CALLER_KEY).digest('hex')

/** Every form in which a secret could stand in a text. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret)
  return [
    secret,
    secret.replaceAll(/[^-_0-9A-Za-z]/g, ''),
    encodeURIComponent(secret),
    new URLSearchParams({ secret }).toString().slice('secret='.length),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    // Base64 of a longer text holds one of these, whatever stands before the secret.
    ...[0, 1, 2].map((shift) =>
      Buffer.concat([Buffer.alloc(shift), bytes])
        .toString('base64')
        .slice(shift === 0 ? 0 : 4, -4)
    ),
    bytes.toString('base64url')
  ]
}

const SECRETS = [
  ...[PASS, WRONG_PASS, ACCOUNT_PASS, CALLER_KEY, API_KEY],
  ...[SIGNING_SECRET, BASIC_SECRET, HEADER_SECRET, QUERY_SECRET, BODY_SECRET, TOKEN, ALERTS_ADDRESS]
]
const CANARIES = SECRETS.flatMap(forms).map((form) => form.toLowerCase())

function leaks(text: string): string[] {
  const lower = text.toLowerCase()
  return CANARIES.filter((canary) => lower.includes(canary))
}

/** Everything that the process writes to its standard streams, from now on until the test ends. */
function watchStreams(t: Tester): () => string {
  let written = ''
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write
    stream.write = ((chunk: unknown, ...rest: unknown[]) => {
      written += String(chunk)
      return Reflect.apply(write, stream, [chunk, ...rest])
    }) as typeof stream.write
    t.teardown(() => {
      stream.write = write
    })
  }
  return () => written
}

const MAPPING = '{ lead: { lead_id: lead }, fields: { status: stage } }'
const change = { status: 'SALE' }
const requests: [method: string, path: string, body?: unknown, headers?: Record<string, string>][] = [
  ['POST', '/v1/leads/batch-update', { lead_ids: [1], fields: change }],
  ['POST', '/v1/leads/batch-update', { updates: [{ lead_id: 1, fields: { phone_number: '2125559999' } }] }],
  ['POST', '/v1/leads/batch-update', { updates: [{ vendor_lead_code: 'CRM-1', fields: change }] }],
  ['POST', '/v1/leads/batch-update', { lead_ids: [1], fields: change, dry_run: true }],
  ['POST', '/v1/leads/batch-update', { lead_ids: [1], fields: { nope: 1 } }],
  ['POST', '/v1/leads/batch-update', '{"broken'],
  ['POST', '/v1/leads/batch-update', 'x', { 'content-type': 'text/plain' }],
  ['PATCH', '/v1/leads/1', change],
  ['GET', '/v1/fields'],
  ['GET', '/v1/fields', undefined, { authorization: `Bearer ${CALLER_KEY}` }],
  ['GET', '/v1/fields', undefined, { authorization: '', 'x-api-key': CALLER_KEY }],
  ['GET', '/v1/fields', undefined, { authorization: `Bearer ${CALLER_KEY}x` }],
  [
    'GET',
    '/v1/fields',
    undefined,
    { authorization: `Basic ${Buffer.from(`x:${CALLER_KEY}`).toString('base64')}` }
  ],
  ['GET', `/v1/fields?api_key=${encodeURIComponent(CALLER_KEY)}`],
  ['GET', `/nope/${encodeURIComponent(CALLER_KEY)}`],
  ['GET', `/problems/${encodeURIComponent(CALLER_KEY)}`],
  ['PATCH', `/v1/leads/${encodeURIComponent(CALLER_KEY)}`, change],
  ['GET', '/livez'],
  ['GET', '/readyz'],
  ['GET', '/openapi.json'],
  ['GET', '/docs']
]

const EVENT = { lead: 1, stage: 'SALE' }
const webhooks: typeof requests = [
  [
    'signed',
    { 'x-signature': createHmac('sha256', SIGNING_SECRET).update(JSON.stringify(EVENT)).digest('hex') }
  ],
  ['signed', { 'x-signature': SIGNING_SECRET }],
  ['basic', { authorization: `Basic ${Buffer.from(`crm:${BASIC_SECRET}`).toString('base64')}` }],
  ['basic', { authorization: `Basic ${Buffer.from(`crm:${BASIC_SECRET}x`).toString('base64')}` }],
  ['header', { 'x-secret': HEADER_SECRET }],
  ['header', { 'x-secret': `${HEADER_SECRET}x` }],
  ['callers', { authorization: `Bearer ${CALLER_KEY}` }]
].map(([source, headers]) => [
  'POST',
  `/v1/webhooks/${String(source)}`,
  EVENT,
  headers as Record<string, string>
])
const inAddress = (path: string, parameters: Record<string, string>) =>
  `/v1/webhooks/${path}?${new URLSearchParams(parameters).toString()}`
const NO_KEY = { authorization: '' }
const keysInside: typeof requests = [
  ['POST', inAddress('in-query', { key: QUERY_SECRET }), EVENT, NO_KEY],
  ['POST', inAddress('in-query', { key: QUERY_SECRET }), EVENT, { ...NO_KEY, 'idempotency-key': 'k2' }],
  ['POST', inAddress('in-query', { key: QUERY_SECRET }), '{', NO_KEY],
  ['POST', inAddress('in-query', { key: `${QUERY_SECRET}x` }), EVENT, NO_KEY],
  ['GET', inAddress('in-query', { key: QUERY_SECRET }), undefined, NO_KEY],
  ['GET', inAddress('in-query', { token: TOKEN, challenge: 'x' }), undefined, NO_KEY],
  ['GET', inAddress('in-query', { token: `${TOKEN}x`, challenge: 'x' }), undefined, NO_KEY],
  ['POST', '/v1/webhooks/in-body', { ...EVENT, key: BODY_SECRET }, NO_KEY],
  ['POST', '/v1/webhooks/in-body', { ...EVENT, key: BODY_SECRET, lead: { deep: true } }, NO_KEY],
  ['POST', '/v1/webhooks/in-body', { ...EVENT, key: `${BODY_SECRET}x` }, NO_KEY],
  ['POST', '/v1/webhooks/in-body', `{"key":"${BODY_SECRET}","key":"${BODY_SECRET}"}`, NO_KEY],
  ['POST', '/v1/webhooks/in-body', `{"key":"${BODY_SECRET}"`, NO_KEY]
]
const stored: typeof requests = [
  [
    'POST',
    '/v1/leads/batch-update',
    { lead_ids: [2], fields: change },
    { prefer: 'respond-async', 'idempotency-key': 'k1' }
  ],
  [
    'POST',
    '/v1/leads/batch-update',
    { lead_ids: [3], fields: change },
    { authorization: `Bearer ${CALLER_KEY}`, prefer: 'respond-async' }
  ],
  ['GET', '/v1/jobs'],
  ['GET', '/v1/dead-letters'],
  ['GET', '/v1/history']
]

async function askEverything(gateway: Pick<Gateway, 'origin'>): Promise<string> {
  const answers = [...requests, ...webhooks, ...keysInside, ...stored].map(
    async ([method, path, body, headers]) => {
      const answer = await call(gateway, method, path, body, headers)
      return JSON.stringify([answer.status, [...answer.headers], answer.body])
    }
  )
  return [...(await Promise.all(answers)), ...(await pagesOf(gateway))].join('\n')
}

/** What the operations pages show of all this, payloads included. */
async function pagesOf(gateway: Pick<Gateway, 'origin'>): Promise<string[]> {
  const session = await signIn(gateway)
  const pages: string[] = []
  const seen = new Set<string>()
  const pending = ['/ops/webhooks', '/ops/callers', '/ops/try?source=in-body']
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const { status, body } = await look(gateway, path, session)
    if (status === 200) pages.push(body)
    const links = body.matchAll(/href="(\/ops\/(?:webhooks|callers|try)[^"]*)"/g)
    for (const [, link = ''] of links as Iterable<string[]>) {
      const next = link.replaceAll('&#38;', '&').replaceAll('&#61;', '=')
      if (!seen.has(next)) pending.push(next)
      seen.add(next)
    }
  }
  if (!pages.some((page) => page.includes('&#34;stage&#34;: &#34;SALE&#34;')))
    throw new Error('no payload is shown')
  return pages
}

function configured(t: FileTester, pass: string): Record<string, string> {
  const file = {
    'gateway.yaml': `
alerts: { url: "http://127.0.0.1:9/${ALERTS_ADDRESS}" }
store_payloads: true
accounts: [{ name: sales, user: salesapi, pass: ${ACCOUNT_PASS} }]
callers: [{ name: crm, key_hashes: ["sha256:${CALLER_HASH}"], source: crm, permissions: "*", account: sales }]
webhooks:
  - { name: signed, auth: { hmac: { header: X-Signature, secrets: ["${SIGNING_SECRET}"] } }, mapping: ${MAPPING} }
  - { name: basic, auth: { basic: { user: crm, secrets: ["${BASIC_SECRET}"] } }, mapping: ${MAPPING} }
  - { name: header, auth: { header: { header: X-Secret, secrets: ["${HEADER_SECRET}"] } }, mapping: ${MAPPING} }
  - name: in-query
    auth: { query_key: { parameter: key, secrets: ["${QUERY_SECRET}"] } }
    verification: { query: { challenge: challenge, token: token, secrets: ["${TOKEN}"] } }
    mapping: ${MAPPING}
  - name: in-body
    auth: { body_key: { field: key, secrets: ["${BODY_SECRET}"] } }
    mapping: { lead: { lead_id: lead }, fields: { status: stage, comments: $string($payload) } }
  - { name: callers, auth: { callers: true }, mapping: ${MAPPING} }
`
  }
  return {
    VICIDIAL_PASS: pass,
    VICIDIAL_TIMEOUT_MS: '60',
    REQUEST_DEADLINE_MS: '200',
    GATEWAY_CONFIG: `${t.testdir(file)}/gateway.yaml`
  }
}

test('the search would find the canaries', async (t) => {
  for (const secret of SECRETS) {
    for (const before of ['', 'a', 'ab', 'user:']) {
      const text = `x ${Buffer.from(`${before}${secret}`).toString('base64')} y`
      t.ok(leaks(text).length > 0, text)
    }
    t.ok(leaks(new URLSearchParams({ pass: secret }).toString()).length > 0)
    t.same(leaks(createHash('sha256').update(secret).digest('hex')), [])
  }
  const sandbox = await startSandbox()
  t.teardown(() => sandbox.close())
  const form = new URLSearchParams({
    user: 'api',
    pass: WRONG_PASS,
    function: 'batch_update_lead',
    source: 'crm'
  })
  const reply = await fetch(sandbox.url, { method: 'POST', body: form })
  t.not(leaks(await reply.text()).length, 0, 'VICIdial echoes a wrong password')
})

test('no response, header, log line or stream shows the password or a key, whatever VICIdial does', async (t) => {
  const written = watchStreams(t)
  const env = configured(t, PASS)
  const found = await Promise.all(
    (['none', ...FAULT_NAMES] as const).map(async (fault) => {
      const inTime = { VICIDIAL_TIMEOUT_MS: '9000', REQUEST_DEADLINE_MS: '9000' }
      const gateway = await startGateway(t, fault === 'none' ? { ...env, ...inTime } : env)
      gateway.sandbox.setPassword(PASS.replaceAll(/[^-_0-9A-Za-z]/g, ''))
      if (fault !== 'none') gateway.sandbox.fail(fault, { calls: 10_000 })
      const answers = await askEverything(gateway)
      const state = await call(gateway, 'GET', '/readyz')
      const logged = gateway.logged()
      t.match(logged, fault === 'none' ? '"outcome":"updated"' : '"msg":"vicidial call"')
      return [fault, leaks(answers), leaks(JSON.stringify(state.body)), leaks(logged)] as const
    })
  )
  for (const [fault, ...seen] of found) t.same(seen, [[], [], []], fault)
  t.same(leaks(written()), [])
})

test('neither the database nor the output of a separate process contains a secret', async (t) => {
  const data = dataDir(t)
  const sandbox = await startSandbox()
  t.teardown(() => sandbox.close())
  const settings = {
    ...configured(t, WRONG_PASS),
    VICIDIAL_URL: sandbox.url,
    VICIDIAL_USER: 'api',
    API_KEY,
    DATA_DIR: data
  }
  const server = run(t, { ...settings, HISTORY_VALUES: '1', LOG_LEVEL: 'trace' })
  const answers = await askEverything({ origin: await originOf(server) })
  server.child.kill('SIGTERM')
  t.equal(await server.exit, 0)

  t.same(leaks(answers), [])
  const files = filesIn(data)
  t.ok(
    files.some(([, text]) => text.includes('batch')),
    'the jobs are in there'
  )
  for (const [name, text] of files) t.same(leaks(text), [], name)
  t.same(leaks(JSON.stringify(server.lines)), [])
  t.same(leaks(server.stderr()), [])

  const broken = run(t, { ...settings, DATA_DIR: 'package.json/data' })
  t.equal(await broken.exit, 1)
  t.match(broken.stderr(), 'package.json/data')
  t.same(leaks(broken.stderr()), [])
})

test('a wrong password that VICIdial echoes in its reply is not passed on', async (t) => {
  const written = watchStreams(t)
  const gateway = await startGateway(t, configured(t, WRONG_PASS))
  const answers = await askEverything(gateway)

  t.match(answers, 'upstream_login_failed')
  t.same(leaks(answers), [])
  t.same(leaks(gateway.logged()), [])
  t.same(leaks(written()), [])
})
