import { type Test, test } from 'tap'
import { CUSTOM } from '../../src/leads/changes.ts'
import { FIELDS } from '../../src/leads/fields.ts'
import { generateFixture } from '../../src/tools/sandbox/database/generate-fixture.ts'
import { gatewayFile } from '../gateway-file.ts'
import { API_KEY, batch, call, requestCalls, startGateway } from '../helper.ts'
import { ended, store } from '../routes/jobs-of.ts'

/** A value for each field that a server can cut and change: of two characters or more, or a number. */
const VALUES: Readonly<Record<string, string | number>> = {
  ...Object.fromEntries(FIELDS.map(({ name, example }) => [name, example])),
  list_id: 102,
  gmt_offset_now: -10,
  called_count: 31,
  rank: 71,
  last_name: "O'Brien",
  comments: 'first\nsecond'
}
const FILE = { 'gateway.yaml': 'custom_fields: [{ label: favorite_color, max_length: 20 }]' }
const fixture = {
  ...generateFixture(10),
  // VICIdial reads no lead of a list that is not defined: 10 is what is left of 102.
  lists: [10, 101, 102, 103].map((list_id) => ({ list_id, campaign_id: 'CAMPA' })),
  leads: generateFixture(10).leads.map((lead) => ({ ...lead, entry_list_id: 101 })),
  custom_fields: { 101: ['favorite_color'] },
  custom_values: {
    101: Object.fromEntries(Array.from({ length: 10 }, (_, n) => [n + 1, { favorite_color: '' }]))
  }
}

for (const mode of [0, 1] as const) {
  test(`use_non_latin ${mode}: verify finds a server that cuts or changes a value, in each field, and nothing where none does`, async (t) => {
    await checkEachField(t, mode)
  })
}

async function checkEachField(t: Test, mode: 0 | 1): Promise<void> {
  const env = { GATEWAY_CONFIG: `${t.testdir(FILE)}/gateway.yaml`, VICIDIAL_NON_LATIN: String(mode) }
  const gateway = await startGateway(t, env, { fixture, useNonLatin: mode })
  const updates = [
    ...FIELDS.map(({ name }) => ({ field: name, change: { fields: { [name]: VALUES[name] } } })),
    { field: `${CUSTOM}favorite_color`, change: { custom_fields: { favorite_color: 'dark blue' } } }
  ]
  for (const { field, change } of updates) {
    const called = field === 'phone_number' || field.startsWith(CUSTOM) ? 'update_lead' : 'batch_update_lead'
    for (const fault of [undefined, 'values_cut', 'values_changed'] as const) {
      gateway.sandbox.reset()
      if (fault) gateway.sandbox.fail(fault, { calls: 1, function: called, field: field.replace(CUSTOM, '') })
      const { body } = await batch(gateway, { updates: [{ lead_id: 5, ...change }], verify: true })
      const [result] = body.results
      t.equal(result.status, 'updated', `${field} ${fault}`)
      const lead = gateway.sandbox.leads()[5] as unknown as Record<string, unknown>
      const held = field.startsWith(CUSTOM)
        ? gateway.sandbox.customFields()['101']?.['5']?.['favorite_color']
        : lead[field]
      if (fault === undefined) {
        t.equal(result.verified, true, `${field}: ${JSON.stringify(result)}`)
        t.equal(result.warnings, undefined, field)
        continue
      }
      t.equal(result.verified, false, `${field} ${fault}: ${JSON.stringify(result)}, held ${String(held)}`)
      const [warning] = result.warnings
      // The sandbox stores texts that no column for a date or a number can hold, and that the gateway does not believe.
      if (field === 'date_of_birth' || field === 'gmt_offset_now') t.equal(warning.field, field)
      else t.match(warning, { field, code: 'stored_differs', found: String(held) }, `${field} ${fault}`)
      t.not(warning.expected, warning.found ?? '', field)
    }
  }
}

/** What VICIdial sets itself in a new lead. */
const NOT_OF_NEW = new Set(['user', 'called_count', 'gmt_offset_now'])

test('verify compares all of a lead that is added, too', async (t) => {
  const env = { GATEWAY_CONFIG: `${t.testdir(FILE)}/gateway.yaml` }
  const gateway = await startGateway(t, env, { fixture })
  const fields = Object.fromEntries(Object.entries(VALUES).filter(([name]) => !NOT_OF_NEW.has(name)))
  const { list_id: _, phone_code, phone_number, vendor_lead_code: __, ...others } = fields
  const add = { list_id: 101, phone_code, phone_number, fields: { ...others, status: 'FRESH' } }
  const custom_fields = { favorite_color: 'dark blue' }
  const upsert = { vendor_lead_code: 'NEW-7', custom_fields, on_missing: 'add', add }
  for (const field of [undefined, ...Object.keys(fields), 'favorite_color']) {
    gateway.sandbox.reset()
    if (field) gateway.sandbox.fail('values_cut', { calls: 1, function: 'update_lead', field })
    const { body } = await batch(gateway, { updates: [upsert], verify: true })
    const [result] = body.results
    t.match(result, { status: 'added', verified: field === undefined }, JSON.stringify(result))
    if (field === undefined) {
      t.equal(result.warnings, undefined)
      continue
    }
    const [warning, ...more] = result.warnings
    t.equal(warning.field, field === 'favorite_color' ? `${CUSTOM}${field}` : field)
    t.same(more, [])
  }
})

test('verify tells of each of several fields and leads, and reset_called is compared, too', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 10 })
  gateway.sandbox.fail('values_cut', { calls: 1, function: 'batch_update_lead', field: 'city' })
  const fields = { city: 'Chicago', state: 'IL', first_name: "D'Arcy" }
  const { status, body } = await batch(gateway, {
    lead_ids: [1, 2],
    fields,
    reset_called: true,
    verify: true
  })
  t.equal(status, 200)
  const warnings = [{ field: 'city', code: 'stored_differs', expected: 'Chicago', found: 'Chi' }]
  t.same(body.results, [
    { index: 0, lead_id: 1, status: 'updated', verified: false, warnings },
    { index: 1, lead_id: 2, status: 'updated', verified: false, warnings }
  ])
  t.equal(requestCalls(gateway).filter(({ function: called }) => called === 'batch_update_lead').length, 1)
  const metrics = await (
    await fetch(`${gateway.origin}/metrics`, { headers: { 'x-api-key': API_KEY } })
  ).text()
  t.ok(metrics.includes('vicidial_gateway_verifications_total{caller="api_key",result="differs"} 2'))
})

test('with on_multiple "all" the warnings name the leads that they are about', async (t) => {
  const leads = generateFixture(3).leads.map((lead) => ({ ...lead, vendor_lead_code: 'DUP' }))
  // One call at a time, so that it is the newest lead whose value is cut.
  const one = { VICIDIAL_MAX_CONCURRENCY: '1' }
  const gateway = await startGateway(t, one, { fixture: { ...generateFixture(3), leads } })
  const update = { vendor_lead_code: 'DUP', fields: { phone_number: '2125559999' }, on_multiple: 'all' }
  gateway.sandbox.fail('values_cut', { calls: 1, function: 'update_lead', field: 'phone_number' })
  const { body } = await batch(gateway, { updates: [update], verify: true })
  const [result] = body.results
  t.match(result, { status: 'updated', verified: false, lead_ids: [3, 2, 1] })
  t.match(result.warnings, [{ code: 'stored_differs', field: 'phone_number', found: '21255', lead_ids: [3] }])
})

const ADDED = { list_id: 101, phone_code: '1', fields: { comments: 'one\ntwo', city: "O'Fallon" } }

test('a lead that is added is verified as a new lead, too', async (t) => {
  const env = { GATEWAY_CONFIG: `${t.testdir(FILE)}/gateway.yaml` }
  const gateway = await startGateway(t, env, { fixture })
  const update = (n: number, color: string | null) => ({
    vendor_lead_code: `NEW-${n}`,
    fields: { first_name: 'Bartholomew', last_name: null },
    custom_fields: { favorite_color: color },
    add: { phone_number: `312555000${n}` }
  })
  const request = { on_missing: 'add', add: ADDED, verify: true }
  const sound = await batch(gateway, { ...request, updates: [update(1, 'blue'), update(2, null)] })
  t.match(sound.body.results, [
    { status: 'added', verified: true, warnings: undefined },
    { status: 'added', verified: true, warnings: undefined }
  ])
  gateway.sandbox.fail('values_cut', { calls: 1, function: 'update_lead', field: 'first_name' })
  const cut = await batch(gateway, { ...request, updates: [update(3, 'blue')] })
  t.match(cut.body.results, [
    {
      status: 'added',
      verified: false,
      warnings: [{ field: 'first_name', code: 'stored_differs', expected: 'Bartholomew' }]
    }
  ])
  const id = await store(gateway, { ...request, updates: [update(4, 'blue')] })
  t.match((await ended(gateway, id)).results, [{ status: 'added', verified: true }])
  gateway.sandbox.fail('html', { calls: 100, function: 'lead_all_info' })
  const unread = await batch(gateway, { ...request, updates: [update(5, 'blue')] })
  t.match(unread.body.results, [{ status: 'added', verified: false, warnings: [{ code: 'not_verified' }] }])
})

test('the time of a request ends its verification, not its addition', async (t) => {
  const gateway = await startGateway(
    t,
    { REQUEST_DEADLINE_MS: '4000', VICIDIAL_TIMEOUT_MS: '4000' },
    { leads: 10 }
  )
  gateway.sandbox.fail('hang', { calls: 100, function: 'lead_all_info' })
  const updates = [{ vendor_lead_code: 'NEW-1', fields: { rank: 1 }, add: { phone_number: '3125550001' } }]
  const { body } = await batch(gateway, { updates, on_missing: 'add', add: ADDED, verify: true })
  t.match(body.results, [{ status: 'added', verified: false, warnings: [{ code: 'not_verified' }] }])
  t.ok(Object.values(gateway.sandbox.leads()).some(({ vendor_lead_code: code }) => code === 'NEW-1'))
})

test("a caller's share applies to new leads that must be new, too", async (t) => {
  const path = t.testdir({
    'gateway.yaml': gatewayFile([{ name: 'crm', permissions: '*', verify: true }])
  })
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${path}/gateway.yaml` }, { leads: 10 })
  const lead = { vendor_lead_code: 'NEW-1', list_id: 101, phone_code: '1', phone_number: '3125550001' }
  const headers = { authorization: 'Bearer crm-key' }
  const { status, body } = await call(gateway, 'POST', '/v1/leads', lead, headers)
  t.equal(status, 201)
  t.match(body, { status: 'added', verified: true })
})

test('a lead that cannot be read after its update is updated, and not verified', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 10 })
  gateway.sandbox.fail('html', { calls: 100, function: 'lead_all_info' })
  const { body } = await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' }, verify: true })
  t.match(body.results, [
    {
      status: 'updated',
      verified: false,
      warnings: [{ field: 'lead_id', code: 'not_verified', detail: /not a VICIdial answer/ }]
    }
  ])
  t.equal(gateway.sandbox.leads()[1]?.status, 'SALE')
})

test('the time of a request ends its verification, not its update', async (t) => {
  const gateway = await startGateway(
    t,
    { REQUEST_DEADLINE_MS: '4000', VICIDIAL_TIMEOUT_MS: '4000' },
    { leads: 10 }
  )
  gateway.sandbox.fail('hang', { calls: 100, function: 'lead_all_info' })
  const { status, body } = await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' }, verify: true })
  t.equal(status, 200)
  t.match(body.results, [
    {
      status: 'updated',
      verified: false,
      warnings: [{ code: 'not_verified', detail: /time of the request|did not answer|reached its deadline/ }]
    }
  ])
})

test('a share verifies some of the updates', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 400 })
  const lead_ids = Array.from({ length: 400 }, (_, n) => n + 1)
  const { body } = await batch(gateway, { lead_ids, fields: { status: 'SALE' }, verify: 0.5 })
  const verified = body.results.filter((result: { verified?: boolean }) => result.verified)
  const without = body.results.filter((result: { verified?: boolean }) => result.verified === undefined)
  // Outside of these bounds it is once in a billion runs.
  t.ok(verified.length > 140 && verified.length < 260, `${verified.length} of 400`)
  t.equal(verified.length + without.length, 400)
  t.equal(requestCalls(gateway).length, 1 + verified.length)
})

test('a stored update is verified, and its lead gets no newer update before', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 10 })
  const updates = [
    { lead_id: 1, fields: { status: 'A' } },
    { lead_id: 1, fields: { status: 'B' } },
    { lead_id: 2, fields: { status: 'C' }, verify: false }
  ]
  const id = await store(gateway, { updates, verify: true })
  const { results } = await ended(gateway, id)
  t.match(results, [
    { status: 'updated', verified: true },
    { status: 'updated', verified: true },
    { status: 'updated', verified: undefined }
  ])
  const functions = requestCalls(gateway).filter(
    ({ params }) => params['lead_id'] === '1' || params['lead_ids'] === '1'
  )
  t.same(
    functions.map(({ params }) => params['status'] ?? 'read'),
    ['A', 'read', 'B', 'read']
  )
})

test('a dry run counts the calls that verify', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 10 })
  const { body } = await batch(gateway, {
    lead_ids: [1, 2],
    fields: { status: 'SALE' },
    verify: true,
    dry_run: true
  })
  t.same(
    body.calls.map(({ function: called, params }: any) => [called, params.lead_ids ?? params.lead_id]),
    [
      ['batch_update_lead', '1,2'],
      ['lead_all_info', '1'],
      ['lead_all_info', '2']
    ]
  )
})

test('verify is true, false or a share', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 10 })
  for (const verify of ['true', 2, -0.1, null, {}]) {
    const { status, body } = await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' }, verify })
    t.match(
      { status, body },
      { status: 400, body: { errors: [{ pointer: '/verify', code: 'field_invalid' }] } }
    )
  }
  const { body } = await call(gateway, 'PATCH', '/v1/leads/1', { status: 'SALE' })
  t.equal(body.verified, undefined)
})
