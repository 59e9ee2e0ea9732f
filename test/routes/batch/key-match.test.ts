import { test } from 'tap'
import { batch, call, sharedGateway, startGateway } from '../../helper.ts'
import { generateFixture } from '../../../src/tools/sandbox/database/generate-fixture.ts'
import { ended, store } from '../jobs-of.ts'

/** Gives leads codes. */
async function codes(gateway: { origin: string }, byLead: Readonly<Record<string, string>>): Promise<void> {
  const updates = Object.entries(byLead).map(([lead_id, vendor_lead_code]) => ({
    lead_id,
    fields: { vendor_lead_code }
  }))
  const { status } = await batch(gateway, { updates })
  if (status !== 200) throw new Error('the codes could not be set')
}

const SALE = { fields: { status: 'SALE' } }

test('a key that finds a code spelt otherwise says which', async (t) => {
  const gateway = await sharedGateway(t)
  await codes(gateway, { 101: '6e1', 102: '7E2' })
  const { body } = await batch(gateway, {
    updates: [
      { vendor_lead_code: '6E1', ...SALE },
      { vendor_lead_code: '7E2', ...SALE }
    ]
  })
  t.strictSame(body.results, [
    { index: 0, vendor_lead_code: '6E1', lead_id: 101, matched: '6e1', status: 'updated' },
    { index: 1, vendor_lead_code: '7E2', lead_id: 102, status: 'updated' }
  ])
})

test('with key_match "exact" a code spelt otherwise is not found, and is left alone', async (t) => {
  const gateway = await sharedGateway(t)
  await codes(gateway, { 101: '6e1', 102: '7E2', 103: '7e2' })
  const { body } = await batch(gateway, {
    key_match: 'exact',
    updates: [
      { vendor_lead_code: '6E1', ...SALE },
      { vendor_lead_code: '7E2', ...SALE },
      { vendor_lead_code: '6E1', key_match: 'collation', fields: { city: 'Springfield' } }
    ]
  })
  t.match(body.results, [
    { status: 'not_found', error: { code: 'lead_not_found', detail: /with another spelling/ } },
    { status: 'updated', lead_id: 102 },
    { status: 'updated', lead_id: 101, matched: '6e1' }
  ])
  t.notOk('matched' in body.results[1])
  const { 101: first, 103: third } = gateway.sandbox.leads()
  t.not(first?.status, 'SALE')
  t.not(third?.status, 'SALE')
})

test('two spellings that VICIdial takes for the same are ambiguous, or both meant', async (t) => {
  const gateway = await sharedGateway(t)
  await codes(gateway, { 102: '7E2', 103: '7e2' })
  const { body } = await batch(gateway, {
    updates: [
      { vendor_lead_code: '7E2', ...SALE },
      { vendor_lead_code: '7E2', on_multiple: 'all', ...SALE }
    ]
  })
  t.match(body.results, [
    { status: 'ambiguous', error: { lead_ids: [103, 102] } },
    { status: 'updated', lead_ids: [103, 102], matched: '7e2' }
  ])
})

test('a code that cannot be read is null, and is found by no exact key', async (t) => {
  const { users, ...fixture } = generateFixture(3)
  const api_allowed_functions = ' batch_update_lead update_lead lead_search '
  const gateway = await startGateway(
    t,
    {},
    { fixture: { ...fixture, users: users.map((user) => ({ ...user, api_allowed_functions })) } }
  )
  await codes(gateway, { 1: '6e1' })
  const { body } = await batch(gateway, {
    updates: [
      { vendor_lead_code: '6E1', ...SALE },
      { vendor_lead_code: '6E1', key_match: 'exact', fields: { city: 'Springfield' } }
    ]
  })
  t.match(body.results, [
    { status: 'updated', lead_id: 1, matched: null },
    {
      status: 'failed',
      error: { code: 'upstream_permission_denied', detail: /lead_field_info/, retryable: false }
    }
  ])
  t.equal(gateway.sandbox.leads()['1']?.city, 'New York')
})

test('updates of one lead by two spellings of its code take effect in their order, stored or not', async (t) => {
  const gateway = await sharedGateway(t)
  await codes(gateway, { 101: '6e1' })
  const updates = ['6E1', '6e1', '6E1', '6e1'].map((vendor_lead_code, index) => ({
    vendor_lead_code,
    fields: { comments: `number ${index}` }
  }))
  const { body } = await batch(gateway, { updates })
  t.equal(body.status, 'completed')
  t.equal(gateway.sandbox.leads()['101']?.comments, 'number 3')

  const job = await ended(gateway, await store(gateway, { key_match: 'exact', updates }))
  t.match(job.results, [
    { vendor_lead_code: '6E1', status: 'not_found' },
    { vendor_lead_code: '6e1', status: 'updated' },
    { vendor_lead_code: '6E1', status: 'not_found' },
    { vendor_lead_code: '6e1', status: 'updated' }
  ])
})

test('a dry run plans the spellings of one code as one lead', async (t) => {
  const gateway = await sharedGateway(t)
  const { body } = await call(gateway, 'POST', '/v1/leads/batch-update', {
    dry_run: true,
    updates: ['6E1', '6e1'].map((vendor_lead_code) => ({ vendor_lead_code, ...SALE }))
  })
  t.strictSame(
    body.calls.map(({ function: called }: { function: string }) => called),
    ['lead_search', 'lead_search', 'batch_update_lead']
  )
})
