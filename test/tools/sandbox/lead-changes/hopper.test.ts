import { test } from 'tap'
import { generateFixture } from '../../../../src/tools/sandbox/database/generate-fixture.ts'
import { startCalling } from '../calling.ts'

const BULK = { function: 'hopper_bulk_insert' }
const NOTICE = 'NOTICE: hopper_bulk_insert'

test('the lines come in the order asked, and a lead that is asked for twice is there the second time', async (t) => {
  const { sandbox, call } = await startCalling(t)
  t.equal(
    await call({ ...BULK, lead_ids: '3,1,9,3', hopper_priority: '500' }),
    `${NOTICE} LEAD ADDED TO HOPPER - 2125550003|3|1|api
${NOTICE} LEAD ADDED TO HOPPER - 2125550001|1|2|api
${NOTICE} NOT ADDED TO HOPPER, LEAD NOT FOUND - 9
${NOTICE} NOT ADDED TO HOPPER, LEAD IS ALREADY IN THE HOPPER - 3
SUCCESS: hopper_bulk_insert LEADS HAVE BEEN INSERTED INTO THE HOPPER - 2|1|2|api
`
  )
  t.match(sandbox.tables()['vicidial_hopper'], [
    { lead_id: '1', priority: '99' },
    { lead_id: '3', priority: '99' }
  ])
})

test('a list without a campaign is named, and then its lead is not found', async (t) => {
  const { leads } = generateFixture(2)
  const { call } = await startCalling(t, { leads: leads.map((lead) => ({ ...lead, list_id: 777 })) })
  t.equal(
    await call({ ...BULK, lead_ids: '2' }),
    `${NOTICE} CAMPAIGN DOES NOT EXIST - 777|2
${NOTICE} NOT ADDED TO HOPPER, LEAD NOT FOUND - 2
ERROR: hopper_bulk_insert NO LEADS HAVE BEEN INSERTED INTO THE HOPPER - 1|1|api
`
  )
})

test('whether a lead may be called depends on its own time, if that is asked for', async (t) => {
  let now = Date.UTC(2026, 0, 1, 13, 59)
  const { sandbox, call } = await startCalling(
    t,
    { campaigns: [{ campaign_id: 'CAMPA', call_from: 900, call_until: 2100 }] },
    { now: () => now }
  )
  const check = async () => {
    sandbox.reset()
    return call({ ...BULK, lead_ids: '1', hopper_local_call_time_check: 'Y' })
  }
  const outside =
    /^NOTICE: hopper_bulk_insert NOT ADDED TO HOPPER, OUTSIDE OF LOCAL TIME, - 1\|-5\.00\|NY\|0\nERROR/
  t.match(await check(), outside)
  now += 60_000
  t.match(await check(), 'LEAD ADDED TO HOPPER')
  now = Date.UTC(2026, 0, 2, 1, 59)
  t.match(await check(), 'LEAD ADDED TO HOPPER')
  now += 60_000
  t.match(await check(), outside)
  t.match(await call({ ...BULK, lead_ids: '1' }), 'LEAD ADDED TO HOPPER')
})

test('an update and its place in the hopper are one call', async (t) => {
  const { sandbox, call } = await startCalling(t)
  const update = { function: 'update_lead', lead_id: '2' }
  t.equal(
    await call({ ...update, status: 'HOT', state: 'NJ', add_to_hopper: 'Y' }),
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|2|1|||\nNOTICE: update_lead ADDED TO HOPPER - |2|1|api\n'
  )
  t.match(sandbox.tables()['vicidial_hopper'], [{ lead_id: '2', state: 'NJ' }])
  t.match(
    await call({ ...update, add_to_hopper: 'Y', remove_from_hopper: 'Y' }),
    'REMOVED FROM HOPPER - |2|READY|api'
  )
  t.strictSame(sandbox.tables()['vicidial_hopper'], [])
})
