import fc from 'fast-check'
import { test } from 'tap'
import { serverRules } from '../../src/leads/server-rules.ts'
import { missingRight } from '../../src/leads/missing-right.ts'
import { ALL_RIGHTS, type Allowed, type Rights } from '../../src/leads/rights.ts'
import type { Update } from '../../src/leads/update.ts'
import { DEFAULT_OPTIONS } from '../../src/leads/update-options.ts'
import { readUpdate } from '../../src/leads/read-update.ts'

const RULES = { ...serverRules(0), customFields: new Map([['color', { maxLength: 50 }]]), rights: ALL_RIGHTS }
const NONE: Rights = {
  fields: new Set(),
  statuses: new Set(),
  customFields: new Set(),
  lists: new Set(),
  lookUps: new Set(),
  addLists: new Set(),
  readFields: new Set(),
  readCustomFields: new Set(),
  actions: new Set()
}

/** The update as a caller with all rights had it accepted. */
function accepted(element: unknown): Update {
  const update = readUpdate(element, 0, DEFAULT_OPTIONS, RULES)
  if ('refusals' in update) throw new Error(JSON.stringify(update.refusals))
  return update
}

const CALLBACK = { at: '2030-01-02T10:00:00Z', campaign_id: 'CAMPA' }

test('the first right that an update lacks is named', (t) => {
  const fields = new Set(['status', 'list_id', 'phone_number'])
  const cases: [element: object, rights: Partial<Rights>, missing: string | undefined][] = [
    [{ fields: { status: 'DNC' } }, {}, '"status" (permissions.fields)'],
    [{ fields: { status: 'DNC' } }, { fields, statuses: new Set(['SALE']) }, '"DNC" (permissions.statuses)'],
    [{ fields: { status: 'DNC' } }, { fields, statuses: '*' }, undefined],
    [{ fields: { list_id: 102 } }, { fields, lists: new Set(['101']) }, '"102" (permissions.lists)'],
    [{ fields: { list_id: 102 } }, { fields, lists: new Set(['102']) }, undefined],
    [{ fields: { phone_number: '2125550004' } }, { fields }, undefined],
    [{ custom_fields: { color: 'red' } }, { fields: '*' }, '"color" (permissions.custom_fields)'],
    [{ custom_fields: { color: 'red' } }, { customFields: new Set(['color']) }, undefined],
    [{ hopper: {} }, {}, '"hopper" (permissions.routes)'],
    [{ callback: 'remove' }, { actions: new Set(['hopper']) }, '"callbacks" (permissions.routes)'],
    [
      { callback: { ...CALLBACK, status: 'CB1' } },
      { actions: new Set(['callbacks']) },
      '"CB1" (permissions.statuses)'
    ],
    [{ dnc: true }, { actions: new Set(['dnc']) }, undefined],
    [{ reset_called: true }, { fields }, '"reset_called" (permissions.fields)'],
    [{ reset_called: true }, { fields: new Set(['reset_called']) }, undefined]
  ]
  for (const [element, rights, missing] of cases) {
    const update = accepted({ lead_id: 1, ...element })
    t.equal(missingRight({ ...NONE, ...rights }, update), missing, JSON.stringify([element, rights]))
  }
  const byCode = accepted({ vendor_lead_code: 'CRM-1', reset_called: true })
  t.equal(
    missingRight({ ...ALL_RIGHTS, lookUps: NONE.lookUps }, byCode),
    '"vendor_lead_code" (permissions.look_ups)'
  )
  t.equal(missingRight(ALL_RIGHTS, byCode), undefined)
  t.end()
})

const allowed = (...names: string[]): fc.Arbitrary<Allowed> =>
  fc.oneof(
    fc.constant('*' as const),
    fc.subarray(names).map((some) => new Set(some))
  )

test('an update lacks a right exactly when the same request would be refused now', (t) => {
  const key = fc.constantFrom({ lead_id: 1 }, { vendor_lead_code: 'CRM-1' }, { phone_number: '2125550004' })
  const fields = fc.record(
    {
      status: fc.constantFrom('A', 'B'),
      list_id: fc.constantFrom(101, 102),
      email: fc.constant('a@example.com')
    },
    { requiredKeys: [] }
  )
  const wishes = fc.record(
    {
      fields,
      custom_fields: fc.constant({ color: 'red' }),
      reset_called: fc.constant(true),
      hopper: fc.constantFrom('remove', {}),
      callback: fc.constantFrom('remove', { ...CALLBACK, status: 'A' }, { ...CALLBACK, status: 'B' }),
      dnc: fc.constant(true)
    },
    { requiredKeys: ['reset_called'] }
  )
  const rights = fc.record({
    fields: allowed('status', 'list_id', 'email', 'reset_called'),
    statuses: allowed('A', 'B'),
    customFields: allowed('color'),
    lists: allowed('101', '102'),
    lookUps: allowed('vendor_lead_code', 'phone_number'),
    addLists: allowed('101', '102'),
    readFields: allowed('status'),
    readCustomFields: allowed('color'),
    actions: allowed('hopper', 'callbacks', 'dnc')
  })
  fc.assert(
    fc.property(key, wishes, rights, (lead, wish, now) => {
      const element = { ...lead, ...wish }
      const isRefused = 'refusals' in readUpdate(element, 0, DEFAULT_OPTIONS, { ...RULES, rights: now })
      return (missingRight(now, accepted(element)) !== undefined) === isRefused
    }),
    { numRuns: 2_000 }
  )
  t.end()
})
