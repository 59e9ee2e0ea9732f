import { test } from 'tap'
import { startCalling } from '../calling.ts'

const UPDATE = { function: 'update_lead', lead_id: '2' }
const SET = { ...UPDATE, campaign_id: 'CAMPA', callback: 'Y' }
const INFO = { function: 'lead_callback_info', lead_id: '2' }
const ADDED = 'NOTICE: update_lead SCHEDULED CALLBACK ADDED -'

const dates: Readonly<Record<string, string>> = {
  '2030-01-02 10:00:00': '2030-01-02 10:00:00',
  '2030-01-02 10:00': '2030-01-02 10:00:00',
  '2030-01-02T10:00:00Z': '2030-01-02 10:00:00',
  '2030-01-02': '2030-01-02 00:00:00',
  '20300102100000': '2030-01-02 10:00:00',
  NOW: '2026-01-31 03:04:05',
  '2DAYS': '2026-02-02 03:04:05',
  '9999999999999999999DAYS': '0000-00-00 00:00:00',
  '3000000DAYS': '0000-00-00 00:00:00',
  '2030-02-30 10:00:00': '0000-00-00 00:00:00',
  '2030-01-02 25:00:00': '0000-00-00 00:00:00',
  '02.01.2030 10:00': '0000-00-00 00:00:00',
  tomorrow: '0000-00-00 00:00:00'
}

test('a date is stored as the column holds it, and an invalid one as zeros', async (t) => {
  const { sandbox, call } = await startCalling(t, {}, { now: () => Date.UTC(2026, 0, 31, 3, 4, 5) })
  for (const [callback_datetime, callback_time] of Object.entries(dates)) {
    sandbox.reset()
    t.match(await call({ ...SET, callback_datetime }), ADDED)
    t.match(sandbox.tables()['vicidial_callbacks'], [{ callback_time }], callback_datetime)
  }
})

test('the dates are in the time zone of the server', async (t) => {
  let now = Date.UTC(2026, 6, 1, 3)
  const { call } = await startCalling(t, {}, { now: () => now, timeZone: 'America/New_York' })
  t.match(await call({ ...SET, callback_datetime: 'NOW' }), '|2026-06-30 23:00:00|')
  t.equal(
    await call({ function: 'version' }),
    'VERSION: 2.14-202|BUILD: 250720-1841|DATE: 2026-06-30 23:00:00|EPOCH: 1782874800|DST: 1|TZ: -5.00|TZNOW: -4|\n'
  )
  now = Date.UTC(2026, 0, 1)
  t.match(await call({ function: 'version' }), 'DST: 0|TZ: -5.00|TZNOW: -5.00|')
  await t.rejects(startCalling(t, {}, { timeZone: 'New York' }), RangeError)
})

test('a removed callback is in the archive only', async (t) => {
  const { call } = await startCalling(t, {}, { now: () => Date.UTC(2026, 0, 1) })
  await call({ ...SET, callback_datetime: '2030-01-02 10:00:00', callback_comments: 'x' })
  const row = 'ANYONE|ACTIVE|CALLBK|2030-01-02 10:00:00|2026-01-01 00:00:00||101|CAMPA||||x\n'
  t.equal(await call(INFO), `2|CURRENT|${row}`)
  const removed = 'NOTICE: update_lead SCHEDULED CALLBACK DELETED - api|2'
  t.equal(await call({ ...UPDATE, callback: 'REMOVE' }), `${removed}|1|1\n`)
  t.equal(await call({ ...UPDATE, callback: 'REMOVE' }), `${removed}|0|0\n`)
  t.equal(await call(INFO), 'ERROR: lead_callback_info CALLBACK NOT FOUND: api|2|pipe|\n')
  t.equal(
    await call({ ...INFO, search_location: 'ALL', stage: 'tab' }),
    `2|ARCHIVE|${row}`.replaceAll('|', '\t')
  )
})

test('a callback that is there is changed where values are sent', async (t) => {
  const { sandbox, call } = await startCalling(t)
  await call({
    ...SET,
    callback_datetime: '2030-01-02 10:00:00',
    callback_type: 'USERONLY',
    callback_user: 'API'
  })
  t.match(sandbox.tables()['vicidial_callbacks'], [
    { user: 'API', user_group: 'ADMIN', recipient: 'USERONLY' }
  ])
  t.equal(
    await call({ ...UPDATE, callback: 'Y' }),
    'NOTICE: update_lead SCHEDULED CALLBACK NOT UPDATED, NO FIELDS SPECIFIED - 2|\n'
  )
  t.equal(
    await call({ ...UPDATE, callback: 'Y', callback_status: 'LATER99' }),
    'NOTICE: update_lead SCHEDULED CALLBACK UPDATED - 2|||||LATER99\n'
  )
  t.match(sandbox.tables()['vicidial_callbacks'], [
    { lead_status: 'LATER9', callback_time: '2030-01-02 10:00:00', user: 'API' }
  ])
})

test('before 220223-0838 with use_non_latin 1, an apostrophe breaks the call after the update', async (t) => {
  const set = { ...SET, status: 'SALE', callback_comments: "it's" }
  const updated = 'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|2|1|||\n'
  const old = await startCalling(t, {}, { build: '220126', php: 8, useNonLatin: 1 })
  t.equal(await old.call(set), `500 ${updated}`)
  const php7 = await startCalling(t, {}, { build: '220126', php: 7, useNonLatin: 1 })
  t.equal(await php7.call(set), `${updated}${ADDED} 2|CAMPA||ANYONE||CALLBK\n`)
  t.strictSame(php7.sandbox.tables()['vicidial_callbacks'], [])
})

test('the callbacks of a lead that is deleted go to the archive', async (t) => {
  const { sandbox, call } = await startCalling(t)
  await call({ ...SET, callback_datetime: '2030-01-02 10:00:00' })
  t.equal(
    await call({ ...UPDATE, delete_lead: 'Y' }),
    'SUCCESS: update_lead LEAD HAS BEEN DELETED 1|1 - api|2|1|1|1|\n'
  )
  t.strictSame(sandbox.tables()['vicidial_callbacks'], [])
  t.match(await call({ ...INFO, search_location: 'ARCHIVE' }), /^2\|ARCHIVE\|/)
})
