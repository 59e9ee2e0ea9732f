import { test } from 'tap'
import { startCalling } from '../calling.ts'

const ADD = { function: 'add_dnc_phone', campaign_id: 'SYSTEM_INTERNAL' }
const DELETE = { ...ADD, function: 'delete_dnc_phone' }

test('a number that is there is refused; campaigns are compared without regard to case', async (t) => {
  const { sandbox, call } = await startCalling(t)
  const campaign = { phone_number: '2125550001', campaign_id: 'CAMPA' }
  t.match(await call({ ...ADD, ...campaign }), /^SUCCESS/)
  t.equal(
    await call({ ...ADD, ...campaign, campaign_id: 'campa' }),
    'ERROR: add_dnc_phone DNC NUMBER ALREADY EXISTS: |api|2125550001|campa\n'
  )
  t.match(await call({ ...ADD, phone_number: '2125550001' }), /^SUCCESS/)
  t.match(await call({ ...DELETE, ...campaign, campaign_id: 'campa' }), /^SUCCESS/)
  t.strictSame(sandbox.tables()['vicidial_campaign_dnc'], [])
  t.strictSame(sandbox.tables()['vicidial_dnc'], [{ phone_number: '2125550001' }])
})

test('two numbers that are one once they are cut break the second call', async (t) => {
  const one = { ...ADD, phone_number: '2125550001,2125550002' }
  const other = { ...ADD, phone_number: '2125550001,2125550003' }
  const { sandbox, call } = await startCalling(t)
  t.match(await call(one), /^SUCCESS/)
  t.equal(await call(other), '500 ')
  t.strictSame(sandbox.tables()['vicidial_dnc'], [{ phone_number: '2125550001,2125550' }])
  const php7 = await startCalling(t, {}, { php: 7 })
  await php7.call(one)
  t.match(await php7.call(other), /^SUCCESS/)
})

test('a number or a campaign that is missing is refused', async (t) => {
  const { call } = await startCalling(t)
  t.equal(
    await call({ ...ADD, phone_number: '12345' }),
    'ERROR: add_dnc_phone YOU MUST USE ALL REQUIRED FIELDS: |api|12345|SYSTEM_INTERNAL\n'
  )
  t.equal(
    await call({ ...DELETE, phone_number: '123456', campaign_id: '' }),
    'ERROR: delete_dnc_phone YOU MUST USE ALL REQUIRED FIELDS: |api|123456|\n'
  )
})
