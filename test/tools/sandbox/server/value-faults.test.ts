import { test } from 'tap'
import { generateFixture } from '../../../../src/tools/sandbox/database/generate-fixture.ts'
import { startCalling } from '../calling.ts'

const UPDATE = { function: 'update_lead', lead_id: '1', update_phone_number: 'Y' }

/** A value for each column that a call can set: what is sent, and what `values_cut` and `values_changed` store. */
const values: Readonly<Record<string, readonly [sent: string, cut: string, changed: string]>> = {
  status: ['SALE', 'SA', 'SAL?'],
  user_field: ['u777', 'u7', 'u77?'],
  vendor_lead_code: ['CRM-99', 'CRM', 'CRM-9?'],
  source_id: ['WEB2', 'WE', 'WEB?'],
  list_id_field: ['102', '10', '103'],
  gmt_offset_now: ['-6.00', '-6', '-6.0?'],
  phone_code: ['44', '4', '4?'],
  phone_number: ['3125550199', '31255', '312555019?'],
  title: ['Mrs', 'M', 'Mr?'],
  first_name: ['Anna', 'An', 'Ann?'],
  middle_initial: ['Z', '', '?'],
  last_name: ['Lee', 'L', 'Le?'],
  address1: ['1 St', '1 ', '1 S?'],
  address2: ['2 St', '2 ', '2 S?'],
  address3: ['3 St', '3 ', '3 S?'],
  city: ['Rome', 'Ro', 'Rom?'],
  state: ['NJ', 'N', 'N?'],
  province: ['Lazio', 'La', 'Lazi?'],
  postal_code: ['00100', '00', '0010?'],
  country_code: ['ITA', 'I', 'IT?'],
  gender: ['F', '', '?'],
  date_of_birth: ['1990-02-03', '1990-', '1990-02-0?'],
  alt_phone: ['3125', '31', '312?'],
  email: ['a@b.example', 'a@b.e', 'a@b.exampl?'],
  security_phrase: ['pass', 'pa', 'pas?'],
  comments: ['hello', 'he', 'hell?'],
  called_count: ['31', '3', '32'],
  rank: ['57', '5', '58'],
  owner: ['me', 'm', 'm?']
}

const COLUMNS: Readonly<Record<string, string>> = { user_field: 'user', list_id_field: 'list_id' }

for (const [fault, index] of [
  ['values_cut', 1],
  ['values_changed', 2]
] as const) {
  test(`${fault} alters the one field it names, in each column, and the reply does not show it`, async (t) => {
    const { sandbox, call } = await startCalling(t)
    const sent = Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, value]))
    await call({ ...UPDATE, ...sent })
    const sound = sandbox.leads()['1']
    for (const [name, expected] of Object.entries(values)) {
      sandbox.reset()
      const field = COLUMNS[name] ?? name
      sandbox.fail(fault, { calls: 1, field })
      t.equal(await call({ ...UPDATE, ...sent }), 'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|1|1|||\n')
      const stored: Readonly<Record<string, unknown>> = { ...sandbox.leads()['1'] }
      t.strictSame(
        { ...stored, [field]: String(stored[field]) },
        { ...sound, [field]: expected[index] },
        name
      )
    }
  })
}

test('value faults concern added leads and custom fields too, and without a field every text', async (t) => {
  const { sandbox, call } = await startCalling(t)
  const add = { function: 'add_lead', phone_number: '3125550199', list_id: '101', rank: '57', city: 'Rome' }
  sandbox.fail('values_cut', { calls: 1, field: 'city' })
  await call(add)
  t.match(sandbox.leads()['4'], { city: 'Ro', phone_number: '3125550199', rank: 57 })
  sandbox.fail('values_cut', { calls: 1 })
  await call({ ...add, custom_fields: 'Y', favorite_color: 'blue' })
  t.match(sandbox.leads()['5'], { city: 'Ro', phone_number: '31255', rank: 57 })
  t.match(sandbox.tables()['custom_101'], [{ favorite_color: 'bl' }])
})

test('insert_late lets two upserts of one key both search before either inserts', async (t) => {
  const { sandbox, call } = await startCalling(t)
  const upsert = {
    function: 'update_lead',
    search_method: 'PHONE_NUMBER',
    phone_number: '3125550199',
    phone_code: '1',
    list_id: '101',
    insert_if_not_found: 'Y'
  }
  sandbox.fail('insert_late', { calls: 2, parameter: 'insert_if_not_found' })
  const replies = await Promise.all([call(upsert), call(upsert)])
  t.strictSame(replies.map((reply) => /ADDED - \d+\|101\|(\d)/.exec(reply)?.[1]).sort(), ['4', '5'])
  const after = await Promise.all([call(upsert), call(upsert)])
  for (const reply of after) t.match(reply, 'LEAD HAS BEEN UPDATED')
  t.equal(Object.keys(sandbox.leads()).length, generateFixture(3).leads.length + 2)
})
