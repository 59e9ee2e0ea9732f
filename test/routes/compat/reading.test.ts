import { test } from 'tap'
import { CRM, get, PATH, postForm, startCompat } from '../../compat/calls.ts'
import { startSandbox } from '../../../src/tools/sandbox/sandbox.ts'
import { generateFixture } from '../../../src/tools/sandbox/database/generate-fixture.ts'
import { batch, requestCalls } from '../../helper.ts'

const fixture = {
  ...generateFixture(4),
  leads: generateFixture(4).leads.map((lead) => ({
    ...lead,
    entry_list_id: 101,
    ...(lead.lead_id > 2 ? { phone_number: '2125559999' } : {})
  })),
  custom_fields: { 101: ['favorite_color'] },
  custom_values: { 101: { 1: { favorite_color: 'blue' }, 2: { favorite_color: '' } } }
}
const ASKED: readonly Record<string, string>[] = [
  { function: 'lead_all_info', lead_id: '1' },
  { function: 'lead_all_info', lead_id: '1', header: 'YES', stage: 'tab', custom_fields: 'Y' },
  { function: 'lead_all_info', lead_id: '2', header: 'YES', stage: 'csv' },
  { function: 'lead_all_info', lead_id: '2', stage: 'newline', archived_lead: 'N' },
  { function: 'lead_all_info', phone_number: '2125559999', header: 'YES', stage: 'pipe' },
  { function: 'lead_field_info', lead_id: '1', field_name: 'email' },
  { function: 'lead_field_info', lead_id: '1', field_name: 'lead_id' },
  { function: 'lead_field_info', lead_id: '1', field_name: 'last_local_call_time' },
  { function: 'lead_field_info', lead_id: '1', field_name: 'favorite_color', custom_fields: 'Y' },
  { function: 'update_lead', lead_id: '1', no_update: 'Y' },
  { function: 'update_lead', search_method: 'VENDOR_LEAD_CODE', vendor_lead_code: 'CRM-2', no_update: 'Y' },
  { function: 'update_lead', search_method: 'PHONE_NUMBER', phone_number: '2125550002', no_update: 'Y' },
  { function: 'update_lead', search_method: 'VENDOR_LEAD_CODE', vendor_lead_code: 'CRM-99', no_update: 'Y' }
]

test('calls that read leads are answered word for word as VICIdial answers them', async (t) => {
  const gateway = await startCompat(t, undefined, {}, { fixture })
  const vicidial = await startSandbox({ fixture })
  t.teardown(() => vicidial.close())
  for (const asked of ASKED) {
    const login = { source: 'crm', user: 'api', pass: 's3cret' }
    const genuine = await fetch(vicidial.url, {
      method: 'POST',
      body: new URLSearchParams({ ...login, ...asked, records: '1' })
    })
    const { status, body } = await get(gateway, { ...CRM, ...asked })
    t.equal(status, 200)
    t.equal(body, (await genuine.text()).replaceAll('|api|', '|crm|'), JSON.stringify(asked))
  }
})

test('a lead with an apostrophe reads as any other, though VICIdial answers 500 there', async (t) => {
  const gateway = await startCompat(t, undefined, {}, { fixture })
  await batch(gateway, { lead_ids: [1], fields: { last_name: "O'Brien", comments: 'a\nb' } })
  const { body } = await get(gateway, { ...CRM, function: 'lead_all_info', lead_id: '1' })
  t.match(body, /\|O'Brien\|.*\|a!Nb\|/)
  const field = { ...CRM, function: 'lead_field_info', lead_id: '1', field_name: 'last_name' }
  t.equal((await postForm(gateway, field)).body, "O'Brien")
})

test('what a client would misread is refused, and so is what is not kept', async (t) => {
  const gateway = await startCompat(t, undefined, {}, { fixture })
  await batch(gateway, { lead_ids: [1], fields: { comments: 'a|b' } })
  const all = { ...CRM, function: 'lead_all_info', lead_id: '1' }
  const field = { ...CRM, function: 'lead_field_info', lead_id: '1' }
  const cases: [asked: Record<string, string>, reply: RegExp][] = [
    [all, /^ERROR: lead_all_info VALUE HOLDS THE SEPARATOR - crm\|1\|comments\|/],
    [{ ...all, stage: 'json' }, /stage must be one of pipe, csv, tab, newline/],
    [{ ...all, lead_id: '999' }, /^ERROR: lead_all_info LEAD NOT FOUND: crm\|999\|/],
    [
      { ...CRM, function: 'lead_all_info', phone_number: '212' },
      /^ERROR: lead_all_info LEAD NOT FOUND: crm\|\|212/
    ],
    [{ ...CRM, function: 'lead_all_info' }, /^ERROR: lead_all_info LEAD NOT FOUND: crm\|\|/],
    [{ ...all, lead_id: '1,2' }, /^ERROR: lead_all_info/],
    [{ ...all, archived_lead: 'Y' }, /finds no archived leads/],
    [{ ...all, status: 'SALE' }, /lead_all_info has no parameter status/],
    [field, /^ERROR: lead_field_info INVALID SEARCH PARAMETERS: crm\|1\|/],
    [{ ...field, field_name: 'nothing' }, /A lead has no column nothing/],
    [
      { ...field, field_name: 'other', custom_fields: 'Y' },
      /^ERROR: lead_field_info LIST FIELD NOT FOUND: crm\|1/
    ]
  ]
  for (const [asked, reply] of cases) t.match((await get(gateway, asked)).body, reply, JSON.stringify(asked))
  t.match((await get(gateway, { ...all, stage: 'tab' })).body, '\ta|b\t')
})

test('reading at VICIdial’s address needs the permission to read, every column for a whole lead, and changes nothing', async (t) => {
  const callers = [
    { name: 'crm', permissions: { routes: ['batch'], fields: '*', statuses: '*' } },
    { name: 'some', permissions: { routes: ['read'], read_fields: ['status'] } }
  ]
  const gateway = await startCompat(t, callers, {}, { fixture })
  const before = gateway.sandbox.leads()
  for (const asked of ASKED)
    t.match((await get(gateway, { ...CRM, ...asked })).body, /^ERROR: auth USER DOES NOT HAVE PERMISSION/)
  const some = { user: 'some', pass: 'some-key' }
  const field = { ...some, function: 'lead_field_info', lead_id: '1' }
  t.equal((await get(gateway, { ...field, field_name: 'status' })).body, 'NEW')
  t.match(
    (await get(gateway, { ...field, field_name: 'email' })).body,
    /^ERROR: auth USER DOES NOT HAVE PERMISSION/
  )
  t.match(
    (await get(gateway, { ...some, function: 'lead_all_info', lead_id: '1' })).body,
    /^ERROR: auth USER/
  )
  t.strictSame(gateway.sandbox.leads(), before)
  t.ok(
    requestCalls(gateway).every(({ function: called }) => called.startsWith('lead_')),
    PATH
  )
})

test('format=json answers in the form of the API', async (t) => {
  const gateway = await startCompat(t, undefined, {}, { fixture })
  const { status, body } = await get(gateway, {
    ...CRM,
    function: 'lead_field_info',
    lead_id: '1',
    field_name: 'email',
    format: 'json'
  })
  t.equal(status, 200)
  t.same(body, { leads: [{ lead_id: 1, fields: { email: 'lead1@example.com' }, etag: body.leads[0].etag }] })
})
