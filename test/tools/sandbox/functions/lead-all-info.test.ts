import { test } from 'tap'
import { generateFixture } from '../../../../src/tools/sandbox/database/generate-fixture.ts'
import { startCalling } from '../calling.ts'

const READ = { function: 'lead_all_info', lead_id: '2' }
const LINE = 'NEW||CRM-2|WEB|101|-5.00|1|2125550002||Carla||Castillo|2 Main St|||New York|NY||10001|USA|U|'

test('custom fields without a table for them break the call; PHP 7 prints the lead without them', async (t) => {
  const { call } = await startCalling(t)
  t.equal(await call({ ...READ, custom_fields: 'Y' }), '500 ')
  const php7 = await startCalling(t, {}, { php: 7 })
  t.equal(
    await php7.call({ ...READ, custom_fields: 'Y' }),
    `${LINE}1980-01-01||lead2@example.com|||0||0||0|2\n`
  )
})

test('an apostrophe breaks the call on PHP 8 only', async (t) => {
  const { leads } = generateFixture(2)
  const tables = { leads: leads.map((lead) => ({ ...lead, owner: "O'B" })) }
  t.equal(await (await startCalling(t, tables)).call(READ), '500 ')
  t.match(await (await startCalling(t, tables, { php: 7 })).call(READ), "|O'B|0|2\n")
})

test('an added lead was called when it was added, as far as VICIdial knows', async (t) => {
  const { call } = await startCalling(t, {}, { now: () => Date.UTC(2026, 0, 1) })
  const add = { function: 'add_lead', phone_code: '1', phone_number: '3125550199', list_id: '101' }
  await call({ ...add, entry_list_id: '103' })
  t.match(await call({ ...READ, lead_id: '4' }), '|0|2026-01-01 00:00:00|0||103|4\n')
  const field = { function: 'lead_field_info', lead_id: '4', field_name: 'entry_date' }
  t.equal(await call(field), '2026-01-01 00:00:00')
})

test('of several leads with a phone number, only those in lists of the group are shown', async (t) => {
  const { leads, users } = generateFixture(3)
  const { call } = await startCalling(t, {
    leads: leads.map((lead) => ({ ...lead, phone_number: '2125550000', list_id: 100 + lead.lead_id })),
    lists: [101, 102, 103].map((list_id) => ({ list_id, campaign_id: list_id === 102 ? 'CAMPB' : 'CAMPA' })),
    users: users.map((user) => ({ ...user, user_group: 'SALES' })),
    user_groups: [{ user_group: 'SALES', allowed_campaigns: ' CAMPA ' }]
  })
  const reply = await call({ function: 'lead_all_info', phone_number: '2125550000' })
  t.strictSame(reply.match(/\d+$/gm), ['3', '1'])
})

test('before 211107-1556, leads are read by id only, and it is not printed', async (t) => {
  const { leads } = generateFixture(2)
  const moved = leads.map((lead) => (lead.lead_id === 1 ? { ...lead, list_id: 777 } : lead))
  const { call } = await startCalling(t, { leads: moved }, { build: '211027' })
  const byPhone = { function: 'lead_all_info', phone_number: '2125550002' }
  t.equal(await call(byPhone), 'ERROR: lead_all_info LEAD NOT FOUND: api|\n')
  t.equal(await call({ ...READ, lead_id: '9' }), 'ERROR: lead_all_info LEAD NOT FOUND: api|\n')
  t.equal(await call({ ...READ, lead_id: '1' }), 'ERROR: lead_all_info LIST NOT FOUND: api|1\n')
  t.equal(await call(READ), `${LINE}1980-01-01||lead2@example.com|||0||0||0\n`)
})
