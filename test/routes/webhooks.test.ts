import { createHmac } from 'node:crypto'
import { test } from 'tap'
import { type Answer, call, type Gateway, startGateway, startStandIn, type Tester } from '../helper.ts'
import { SqliteJobs } from '../../src/outbox/sqlite/jobs.ts'
import { scrape } from '../telemetry/metrics/scrape.ts'
import { until } from '../until.ts'
import { scriptedVicidial } from './scripted-vicidial.ts'

const SECRET = 'canary-webhook-secret'
const FILE = `
webhooks:
  - name: crm
    source: CRM
    auth: { header: { header: X-Secret, secrets: [${SECRET}] } }
    event_id: { expression: event }
    mapping:
      when: type = 'deal'
      lead: { lead_id: dialer }
      fields: { status: stage, comments: note }
      values: { status: { table: { Closed Won: SALE } } }
  - name: unsubscribes
    on_invalid: drop_field
    auth: { header: { header: X-Secret, secrets: [${SECRET}] } }
    mapping: { lead: { lead_id: id }, fields: { status: '"DNC"', email: email, comments: '$join(tags, ", ")' } }
  - name: signed
    auth: { hmac: { header: X-Signature, prefix: sha256=, secrets: [${SECRET}] } }
    mapping: { lead: { lead_id: id }, fields: { status: status } }
  - name: signed-with-url
    auth:
      hmac:
        header: X-Signature
        signed: '{method}{url}{body}'
        public_url: https://gateway.example
        secrets: [${SECRET}]
    mapping: { lead: { lead_id: id }, fields: { status: status } }
`

async function start(t: Tester & { testdir: (files: Record<string, string>) => string }, env = {}) {
  const file = `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml`
  return startGateway(t, { GATEWAY_CONFIG: file, ...env })
}

function hook(
  gateway: Gateway,
  body: unknown,
  headers: Record<string, string> = {},
  query = ''
): Promise<Answer> {
  const own = { authorization: '', 'x-secret': SECRET, ...headers }
  return call(gateway, 'POST', `/v1/webhooks/crm${query}`, body, own)
}

function stored(gateway: Gateway, lead: number) {
  return gateway.sandbox.leads()[lead]
}

async function finished(gateway: Gateway, id: string) {
  return until('the job has ended', async () => {
    const { body } = await call(gateway, 'GET', `/v1/jobs/${id}`)
    return body.finished_at !== undefined && body
  })
}

const deal = (dialer: number | string, stage: string, more = {}) => ({ type: 'deal', dialer, stage, ...more })

test("an event is stored, acknowledged with its job, and delivered with its endpoint's source", async (t) => {
  const gateway = await start(t)
  const { status, body } = await hook(gateway, deal('5', 'Closed Won', { note: '' }))
  t.equal(status, 202)
  t.match(body, { id: /^job_[0-9A-Z]{26}$/, status: 'queued', updates: 1 })
  t.equal(body.links.self, `/v1/jobs/${body.id}`)

  const job = await finished(gateway, body.id)
  t.match(job, { status: 'completed', caller: 'webhook:crm', source: 'CRM', origin: 'webhook:crm' })
  t.strictSame(job.results, [{ index: 0, lead_id: 5, status: 'updated' }])
  t.match(stored(gateway, 5), { status: 'SALE' })
  t.equal(gateway.sandbox.calls().at(-1)?.params['source'], 'CRM')
})

test('with drop_field an event sets what is sound, and its job says what was left out', async (t) => {
  const gateway = await start(t)
  const event = { id: 5, email: 'ann+promo@example.com' }
  const own = { authorization: '', 'x-secret': SECRET }
  const { status, body } = await call(gateway, 'POST', '/v1/webhooks/unsubscribes', event, own)
  t.equal(status, 202)
  const job = await finished(gateway, body.id)
  t.match(job.results, [
    {
      lead_id: 5,
      status: 'updated',
      warnings: [{ field: 'email', code: 'field_dropped', sent: event.email, refusal: 'characters_lost' }]
    }
  ])
  t.equal(stored(gateway, 5)?.status, 'DNC')
})

test('with drop_field an expression that fails costs only its field', async (t) => {
  const gateway = await start(t)
  const own = { authorization: '', 'x-secret': SECRET }
  const { body } = await call(gateway, 'POST', '/v1/webhooks/unsubscribes', { id: 6, tags: null }, own)
  const job = await finished(gateway, body.id)
  const warnings = [{ field: 'comments', code: 'field_dropped', sent: '', refusal: 'field_invalid' }]
  t.match(job.results, [{ lead_id: 6, status: 'updated', warnings }])
  t.equal(stored(gateway, 6)?.status, 'DNC')
})

test('an array is several events, and irrelevant ones are left out', async (t) => {
  const gateway = await start(t)
  const events = [deal(1, 'A'), { type: 'note', dialer: 2, stage: 'B' }, deal(3, 'C')]
  const { body } = await hook(gateway, events, {}, '?wait=10')
  t.strictSame(
    body.results.map(({ lead_id, status }: { lead_id: number; status: string }) => [lead_id, status]),
    [
      [1, 'updated'],
      [3, 'updated']
    ]
  )
  const { status, body: ignored } = await hook(gateway, { type: 'note' })
  t.equal(status, 202)
  t.strictSame(ignored, { id: null, status: 'ignored', updates: 0, ignored: 1 })
})

test('form and text bodies are taken as well', async (t) => {
  const gateway = await start(t)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const text = { 'content-type': 'text/plain; charset=utf-8' }
  const formed = await hook(gateway, 'type=deal&dialer=7&stage=FORM', form, '?wait=10')
  const texted = await hook(gateway, JSON.stringify(deal(8, 'TEXT')), text, '?wait=10')
  t.strictSame([formed.status, texted.status], [200, 200])
  t.match(stored(gateway, 7), { status: 'FORM' })
  t.match(stored(gateway, 8), { status: 'TEXT' })
  const { status, body } = await hook(gateway, '<a/>', { 'content-type': 'application/xml' })
  t.strictSame([status, body.code], [415, 'unsupported_media_type'])
})

test("with wait, by query or by Prefer, the response is a batch's if the job ends in time", async (t) => {
  const gateway = await start(t)
  const found = await hook(gateway, deal(1, 'A'), { prefer: 'wait=10' })
  t.strictSame([found.status, found.body.status], [200, 'completed'])
  const missing = await hook(gateway, [deal(1, 'B'), deal(99_999, 'B')], {}, '?wait=10')
  t.strictSame([missing.status, missing.body.status], [207, 'partial'])

  gateway.sandbox.fail('hang', { calls: 1 })
  const late = await hook(gateway, deal(1, 'C'), {}, '?wait=1')
  t.strictSame([late.status, late.body.status], [202, 'queued'])
})

test("waiting doesn't poll: the end of the job is reported", async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await start(t, { VICIDIAL_URL: vicidial.url })
  const { find } = SqliteJobs.prototype
  t.teardown(() => {
    SqliteJobs.prototype.find = find
  })
  let looks = 0
  SqliteJobs.prototype.find = function (id) {
    looks++
    return find.call(this, id)
  }
  vicidial.holds()
  t.equal((await hook(gateway, deal(1, 'A'), {}, '?wait=1')).status, 202)
  t.ok(looks <= 2, String(looks))
  const second = hook(gateway, deal(2, 'A'), {}, '?wait=25')
  await until('it waits', () => looks > 2)
  vicidial.makes()
  t.match(await second, { status: 200, body: { status: 'completed' } })
})

test('a job given up within the wait is reported as stored: the sender has nothing to repeat', async (t) => {
  const denied = await startStandIn(t, (params, response) => {
    const { user = '', function: called = '' } = params
    response.end(`ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |${user}|${called}|\n`)
  })
  const env = {
    VICIDIAL_URL: denied,
    RETRY_FIRST_PAUSE_MS: '1',
    RETRY_LONGEST_PAUSE_MS: '1',
    RETRY_FOR_MS: '1'
  }
  const gateway = await start(t, env)
  const { status, body } = await hook(gateway, deal(5, 'A'), {}, '?wait=10')
  t.strictSame([status, body.status], [202, 'queued'])
  const job = await finished(gateway, body.id)
  t.match(job, { status: 'failed', results: [{ error: { code: 'upstream_permission_denied' } }] })
  t.equal((await call(gateway, 'GET', '/v1/dead-letters')).body.dead_letters.length, 1)
})

test('a repeat of an event is recognised by its id, even with another body, and across a restart', async (t) => {
  const file = `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml`
  const data = `${t.testdirName}/data`
  const env = { GATEWAY_CONFIG: file, DATA_DIR: data }
  const gateway = await startGateway(t, env)
  const event = deal(5, 'A', { event: 'e1' })
  const first = await hook(gateway, event)
  const repeats = await Promise.all(
    Array.from({ length: 20 }, (_, n) => hook(gateway, { ...event, stage: `B${n}` }))
  )
  for (const { status, body, headers } of repeats) {
    t.strictSame([status, body], [202, first.body])
    t.equal(headers.get('idempotency-replayed'), 'true')
  }
  await finished(gateway, first.body.id)
  t.match(stored(gateway, 5), { status: 'A' })
  await gateway.app.close()

  const again = await startGateway(t, env)
  const { body } = await hook(again, event)
  t.strictSame(body, first.body)
  t.equal((await call(again, 'GET', '/v1/jobs')).body.jobs.length, 1)
})

test('a known event id is recognised with any Idempotency-Key', async (t) => {
  const gateway = await start(t)
  const event = deal(5, 'OLD', { event: 'e1' })
  const first = await hook(gateway, event, { 'idempotency-key': 'k1' })
  await hook(gateway, deal(5, 'NEW', { event: 'e2' }), { 'idempotency-key': 'k1' }, '?wait=10')
  for (const headers of [{}, { 'idempotency-key': 'k2' }, { 'idempotency-key': 'x'.repeat(256) }]) {
    const repeat = await hook(gateway, event, headers)
    t.strictSame([repeat.status, repeat.body], [202, first.body])
    t.equal(repeat.headers.get('idempotency-replayed'), 'true')
  }
  t.match(stored(gateway, 5), { status: 'NEW' })
  t.equal((await call(gateway, 'GET', '/v1/jobs')).body.jobs.length, 2)
})

test('without an event id an Idempotency-Key identifies a repeat, and belongs to one request', async (t) => {
  const gateway = await start(t)
  const key = { 'idempotency-key': 'k1' }
  const first = await hook(gateway, deal(5, 'A'), key)
  const same = await hook(gateway, deal(5, 'A'), key)
  const other = await hook(gateway, deal(5, 'B'), key)
  t.strictSame([same.status, same.body], [202, first.body])
  t.strictSame([other.status, other.body.code], [422, 'idempotency_key_reused'])
  const bad = await hook(gateway, deal(5, 'A'), { 'idempotency-key': 'x'.repeat(256) })
  t.strictSame([bad.status, bad.body.code], [400, 'invalid_request'])
})

test("an Idempotency-Key can't pass for an event id", async (t) => {
  const gateway = await start(t)
  for (const key of ['e9', 'event:e9', 'key:event:e9']) {
    const taken = await hook(gateway, deal(5, 'A'), { 'idempotency-key': key })
    t.equal(taken.status, 202, key)
  }
  const event = await hook(gateway, deal(6, 'REAL', { event: 'e9' }), {}, '?wait=10')
  t.strictSame([event.status, event.headers.get('idempotency-replayed')], [200, null])
  t.match(stored(gateway, 6), { status: 'REAL' })
})

test('an unverified sender learns nothing of the payload, and no response has a secret', async (t) => {
  const gateway = await start(t)
  for (const [secret, detail] of [
    ['', 'Missing credential: send the key, login or secret of this webhook source.'],
    ['wrong', 'The credential is not one of this webhook source.'],
    [`${SECRET}x`, 'The credential is not one of this webhook source.']
  ] as const) {
    const { status, body } = await hook(gateway, '{ not json', { 'x-secret': secret })
    t.strictSame([status, body.code, body.detail], [401, 'unauthenticated', detail])
    t.notMatch(JSON.stringify(body), 'canary')
  }
  t.equal((await call(gateway, 'POST', '/v1/webhooks/nobody', {})).status, 404)
  t.notMatch(gateway.logged(), 'canary')
  t.strictSame(gateway.sandbox.calls(), [])
})

test('a signature covers the exact bytes received', async (t) => {
  const gateway = await start(t)
  const body = '{"id": 4,\n "status":"SALE"}'
  const signed = (text: string) => ({
    authorization: '',
    'x-signature': `sha256=${createHmac('sha256', SECRET).update(text).digest('hex')}`
  })
  const good = await call(gateway, 'POST', '/v1/webhooks/signed?wait=10', body, signed(body))
  t.equal(good.status, 200)
  const minified = JSON.stringify(JSON.parse(body))
  const other = await call(gateway, 'POST', '/v1/webhooks/signed', minified, signed(body))
  t.equal(other.status, 401)
  const altered = await call(gateway, 'POST', '/v1/webhooks/signed', body.replace('4', '5'), signed(body))
  t.strictSame([altered.status, altered.body.detail], [401, 'The signature does not match the request.'])
})

test('a signature can cover the method and the URL', async (t) => {
  const gateway = await start(t)
  const body = '{"id": 4, "status": "HUB"}'
  const path = '/v1/webhooks/signed-with-url?wait=10'
  const signed = (url: string) => ({
    authorization: '',
    'x-signature': createHmac('sha256', SECRET).update(`POST${url}${body}`).digest('hex')
  })
  const good = await call(gateway, 'POST', path, body, signed(`https://gateway.example${path}`))
  t.match(good.body, { status: 'completed', results: [{ lead_id: 4, status: 'updated' }] })
  const other = await call(gateway, 'POST', path, body, signed('https://gateway.example/v1/webhooks/signed'))
  t.match(other.body, { code: 'unauthenticated', detail: 'The signature does not match the request.' })
})

test("another Content-Type can't change the meaning of signed bytes", async (t) => {
  const gateway = await start(t)
  const body = '{"id":4,"status":"SALE","note":"x&id=5&status=GONE&y="}'
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
  const hint = " It was sent as a form, as curl -d does: add -H 'Content-Type: application/json'."
  for (const [type, more] of [
    ['application/x-www-form-urlencoded', hint],
    ['text/plain', '']
  ] as const) {
    const headers = { authorization: '', 'x-signature': signature, 'content-type': type }
    const answer = await call(gateway, 'POST', '/v1/webhooks/signed?wait=10', body, headers)
    t.strictSame(
      [answer.status, answer.body.code, answer.body.detail],
      [415, 'unsupported_media_type', `The body must be application/json; in UTF-8.${more}`]
    )
  }
  t.strictSame((await call(gateway, 'GET', '/v1/jobs')).body, { jobs: [] })
})

test('an unusable payload is refused with a pointer, and nothing is stored', async (t) => {
  const gateway = await start(t)
  const cases: [body: unknown, status: number, code: string][] = [
    ['{"type":', 400, 'invalid_json'],
    ['', 400, 'invalid_json'],
    [deal('x', 'A'), 422, 'all_updates_rejected'],
    [deal(1, 'A#B'), 422, 'all_updates_rejected'],
    [deal(1, 'A', { note: { deep: true } }), 422, 'all_updates_rejected']
  ]
  for (const [body, status, code] of cases) {
    const answer = await hook(gateway, body)
    t.strictSame([answer.status, answer.body.code], [status, code], JSON.stringify(body))
  }
  const encoded = await hook(gateway, deal(1, 'A'), { 'content-encoding': 'gzip' })
  t.equal(encoded.status, 415)
  t.strictSame((await call(gateway, 'GET', '/v1/jobs')).body, { jobs: [] })
})

test('for a partly usable payload, the rest is in the results of the job', async (t) => {
  const gateway = await start(t)
  const { body } = await hook(gateway, [deal(1, 'A'), deal(2, 'B#')], {}, '?wait=10')
  t.equal(body.status, 'partial')
  t.strictSame(
    body.results.map(({ status }: { status: string }) => status),
    ['updated', 'rejected']
  )
})

const USES = `
webhooks:
  - name: crm
    auth: { header: { header: X-Secret, secrets: [${SECRET}] } }
    event_id: { expression: event }
    mapping:
      lead: { lead_id: dialer }
      fields: &fields { status: stage, comments: '$join(tags, ", ")' }
      values: &values { status: { table: { Closed Won: SALE }, otherwise: ignore } }
  - name: lenient
    auth: { header: { header: X-Secret, secrets: [${SECRET}] } }
    on_unmapped: accept
    mapping: { each: rows, lead: { lead_id: dialer }, fields: *fields, values: *values }
  - name: wanted
    auth: { header: { header: X-Secret, secrets: [${SECRET}] } }
    mapping: { when: type = 'deal', lead: { lead_id: dialer }, fixed: { status: SALE } }
`

function startUses(t: Tester & { testdir: (files: Record<string, string>) => string }) {
  return startGateway(t, { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': USES })}/gateway.yaml` })
}

test('an event that cannot be mapped is rejected with its expression, and the others are stored', async (t) => {
  const gateway = await startUses(t)
  const events = [
    { dialer: 1, stage: 'Closed Won', tags: null },
    { dialer: 2, stage: 'Closed Won', tags: ['vip'] },
    { dialer: 3, stage: 'Negotiation' }
  ]
  const { status, body } = await hook(gateway, events, {}, '?wait=10')
  t.equal(status, 207)
  t.match(body.results, [
    {
      index: 0,
      lead_id: 1,
      status: 'rejected',
      error: {
        code: 'field_invalid',
        field: 'comments',
        detail:
          'crm: fields.comments at event 0 calls a function with null at character 6 (JSONata T0412). The expression is: $join(tags, ", ")'
      }
    },
    { index: 1, lead_id: 2, status: 'updated' }
  ])
  t.equal(body.results.length, 2)
  t.match(stored(gateway, 2), { status: 'SALE', comments: 'vip' })
  const alone = await hook(gateway, events.slice(0, 1))
  t.match(alone, { status: 422, body: { errors: [{ pointer: '/updates/0/fields/comments' }] } })
})

test('an update left with nothing to change is ignored and counted, and is no fault', async (t) => {
  const gateway = await startUses(t)
  for (const event of [{ dialer: 1, stage: 'Negotiation' }, { dialer: 1, stage: '' }, { dialer: 1 }])
    t.match(await hook(gateway, event), {
      status: 202,
      body: { id: null, status: 'ignored', updates: 0, ignored: 1 }
    })
  const { body } = await hook(gateway, [{ dialer: 1, stage: 'Closed Won' }, { dialer: 2 }])
  t.match(body, { status: 'queued', updates: 1, ignored: 1 })
})

test('what cannot be used is refused, or acknowledged with the reason if the source says so', async (t) => {
  const gateway = await startUses(t)
  const lenient = (body: unknown) =>
    call(gateway, 'POST', '/v1/webhooks/lenient', body, { authorization: '', 'x-secret': SECRET })
  const cases: [body: unknown, refused: number, ignored: number | undefined, pointer: string][] = [
    [{ dialer: null, stage: 'Closed Won' }, 422, 1, '/updates/0/lead_id'],
    [{ stage: 'Closed Won' }, 422, 1, '/updates/0/lead_id'],
    [{ dialer: 'x', stage: 'Closed Won' }, 422, 1, '/updates/0/lead_id'],
    [{ dialer: 1, tags: null }, 422, 1, '/updates/0/fields/comments']
  ]
  for (const [event, refused, ignored, pointer] of cases) {
    t.equal((await hook(gateway, event)).status, refused)
    t.match(await lenient({ rows: [event] }), {
      status: 202,
      body: { id: null, status: 'ignored', updates: 0, ignored, errors: [{ pointer }] }
    })
  }
  const rows = [{ dialer: 1, stage: 'Negotiation' }, { dialer: 1, stage: '' }, { stage: 'Closed Won' }]
  t.match((await lenient({ rows })).body, { ignored: 3, errors: [{ pointer: '/updates/0/lead_id' }] })
  const unknown = await lenient([{ dialer: 1, stage: 'Closed Won' }])
  t.strictSame(unknown.body, {
    id: null,
    status: 'ignored',
    updates: 0,
    errors: [
      {
        pointer: '',
        code: 'invalid_request',
        detail: 'lenient: each finds no event in the payload, which is not empty.'
      }
    ]
  })
  t.match(await lenient('{'), { status: 400, body: { code: 'invalid_json' } })
  t.match(await lenient({ rows: [] }), { status: 202, body: { status: 'ignored', updates: 0 } })
})

test('events that are not used are in the log, without values, and in the metrics', async (t) => {
  const gateway = await startUses(t)
  const lines = () =>
    gateway
      .logged()
      .split('\n')
      .filter((line) => line.includes('webhook events not used'))
      .map((line) => JSON.parse(line))
  const send = async (source: string, body: unknown) => {
    const own = { authorization: '', 'x-secret': SECRET }
    await call(gateway, 'POST', `/v1/webhooks/${source}?wait=10`, body, own)
    return lines()
  }
  const none = { unwanted: 0, unchanged: 0, refused: 0, reasons: [] }
  await send('lenient', { rows: [{ dialer: 1, stage: 'Closed Won' }] })
  t.strictSame(lines(), [], 'all are used')
  const rows = [
    { dialer: 1, stage: 'secret stage' },
    { dialer: 1, tags: null },
    { dialer: 2, stage: 'Closed Won', tags: ['#'] },
    { dialer: 'secret lead', stage: 'Closed Won' }
  ]
  const [some] = await send('lenient', { rows })
  t.match(some, {
    level: 30,
    source: 'lenient',
    unwanted: 0,
    unchanged: 1,
    refused: 3,
    reasons: [
      { event: 1, code: 'field_invalid', expression: 'fields.comments' },
      { event: 2, code: 'characters_lost', field: 'comments' },
      { event: 3, code: 'field_invalid', field: 'lead_id' },
      { event: 0, code: 'unchanged', expression: 'fields.status, fields.comments' }
    ]
  })
  t.equal(some.reasons.length, 4)
  const unwanted = [{ event: 0, code: 'unwanted', expression: 'when' }]
  t.match((await send('wanted', { dialer: 1 }))[1], {
    ...none,
    source: 'wanted',
    unwanted: 1,
    reasons: unwanted
  })
  const reasons = [{ code: 'invalid_request', expression: 'each' }]
  t.match((await send('lenient', [1]))[2], { ...none, source: 'lenient', refused: 1, reasons })
  const many = Array.from({ length: 50 }, () => ({ stage: 'Closed Won' }))
  const whole = (await send('crm', many))[3]
  t.match(whole, { source: 'crm', refused: 50, request_id: /^req_/ })
  t.equal(whole.reasons.length, 20)
  t.notMatch(gateway.logged(), 'secret stage')
  t.notMatch(gateway.logged(), 'secret lead')

  const { value } = await scrape(gateway)
  const counted = (caller: string, status: string) =>
    value('updates_total', { caller: `webhook:${caller}`, status })
  t.strictSame(
    [counted('lenient', 'ignored'), counted('lenient', 'rejected'), counted('wanted', 'ignored')],
    [1, 4, 1]
  )
  t.equal(value('update_errors_total', { code: 'invalid_request' }), 1)
})

test('the line of a refused webhook says whose it is, and why', async (t) => {
  const gateway = await startUses(t)
  const lastLine = async (path: string, body: unknown, headers: Record<string, string>) => {
    await call(gateway, 'POST', `/v1/webhooks/${path}`, body, { authorization: '', ...headers })
    const lines = gateway.logged().trim().split('\n')
    return JSON.parse(lines.findLast((line) => line.includes('"msg":"request"')) ?? '') as Record<
      string,
      unknown
    >
  }
  const own = { 'x-secret': SECRET }
  const event = { dialer: 1, stage: 'Closed Won' }
  const wrong = await lastLine('crm', event, { 'x-secret': 'canary' })
  t.match(wrong, { source: 'crm', status: 401, code: 'unauthenticated', reason: 'credential_wrong' })
  t.match(await lastLine('crm', event, {}), { source: 'crm', status: 401, reason: 'credential_missing' })
  t.match(await lastLine('crm', '{', own), { source: 'crm', status: 400, code: 'invalid_json' })
  t.match(await lastLine('lenient', [1], own), { source: 'lenient', status: 202, code: undefined })
  t.match(await lastLine('crm', { stage: 'Closed Won' }, own), {
    source: 'crm',
    status: 422,
    code: 'all_updates_rejected',
    reason: undefined
  })
  t.match(await lastLine('crm', event, own), { source: 'crm', status: 202, code: undefined })
  const unknown = await lastLine('canary', event, own)
  t.match(unknown, { status: 404, code: 'not_found', source: undefined })
  t.notMatch(gateway.logged(), 'canary')
})

test('each of several events is recognised by its own id', async (t) => {
  const gateway = await startUses(t)
  const event = (dialer: number, id: string, stage = 'Closed Won') => ({ dialer, stage, event: id })
  const first = await hook(gateway, [event(1, 'a'), event(2, 'b')], {}, '?wait=10')
  t.match(first, { status: 200, body: { summary: { received: 2, updated: 2 } } })

  const mixed = [event(2, 'b', 'Closed Won'), event(3, 'c'), { dialer: 4, event: 'd', tags: null }]
  const second = await hook(gateway, mixed, {}, '?wait=10')
  t.match(second.body, {
    summary: { received: 2, updated: 1, rejected: 1 },
    results: [
      { index: 0, lead_id: 3, status: 'updated' },
      { index: 1, status: 'rejected' }
    ]
  })
  t.equal(second.headers.get('idempotency-replayed'), null)

  const again = await hook(gateway, mixed)
  t.strictSame([again.status, again.body.repeated], [202, 1])
  t.strictSame([again.body.id, again.headers.get('idempotency-replayed')], [second.body.id, 'true'])
  const alone = await hook(gateway, event(1, 'a'))
  t.strictSame([alone.body.id, alone.headers.get('idempotency-replayed')], [first.body.id, 'true'])
  t.equal((await call(gateway, 'GET', '/v1/jobs')).body.jobs.length, 2)

  const refused = await hook(gateway, [event(1, 'a'), { dialer: 5, event: 'e', tags: null }])
  t.match(refused, { status: 202, body: { updates: 1, repeated: 1 } })
  t.match(await finished(gateway, refused.body.id), {
    status: 'failed',
    results: [{ index: 0, lead_id: 5, status: 'rejected' }]
  })
})

test('ids beyond 2^53 are different events, and no event is lost', async (t) => {
  const gateway = await startUses(t)
  for (const [dialer, id] of [
    [1, '8202522731445525542'],
    [2, '8202522731445525543'],
    [3, '8202522731445526000']
  ] as const) {
    const body = `{"event":${id},"dialer":${dialer},"stage":"Closed Won"}`
    const answer = await hook(gateway, body, {}, '?wait=10')
    t.match(answer, { status: 200, body: { results: [{ lead_id: dialer, status: 'updated' }] } })
    t.equal((await hook(gateway, body)).headers.get('idempotency-replayed'), 'true')
  }
})

test('one of several requests at the same time stores an event', async (t) => {
  const gateway = await startUses(t)
  const event = (dialer: number) => ({ dialer, stage: 'Closed Won', event: `e${dialer}` })
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => hook(gateway, [event(1 + (n % 3)), event(2 + (n % 3))]))
  )
  t.ok(answers.every(({ status }) => status === 202))
  const { body } = await call(gateway, 'GET', '/v1/jobs')
  const received = body.jobs.map((job: any) => job.summary.received)
  t.equal(
    received.reduce((sum: number, one: number) => sum + one, 0),
    4
  )
})
