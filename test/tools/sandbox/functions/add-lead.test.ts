import { test } from 'tap'
import { generateFixture } from '../../../../src/tools/sandbox/database/generate-fixture.ts'
import { startCalling } from '../calling.ts'

const ADD = { function: 'add_lead', phone_code: '1', list_id: '101' }
const NEW_YORK = '2125550199'
const CAMPAIGNS = [
  { list_id: 101, campaign_id: 'CAMPA' },
  { list_id: 102, campaign_id: 'CAMPA' },
  { list_id: 103, campaign_id: 'CAMPB' }
]

test('a new lead gets the time offset of its area code, in summer and in winter', async (t) => {
  let now = Date.UTC(2026, 6, 1)
  const { sandbox, call } = await startCalling(t, {}, { now: () => now })
  t.equal(
    await call({ ...ADD, phone_number: NEW_YORK }),
    'SUCCESS: add_lead LEAD HAS BEEN ADDED - 2125550199|101|4|-4|api\n'
  )
  t.equal(sandbox.leads()['4']?.gmt_offset_now, '-4.00')
  now = Date.UTC(2026, 11, 1)
  t.match(await call({ ...ADD, phone_number: NEW_YORK }), '|5|-5|')
  t.match(await call({ ...ADD, phone_number: '2025550199', phone_code: '81' }), '|6||')
  t.equal(sandbox.leads()['6']?.gmt_offset_now, '0.00')
})

test('lookup_state takes the state of the area code, and a state that was sent is kept', async (t) => {
  const { sandbox, call } = await startCalling(t)
  await call({ ...ADD, phone_number: NEW_YORK, lookup_state: 'Y' })
  await call({ ...ADD, phone_number: NEW_YORK, lookup_state: 'Y', state: 'NJ' })
  await call({ ...ADD, phone_number: NEW_YORK })
  t.strictSame(
    ['4', '5', '6'].map((id) => sandbox.leads()[id]?.state),
    ['NY', 'NJ', '']
  )
})

test('usacan_areacode_check takes ten digits with a known area code', async (t) => {
  const { call } = await startCalling(t)
  const check = (phone_number: string) => call({ ...ADD, phone_number, usacan_areacode_check: 'Y' })
  t.match(await check(NEW_YORK), /^SUCCESS/)
  const refused = /^ERROR: add_lead INVALID PHONE NUMBER AREACODE - \d+\|api\n$/
  t.match(await check('2125550'), refused)
  t.match(await check('9995550199'), refused)
})

test('a do-not-call entry can stand for an area code', async (t) => {
  const { call } = await startCalling(t, {
    dnc: ['212XXXXXXX'],
    campaign_dnc: [{ phone_number: '312XXXXXXX', campaign_id: 'CAMPA' }]
  })
  t.match(await call({ ...ADD, phone_number: NEW_YORK, dnc_check: 'Y' }), /^SUCCESS/)
  t.equal(
    await call({ ...ADD, phone_number: NEW_YORK, dnc_check: 'AREACODE' }),
    'ERROR: add_lead PHONE NUMBER IN DNC - 2125550199|api\n'
  )
  const campaign = { ...ADD, phone_number: '3125550199', campaign_dnc_check: 'AREACODE' }
  t.equal(
    await call({ ...campaign, campaign_id: 'CAMPA' }),
    'ERROR: add_lead PHONE NUMBER IN CAMPAIGN DNC - 3125550199|CAMPA|api\n'
  )
  t.match(await call({ ...campaign, campaign_id: 'CAMPB' }), /^SUCCESS/)
})

test('a duplicate can be in the lists of the campaign, or be an alt_phone', async (t) => {
  const { leads } = generateFixture(3)
  const { call } = await startCalling(t, {
    lists: CAMPAIGNS,
    leads: leads.map((lead) => ({ ...lead, list_id: 102, alt_phone: '3125550200', title: 'Dr' }))
  })
  const check = (duplicate_check: string, others: Record<string, string> = {}) =>
    call({ ...ADD, phone_number: '2125550001', duplicate_check, ...others })
  const alt = { phone_number: '3125550200' }
  t.match(await check('DUPLIST'), /^SUCCESS/)
  t.equal(
    await check('DUPCAMP'),
    'ERROR: add_lead DUPLICATE PHONE NUMBER IN CAMPAIGN LISTS - 2125550001|101|1|102\n'
  )
  t.equal(
    await check('DUPPHONEALTCAMP', alt),
    'ERROR: add_lead DUPLICATE PHONE NUMBER IN CAMPAIGN LISTS - 3125550200|101|1|102|ALT\n'
  )
  t.equal(
    await check('DUPTITLEALTPHONESYS', { title: 'dr', alt_phone: '3125550200' }),
    'ERROR: add_lead DUPLICATE TITLE ALT_PHONE IN SYSTEM - dr|3125550200|101|1|102\n'
  )
  t.equal(
    await check('DUPNAMEPHONECAMP', { first_name: 'Ben', last_name: 'baker' }),
    'ERROR: add_lead DUPLICATE NAME PHONE IN CAMPAIGN LISTS - Ben|baker|2125550001|101|1|102\n'
  )
  t.match(await check('DUPCAMP', { list_id: '103' }), /^SUCCESS/)
  t.equal(await check('DUPCAMP', { list_id: '777' }), '500 ')
})

test('before 240101-0920, DUPPHONEALT checks nothing', async (t) => {
  const add = { ...ADD, phone_number: '2125550001', duplicate_check: 'DUPPHONEALTSYS' }
  t.match(await (await startCalling(t, {}, { build: '230614' })).call(add), /^SUCCESS/)
  t.match(await (await startCalling(t)).call(add), /^ERROR: add_lead DUPLICATE/)
})

test('a duplicate check with days ignores older leads', async (t) => {
  let now = Date.UTC(2026, 0, 10)
  const { call } = await startCalling(t, {}, { now: () => now })
  const check = () => call({ ...ADD, phone_number: '2125550001', duplicate_check: 'DUPSYS7DAY' })
  now += 6 * 86_400_000
  t.match(await check(), /^ERROR: add_lead DUPLICATE/)
  now += 86_400_000
  t.match(await check(), /^SUCCESS/)
})

test('an apostrophe breaks the check for duplicate names, before the lead is added', async (t) => {
  const { sandbox, call } = await startCalling(t)
  const add = { ...ADD, phone_number: '2125550001', last_name: "O'Brien", duplicate_check: 'DUPNAMEPHONESYS' }
  t.equal(await call(add), '500 ')
  t.equal(sandbox.leads()['4'], undefined)
})

test('a lead that PHP 7 cannot store is not added, and the reply says so', async (t) => {
  const { sandbox, call } = await startCalling(t, {}, { php: 7 })
  sandbox.fail('leads_read_only', { calls: 1 })
  t.match(
    await call({ ...ADD, phone_number: NEW_YORK }),
    /^ERROR: add_lead LEAD HAS NOT BEEN ADDED - 2125550199\|101\|/
  )
  t.equal(sandbox.leads()['4'], undefined)
})

test('a restricted account must name one of its lists', async (t) => {
  const { users } = generateFixture(1)
  const { call } = await startCalling(t, {
    lists: CAMPAIGNS,
    users: users.map((user) => ({ ...user, api_list_restrict: '1', user_group: 'SALES' })),
    user_groups: [{ user_group: 'SALES', allowed_campaigns: ' CAMPB ' }]
  })
  const add = { function: 'add_lead', phone_number: NEW_YORK }
  t.equal(await call(add), 'ERROR: add_lead NOT AN ALLOWED LIST ID - 2125550199|\n')
  t.match(await call({ ...add, list_id: '103' }), /^SUCCESS/)
})
