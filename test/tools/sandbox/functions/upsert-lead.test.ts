import { test } from 'tap'
import { generateFixture } from '../../../../src/tools/sandbox/database/generate-fixture.ts'
import { startCalling } from '../calling.ts'

const UPSERT = {
  function: 'update_lead',
  search_method: 'VENDOR_LEAD_CODE',
  vendor_lead_code: 'NEW-1',
  phone_number: '3125550199',
  phone_code: '1',
  list_id: '101',
  insert_if_not_found: 'Y'
}

test('a repeated upsert updates the lead that the first one added', async (t) => {
  const { sandbox, call } = await startCalling(t, { area_codes: [] })
  t.equal(
    await call({ ...UPSERT, first_name: 'Ann' }),
    'NOTICE: update_lead NO MATCHES FOUND IN THE SYSTEM: |api||NEW-1|3125550199\n' +
      'SUCCESS: update_lead LEAD HAS BEEN ADDED - 3125550199|101|4||api\n'
  )
  t.equal(
    await call({ ...UPSERT, first_name: 'Bea' }),
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|4|1|||\n'
  )
  t.match(sandbox.leads()['4'], { vendor_lead_code: 'NEW-1', first_name: 'Bea', user: 'api' })
  t.equal(sandbox.leads()['5'], undefined)
})

test('of several leads with one key, the one that was added last comes first', async (t) => {
  let now = Date.UTC(2026, 0, 1)
  const { sandbox, call } = await startCalling(t, {}, { now: () => now })
  for (let lead = 0; lead < 2; lead++) {
    now += 1000
    await call({ ...UPSERT, function: 'add_lead' })
  }
  await call({ ...UPSERT, status: 'SALE' })
  t.strictSame(
    ['4', '5'].map((id) => sandbox.leads()[id]?.status),
    ['NEW', 'SALE']
  )
})

test('the ids go on from next_lead_id, and a reset starts them again', async (t) => {
  const { sandbox, call } = await startCalling(t, { next_lead_id: 900 })
  t.match(await call(UPSERT), '|101|900|')
  t.match(await call({ ...UPSERT, vendor_lead_code: 'NEW-2' }), '|101|901|')
  sandbox.reset()
  t.strictSame(Object.keys(sandbox.leads()), ['1', '2', '3'])
  t.match(await call(UPSERT), '|101|900|')
})

test('a deleted lead is not found again', async (t) => {
  const { call } = await startCalling(t)
  const key = { function: 'update_lead', search_method: 'VENDOR_LEAD_CODE', vendor_lead_code: 'CRM-2' }
  t.equal(
    await call({ ...key, delete_lead: 'Y' }),
    'SUCCESS: update_lead LEAD HAS BEEN DELETED 0|0 - api|2|1|0|0|\n'
  )
  t.match(await call(key), 'NO MATCHES FOUND')
  t.match(await call({ ...UPSERT, ...key }), 'LEAD HAS BEEN ADDED - 3125550199|101|4|')
})

test('from 211118-1946 to before 220519-2206, a lead that is changed too is not deleted', async (t) => {
  const remove = { function: 'update_lead', lead_id: '2', delete_lead: 'Y' }
  const old = await startCalling(t, {}, { build: '220126' })
  t.equal(
    await old.call({ ...remove, status: 'SALE' }),
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|2|1|0|0|\n'
  )
  t.match(await old.call(remove), 'LEAD HAS BEEN DELETED')
  const { call } = await startCalling(t)
  t.match(await call({ ...remove, status: 'SALE' }), 'LEAD HAS BEEN DELETED')
  const older = await startCalling(t, {}, { build: '211027' })
  const deleted = 'SUCCESS: update_lead LEAD HAS BEEN DELETED 0|0 - api|2|1\n'
  t.equal(await older.call({ ...remove, status: 'SALE' }), deleted)
})

test('no lead is in the archive, which builds before 231109-0933 do not know', async (t) => {
  const { call } = await startCalling(t)
  const old = await startCalling(t, {}, { build: '230614' })
  for (const [params, there] of [
    [{ function: 'update_lead', lead_id: '2', status: 'SALE' }, /^SUCCESS/],
    [{ function: 'batch_update_lead', lead_ids: '2', status: 'SOLD' }, /^SUCCESS/],
    [{ function: 'lead_search', phone_number: '2125550002' }, /\|1\|2$/m],
    [{ function: 'lead_field_info', lead_id: '2', field_name: 'state' }, /^NY$/]
  ] as const) {
    t.match(await call({ ...params, archived_lead: 'Y' }), /NO MATCHES FOUND|LEAD NOT FOUND/, params.function)
    t.match(await old.call({ ...params, archived_lead: 'Y' }), there, params.function)
  }
})

test('search_location searches one list, or the lists of its campaign', async (t) => {
  const { leads } = generateFixture(3)
  const { sandbox, call } = await startCalling(t, {
    leads: leads.map((lead) => ({ ...lead, list_id: 100 + lead.lead_id, vendor_lead_code: 'A' })),
    lists: [101, 102, 103].map((list_id) => ({ list_id, campaign_id: list_id === 101 ? 'CAMPA' : 'CAMPB' }))
  })
  const update = { ...UPSERT, vendor_lead_code: 'A', records: '5', list_id: '102' }
  await call({ ...update, search_location: 'LIST', status: 'ONE' })
  await call({ ...update, search_location: 'CAMPAIGN', city: 'Two' })
  await call({ ...update, search_location: 'SYSTEM', owner: 'three' })
  const values = Object.values(sandbox.leads()).map(({ status, city, owner }) => [status, city, owner])
  t.strictSame(values, [
    ['NEW', 'New York', 'three'],
    ['ONE', 'Two', 'three'],
    ['NEW', 'Two', 'three']
  ])
})

test('a restricted account can add to its lists; before 230308-1758, only others can add', async (t) => {
  const { users } = generateFixture(1)
  const restricted = {
    lists: [101, 102].map((list_id) => ({ list_id, campaign_id: list_id === 101 ? 'CAMPA' : 'CAMPB' })),
    users: users.map((user) => ({ ...user, api_list_restrict: '1', user_group: 'SALES' })),
    user_groups: [{ user_group: 'SALES', allowed_campaigns: ' CAMPA ' }]
  }
  const { call } = await startCalling(t, restricted)
  t.match(
    await call({ ...UPSERT, list_id_field: '102' }),
    'NOT AN ALLOWED LIST ID, INSERT - 3125550199|102\n'
  )
  t.match(await call({ ...UPSERT, list_id: '102' }), 'NOT AN ALLOWED LIST ID, SEARCH - 3125550199|102\n')
  t.match(await call(UPSERT), 'LEAD HAS BEEN ADDED - 3125550199|101|')
  const old = await startCalling(t, restricted, { build: '230122-1821' })
  t.match(await old.call(UPSERT), 'NOT AN ALLOWED LIST ID - 3125550199|101\n')
})

test('custom fields are added to the table of the new list; one that was not sent is empty', async (t) => {
  const { sandbox, call } = await startCalling(t, {
    custom_fields: { '101': ['color', { label: 'plan', type: 'SELECT', options: ['gold'], default: 'gold' }] }
  })
  const added = await call({ ...UPSERT, custom_fields: 'Y', color: 'red', plan: 'x' })
  t.match(added, /NOTICE: update_lead CUSTOM FIELDS VALUES ADDED - 3125550199\|4\|101\|1\n$/)
  t.strictSame(sandbox.tables()['custom_101'], [{ lead_id: '4', color: 'red', plan: '' }])
  const none = await call({
    ...UPSERT,
    vendor_lead_code: 'N2',
    list_id: '102',
    custom_fields: 'Y',
    color: 'red'
  })
  t.match(none, /CUSTOM FIELDS NOT ADDED, NO CUSTOM FIELDS DEFINED FOR THIS LIST - 3125550199\|5\|102\n$/)
})
