import { test } from 'tap'
import { batch, call, startGateway } from '../../helper.ts'

const OLD = '220126-2116'
const ASKS = { VICIDIAL_BUILD: '' }

test('on a build that puts keys into its SQL, a key with an apostrophe is refused and hurts no other', async (t) => {
  const gateway = await startGateway(t, ASKS, { leads: 3, build: OLD })
  const { status, body } = await batch(gateway, {
    updates: [
      { vendor_lead_code: "O'Brien", fields: { status: 'SALE' } },
      { vendor_lead_code: 'CRM-2', fields: { status: 'SALE' } }
    ]
  })
  t.equal(status, 207)
  t.match(body.results, [
    { status: 'rejected', error: { code: 'unsafe_characters', field: 'vendor_lead_code' } },
    { status: 'updated', lead_id: 2 }
  ])
  t.strictSame(
    gateway.sandbox.calls().flatMap(({ params }) => params['vendor_lead_code'] ?? []),
    ['CRM-2']
  )
  t.match(gateway.logged(), /"build":"220126-2116","msg":"in this build of vicidial lead_search puts keys/)
})

test('on the newest build such a key is looked up', async (t) => {
  const gateway = await startGateway(t, ASKS, { leads: 1 })
  await batch(gateway, { updates: [{ lead_id: 1, fields: { vendor_lead_code: "O'Brien" } }] })
  const { body } = await batch(gateway, {
    updates: [{ vendor_lead_code: "O'Brien", fields: { status: 'SALE' } }]
  })
  t.match(body.results, [{ status: 'updated', lead_id: 1 }])
})

test('on a build that keeps only capitals in country_code, nothing else is sent', async (t) => {
  const gateway = await startGateway(t, ASKS, { leads: 2, build: OLD })
  const { body } = await batch(gateway, {
    updates: [
      { lead_id: 1, fields: { country_code: null } },
      { lead_id: 2, fields: { country_code: 'usa' } },
      { lead_id: 1, fields: { country_code: 'USA' } }
    ]
  })
  t.match(body.results, [
    { status: 'rejected', error: { code: 'field_not_clearable' } },
    { status: 'rejected', error: { code: 'characters_lost' } },
    { status: 'updated' }
  ])
  const { body: catalogue } = await call(gateway, 'GET', '/v1/fields')
  t.match(
    catalogue.fields.find(({ name }: { name: string }) => name === 'country_code'),
    { clearable: false, keeps: 'capital letters A to Z', letters: 'ascii' }
  )
})

test('with a latin1 database, lengths are counted in bytes, and the catalogue says so', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_DB_CHARSET: 'latin1' }, { leads: 2, dbCharset: 'latin1' })
  const stored = `${'я'.repeat(127)}!`
  const { body } = await batch(gateway, {
    updates: [
      { lead_id: 1, fields: { comments: 'я'.repeat(203) } },
      { lead_id: 2, fields: { comments: stored } }
    ]
  })
  t.match(body.results, [
    { status: 'rejected', error: { code: 'field_too_long', detail: /is 406 bytes as VICIdial stores it/ } },
    { status: 'updated' }
  ])
  t.equal(gateway.sandbox.leads()['2']?.comments, stored)
  t.equal((await call(gateway, 'GET', '/v1/fields')).body.counts, 'bytes')
})
