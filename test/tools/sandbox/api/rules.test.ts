import { readFileSync } from 'node:fs'
import { type Test, test } from 'tap'
import type { Fixture, Lead } from '../../../../src/tools/sandbox/database/fixture.ts'
import { startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'

const recorded: Fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
const LOGIN = { source: 'crm', user: 'api', pass: 's3cret' }
const RESTRICTED = { source: 'crm', user: 'restricted', pass: 's3cretR' }
const BATCH = { ...LOGIN, function: 'batch_update_lead', lead_ids: '101' }
const UPDATE = { ...LOGIN, function: 'update_lead' }
const SEARCH = { ...LOGIN, function: 'lead_search', search_method: 'VENDOR_LEAD_CODE' }

/** @param changes column values that differ from the recorded fixture, by lead_id */
async function start(t: Test, useNonLatin: 0 | 1 = 0, changes: Record<string, Partial<Lead>> = {}) {
  const leads = recorded.leads.map((lead) => ({ ...lead, ...changes[lead.lead_id] }))
  const sandbox = await startSandbox({ fixture: { ...recorded, leads }, useNonLatin })
  t.teardown(() => sandbox.close())
  const call = async (params: Record<string, string>, query = ''): Promise<string> => {
    const response = await fetch(sandbox.url + query, { method: 'POST', body: new URLSearchParams(params) })
    return `${response.status === 200 ? '' : `${response.status} `}${await response.text()}`
  }
  const lead = (id: number): Lead | undefined => sandbox.leads()[id]
  return { sandbox, call, lead }
}

test('characters beyond U+FFFF become one question mark, or four with use_non_latin', async (t) => {
  const latin = await start(t)
  await latin.call({ ...BATCH, comments: 'a😀b' })
  t.equal(latin.lead(101)?.comments, 'a?b')
  const any = await start(t, 1)
  await any.call({ ...BATCH, comments: 'a😀b', state: '𠮷' })
  t.match(any.lead(101), { comments: 'a????b', state: '??' })
})

test('combining marks are dropped, and longer values are cut to characters, not bytes', async (t) => {
  const { call, lead } = await start(t, 1)
  await call({ ...BATCH, first_name: 'Jose\u0301', city: 'é'.repeat(60) })
  t.match(lead(101), { first_name: 'Jose', city: 'é'.repeat(50) })
})

test('dates are stored as MariaDB reads them', async (t) => {
  const { call, lead } = await start(t)
  const stored: Record<string, string> = {
    '1985-1-5': '1985-01-05',
    '85-1-5': '1985-01-05',
    '05-1-5': '2005-01-05',
    '5-1-5': '0005-01-05',
    '850105': '1985-01-05',
    '85010': '1985-01-00',
    '19850105': '1985-01-05',
    '19850105112233': '1985-01-05',
    '1985-12-31-23': '1985-12-31',
    '1985-12-31-25': '0000-00-00',
    '1985-00-00': '1985-00-00',
    '0000-00-05': '0000-00-05',
    '1985-13-01': '0000-00-00',
    '1985-4-31': '0000-00-00',
    '1984-2-29': '1984-02-29',
    '2100-2-29': '0000-00-00',
    '0000-2-29': '0000-00-00',
    '1985--01-05': '0000-00-00',
    '-1985-01-05': '0000-00-00',
    '19850105-': '0000-00-00',
    '12345-01-01': '0000-00-00',
    '1985': '0000-00-00'
  }
  for (const [sent, date] of Object.entries(stored)) {
    await call({ ...BATCH, date_of_birth: sent, records: '1' })
    t.equal(lead(101)?.date_of_birth, date, sent)
  }
})

test('gmt_offset_now is rounded to hundredths and kept within 99.99', async (t) => {
  const { call, lead } = await start(t)
  const stored: Record<string, string> = {
    '5.555': '5.56',
    '99.995': '99.99',
    '-100': '-99.99',
    '.5': '0.50',
    '5.': '5.00',
    '5_5': '5.00',
    '-0': '0.00',
    '--5': '0.00',
    '--BLANK--': '0.00'
  }
  for (const [sent, offset] of Object.entries(stored)) {
    await call({ ...BATCH, gmt_offset_now: sent })
    t.equal(lead(101)?.gmt_offset_now, offset, sent)
  }
})

test('--BLANK-- changes no number column, and empties gender and date', async (t) => {
  const { call, lead } = await start(t)
  t.equal(await call({ ...BATCH, rank: '--BLANK--', called_count: '--BLANK--', phone_code: '--BLANK--' }), '')
  await call({ ...BATCH, gender: '--BLANK--', date_of_birth: '--BLANK--' })
  t.match(lead(101), { gender: '', date_of_birth: '0000-00-00' })
})

test('a newline is stored as !N in every column that keeps one', async (t) => {
  const { call, lead } = await start(t)
  await call({ ...BATCH, vendor_lead_code: 'a\nb', source_id: 'c\nd', comments: 'e\nf', records: '1' })
  t.match(lead(101), { vendor_lead_code: 'a!Nb', source_id: 'c!Nd', comments: 'e!Nf' })
})

test('backslashes escape, and one at the end breaks the statement', async (t) => {
  const { call, lead } = await start(t)
  await call({ ...BATCH, comments: "\\n\\t\\%\\x\\'\\\\", records: '1' })
  t.equal(lead(101)?.comments, "\n\t\\%x'\\")
  t.equal(await call({ ...BATCH, comments: 'a\\', status: 'A' }), '500 ')
  t.equal(lead(101)?.status, 'NEW')
  const nobody = { ...BATCH, lead_ids: '999', comments: 'a\\', records: '1' }
  t.match(await call(nobody), /^ERROR: batch_update_lead NO MATCHES FOUND/)
})

test('a long value that breaks its quotes is refused at once', async (t) => {
  const { call } = await start(t)
  const long = 'a'.repeat(60)
  t.equal(await call({ ...BATCH, comments: `${long}\\` }), '500 ')
  t.match(await call({ ...BATCH, status: 'A', last_name: `${long}'` }), /^500 SUCCESS/)
})

test('the last form field breaks the log of every reply, except for a refused login', async (t) => {
  const { call } = await start(t)
  const last = { last_name: "O'Brien" }
  t.match(await call({ ...LOGIN, function: 'nope', ...last }), /^500 ERROR: NO FUNCTION SPECIFIED\n$/)
  t.match(await call({ ...BATCH, lead_ids: '999', ...last }), /^500 ERROR: batch_update_lead NO MATCHES/)
  t.equal(await call({ ...UPDATE, source: 'a', lead_id: '101', ...last }), '500 ERROR: Invalid Source - a\n')
  t.match(await call({ function: 'version', ...last }), /^500 VERSION/)
  t.match(await call({ ...BATCH, pass: 'bad', ...last }), /^ERROR: Login incorrect/)
})

test('the last field is the last name in the form, even if an earlier name comes again after it', async (t) => {
  const { sandbox } = await start(t)
  const send = async (rest: string, query = '') => {
    const body = `${new URLSearchParams(BATCH)}&${rest}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return (await fetch(sandbox.url + query, { method: 'POST', body, headers })).status
  }
  t.equal(await send("records=1&last_name=O'Brien&records=2"), 500)
  t.equal(await send("last_name=O'Brien&records=1&last_name=O'Brien"), 200)
  t.equal(await send("last_name=O'Brien", '?records=1'), 500)
  t.equal(await send('records=1', "?last_name=O'Brien"), 200)
  t.equal(await send("last_name=O''Brien"), 200)
  t.equal(await send('last_name=Brien\\'), 500)
})

test('the log stops update_lead after the first of several leads', async (t) => {
  const { call, lead } = await start(t)
  const reply = await call({
    ...UPDATE,
    search_method: 'VENDOR_LEAD_CODE',
    vendor_lead_code: 'CRM-DUP',
    records: '5',
    last_name: "O'Brien"
  })
  t.equal(reply, '500 SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|111|1|||\n')
  t.equal(lead(111)?.last_name, "O'Brien")
  t.equal(lead(112)?.last_name, 'Last12')
})

test('query values win over form values, and the last of several wins', async (t) => {
  const { call, lead } = await start(t)
  await call({ ...BATCH, status: 'FORM' }, '?status=A&status=QUERY')
  t.equal(lead(101)?.status, 'QUERY')
  t.equal(await call({ ...BATCH, status: 'FORM' }, '?status='), '')
})

test('user and password are matched in any letter case, and repeated as sent', async (t) => {
  const { call } = await start(t)
  t.equal(
    await call({ ...BATCH, user: 'API', pass: 'S3CRET', status: 'A' }),
    'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - API|1|1|101\n'
  )
})

test('a restricted user updates only the leads of allowed lists in a batch', async (t) => {
  const { call, lead } = await start(t)
  t.equal(
    await call({ ...RESTRICTED, function: 'batch_update_lead', lead_ids: '101,109', status: 'A' }),
    'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - restricted|1|1|101\n'
  )
  t.equal(lead(109)?.status, 'NEW')
})

test('update_lead refuses a restricted user the leads of other lists', async (t) => {
  const { call, lead } = await start(t)
  const update = { ...RESTRICTED, function: 'update_lead', status: 'A' }
  t.equal(
    await call({ ...update, lead_id: '109' }),
    'ERROR: update_lead NOT AN ALLOWED LIST ID, RESULTS - 102\n'
  )
  t.match(
    await call({ ...update, lead_id: '109', no_update: 'Y' }),
    /^NOTICE: update_lead LEADS FOUND .*\|102\|0\n$/
  )
  t.equal(
    await call({ ...update, lead_id: '101', list_id: '102', phone_number: '2125550001' }),
    'ERROR: update_lead NOT AN ALLOWED LIST ID, SEARCH - 2125550001|102\n'
  )
  t.equal(lead(109)?.status, 'NEW')
})

test('records of update_lead', async (t) => {
  const { call } = await start(t)
  const update = { ...UPDATE, search_method: 'VENDOR_LEAD_CODE', vendor_lead_code: 'CRM-DUP', status: 'A' }
  t.equal(
    await call({ ...update, records: '1' }),
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|111|1|||\n'
  )
  t.match(await call({ ...update, records: '0' }), /^ERROR: update_lead NO MATCHES FOUND/)
  t.match(await call({ ...update, records: 'all' }), /api\|111\|0\|\|\|\n$/)
  t.equal(await call({ ...update, records: '99999999999999999999' }), '500 ')
})

test('a vendor code is found in any letter case, and update_lead then stores it as sent', async (t) => {
  const { call, lead } = await start(t)
  t.equal(
    await call({ ...UPDATE, search_method: 'VENDOR_LEAD_CODE', vendor_lead_code: 'crm-1' }),
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|101|1|||\n'
  )
  t.equal(lead(101)?.vendor_lead_code, 'crm-1')
})

test('lead_search finds a code in any letter case but counts it only in its own', async (t) => {
  const { call } = await start(t)
  t.equal(
    await call({ ...SEARCH, vendor_lead_code: 'crm-1,CRM-DUP,crm-dup' }),
    'crm-1|0|\nCRM-DUP|2|112-111\ncrm-dup|0|\n'
  )
})

test('lead_search counts codes that are equal as numbers for each other', async (t) => {
  const { call } = await start(t, 0, {
    103: { vendor_lead_code: '1001' },
    104: { vendor_lead_code: '01001' }
  })
  t.equal(await call({ ...SEARCH, vendor_lead_code: '1001,01001' }), '1001|2|104-103\n01001|2|104-103\n')
  t.equal(await call({ ...SEARCH, vendor_lead_code: '1001' }), '1001|1|103\n')
})

test('lead_search leaves out keys that are not phone numbers, and repeats duplicates', async (t) => {
  const { call } = await start(t)
  const search = { ...LOGIN, function: 'lead_search' }
  t.equal(
    await call({ ...search, phone_number: '12345,212-555-0001,2125550001' }),
    '2125550001|1|101\n2125550001|1|101\n'
  )
  t.equal(await call({ ...search, phone_number: '12345,1' }), '500 ')
})

test('searches find what earlier calls wrote', async (t) => {
  const { call } = await start(t)
  const search = { ...SEARCH, vendor_lead_code: 'NEW,CRM-1,CRM-2' }
  t.equal(await call(search), 'NEW|0|\nCRM-1|1|101\nCRM-2|1|102\n')
  await call({ ...BATCH, lead_ids: '101,102', vendor_lead_code: 'NEW' })
  t.equal(await call(search), 'NEW|2|102-101\nCRM-1|0|\nCRM-2|0|\n')
  await call({ ...UPDATE, lead_id: '103', phone_number: '+1 (555) 123-4567', update_phone_number: 'Y' })
  t.equal(
    await call({ ...LOGIN, function: 'lead_search', phone_number: '15551234567' }),
    '15551234567|1|103\n'
  )
})

test('custom fields in a list without any', async (t) => {
  const { call, lead } = await start(t)
  t.equal(
    await call({
      ...UPDATE,
      lead_id: '109',
      custom_fields: 'Y',
      favorite_color: 'red',
      status: 'A',
      records: '1'
    }),
    [
      'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|109|1|||',
      'NOTICE: update_lead CUSTOM FIELDS NOT ADDED, NO CUSTOM FIELDS DEFINED FOR THIS LIST - |109|102',
      ''
    ].join('\n')
  )
  t.equal(lead(109)?.status, 'A')
})

test('custom fields unknown to the list are ignored', async (t) => {
  const { call } = await start(t)
  t.equal(await call({ ...UPDATE, lead_id: '101', custom_fields: 'Y', favourite_colour: 'red' }), '')
  t.equal(await call({ ...UPDATE, lead_id: '101', favorite_color: 'red' }), '')
})

test('custom fields stay with the list that first held them, and in their table after a reset', async (t) => {
  const { sandbox, call } = await start(t)
  const update = { ...UPDATE, lead_id: '101', custom_fields: 'Y', favorite_color: 'red' }
  const updated = 'NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED -'
  t.equal(await call(update), `${updated} |101|101|0|101|1\n`)
  t.equal(await call(update), `${updated} |101|101|101|101|0\n`)
  await call({ ...BATCH, list_id_field: '102' })
  t.equal(await call({ ...update, favorite_color: 'blue' }), `${updated} |101|102|101|101|1\n`)
  sandbox.reset()
  t.equal(await call({ ...update, favorite_color: 'blue' }), `${updated} |101|101|0|101|0\n`)
})
