import { test } from 'tap'
import { batch, call, requestCalls, startGateway } from '../helper.ts'

const INJECTIONS = [
  'a&delete_lead=Y',
  'a&function=add_lead',
  'a%26delete_lead=Y',
  '&lead_ids=2',
  'a=b',
  "a', status='X",
  'a?no_update=Y',
  'a\ndelete_lead=Y'
]

test('no value becomes a parameter, a function or another lead, whatever it contains', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 3 })
  const before = gateway.sandbox.leads()
  for (const text of INJECTIONS) {
    const [inBatch, inSingle] = await Promise.all([
      batch(gateway, { lead_ids: [1], fields: { comments: text } }),
      batch(gateway, { updates: [{ lead_id: 3, fields: { comments: text, phone_number: '2125559999' } }] })
    ])
    t.same([inBatch.status, inSingle.status], [200, 200], text)
    const stored = text.replace('\n', '!N')
    t.same([gateway.sandbox.leads()[1]?.comments, gateway.sandbox.leads()[3]?.comments], [stored, stored])
  }
  t.same(gateway.sandbox.leads()[2], before[2])
  t.same(new Set(gateway.sandbox.calls().flatMap(({ params }) => Object.keys(params))).size, 9)
  t.same([...new Set(gateway.sandbox.calls().map(({ params }) => Object.keys(params).join()))].sort(), [
    'source,user,function,lead_id,phone_number,comments,update_phone_number,records',
    'source,user,function,lead_ids,comments,records'
  ])
})

test('no key or id becomes a parameter, or names more than one lead', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 3 })
  const keys = [
    ...[...INJECTIONS, '1,2', '1 2', '1|2', '0x1', ' 1', '１'].map((lead_id) => ({ lead_id })),
    ...['CRM-1,CRM-2', 'CRM-1\nCRM-2', 'CRM-1"', 'CRM-1\\'].map((vendor_lead_code) => ({ vendor_lead_code })),
    ...['2125550001,2125550002', '2125550001;2125550002', '2125550001\n2'].map((phone_number) => ({
      phone_number
    }))
  ]
  const refused = await batch(gateway, {
    updates: keys.map((key) => ({ ...key, fields: { status: 'SALE' } }))
  })
  t.equal(refused.status, 422)
  for (const { lead_id } of keys as { lead_id?: string }[]) {
    if (lead_id === undefined) continue
    const { status } = await call(gateway, 'PATCH', `/v1/leads/${encodeURIComponent(lead_id)}`, {
      status: 'SALE'
    })
    t.equal(status, 404, lead_id)
  }
  t.same(gateway.sandbox.calls(), [])

  const strange = ['a&b=c', "o'neil", 'a=b', '%', '*', 'CRM-_', '%CRM%'].map((vendor_lead_code) => ({
    vendor_lead_code
  }))
  const looked = await batch(gateway, {
    updates: strange.map((key) => ({ ...key, fields: { status: 'SALE' } }))
  })
  t.ok(looked.body.results.every((result: { status: string }) => result.status === 'not_found'))
  // Once more than needed, as VICIdial has found nothing so far.
  t.same(
    requestCalls(gateway).map(({ function: name }) => name),
    ['lead_search', 'lead_search']
  )
})

test('no source becomes a parameter', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 3 })
  for (const source of [
    'crm&user=6666',
    'crm user',
    'a',
    'crm\n',
    'c'.repeat(21),
    '',
    7,
    ['crm'],
    { crm: 1 }
  ]) {
    const { status, body } = await batch(gateway, { source, lead_ids: [1], fields: { status: 'SALE' } })
    t.equal(status, 400)
    t.same(body.errors[0].pointer, '/source')
  }
  t.same(gateway.sandbox.calls(), [])
})
