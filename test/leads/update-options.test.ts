import fc from 'fast-check'
import { test } from 'tap'
import type { PointedRefusal } from '../../src/leads/refusal.ts'
import { DEFAULT_OPTIONS, readOptions, shareOf, type UpdateOptions } from '../../src/leads/update-options.ts'

const OTHERS: UpdateOptions = {
  onMultiple: 'newest',
  onMissing: 'add',
  add: { list_id: 101 },
  keyMatch: 'exact',
  onLossy: 'reject',
  onInvalid: 'drop_field',
  resetCalled: true,
  allowUndefinedList: true,
  verify: 0.5,
  actions: { actions: { hopper: 'remove' }, warnings: [] }
}

function read(element: Record<string, unknown>, defaults: UpdateOptions = DEFAULT_OPTIONS) {
  const refusals: PointedRefusal[] = []
  return { options: readOptions(element, defaults, refusals), refusals }
}

/** Every option in each of its values. */
const VALUES: [name: string, value: unknown, meaning: Partial<UpdateOptions>][] = [
  ['on_multiple', 'reject', { onMultiple: 'reject' }],
  ['on_multiple', 'all', { onMultiple: 'all' }],
  ['on_multiple', 'newest', { onMultiple: 'newest' }],
  ['on_missing', 'report', { onMissing: 'report' }],
  ['on_missing', 'add', { onMissing: 'add' }],
  ['key_match', 'collation', { keyMatch: 'collation' }],
  ['key_match', 'exact', { keyMatch: 'exact' }],
  ['on_lossy', 'accept', { onLossy: 'accept' }],
  ['on_lossy', 'reject', { onLossy: 'reject' }],
  ['on_invalid', 'reject_update', { onInvalid: 'reject_update' }],
  ['on_invalid', 'drop_field', { onInvalid: 'drop_field' }],
  ['reset_called', true, { resetCalled: true }],
  ['reset_called', false, { resetCalled: false }],
  ['allow_undefined_list', true, { allowUndefinedList: true }],
  ['allow_undefined_list', false, { allowUndefinedList: false }],
  ['verify', true, { verify: 1 }],
  ['verify', false, { verify: 0 }],
  ['verify', 0, { verify: 0 }],
  ['verify', 0.25, { verify: 0.25 }],
  ['verify', 1, { verify: 1 }]
]

test('an option that is given replaces that of the request, and only that', (t) => {
  for (const defaults of [DEFAULT_OPTIONS, OTHERS])
    for (const [name, value, meaning] of VALUES)
      t.strictSame(read({ [name]: value }, defaults), { options: { ...defaults, ...meaning }, refusals: [] })
  t.end()
})

test('options that a request leaves out are the careful ones', (t) => {
  t.strictSame(read({ lead_id: 101, fields: {} }).options, {
    onMultiple: 'reject',
    onMissing: 'report',
    keyMatch: 'collation',
    onLossy: 'accept',
    onInvalid: 'reject_update',
    resetCalled: false,
    allowUndefinedList: false,
    verify: 0
  })
  t.end()
})

test('a faulty option is refused with the values that it can have', (t) => {
  const faults: [name: string, values: unknown[], detail: string][] = [
    ['on_multiple', ['', 'All', null], 'on_multiple must be one of "reject", "all", "newest".'],
    ['on_missing', ['', 'insert', true, null], 'on_missing must be one of "report", "add".'],
    ['key_match', ['', 'case', 1], 'key_match must be one of "collation", "exact".'],
    ['on_lossy', ['', 'drop', false], 'on_lossy must be one of "accept", "reject".'],
    ['on_invalid', ['', 'drop', {}], 'on_invalid must be one of "reject_update", "drop_field".'],
    ['reset_called', ['true', 1, null], 'reset_called must be one of true, false.'],
    ['allow_undefined_list', ['', 0, []], 'allow_undefined_list must be one of true, false.'],
    [
      'verify',
      ['', '1', 'true', null, [], [1], {}, -0.01, 1.01, 50, Number.POSITIVE_INFINITY],
      'verify must be true, false, or the share of updates to verify: a number from 0 to 1.'
    ]
  ]
  for (const [name, values, detail] of faults)
    for (const value of values)
      t.strictSame(
        read({ [name]: value }, OTHERS),
        { options: OTHERS, refusals: [{ code: 'field_invalid', field: name, detail, pointer: `/${name}` }] },
        `${name}: ${JSON.stringify(value)}`
      )
  t.end()
})

test('a number means a share of updates exactly from 0 to 1', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.double(), fc.double({ min: -1, max: 2 }), fc.constantFrom(0, 1)),
      (number) => shareOf(number) === (number >= 0 && number <= 1 ? number : undefined)
    )
  )
  t.end()
})
