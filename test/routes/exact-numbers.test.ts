import { test } from 'tap'
import { ask, CRM, query, startCompat } from '../compat/calls.ts'
import { batch, call, sharedGateway } from '../helper.ts'

/** JSON.parse makes 8202522731445526000 of it. */
const ID = '8202522731445525542'
const json = { 'content-type': 'application/json' }

test('an id beyond 2^53 is stored digit by digit, in a batch and in a PATCH', async (t) => {
  const gateway = await sharedGateway(t)
  const batched = await batch(
    gateway,
    `{"updates":[{"lead_id":1,"fields":{"vendor_lead_code":${ID}}},{"lead_id":2,"fields":{"rank":${ID}}}]}`
  )
  t.match(batched.body.results, [
    { lead_id: 1, status: 'updated' },
    { lead_id: 2, status: 'rejected', error: { code: 'field_invalid', field: 'rank' } }
  ])
  const patched = await call(gateway, 'PATCH', '/v1/leads/3', `{"source_id":${ID}}`, json)
  t.equal(patched.status, 200)
  const leads = gateway.sandbox.leads()
  t.same([leads[1]?.vendor_lead_code, leads[3]?.source_id], [ID, ID])
})

test('no other lead is updated for a number that is nearly its id', async (t) => {
  const gateway = await sharedGateway(t)
  const near = ['1.00000000000000000001', '0.99999999999999999999', '1e-400', '9007199254740993']
  const short = await batch(gateway, `{"lead_ids":[${near}],"fields":{"status":"DNC"}}`)
  const long = await batch(
    gateway,
    `{"updates":[${near.map((id) => `{"lead_id":${id},"fields":{"status":"DNC"}}`)}]}`
  )
  t.same([short.status, long.status], [422, 422])
  t.not(gateway.sandbox.leads()[1]?.status, 'DNC')
})

test("VICIdial's own address keeps the digits too", async (t) => {
  const gateway = await startCompat(t)
  const leads = `[{"lead_id":1,"vendor_lead_code":${ID}},{"lead_id":2,"source_id":${ID}}]`
  await ask(gateway, 'POST', query(CRM), leads, json)
  await ask(gateway, 'POST', query({ ...CRM, leads_data: `[{"lead_id":3,"vendor_lead_code":${ID}}]` }))
  await ask(gateway, 'POST', query(CRM), `{"lead_ids":"4","vendor_lead_code":${ID}}`, json)
  const stored = gateway.sandbox.leads()
  t.same(
    [stored[1], stored[3], stored[4]].map((lead) => lead?.vendor_lead_code),
    [ID, ID, ID]
  )
  t.equal(stored[2]?.source_id, ID)
})
