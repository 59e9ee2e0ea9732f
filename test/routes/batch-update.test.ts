import { test } from 'tap'
import { batch, startGateway } from '../helper.ts'

test('1,000 leads with 10 change sets are 10 calls, and the unknown lead alone is not found', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 999 })
  const updates = Array.from({ length: 1_000 }, (_, n) => ({
    lead_id: n + 1,
    fields: { status: `ST${n % 10}`, rank: n % 10 }
  }))
  const { status, body } = await batch(gateway, { updates })

  t.equal(status, 207)
  t.match(body.summary, { received: 1_000, updated: 999, not_found: 1, upstream_calls: 10 })
  t.same(
    body.results.map((result: { index: number }) => result.index),
    updates.map((_, n) => n)
  )
  t.equal(body.results.at(-1).status, 'not_found')
  t.equal(gateway.sandbox.calls().length, 10)
  const leads = gateway.sandbox.leads()
  t.ok(updates.slice(0, 999).every((update) => leads[update.lead_id]?.['status'] === update.fields.status))
})

test('3,000 leads with one change are 3 calls', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 3_000 })
  const lead_ids = Array.from({ length: 3_000 }, (_, n) => n + 1)
  const { status, body } = await batch(gateway, { lead_ids, fields: { status: 'SALE' } })

  t.equal(status, 200)
  t.match(body.summary, { received: 3_000, updated: 3_000, upstream_calls: 3 })
  t.ok(Object.values(gateway.sandbox.leads()).every((lead) => lead.status === 'SALE'))
})
