import { createHash } from 'node:crypto'
import { test } from 'tap'
import { FAULT_NAMES } from '../src/sandbox/faults.ts'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import { API_KEY, call, type Gateway, startGateway, type Tester } from './helper.ts'

/** What must appear nowhere. VICIdial keeps letters, digits, - and _ of a password; the others show in encodings. */
const PASS = 'canary-pass/with+odd=chars?7391'
const WRONG_PASS = 'canary-wrong/pass+8264'
const CALLER_KEY = 'canary-caller/key+5517'
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

const CANARIES = [PASS, WRONG_PASS, CALLER_KEY, API_KEY].flatMap(forms)

function leaks(text: string): string[] {
  return CANARIES.filter((canary) => text.toLowerCase().includes(canary.toLowerCase()))
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

async function askEverything(gateway: Gateway): Promise<string> {
  const answers = requests.map(async ([method, path, body, headers]) => {
    const answer = await call(gateway, method, path, body, headers)
    return JSON.stringify([answer.status, [...answer.headers], answer.body])
  })
  return (await Promise.all(answers)).join('\n')
}

function configured(
  t: { testdir(files: Record<string, string>): string },
  pass: string
): Record<string, string> {
  const file = {
    'gateway.yaml': `callers: [{ name: crm, key_hashes: ["sha256:${CALLER_HASH}"], source: crm, permissions: "*" }]`
  }
  return {
    VICIDIAL_PASS: pass,
    VICIDIAL_TIMEOUT_MS: '60',
    REQUEST_DEADLINE_MS: '200',
    GATEWAY_CONFIG: `${t.testdir(file)}/gateway.yaml`
  }
}

test('the canaries would be found', async (t) => {
  for (const secret of [PASS, WRONG_PASS, CALLER_KEY, API_KEY]) {
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

test('no answer, header, log line or stream shows the password or a key, whatever VICIdial does', async (t) => {
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

test('a wrong password, which VICIdial repeats in its reply, goes no further', async (t) => {
  const written = watchStreams(t)
  const gateway = await startGateway(t, configured(t, WRONG_PASS))
  const answers = await askEverything(gateway)

  t.match(answers, 'upstream_login_failed')
  t.same(leaks(answers), [])
  t.same(leaks(gateway.logged()), [])
  t.same(leaks(written()), [])
})
