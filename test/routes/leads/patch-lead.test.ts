import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { call, startGateway, sharedGateway } from '../../helper.ts'

const fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
const requestId = { 'x-request-id': 'crm-42' }
const nothing = { updated: 0, added: 0, not_found: 0, ambiguous: 0, rejected: 0, failed: 0, unknown: 0 }

test('PATCH changes the named fields of one lead, and only those', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const before = gateway.sandbox.leads()[101]
  const { status, body } = await call(gateway, 'PATCH', '/v1/leads/101', {
    status: 'SALE',
    city: 'São Paulo',
    email: null
  })

  t.equal(status, 200)
  t.same(body, {
    index: 0,
    lead_id: 101,
    status: 'updated',
    warnings: [{ field: 'city', code: 'transliterated', sent: 'São Paulo', stored: 'Sao Paulo' }]
  })
  t.same(gateway.sandbox.leads()[101], { ...before, status: 'SALE', city: 'Sao Paulo', email: '' })
})

test('PATCH of an unknown lead is a 404', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await call(gateway, 'PATCH', '/v1/leads/999', { status: 'SALE' }, requestId)

  t.equal(status, 404)
  const detail = "VICIdial knows no lead with this id, or the gateway's account may not touch its list."
  t.same(body, {
    type: '/problems/not_found',
    title: 'Not found',
    status: 404,
    detail: `There is no lead 999: ${detail}`,
    instance: 'crm-42',
    code: 'not_found',
    summary: { received: 1, ...nothing, not_found: 1, upstream_calls: 2 },
    results: [
      {
        index: 0,
        lead_id: 999,
        status: 'not_found',
        error: { code: 'lead_not_found', detail, retryable: false }
      }
    ]
  })
})

test('PATCH points at each fault of its body, and sends nothing', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await call(gateway, 'PATCH', '/v1/leads/101', {
    fields: { status: 'SALE' },
    status: null,
    email: 'a+b@example.com',
    'x/y': 1
  })

  t.equal(status, 422)
  t.equal(body.detail, 'The update was rejected; nothing was sent to VICIdial.')
  t.same(
    body.errors.map((error: { pointer: string; code: string }) => [error.pointer, error.code]),
    [
      ['/fields', 'field_unknown'],
      ['/status', 'field_not_clearable'],
      ['/email', 'characters_lost'],
      ['/x~1y', 'field_unknown']
    ]
  )
  t.same(body.summary, { received: 1, ...nothing, rejected: 1, upstream_calls: 0 })
  t.same(gateway.sandbox.calls(), [])
})

test('PATCH without a change is a 422 that says so', async (t) => {
  const gateway = await sharedGateway(t)
  const { status, body } = await call(gateway, 'PATCH', '/v1/leads/1', {})

  t.equal(status, 422)
  t.match(body.errors, [{ pointer: '', code: 'no_changes' }])
})

test("PATCH with a body that isn't an object is a 400", async (t) => {
  const gateway = await sharedGateway(t)
  for (const body of [[], null, 'SALE', 7]) {
    const answer = await call(gateway, 'PATCH', '/v1/leads/1', JSON.stringify(body), requestId)
    const detail = 'The body must be a JSON object of fields and their new values.'
    t.same(answer.body, {
      type: '/problems/invalid_request',
      title: 'The request has the wrong form',
      status: 400,
      detail,
      instance: 'crm-42',
      code: 'invalid_request',
      errors: [{ pointer: '', code: 'invalid_request', detail }],
      errors_count: 1
    })
  }
  t.same(gateway.sandbox.calls(), [])
})

test('PATCH takes only digits as a lead id, and changes no other lead', async (t) => {
  const gateway = await sharedGateway(t)
  for (const id of ['abc', '0', '1000000000', '1,2', '1%2C2', '%00', '-1', '1.0', '1e1', 'CRM-1']) {
    const { status } = await call(gateway, 'PATCH', `/v1/leads/${id}`, { status: 'SALE' })
    t.equal(status, 404, id)
  }
  t.same(gateway.sandbox.calls(), [])
})

test("PATCH to a missing list points at list_id, and doesn't claim that nothing was sent", async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await call(gateway, 'PATCH', '/v1/leads/101', { list_id: 777 })

  t.equal(status, 422)
  t.same(body.errors, [
    { pointer: '/list_id', code: 'list_not_found', detail: 'VICIdial has no list with this id.' }
  ])
  t.match(body.summary, { failed: 1, upstream_calls: 2 })
  t.equal(
    gateway.sandbox.calls().filter(({ function: called }) => called !== 'version').length,
    3,
    'asked, checked, and asked again'
  )
  t.notMatch(body.detail, /nothing was sent/, body.detail)
})

test('PATCH that VICIdial refuses, or does not answer, is a 502, 503 or 504', async (t) => {
  const wrong = await startGateway(t, { VICIDIAL_PASS: 'wrong' })
  const login = await call(wrong, 'PATCH', '/v1/leads/1', { status: 'SALE' }, requestId)
  t.same(login.body, {
    type: '/problems/upstream_login_failed',
    title: 'VICIdial refused the login',
    status: 502,
    detail: "VICIdial refused the login of the gateway's account.",
    instance: 'crm-42',
    code: 'upstream_login_failed',
    summary: { received: 1, ...nothing, failed: 1, upstream_calls: 1 },
    results: [
      {
        index: 0,
        lead_id: 1,
        status: 'failed',
        error: {
          code: 'upstream_login_failed',
          detail: "VICIdial refused the login of the gateway's account.",
          retryable: true
        }
      }
    ]
  })

  const gone = await startGateway(t, {
    VICIDIAL_URL: 'http://127.0.0.1:1/api.php',
    REQUEST_DEADLINE_MS: '300',
    VICIDIAL_TIMEOUT_MS: '100'
  })
  const down = await call(gone, 'PATCH', '/v1/leads/1', { status: 'SALE' })
  t.equal(down.status, 503)
  t.equal(down.headers.get('retry-after'), '60')
  t.match(down.body, {
    code: 'upstream_unavailable',
    results: [{ status: 'failed', error: { retryable: true } }]
  })

  const silent = await startGateway(t, { REQUEST_DEADLINE_MS: '300', VICIDIAL_TIMEOUT_MS: '300' })
  silent.sandbox.fail('hang', { calls: 9 })
  const late = await call(silent, 'PATCH', '/v1/leads/1', { status: 'SALE' })
  t.equal(late.status, 504)
  t.match(late.body, {
    code: 'upstream_timeout',
    results: [{ status: 'unknown', error: { retryable: true } }]
  })
})
