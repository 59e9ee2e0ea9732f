import { test } from 'tap'
import { gatewayFile } from '../../gateway-file.ts'
import { call, sharedGateway, startGateway } from '../../helper.ts'

const NEW = { vendor_lead_code: 'CRM-NEW', list_id: 101, phone_code: '1', phone_number: '3125550199' }

test('a lead that must be new is added once', async (t) => {
  const gateway = await sharedGateway(t)
  const first = await call(gateway, 'POST', '/v1/leads', { ...NEW, first_name: 'José' })
  const { lead_id } = first.body
  t.equal(first.status, 201)
  t.equal(first.headers.get('location'), `/v1/leads/${lead_id}`)
  t.strictSame(first.body, {
    index: 0,
    vendor_lead_code: 'CRM-NEW',
    lead_id,
    status: 'added',
    warnings: [{ field: 'first_name', code: 'transliterated', sent: 'José', stored: 'Jose' }]
  })
  t.match(gateway.sandbox.leads()[lead_id], { first_name: 'Jose', list_id: 101 })

  const again = await call(gateway, 'POST', '/v1/leads', { ...NEW, first_name: 'Bob' })
  t.equal(again.status, 409)
  t.match(again.body, { code: 'lead_exists', results: [{ error: { lead_ids: [lead_id] } }] })
  t.match(gateway.sandbox.leads()[lead_id], { first_name: 'Jose' })
})

test('without a code a new lead is known by its phone number', async (t) => {
  const gateway = await sharedGateway(t)
  const { vendor_lead_code: _, ...byPhone } = NEW
  t.equal((await call(gateway, 'POST', '/v1/leads', byPhone)).status, 201)
  t.match(await call(gateway, 'POST', '/v1/leads', byPhone), { status: 409, body: { code: 'lead_exists' } })
  t.equal((await call(gateway, 'POST', '/v1/leads', NEW)).status, 201, 'another lead may have its number')
})

test('a request for a new lead that cannot be one is refused with the place that is wrong', async (t) => {
  const gateway = await sharedGateway(t)
  const cases: [body: object, pointer: string][] = [
    [{ ...NEW, list_id: undefined }, '/list_id'],
    [{ ...NEW, phone_number: '12' }, '/phone_number'],
    [{ ...NEW, nope: 1 }, '/nope'],
    [{ ...NEW, fields: { first_name: 'Ann' } }, '/fields'],
    [{ ...NEW, first_name: 7 }, '/first_name'],
    [{ ...NEW, custom_fields: { nope: 'x' } }, '/custom_fields/nope'],
    [{ ...NEW, vendor_lead_code: 'a,b' }, '/vendor_lead_code']
  ]
  for (const [body, pointer] of cases) {
    const answer = await call(gateway, 'POST', '/v1/leads', body)
    t.equal(answer.status, 422, pointer)
    t.match(answer.body.errors, [{ pointer }], pointer)
  }
  const list = await call(gateway, 'POST', '/v1/leads', { ...NEW, list_id: 777 })
  t.match(list, { status: 422, body: { errors: [{ pointer: '/list_id', code: 'list_not_found' }] } })
})

test("a phone number of a new lead that loses something has a warning, or is refused by its caller's on_lossy", async (t) => {
  const callers = ['accept', 'reject'].map((on_lossy) => ({ name: on_lossy, permissions: '*', on_lossy }))
  const env = { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': gatewayFile(callers) })}/gateway.yaml` }
  const gateway = await startGateway(t, env)
  const add = (body: object, caller: string) =>
    call(gateway, 'POST', '/v1/leads', body, { authorization: `Bearer ${caller}-key` })
  const sent = '+44 (0)20 7946 0000'
  const byCode = { ...NEW, phone_code: '44', phone_number: sent }
  const { vendor_lead_code: _, ...byPhone } = byCode
  for (const body of [byPhone, byCode]) {
    const detail = 'VICIdial would hold "442079460000", and on_lossy is "reject".'
    t.match(await add(body, 'reject'), {
      status: 422,
      body: { errors: [{ code: 'characters_lost', pointer: '/phone_number', detail }] }
    })
    const warnings = [{ field: 'phone_number', code: 'characters_dropped', sent, stored: '442079460000' }]
    const added = await add(body, 'accept')
    t.equal(added.status, 201)
    t.strictSame(added.body.warnings, warnings)
  }
})

test('a repeat with the same Idempotency-Key gets the same answer', async (t) => {
  const gateway = await sharedGateway(t)
  const headers = { 'idempotency-key': 'add-lead-1' }
  const first = await call(gateway, 'POST', '/v1/leads', { ...NEW, vendor_lead_code: 'CRM-KEY' }, headers)
  const again = await call(gateway, 'POST', '/v1/leads', { ...NEW, vendor_lead_code: 'CRM-KEY' }, headers)
  t.strictSame([again.status, again.body], [201, first.body])
  t.equal(again.headers.get('location'), first.headers.get('location'))
})

test('a lost call is no reason to say that nothing was added', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_TIMEOUT_MS: '1000' }, { leads: 5 })
  const lost = { calls: 1, parameter: 'insert_if_not_found' }
  gateway.sandbox.fail('reset_after', lost)
  const added = await call(gateway, 'POST', '/v1/leads', NEW)
  t.match(added, { status: 201, body: { status: 'added' } })

  gateway.sandbox.fail('reset_after', lost)
  gateway.sandbox.fail('html', { calls: 100, function: 'lead_field_info' })
  const open = await call(gateway, 'POST', '/v1/leads', { ...NEW, vendor_lead_code: 'CRM-OPEN' })
  t.match(open, { status: 502, body: { code: 'upstream_error', results: [{ status: 'unknown' }] } })
})
