import { test } from 'tap'
import { createCleaner } from '../../src/leads/cleaning/clean.ts'
import { FIELDS } from '../../src/leads/fields.ts'
import { randomUpdates, tellingValues } from './random-updates.ts'
import { judge } from './truth.ts'

const leads = {
  listId: 101,
  free: [1],
  keyed: [
    { lead: 2, code: 'GW-1', phone: '9912345670' },
    { lead: 3, code: '17e5', phone: '9912345671' },
    { lead: 4, code: '17E5', phone: '9912345672' },
    { lead: 5, code: '17e6', phone: '9912345673' }
  ]
}
const planned = { status: 'planned', stored: { rank: '1' } }

function faults(key: object, result: object): readonly string[] {
  return judge({ ...key, fields: { rank: 1 } }, planned, result, leads).faults
}

test('a result is untrue if matched is not the code of its lead', async (t) => {
  const updated = { status: 'updated', lead_id: 5 }
  t.same(faults({ vendor_lead_code: '17e6' }, updated), [])
  t.same(faults({ vendor_lead_code: '17E6' }, { ...updated, matched: '17e6' }), [])
  t.same(faults({ vendor_lead_code: '17E6' }, updated), ['matched is undefined, not 17e6'])
  t.same(faults({ vendor_lead_code: '17E6' }, { ...updated, matched: null }), ['matched is null, not 17e6'])
  t.same(faults({ vendor_lead_code: '17e6' }, { ...updated, matched: '17e6' }), [
    'matched is 17e6, not absent'
  ])
  t.same(faults({ lead_id: 5 }, { ...updated, matched: '17e6' }), ['matched is 17e6, not absent'])
})

test('a result is untrue if an update that was to be verified is not, unless VICIdial reads no lead of its list', async (t) => {
  const update = { lead_id: 1, verify: true }
  const not = (detail: string) => ({
    status: 'updated',
    lead_id: 1,
    verified: false,
    warnings: [{ field: 'lead_id', code: 'not_verified', detail }]
  })
  t.same(faults(update, { status: 'updated', lead_id: 1, verified: true }), [])
  t.same(faults(update, { status: 'updated', lead_id: 1 }), ['verified is undefined'])
  t.same(faults(update, not('VICIdial did not answer.')), ['verified is false'])
  t.same(faults(update, not('VICIdial reads no lead of a list that is not defined.')), [])
})

test('an exact key finds only its own spelling', async (t) => {
  const exact = { vendor_lead_code: '17e5', key_match: 'exact' }
  t.same(faults(exact, { status: 'updated', lead_id: 3 }), [])
  t.same(faults(exact, { status: 'ambiguous', error: { lead_ids: [4, 3] } }), ['ambiguous: 3'])
  t.same(faults({ ...exact, vendor_lead_code: '17E6' }, { status: 'not_found' }), [])
  t.same(faults({ ...exact, vendor_lead_code: '17E6' }, { status: 'updated', lead_id: 5 }), [
    'updated 5, not ',
    'matched is undefined, not 17e6'
  ])
  t.same(faults({ vendor_lead_code: '17E6' }, { status: 'not_found' }), ['not found, but there is 5'])
  t.same(faults({ vendor_lead_code: '17e5' }, { status: 'ambiguous', error: { lead_ids: [4, 3] } }), [])
  t.same(faults({ vendor_lead_code: 'gw-1' }, { status: 'updated', lead_id: 2 }), [
    'updated 2, not ',
    'matched is undefined, not GW-1'
  ])
})

test('random updates ask for codes with an exponent in each spelling, and for exact matches', async (t) => {
  const updates = randomUpdates(1_000, 1, leads, [])
  const keys = new Set(updates.map(({ vendor_lead_code: code }) => code))
  for (const code of ['17e5', '17E5', '17E6', '170e5']) t.ok(keys.has(code), code)
  t.ok(updates.some(({ vendor_lead_code: code, key_match: match }) => code === '17E6' && match === 'exact'))
})

test('the gateway refuses none of the values that are tried on a real server', async (t) => {
  for (const mode of [0, 1] as const) {
    const clean = createCleaner(mode)
    for (const field of FIELDS)
      for (const value of tellingValues(field))
        t.notOk('code' in clean(field, value), `${mode} ${field.name} ${JSON.stringify(value)}`)
  }
})
