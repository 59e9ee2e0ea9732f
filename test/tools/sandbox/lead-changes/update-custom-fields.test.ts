import { type Test, test } from 'tap'
import type { CustomField } from '../../../../src/tools/sandbox/database/fixture.ts'
import { generateFixture } from '../../../../src/tools/sandbox/database/generate-fixture.ts'
import { type SandboxOptions, startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'

const LOGIN = { source: 'crm', user: 'api', pass: 's3cret' }
const UPDATE = { ...LOGIN, function: 'update_lead', custom_fields: 'Y' }
const UPDATED = 'NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED -'
const NO_TABLE = 'NOTICE: update_lead CUSTOM FIELDS NOT ADDED, NO CUSTOM FIELDS DEFINED FOR THIS LIST -'

const FIELDS: readonly CustomField[] = [
  { label: 'color', max: 5 },
  { label: 'birth', type: 'DATE' },
  { label: 'call_time', type: 'TIME' },
  { label: 'plan', type: 'SELECT', options: ['gold', 'silver'], default: 'silver' },
  { label: 'tags', type: 'CHECKBOX', options: ['vip', 'new'] },
  { label: 'notes', type: 'AREA' },
  { label: 'shown', type: 'DISPLAY' }
]

/** Leads 1 and 3 are in list 101, which has custom fields, lead 2 in list 102, which has none. All have one phone. */
async function start(t: Test, options: SandboxOptions = {}) {
  const { leads, ...rest } = generateFixture(3)
  const fixture = {
    ...rest,
    leads: leads.map((lead) => ({
      ...lead,
      list_id: lead.lead_id === 2 ? 102 : 101,
      phone_number: '2125550000'
    })),
    custom_fields: { '101': FIELDS }
  }
  const sandbox = await startSandbox({ fixture, ...options })
  t.teardown(() => sandbox.close())
  const call = async (params: Record<string, string>): Promise<string> => {
    const body = new URLSearchParams({ ...params, last: '1' })
    return (await fetch(sandbox.url, { method: 'POST', body })).text()
  }
  return { sandbox, call }
}

/** As MariaDB 10.11 stored them. */
const stored: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  color: { red: 'red', orange: 'orang', 'a+b;"': 'a b', '--BLANK--': '' },
  birth: {
    '1980-12-31': '1980-12-31',
    '1980/12/31': '1980-12-31',
    '31/12/1980': '0000-00-00',
    '1980-12-31 10:00': '1980-12-31',
    '1980-12-31T25:00': '0000-00-00',
    '1980-12-31x': '1980-12-31',
    '': '0000-00-00',
    '--BLANK--': '0000-00-00'
  },
  call_time: {
    '10:30': '10:30:00',
    '10:30 PM': '10:30:00',
    '1030': '00:10:30',
    '25:00': '25:00:00',
    '10:60': '00:00:00',
    '839:00:00': '838:59:59',
    '-1:2:3': '-01:02:03',
    '2 10:00:00': '58:00:00',
    '2026-11-29 10:30:00': '10:30:00',
    noon: '00:00:00',
    '--BLANK--': '00:00:00'
  },
  plan: { gold: 'gold', GOLD: 'gold', platinum: '', '2': 'silver', '9': '', '--BLANK--': '' },
  tags: { vip: 'vip', 'vip,new': 'vip,new', 'vip,new,old,more': 'vip,new,old' },
  notes: { 'a\nb': 'a\nb' }
}

test('each type of custom field is stored as its column holds it', async (t) => {
  const { sandbox, call } = await start(t)
  for (const [label, values] of Object.entries(stored)) {
    for (const [sent, kept] of Object.entries(values)) {
      t.match(await call({ ...UPDATE, lead_id: '1', [label]: sent }), UPDATED)
      t.equal(sandbox.customFields()['101']?.['1']?.[label], kept, `${label} ${sent}`)
    }
  }
  const shown = await fetch(`${sandbox.origin}/sandbox/custom-fields`)
  t.strictSame(await shown.json(), sandbox.customFields())
})

test('lengths count bytes over a latin1 connection', async (t) => {
  const { sandbox, call } = await start(t, { dbCharset: 'latin1' })
  await call({ ...UPDATE, lead_id: '1', color: 'ЖЖЖ' })
  t.equal(sandbox.customFields()['101']?.['1']?.['color'], 'ЖЖ\uFFFD')
})

test('an AREA holds 65,535 bytes', async (t) => {
  const { sandbox, call } = await start(t)
  await call({ ...UPDATE, lead_id: '1', notes: `a${'é'.repeat(40_000)}` })
  t.equal(sandbox.customFields()['101']?.['1']?.['notes'], `a${'é'.repeat(32_767)}`)
})

test('a field without a column is ignored, and a new row has the defaults', async (t) => {
  const { sandbox, call } = await start(t)
  t.equal(await call({ ...UPDATE, lead_id: '1', shown: 'x' }), '')
  t.equal(await call({ ...UPDATE, lead_id: '1', color: 'red' }), `${UPDATED} |1|101|0|101|1\n`)
  t.equal(await call({ ...UPDATE, lead_id: '1', plan: 'SILVER' }), `${UPDATED} |1|101|101|101|0\n`)
  t.match(sandbox.customFields(), { 101: { 1: { color: 'red', plan: 'silver', notes: '' } } })
})

test('a label inside a value counts as sent, and empties the field', async (t) => {
  const { sandbox, call } = await start(t)
  await call({ ...UPDATE, lead_id: '1', color: 'red' })
  await call({ ...UPDATE, lead_id: '1', comments: 'a&color=b' })
  t.equal(sandbox.customFields()['101']?.['1']?.['color'], '')
})

test('of several leads, those after the first with custom fields get nothing else', async (t) => {
  const search = { ...UPDATE, search_method: 'PHONE_NUMBER', phone_number: '2125550000', records: '9' }
  const { sandbox, call } = await start(t)
  t.equal(
    await call({ ...search, status: 'A', color: 'red' }),
    [
      'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|1|1|||',
      `${UPDATED} 2125550000|1|101|0|101|1`,
      `${NO_TABLE} 2125550000|2|102`,
      `${UPDATED} 2125550000|3|101|0|101|1`,
      ''
    ].join('\n')
  )
  t.match(sandbox.leads(), { 1: { status: 'A' }, 2: { status: 'NEW' }, 3: { status: 'NEW' } })
  t.match(sandbox.customFields(), { 101: { 1: { color: 'red' }, 3: { color: 'red' } } })
})

test('a lead that cannot be written to keeps its custom fields, and PHP says so in its way', async (t) => {
  for (const [php, end] of [
    [7, 'Could not execute: '],
    [8, '']
  ] as const) {
    const { sandbox, call } = await start(t, { php })
    sandbox.fail('leads_read_only', { calls: 1 })
    t.equal(await call({ ...UPDATE, lead_id: '1', color: 'red' }), `${UPDATED} |1|101|0|101|1\n${end}`)
    t.equal(sandbox.customFields()['101']?.['1']?.['color'], 'red')
  }
})

test('lead_field_info reads a custom field', async (t) => {
  const { call } = await start(t)
  const ask = { ...LOGIN, function: 'lead_field_info', lead_id: '1', custom_fields: 'Y', field_name: 'color' }
  t.equal(await call(ask), '')
  await call({ ...UPDATE, lead_id: '1', color: 'red' })
  t.equal(await call(ask), 'red')
  t.equal(await call({ ...ask, field_name: 'shown' }), '')
})

test('list_custom_fields lists the labels that have a column', async (t) => {
  const { call } = await start(t)
  const ask = { ...LOGIN, function: 'list_custom_fields' }
  const labels = 'color birth call_time plan tags notes'
  t.equal(await call({ ...ask, list_id: '101' }), `101|List 101|CAMPA|Y|||${labels}\n`)
  t.equal(
    await call({ ...ask, list_id: '---ALL---', header: 'YES' }),
    [
      'list_id|list_name|campaign_id|active|list_changedate|list_lastcalldate|custom_fields_list_space_delimited',
      `101|List 101|CAMPA|Y|||${labels}`,
      '102|List 102|CAMPA|Y|||',
      '103|List 103|CAMPA|Y|||',
      ''
    ].join('\n')
  )
  t.equal(await call({ ...ask, list_id: '999' }), 'ERROR: list_custom_fields LIST DOES NOT EXIST: |api|999\n')
  t.equal(
    await call({ ...ask, list_id: '1' }),
    'ERROR: list_custom_fields YOU MUST USE ALL REQUIRED FIELDS: |api|1||\n'
  )
})
