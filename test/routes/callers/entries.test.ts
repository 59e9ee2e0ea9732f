import { readFileSync } from 'node:fs'
import { test } from 'tap'
import type { Fixture } from '../../../src/tools/sandbox/database/fixture.ts'
import { type Answer, batch, call, type Gateway, startGateway, type Tester } from '../../helper.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { as, ended } from '../jobs-of.ts'

const FIXTURE = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8')) as Fixture
const CHANGE = { lead_ids: [101], fields: { status: 'SALE' } }
const ASYNC = { prefer: 'respond-async' }
const WEBHOOKS = ['crm', 'erp'].map((name) => ({
  name,
  auth: { callers: true },
  event_id: { expression: 'id' },
  mapping: { lead: { lead_id: 'lead' }, fields: { status: 'stage', email: 'mail' } }
}))
const UPDATES = { fields: '*', statuses: '*', look_ups: '*' }

const FILE = gatewayFile(
  [
    { name: 'web', permissions: { routes: '*', ...UPDATES, sources: ['shop'] }, source: 'web1' },
    { name: 'two', permissions: { routes: '*', ...UPDATES, max_batch: 2 } },
    { name: 'inside', permissions: '*', networks: ['10.0.0.0/8', '127.0.0.0/8'] },
    { name: 'outside', permissions: '*', networks: ['10.0.0.0/8', '::1'] },
    { name: 'sales', permissions: '*', account: 'sales' },
    {
      name: 'narrow',
      permissions: {
        routes: ['batch', 'jobs', 'webhook:crm', 'webhook:erp'],
        fields: ['status'],
        statuses: ['SALE']
      },
      source: 'web1'
    }
  ],
  { accounts: [{ name: 'sales', user: 'api8', pass: 's3cret8' }], webhooks: WEBHOOKS }
)

function start(t: Tester & { testdir(files: Record<string, string>): string }): Promise<Gateway> {
  const env = { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml` }
  return startGateway(t, env, { fixture: FIXTURE })
}

function hook(gateway: Gateway, source: string, body: unknown, caller: string): Promise<Answer> {
  return call(gateway, 'POST', `/v1/webhooks/${source}?wait=10`, body, as(`${caller}-key`))
}

const event = (lead: number) => ({ lead, stage: 'SALE' })

test('a request may only name sources that its caller may use', async (t) => {
  const gateway = await start(t)
  for (const [name, more, headers, taken] of [
    ['long', { updates: [{ lead_id: 101, fields: { status: 'SALE' } }] }, {}, 200],
    ['short', CHANGE, {}, 200],
    ['dry run', { ...CHANGE, dry_run: true }, {}, 200],
    ['async', CHANGE, ASYNC, 202]
  ] as const) {
    for (const source of ['shop', 'web1', undefined]) {
      const answer = await batch(gateway, { ...more, source }, { ...as('web-key'), ...headers })
      t.equal(answer.status, taken, `${name}: ${source}`)
    }
    for (const source of ['other', 'gateway', 'SHOP']) {
      const { status, body } = await batch(gateway, { ...more, source }, { ...as('web-key'), ...headers })
      t.equal(status, 403, `${name}: ${source}`)
      t.match(body, {
        code: 'permission_denied',
        detail: `The caller web may not use the source ${source} (permissions.sources).`
      })
    }
  }
})

test('a request may only have as many updates as its caller may send', async (t) => {
  const gateway = await start(t)
  const update = { lead_id: 101, fields: { status: 'SALE' } }
  const sent: [name: string, taken: number, send: (updates: number, caller: string) => Promise<Answer>][] = [
    ['long', 200, (n, caller) => batch(gateway, { updates: Array(n).fill(update) }, as(`${caller}-key`))],
    [
      'short',
      200,
      (n, caller) => batch(gateway, { ...CHANGE, lead_ids: Array(n).fill(101) }, as(`${caller}-key`))
    ],
    [
      'dry run',
      200,
      (n, caller) => batch(gateway, { updates: Array(n).fill(update), dry_run: true }, as(`${caller}-key`))
    ],
    [
      'async',
      202,
      (n, caller) => batch(gateway, { updates: Array(n).fill(update) }, { ...as(`${caller}-key`), ...ASYNC })
    ],
    ['webhook', 200, (n, caller) => hook(gateway, 'crm', Array(n).fill(event(101)), caller)]
  ]
  for (const [name, taken, send] of sent) {
    t.equal((await send(2, 'two')).status, taken, name)
    const { status, body } = await send(3, 'two')
    t.match([status, body.code, body.detail], [413, 'payload_too_large', /2 are taken/], name)
    t.equal((await send(3, 'web')).status, taken, `${name}, by another`)
  }
})

test('a caller with networks is refused from elsewhere, on every route', async (t) => {
  const gateway = await start(t)
  for (const [method, path, sent] of [
    ['POST', '/v1/leads/batch-update', CHANGE],
    ['POST', '/v1/leads/batch-update', { ...CHANGE, dry_run: true }],
    ['PATCH', '/v1/leads/101', { status: 'SALE' }],
    ['GET', '/v1/jobs', undefined],
    ['POST', '/v1/webhooks/crm?wait=10', event(101)]
  ] as const) {
    t.equal((await call(gateway, method, path, sent, as('inside-key'))).status, 200, `${method} ${path}`)
    const calls = gateway.sandbox.calls().length
    const { status, body } = await call(gateway, method, path, sent, as('outside-key'))
    t.match(
      [status, body.code, body.detail],
      [403, 'permission_denied', 'The caller outside may not call from 127.0.0.1 (networks).'],
      `${method} ${path}`
    )
    t.equal(gateway.sandbox.calls().length, calls)
  }
})

test('VICIdial is called by the account and the source of the caller, in every form of a request', async (t) => {
  const gateway = await start(t)
  const forms: ((headers: Record<string, string>, caller: string) => Promise<Answer>)[] = [
    (headers) => batch(gateway, CHANGE, headers),
    (headers) => call(gateway, 'PATCH', '/v1/leads/101', { status: 'SALE' }, headers),
    (headers) => batch(gateway, CHANGE, { ...headers, ...ASYNC }),
    (_headers, caller) => hook(gateway, 'crm', event(101), caller)
  ]
  for (const [caller, user, source] of [
    ['web', 'api', 'web1'],
    ['sales', 'api8', 'gateway']
  ] as const) {
    for (const [index, send] of forms.entries()) {
      const { status, body } = await send(as(`${caller}-key`), caller)
      if (status === 202) await ended(gateway, body.id)
      const { params } = gateway.sandbox.calls().at(-1) ?? {}
      t.match(params, { user, source }, `${caller} ${index}`)
      t.equal(gateway.sandbox.calls().length, (caller === 'web' ? 0 : forms.length) + index + 1)
    }
  }
})

test("a rejected update doesn't stop the others, in every form of a request", async (t) => {
  const gateway = await start(t)
  const headers = as('narrow-key')
  const updates = [
    { lead_id: 101, fields: { status: 'SALE' } },
    { lead_id: 102, fields: { status: 'DNC' } },
    { lead_id: 103, fields: { status: 'SALE', email: 'a@example.com' } }
  ]
  const events = [event(101), { lead: 102, stage: 'DNC' }, { ...event(103), mail: 'a@example.com' }]
  for (const [{ body }, status] of [
    [await batch(gateway, { updates }, headers), 'updated'],
    [await batch(gateway, { updates, dry_run: true }, headers), 'planned'],
    [await hook(gateway, 'crm', events, 'narrow'), 'updated']
  ] as const) {
    t.match(body.results, [
      { status },
      { status: 'rejected', error: { field: 'status' } },
      { status: 'rejected', error: { field: 'email' } }
    ])
  }
  const patch = await call(gateway, 'PATCH', '/v1/leads/101', { status: 'DNC' }, headers)
  t.same(patch.body.errors, [
    {
      pointer: '/status',
      code: 'field_not_allowed',
      detail: 'This caller may not set the status DNC (permissions.statuses).'
    }
  ])
})

test("a caller's webhook jobs belong to the caller, and endpoints keep their events apart", async (t) => {
  const gateway = await start(t)
  const send = (source: string) =>
    call(gateway, 'POST', `/v1/webhooks/${source}`, { id: 1, ...event(101) }, as('narrow-key'))
  const [first, again, other] = [await send('crm'), await send('crm'), await send('erp')]
  t.same([first.status, again.status, other.status], [202, 202, 202])
  t.equal(again.body.id, first.body.id)
  t.not(other.body.id, first.body.id)
  const job = await call(gateway, 'GET', `/v1/jobs/${first.body.id}`, undefined, as('narrow-key'))
  t.match(job.body, { caller: 'narrow', source: 'web1', origin: 'webhook:crm' })
})

test('a cut or mistyped key is reported as such, without revealing whether it is known', async (t) => {
  const gateway = await start(t)
  const details = []
  for (const key of ['vgw_abc', 'unknown']) {
    const { status, body } = await call(gateway, 'GET', '/v1/fields', undefined, as(key))
    t.equal(status, 401)
    details.push(body.detail)
  }
  t.same(details, ['The API key is incomplete or mistyped.', 'The API key is unknown or has expired.'])
})
