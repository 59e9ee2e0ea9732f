import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { batch, call, type Gateway, startGateway } from '../helper.ts'

const HEADERS = { authorization: 'Bearer web-key' }
const CHANGE = { lead_ids: [1], fields: { status: 'SALE' } }

interface Tester {
  teardown(handler: () => unknown): unknown
  testdir(files: Record<string, string>): string
}

/** A gateway whose caller `web` has these permissions, as YAML. */
function gatewayWith(t: Tester, permissions: string, more = ''): Promise<Gateway> {
  const file = `
callers:
  - name: web
    key_hashes: ["sha256:${hashKey('web-key')}"]
    source: web1
    permissions: ${permissions}
${more}
custom_fields: [{ label: color, max_length: 9 }, { label: size, max_length: 9 }]
webhooks:
  - { name: crm, auth: { callers: true }, event_id: { expression: id }, mapping: { lead: { lead_id: lead }, fields: { status: stage, email: mail } } }
  - { name: erp, auth: { callers: true }, event_id: { expression: id }, mapping: { lead: { vendor_lead_code: code }, fields: { status: stage } } }
`
  return startGateway(t, { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': file })}/gateway.yaml` })
}

/** Every route that needs a permission, and which. */
const ROUTES: [permission: string, method: string, path: string, body?: unknown][] = [
  ['batch', 'POST', '/v1/leads/batch-update', CHANGE],
  ['batch', 'PATCH', '/v1/leads/1', { status: 'SALE' }],
  ['batch', 'GET', '/v1/fields'],
  ['jobs', 'GET', '/v1/jobs'],
  ['jobs', 'GET', '/v1/jobs/job_1'],
  ['jobs', 'POST', '/v1/jobs/job_1/replay'],
  ['jobs', 'POST', '/v1/jobs/job_1/cancel'],
  ['dead_letters', 'GET', '/v1/dead-letters'],
  ['dead_letters', 'POST', '/v1/dead-letters/replay'],
  ['history', 'GET', '/v1/history'],
  ['history', 'GET', '/v1/leads/1/history'],
  ['webhook:crm', 'POST', '/v1/webhooks/crm', { lead: 1, stage: 'SALE' }],
  ['webhook:erp', 'POST', '/v1/webhooks/erp', { code: 'CRM-1', stage: 'SALE' }]
]
const PERMISSIONS = [...new Set(ROUTES.map(([permission]) => permission)), 'operator']

for (const granted of [...PERMISSIONS, 'none']) {
  test(`with ${granted} alone a caller reaches the routes of that, and no other`, async (t) => {
    const routes = granted === 'none' ? '[]' : `["${granted}"]`
    const gateway = await gatewayWith(t, `{ routes: ${routes}, fields: "*", statuses: "*", look_ups: "*" }`)
    for (const [permission, method, path, body] of ROUTES) {
      const answer = await call(gateway, method, path, body, HEADERS)
      if (permission === granted) t.not(answer.status, 403, `${method} ${path}`)
      else {
        t.equal(answer.status, 403, `${method} ${path}`)
        t.equal(answer.body.code, 'permission_denied')
        t.equal(answer.body.detail, `The caller web lacks "${permission}" (permissions.routes).`)
      }
    }
  })
}

/** What an update may ask for: the right, an update that needs it, and a permission that gives it. */
const RIGHTS: [
  right: string,
  update: Record<string, unknown>,
  code: string,
  given: string,
  denied: string
][] = [
  [
    'permissions.fields',
    { fields: { email: 'a@example.com' } },
    'field_not_allowed',
    'fields: [email]',
    'fields: [status]'
  ],
  [
    'permissions.fields',
    { reset_called: true },
    'field_not_allowed',
    'fields: [reset_called]',
    'fields: [status]'
  ],
  [
    'permissions.fields',
    { fields: { comments: null } },
    'field_not_allowed',
    'fields: [comments]',
    'fields: []'
  ],
  [
    'permissions.statuses',
    { fields: { status: 'SALE' } },
    'field_not_allowed',
    'fields: [status], statuses: [SALE]',
    'fields: [status], statuses: [NEW]'
  ],
  [
    'permissions.statuses',
    { fields: { status: 'SALE' } },
    'field_not_allowed',
    'fields: "*", statuses: "*"',
    'fields: "*"'
  ],
  [
    'permissions.lists',
    { fields: { list_id: 102 } },
    'list_not_allowed',
    'fields: [list_id], lists: [102]',
    'fields: [list_id], lists: [101]'
  ],
  [
    'permissions.lists',
    { fields: { list_id: '102' } },
    'list_not_allowed',
    'fields: [list_id], lists: [102]',
    'fields: [list_id], lists: [101]'
  ],
  [
    'permissions.custom_fields',
    { custom_fields: { color: 'red' } },
    'field_not_allowed',
    'custom_fields: [color]',
    'custom_fields: [size]'
  ]
]

for (const [right, update, code, given, denied] of RIGHTS) {
  test(`${JSON.stringify(update)} needs its ${right}: ${denied} is not enough`, async (t) => {
    const without = await gatewayWith(t, `{ routes: [batch], ${denied} }`)
    const refused = await batch(without, { updates: [{ lead_id: 1, ...update }] }, HEADERS)
    t.equal(refused.status, 422)
    t.equal(refused.body.results[0].error.code, code)
    t.match(refused.body.results[0].error.detail, right)
    t.same(without.sandbox.calls(), [])

    const having = await gatewayWith(t, `{ routes: [batch], ${given} }`)
    const dry = await batch(having, { updates: [{ lead_id: 1, ...update }], dry_run: true }, HEADERS)
    t.equal(dry.body.results[0].status, 'planned', JSON.stringify(dry.body.results))
  })
}

test('a lead is looked up by the keys that the caller may use', async (t) => {
  const gateway = await gatewayWith(
    t,
    '{ routes: [batch], fields: "*", statuses: "*", look_ups: [phone_number] }'
  )
  const fields = { status: 'SALE' }
  const { body } = await batch(
    gateway,
    {
      updates: [
        { vendor_lead_code: 'CRM-1', fields },
        { phone_number: '2125550001', fields },
        { lead_id: 1, fields }
      ]
    },
    HEADERS
  )
  t.same(
    body.results.map(({ status, error }: any) => [status, error?.code, error?.detail]),
    [
      [
        'rejected',
        'field_not_allowed',
        'This caller may not look leads up by vendor_lead_code (permissions.look_ups).'
      ],
      ['updated', undefined, undefined],
      ['updated', undefined, undefined]
    ]
  )
})

test('what is refused stops no other update, in every form of a request', async (t) => {
  const gateway = await gatewayWith(t, '{ routes: [batch], fields: [status], statuses: [SALE] }')
  const long = await batch(
    gateway,
    {
      updates: [
        { lead_id: 1, fields: { status: 'SALE' } },
        { lead_id: 2, fields: { status: 'DNC' } },
        { lead_id: 3, fields: { status: 'SALE', email: 'a@example.com' } }
      ]
    },
    HEADERS
  )
  t.same(
    long.body.results.map(({ status, error }: any) => [status, error?.field]),
    [
      ['updated', undefined],
      ['rejected', 'status'],
      ['rejected', 'email']
    ]
  )
  const short = await batch(gateway, { lead_ids: [1, 2], fields: { status: 'DNC' } }, HEADERS)
  const patch = await call(gateway, 'PATCH', '/v1/leads/1', { status: 'DNC' }, HEADERS)
  t.same([short.status, patch.status], [422, 422])
  t.same(patch.body.errors, [
    {
      pointer: '/status',
      code: 'field_not_allowed',
      detail: 'This caller may not set the status DNC (permissions.statuses).'
    }
  ])
})

test('a request names no source but those that its caller may use', async (t) => {
  const gateway = await gatewayWith(t, '{ routes: [batch], fields: "*", statuses: "*", sources: [shop] }')
  const statuses = []
  for (const source of ['shop', 'web1', 'other'])
    statuses.push((await batch(gateway, { ...CHANGE, source }, HEADERS)).status)
  t.same(statuses, [200, 200, 403])
  const { body } = await batch(gateway, { ...CHANGE, source: 'other' }, HEADERS)
  t.match(body, {
    code: 'permission_denied',
    detail: 'The caller web may not use the source other (permissions.sources).'
  })
})

test('a request has no more updates than its caller may send', async (t) => {
  const gateway = await gatewayWith(t, '{ routes: [batch], fields: "*", statuses: "*", max_batch: 2 }')
  const two = await batch(gateway, { ...CHANGE, lead_ids: [1, 2] }, HEADERS)
  const three = await batch(gateway, { ...CHANGE, lead_ids: [1, 2, 3] }, HEADERS)
  t.same([two.status, three.status], [200, 413])
  t.match(three.body.detail, '2 are taken')
})

test('a caller with networks is refused from elsewhere', async (t) => {
  const inside = await gatewayWith(t, '"*"', '    networks: [127.0.0.0/8]')
  t.equal((await batch(inside, CHANGE, HEADERS)).status, 200)
  const outside = await gatewayWith(t, '"*"', '    networks: [10.0.0.0/8]')
  const { status, body } = await batch(outside, CHANGE, HEADERS)
  t.equal(status, 403)
  t.equal(body.detail, 'The caller web may not call from 127.0.0.1 (networks).')
})

test('a webhook by a caller has its rights, its jobs are its own, and sources do not mix up their events', async (t) => {
  const rights = 'fields: [status], statuses: [SALE], look_ups: "*"'
  const gateway = await gatewayWith(t, `{ routes: [jobs, "webhook:crm", "webhook:erp"], ${rights} }`)
  const send = (source: string, body: unknown) =>
    call(gateway, 'POST', `/v1/webhooks/${source}`, body, HEADERS)
  const refused = await send('crm', { id: 1, lead: 1, stage: 'SALE', mail: 'a@example.com' })
  t.equal(refused.status, 422)
  t.equal(refused.body.results[0].error.code, 'field_not_allowed')
  t.equal((await send('crm', { id: 1, lead: 1, stage: 'DNC' })).status, 422)

  const first = await send('crm', { id: 1, lead: 1, stage: 'SALE' })
  const again = await send('crm', { id: 1, lead: 1, stage: 'SALE' })
  const other = await send('erp', { id: 1, code: 'CRM-2', stage: 'SALE' })
  t.same([first.status, again.status, other.status], [202, 202, 202])
  t.equal(again.body.id, first.body.id)
  t.not(other.body.id, first.body.id)
  const job = await call(gateway, 'GET', `/v1/jobs/${first.body.id}`, undefined, HEADERS)
  t.match(job.body, { caller: 'web', source: 'web1', origin: 'webhook:crm' })

  const nobody = await call(gateway, 'POST', '/v1/webhooks/crm', {}, { authorization: 'Bearer other' })
  t.equal(nobody.status, 401)
})

test('a key that was cut or mistyped is told so, without saying whether it is known', async (t) => {
  const gateway = await gatewayWith(t, '"*"')
  const details = []
  for (const key of ['vgw_abc', 'unknown']) {
    const { status, body } = await call(gateway, 'GET', '/v1/fields', undefined, {
      authorization: `Bearer ${key}`
    })
    t.equal(status, 401)
    details.push(body.detail)
  }
  t.same(details, [
    'The API key is not whole: a part of it is missing or mistyped.',
    'The API key is not known, or it has expired.'
  ])
})
