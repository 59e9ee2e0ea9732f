// The example of test/README.md.
import { test } from 'tap'
import { batch, startGateway } from '../helper.ts'

test('a lead that does not exist stops no other', async (t) => {
  const gateway = await startGateway(t)
  const { status, body } = await batch(gateway, { lead_ids: [1, 99_999], fields: { status: 'SALE' } })

  t.equal(status, 207)
  t.match(body.results, [
    { lead_id: 1, status: 'updated' },
    { lead_id: 99_999, status: 'not_found', error: { code: 'lead_not_found' } }
  ])
  t.equal(gateway.sandbox.leads()[1]?.status, 'SALE')
})
