import fc from 'fast-check'
import { test } from 'tap'
import { changesOf } from '../../src/leads/changes.ts'
import { KnownChanges } from '../../src/leads/known-changes.ts'
import { readUpdate } from '../../src/leads/read-update.ts'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { DEFAULT_OPTIONS, type UpdateOptions } from '../../src/leads/update-options.ts'

const RULES = { ...serverRules(0), customFields: new Map([['color', { maxLength: 10 }]]), rights: ALL_RIGHTS }
const SALE = changesOf('batch_update_lead', { status: 'SALE' }, { status: 'SALE' }, [])

/** Reads the updates of one request, all of one lead. */
function read(elements: object[], options: Partial<UpdateOptions> = {}) {
  const known = new KnownChanges()
  const defaults = { ...DEFAULT_OPTIONS, ...options }
  return elements.map((element) => readUpdate({ lead_id: 1, ...element }, 0, defaults, RULES, known))
}

/** The changes of the updates of one request, which are all sound. */
function changesIn(elements: object[], options?: Partial<UpdateOptions>) {
  return read(elements, options).map((update) => {
    if ('refusals' in update) throw new Error(JSON.stringify(update.refusals))
    return update.changes
  })
}

test('an update is verified if its random number is below the share', (t) => {
  const cases: [random: number, share: number, isVerified: true | undefined][] = [
    [0, 0, undefined],
    [0.999, 0, undefined],
    [0, 0.5, true],
    [0.499, 0.5, true],
    [0.5, 0.5, undefined],
    [0.999, 0.5, undefined],
    [0, 1, true],
    [0.999, 1, true]
  ]
  for (const [random, share, isVerified] of cases) {
    const known = new KnownChanges(() => random)
    const expected = isVerified ? { ...SALE, isVerified } : SALE
    t.strictSame(known.sampled(SALE, share), expected, `${random} of ${share}`)
  }
  t.end()
})

test('without a given random number all of the updates are verified, or none', (t) => {
  const known = new KnownChanges()
  for (let n = 0; n < 100; n++) {
    t.equal(known.sampled(SALE, 0).isVerified, undefined)
    t.equal(known.sampled(SALE, 1).isVerified, true)
  }
  t.end()
})

test('updates that are equal and verified share their changes, and those that are not verified share theirs', (t) => {
  const numbers = [0.1, 0.9, 0.2, 0.8]
  const known = new KnownChanges(() => numbers.shift() ?? 0)
  const [a, b, c, d] = [0, 1, 2, 3].map(() => known.sampled(SALE, 0.5))
  t.equal(a, c)
  t.equal(b, d)
  t.strictSame([a?.isVerified, b?.isVerified], [true, undefined])
  t.equal(a?.key, b?.key, 'they share a call all the same')
  t.end()
})

test('updates that empty the same field share their changes', (t) => {
  const [a, b] = changesIn([{ fields: { comments: null } }, { fields: { comments: null } }])
  t.equal(a, b)
  t.end()
})

test("updates with the request's actions share their changes; those with their own have their own", (t) => {
  const fields = { status: 'SALE' }
  const actions = { actions: { hopper: 'remove' as const }, warnings: [] }
  const [a, own, b, other] = changesIn(
    [{ fields }, { fields, hopper: { priority: 5 } }, { fields }, { fields: { status: 'DNC' } }],
    { actions }
  )
  t.equal(a, b)
  t.strictSame(a, { ...SALE, actions: { hopper: 'remove' } })
  t.strictSame(own, { ...SALE, actions: { hopper: { priority: 5, checksCallTime: false } } })
  t.match(other, { stored: { status: 'DNC' }, actions: { hopper: 'remove' } })
  t.equal(a?.key, own?.key, 'they share a call all the same')
  t.end()
})

test('fields that only look equal are read each on their own', (t) => {
  const fields = [
    '{"comments":null}',
    '{"comments":1e999}',
    '{"comments":"null"}',
    '{"comments":[1]}',
    '{"comments":{}}',
    '{"rank":-0}',
    '{"rank":0}',
    '{"rank":"0"}',
    'null',
    '1e999',
    '[]',
    '""'
  ].map((json) => ({ fields: JSON.parse(json) as unknown }))
  const elements = [
    {},
    ...fields,
    { fields: { status: 'A' } },
    { fields: { status: 'A' }, custom_fields: { color: 'red' } },
    { fields: { status: 'A' }, custom_fields: { color: 7 } },
    { fields: { status: 'A' }, reset_called: true }
  ]
  const alone = new Map(elements.map((one) => [one, read([one])[0]]))
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...elements), { maxLength: 8 }), (some) => {
      t.strictSame(
        read(some),
        some.map((one) => alone.get(one))
      )
    })
  )
  t.end()
})

test('fields however deep are refused, not written', (t) => {
  let list: unknown = []
  let object: unknown = {}
  for (let depth = 0; depth < 100_000; depth++) [list, object] = [[list], { comments: object }]
  for (const fields of [list, object, { comments: list }, { comments: object }])
    t.match(read([{ fields }]), [{ refusals: [{ code: 'field_invalid' }] }])
  t.end()
})

test('in any request, each update is read as it would be alone', (t) => {
  const element = fc.record(
    {
      fields: fc.constantFrom({ status: 'A' }, { status: 'B' }, { comments: null }, { city: 'a,b' }),
      hopper: fc.constantFrom('remove', {}, { priority: 1 }),
      dnc: fc.constantFrom(true, false),
      reset_called: fc.boolean(),
      verify: fc.constantFrom(true, false)
    },
    { requiredKeys: ['fields'] }
  )
  const actions = { actions: { dnc: {} }, warnings: [] }
  const options = fc.constantFrom<Partial<UpdateOptions>>(
    {},
    { actions },
    { verify: 1 },
    { verify: 1, actions }
  )
  fc.assert(
    fc.property(fc.array(element, { maxLength: 6 }), options, (elements, given) => {
      const alone = elements.flatMap((one) => changesIn([one], given))
      return JSON.stringify(changesIn(elements, given)) === JSON.stringify(alone)
    })
  )
  t.end()
})
