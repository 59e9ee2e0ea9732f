import { test } from 'tap'
import { generateFixture } from '../../../src/tools/sandbox/database/generate-fixture.ts'
import { batch, type Gateway, sharedGateway, startGateway } from '../../helper.ts'

const ADD = { list_id: 101, phone_code: '1', phone_number: '3125550199' }

function leadsWith(gateway: Gateway, code: string) {
  return Object.values(gateway.sandbox.leads()).filter(({ vendor_lead_code: has }) => has === code)
}

function functionsCalled(gateway: Gateway): string[] {
  return gateway.sandbox.calls().map(({ function: called }) => called)
}

test('a lead that VICIdial does not have is added with all its fields', async (t) => {
  const gateway = await sharedGateway(t)
  const upsert = {
    vendor_lead_code: 'CRM-NEW',
    fields: { first_name: 'Ann', comments: 'one\ntwo', email: null },
    on_missing: 'add',
    add: { ...ADD, fields: { source_id: 'WEB' } }
  }
  const { status, body } = await batch(gateway, { updates: [upsert] })

  const [lead, ...others] = leadsWith(gateway, 'CRM-NEW')
  t.equal(status, 200)
  t.equal(body.status, 'completed')
  t.match(body.summary, { received: 1, updated: 0, added: 1 })
  t.strictSame(body.results, [
    { index: 0, vendor_lead_code: 'CRM-NEW', lead_id: lead?.lead_id, status: 'added' }
  ])
  t.strictSame(others, [])
  t.match(lead, {
    list_id: 101,
    status: 'NEW',
    user: 'api',
    phone_code: '1',
    phone_number: '3125550199',
    first_name: 'Ann',
    source_id: 'WEB',
    comments: 'one\ntwo',
    email: ''
  })
})

test('a lead that exists gets the fields, and nothing of what a new one would get', async (t) => {
  const gateway = await sharedGateway(t)
  const upsert = {
    vendor_lead_code: 'CRM-7',
    fields: { first_name: 'Ann' },
    on_missing: 'add',
    add: { ...ADD, fields: { source_id: 'WEB' } }
  }
  const before = gateway.sandbox.leads()[7]
  const { body } = await batch(gateway, { updates: [upsert] })

  t.strictSame(body.results, [{ index: 0, vendor_lead_code: 'CRM-7', lead_id: 7, status: 'updated' }])
  t.equal(body.summary.added, 0)
  t.strictSame(gateway.sandbox.leads()[7], { ...before, first_name: 'Ann' })
})

test('what the request says about new leads completes what each update says', async (t) => {
  const gateway = await sharedGateway(t)
  const { body } = await batch(gateway, {
    updates: [
      { phone_number: '(312) 555-0141', fields: { first_name: 'Ann' } },
      { vendor_lead_code: 'CRM-B', fields: { first_name: 'Bob' }, add: { phone_number: '3125550142' } },
      { vendor_lead_code: 'CRM-C', fields: { first_name: 'Cy' }, on_missing: 'report' },
      { lead_id: 99_999, fields: { first_name: 'Dee' } }
    ],
    on_missing: 'add',
    add: { list_id: 102, phone_code: '1', fields: { source_id: 'CRM' } }
  })

  t.match(body.results, [
    { phone_number: '3125550141', status: 'added' },
    { vendor_lead_code: 'CRM-B', status: 'added' },
    { vendor_lead_code: 'CRM-C', status: 'not_found' },
    { lead_id: 99_999, status: 'not_found' }
  ])
  t.match(leadsWith(gateway, 'CRM-B'), [{ list_id: 102, phone_number: '3125550142', source_id: 'CRM' }])
})

test('what VICIdial sets otherwise in a new lead is reported', async (t) => {
  const gateway = await sharedGateway(t)
  const fields = { user: '1001', called_count: 4, gmt_offset_now: -5, status: 'SALE' }
  const update = { vendor_lead_code: 'CRM-NEW', fields, on_missing: 'add', add: ADD }
  const warnings = [
    { field: 'user', code: 'added_otherwise', sent: '1001' },
    { field: 'gmt_offset_now', code: 'added_otherwise', sent: '-5.00' },
    { field: 'called_count', code: 'added_otherwise', sent: '4', stored: '0' }
  ]
  const planned = await batch(gateway, { updates: [update], dry_run: true })
  t.match(planned.body.results, [
    {
      status: 'planned',
      stored: { user: '1001', called_count: '4' },
      stored_if_added: { user: 'api', called_count: '0', status: 'SALE', gender: '', list_id: '101' },
      warnings
    }
  ])
  t.match(planned.body.calls, [
    { function: 'lead_search' },
    { function: 'batch_update_lead', params: { user_field: '1001' } },
    {
      function: 'update_lead',
      params: { search_method: 'VENDOR_LEAD_CODE', insert_if_not_found: 'Y', list_id: '101', records: '1' }
    }
  ])
  t.equal(gateway.sandbox.calls().length, 0)

  const { body } = await batch(gateway, { updates: [update] })
  t.match(body.results, [{ status: 'added', warnings }])
  t.match(leadsWith(gateway, 'CRM-NEW'), [{ user: 'api', called_count: 0, status: 'SALE' }])
})

test('an update that names its lead twice in a request adds one lead, and then changes it', async (t) => {
  const gateway = await sharedGateway(t)
  const upsert = (first_name: string, code: string) => ({
    vendor_lead_code: code,
    fields: { first_name },
    on_missing: 'add',
    add: ADD
  })
  const { body } = await batch(gateway, {
    updates: [
      upsert('Ann', 'CRM-NEW'),
      upsert('Bob', 'CRM-NEW'),
      { vendor_lead_code: 'CRM-NEW', fields: { last_name: 'Lee' } },
      // VICIdial takes it for the same code, and would change that lead.
      upsert('Cy', 'crm-new')
    ]
  })
  const [lead, ...others] = leadsWith(gateway, 'CRM-NEW')
  const lead_id = lead?.lead_id
  t.match(body.results, [
    { status: 'added', lead_id },
    { status: 'updated', lead_id },
    { status: 'updated', lead_id },
    { status: 'not_found', error: { code: 'lead_not_found', detail: /adds no second lead/ } }
  ])
  t.strictSame(others, [])
  t.match(lead, { first_name: 'Bob', last_name: 'Lee' })
  t.strictSame(leadsWith(gateway, 'crm-new'), [])
})

test('a key that VICIdial takes for that of another lead neither adds nor changes one', async (t) => {
  const gateway = await sharedGateway(t)
  const before = gateway.sandbox.leads()
  const codes = ['crm-7', 'CRM-NEW-1', 'CRM-NEW-2', 'crm-8', 'CRM-NEW-3']
  const { body } = await batch(gateway, {
    updates: codes.map((vendor_lead_code) => ({ vendor_lead_code, fields: { first_name: 'Ann' } })),
    on_missing: 'add',
    add: ADD
  })
  t.match(body.results, [
    { status: 'not_found' },
    { status: 'added' },
    { status: 'added' },
    { status: 'not_found' },
    { status: 'added' }
  ])
  const after = gateway.sandbox.leads()
  t.strictSame({ ...after, ...before }, after)
})

test('a lead is added to no list that VICIdial lacks', async (t) => {
  const gateway = await sharedGateway(t)
  const update = {
    vendor_lead_code: 'CRM-NEW',
    fields: { first_name: 'Ann' },
    on_missing: 'add',
    add: { ...ADD, list_id: 777 }
  }
  const { body } = await batch(gateway, { updates: [update, update] })
  t.match(body.results, [
    { status: 'failed', error: { code: 'list_not_found', retryable: false } },
    { status: 'failed', error: { code: 'list_not_found', retryable: false } }
  ])
  t.strictSame(leadsWith(gateway, 'CRM-NEW'), [])
})

test('the list of new leads is asked for once a minute', async (t) => {
  const gateway = await sharedGateway(t)
  const added = (n: number) =>
    batch(gateway, {
      updates: [{ vendor_lead_code: `CRM-NEW-${n}`, fields: { first_name: 'Ann' } }],
      on_missing: 'add',
      add: { ...ADD, list_id: 103 }
    })
  await added(1)
  const before = functionsCalled(gateway).length
  await added(2)
  t.strictSame(functionsCalled(gateway).slice(before), [
    'lead_search',
    'batch_update_lead',
    'lead_search',
    'update_lead'
  ])
})

test('with the leads_data dialect the list is asked for by list_info', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_DIALECT: 'leads_data' }, { leads: 5 })
  const upsert = (code: string, list_id: number) => ({
    vendor_lead_code: code,
    fields: { rank: 1 },
    on_missing: 'add',
    add: { ...ADD, list_id }
  })
  const { body } = await batch(gateway, { updates: [upsert('CRM-A', 101), upsert('CRM-B', 777)] })
  t.match(body.results, [{ status: 'added' }, { status: 'failed', error: { code: 'list_not_found' } }])
  t.strictSame(leadsWith(gateway, 'CRM-B'), [])
  t.equal(functionsCalled(gateway).filter((called) => called === 'list_info').length, 2)
})

test('custom fields of a new lead are stored, or a warning says that its list lacks them', async (t) => {
  const file = t.testdir({ 'gateway.yaml': 'custom_fields: [{ label: favorite_color, max_length: 20 }]' })
  const fixture = {
    ...generateFixture(5),
    custom_fields: { 101: ['favorite_color'] },
    custom_values: { 101: {} }
  }
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${file}/gateway.yaml` }, { fixture })
  const { body } = await batch(gateway, {
    updates: [101, 102].map((list_id) => ({
      vendor_lead_code: `CRM-${list_id}`,
      fields: { first_name: 'Ann' },
      on_missing: 'add',
      add: { ...ADD, list_id, custom_fields: { favorite_color: 'red' } }
    }))
  })
  const warnings = [
    { field: 'custom_fields.favorite_color', code: 'custom_fields_not_stored', sent: 'red', stored: '' }
  ]
  t.match(body.results, [
    { status: 'added', warnings: undefined },
    { status: 'added', warnings }
  ])
  const [lead] = leadsWith(gateway, 'CRM-101')
  t.match(gateway.sandbox.customFields(), { 101: { [lead?.lead_id ?? 0]: { favorite_color: 'red' } } })
})

test('a custom field that the operator has not listed is not set in a new lead either', async (t) => {
  const gateway = await sharedGateway(t)
  const add = { ...ADD, custom_fields: { favorite_color: 'red' } }
  const update = { vendor_lead_code: 'CRM-NEW', fields: { first_name: 'Ann' }, on_missing: 'add', add }
  const { body } = await batch(gateway, { updates: [update] })
  t.match(body.results, [{ status: 'rejected', error: { code: 'field_not_allowed' } }])
})

test('what cannot be a new lead is refused with the place that is wrong', async (t) => {
  const gateway = await sharedGateway(t)
  const key = { vendor_lead_code: 'CRM-NEW' }
  const fields = { first_name: 'Ann' }
  const cases: [update: object, pointer: string, code?: string][] = [
    [{ ...key, fields, on_missing: 'add' }, '/add'],
    [{ ...key, fields, on_missing: 'never', add: ADD }, '/on_missing'],
    [{ ...key, fields, add: ADD }, '/add'],
    [{ lead_id: 7, fields, on_missing: 'add', add: ADD }, '/on_missing'],
    [{ ...key, fields, on_missing: 'add', add: { ...ADD, list_id: undefined } }, '/add/list_id'],
    [{ ...key, fields, on_missing: 'add', add: { ...ADD, list_id: 99 } }, '/add/list_id'],
    [{ ...key, fields, on_missing: 'add', add: { ...ADD, phone_number: '12345' } }, '/add/phone_number'],
    [{ ...key, fields, on_missing: 'add', add: { ...ADD, fields } }, '/add/fields/first_name'],
    [{ ...key, fields, on_missing: 'add', add: { ...ADD, fields: { list_id: 101 } } }, '/add/fields/list_id'],
    [
      { ...key, fields, on_missing: 'add', add: { ...ADD, fields: { nope: 1 } } },
      '/add/fields/nope',
      'field_unknown'
    ],
    [
      { ...key, fields, on_missing: 'add', add: { ...ADD, dnc_check: 'Y' } },
      '/add/dnc_check',
      'field_unknown'
    ],
    [
      { ...key, fields: { vendor_lead_code: 'OTHER' }, on_missing: 'add', add: ADD },
      '/fields/vendor_lead_code'
    ],
    [
      {
        phone_number: '3125550100',
        fields: { phone_number: '3125550101' },
        on_missing: 'add',
        add: { ...ADD, phone_number: undefined }
      },
      '/fields/phone_number'
    ],
    [{ ...key, fields: { list_id: 102 }, on_missing: 'add', add: ADD }, '/add/list_id'],
    [{ ...key, fields: {}, on_missing: 'add', add: ADD }, '', 'no_changes']
  ]
  for (const [update, pointer, code = 'field_invalid'] of cases) {
    const { status, body } = await batch(gateway, { updates: [update] })
    t.equal(status, 422, pointer)
    t.match(body.errors, [{ pointer: `/updates/0${pointer}`, code }], JSON.stringify(update))
  }
  const short = { lead_ids: [7], fields, on_missing: 'add' }
  t.match((await batch(gateway, short)).body.errors, [{ pointer: '/on_missing' }])
  t.equal(gateway.sandbox.calls().length, 0)
})
