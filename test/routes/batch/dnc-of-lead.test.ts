import { test } from 'tap'
import { batch, type Gateway, requestCalls, sharedGateway } from '../../helper.ts'

function numbers({ sandbox }: Pick<Gateway, 'sandbox'>) {
  const { vicidial_dnc: system = [], vicidial_campaign_dnc: campaigns = [] } = sandbox.tables()
  return [...system, ...campaigns].map(
    ({ phone_number, campaign_id = '' }) => `${phone_number}${campaign_id}`
  )
}

function functions(gateway: Gateway): string[] {
  return requestCalls(gateway).map((made) => made.params['function'] ?? '')
}

test("a lead's own phone number is added to those that must not be called", async (t) => {
  const gateway = await sharedGateway(t)
  const { status, body } = await batch(gateway, { lead_ids: [1, 2], fields: { status: 'DNC' }, dnc: true })
  t.equal(status, 200)
  t.match(body.results, [
    { status: 'updated', dnc: 'added' },
    { status: 'updated', dnc: 'added' }
  ])
  t.strictSame(numbers(gateway), ['2125550001', '2125550002'])
  const again = await batch(gateway, { lead_ids: [1], dnc: true })
  t.match(again.body.results, [{ status: 'updated', dnc: 'already_there' }])
})

test('a number that the update names need not be read', async (t) => {
  const gateway = await sharedGateway(t)
  await batch(gateway, {
    dnc: { campaign_id: 'CAMPA' },
    updates: [{ phone_number: '2125550003' }, { lead_id: 4, fields: { phone_number: '2125550444' } }]
  })
  t.strictSame(numbers(gateway).toSorted(), ['2125550003CAMPA', '2125550444CAMPA'])
  t.notOk(functions(gateway).includes('lead_field_info'))
})

test('an update of a request may leave the number out, and a lead that does not exist has none', async (t) => {
  const gateway = await sharedGateway(t)
  const { body } = await batch(gateway, {
    dnc: true,
    updates: [{ lead_id: 1, fields: { status: 'A' }, dnc: false }, { lead_id: 99_999 }, { lead_id: 2 }]
  })
  t.match(body.results, [{ status: 'updated' }, { status: 'not_found' }, { status: 'updated', dnc: 'added' }])
  t.equal(body.results[0].dnc, undefined)
  t.strictSame(numbers(gateway), ['2125550002'])
})

test('a lead whose number could not be added is not put into the hopper', async (t) => {
  const gateway = await sharedGateway(t)
  gateway.sandbox.fail('500', { calls: 4, function: 'add_dnc_phone' })
  const { body } = await batch(gateway, { lead_ids: [1], fields: { status: 'A' }, dnc: true, hopper: {} })
  t.match(body.results, [{ status: 'unknown', dnc: 'failed', hopper: 'failed' }])
  t.strictSame(gateway.sandbox.tables()['vicidial_hopper'], [])
})

test('a number of a new lead is added, too', async (t) => {
  const gateway = await sharedGateway(t)
  const { body } = await batch(gateway, {
    on_missing: 'add',
    dnc: true,
    updates: [
      {
        vendor_lead_code: 'CRM-DNC',
        fields: { status: 'DNC' },
        add: { list_id: 101, phone_code: '1', phone_number: '3125550177' }
      }
    ]
  })
  t.match(body.results, [{ status: 'added', dnc: 'added' }])
  t.strictSame(numbers(gateway), ['3125550177'])
})

test('a faulty dnc is refused with the place that is wrong', async (t) => {
  const gateway = await sharedGateway(t)
  const cases: [dnc: unknown, pointer: string][] = [
    ['yes', '/dnc'],
    [null, '/dnc'],
    [{}, '/dnc'],
    [{ campaign_id: 'CAMPA', more: 1 }, '/dnc'],
    [{ campaign_id: 'SYSTEM_INTERNAL' }, '/dnc/campaign_id']
  ]
  for (const [dnc, pointer] of cases) {
    const answer = await batch(gateway, { updates: [{ lead_id: 1, dnc }] })
    t.match(answer, { status: 422, body: { errors: [{ pointer: `/updates/0${pointer}` }] } }, pointer)
  }
})
