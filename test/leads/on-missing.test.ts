import { test } from 'tap'
import { readUpdate } from '../../src/leads/read-update.ts'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { DEFAULT_OPTIONS, type UpdateOptions } from '../../src/leads/update-options.ts'

const customFields = new Map([
  ['color', { maxLength: 10 }],
  ['size', { maxLength: 10 }]
])
const RULES = { ...serverRules(0), customFields, rights: ALL_RIGHTS }
const ADD = { list_id: 101, phone_code: '1', phone_number: '2125550101' }
const BY_ID = 'VICIdial numbers new leads itself: to add one, name it by vendor_lead_code or phone_number.'

/** Reads an update of a lead that is named by its code, unless `element` names it otherwise. */
function read(element: object, options: Partial<UpdateOptions> = {}) {
  const named =
    'lead_id' in element || 'phone_number' in element ? element : { vendor_lead_code: 'CRM-7', ...element }
  return readUpdate({ fields: { status: 'SALE' }, ...named }, 0, { ...DEFAULT_OPTIONS, ...options }, RULES)
}

/** The parameters of the lead that an update adds; undefined if it adds none. */
function added(element: object, options?: Partial<UpdateOptions>) {
  const update = read(element, options)
  if ('refusals' in update) throw new Error(JSON.stringify(update.refusals))
  return update.addition?.params
}

function refused(element: object, options?: Partial<UpdateOptions>) {
  const update = read(element, options)
  return 'refusals' in update ? update.refusals : []
}

test('an update adds its lead if it is asked to, or its request is, and not otherwise', (t) => {
  const lead = {
    vendor_lead_code: 'CRM-7',
    list_id: '101',
    phone_code: '1',
    phone_number: '2125550101',
    status: 'SALE'
  }
  t.strictSame(added({ on_missing: 'add', add: ADD }), lead)
  t.strictSame(added({ add: ADD }, { onMissing: 'add' }), lead)
  t.strictSame(added({}, { onMissing: 'add', add: ADD }), lead)
  t.strictSame(added({ reset_called: false }, { onMissing: 'add', add: ADD }), lead)
  t.notOk('addition' in read({}))
  t.notOk('addition' in read({ on_missing: 'report' }, { onMissing: 'add', add: ADD }))
  t.end()
})

test('add needs on_missing "add"', (t) => {
  const refusal = {
    code: 'field_invalid',
    field: 'add',
    detail: 'add needs on_missing "add".',
    pointer: '/add'
  }
  for (const element of [{ add: ADD }, { add: null }, { add: ADD, on_missing: 'report' }])
    t.strictSame(refused(element), [refusal])
  t.strictSame(refused({}, { add: ADD }), [], 'that of a request waits for an update that adds')
  t.end()
})

test('a lead that is named by its id is never added, and an update that asks for it is refused', (t) => {
  const byId = { lead_id: 101 }
  const refusal = { code: 'field_invalid', field: 'on_missing', detail: BY_ID, pointer: '/on_missing' }
  t.strictSame(refused({ ...byId, on_missing: 'add' }), [refusal])
  t.strictSame(refused({ ...byId, on_missing: 'add', add: ADD }), [refusal])
  t.strictSame(refused({ ...byId, add: ADD }, { onMissing: 'add' }), [refusal])
  const update = read(byId, { onMissing: 'add', add: ADD })
  t.match(update, { changes: { stored: { status: 'SALE' } } }, 'the request is meant for its other leads')
  t.notOk('addition' in update)
  t.end()
})

test('the add of an update completes that of its request, member by member', (t) => {
  const lead = { list_id: '101', phone_code: '1', phone_number: '2125550101', status: 'SALE' }
  const whole = { ...ADD, fields: { city: 'Rome', state: 'NY' }, custom_fields: { color: 'red', size: 'S' } }
  const custom = { custom_fields: 'Y', color: 'red', size: 'S' }
  const cases: [own: unknown, ofRequest: unknown, expected: object][] = [
    [{ phone_code: '44' }, ADD, { ...lead, phone_code: '44' }],
    [{}, ADD, lead],
    [null, ADD, lead],
    [ADD, null, lead],
    [ADD, 7, lead],
    [{}, whole, { ...lead, city: 'Rome', state: 'NY', ...custom }],
    [{ fields: { city: 'Reno' } }, whole, { ...lead, city: 'Reno', state: 'NY', ...custom }],
    [{ fields: { owner: 'a' } }, whole, { ...lead, city: 'Rome', state: 'NY', owner: 'a', ...custom }],
    [
      { custom_fields: { size: 'L' } },
      whole,
      { ...lead, city: 'Rome', state: 'NY', custom_fields: 'Y', color: 'red', size: 'L' }
    ],
    [{ fields: { city: 'Reno' } }, ADD, { ...lead, city: 'Reno' }]
  ]
  for (const [add, ofRequest, expected] of cases)
    t.same(
      added({ ...(add !== undefined && { add }) }, { onMissing: 'add', add: ofRequest }),
      { vendor_lead_code: 'CRM-7', ...expected },
      JSON.stringify([add, ofRequest])
    )
  t.end()
})

test('a faulty add is refused where it is, even if that of the request would do', (t) => {
  const faults: [own: unknown, ofRequest: unknown, field: string, pointer: string][] = [
    [7, ADD, 'add', '/add'],
    [[], ADD, 'add', '/add'],
    [null, null, 'add', '/add'],
    [undefined, undefined, 'add', '/add'],
    [{ fields: 7 }, { ...ADD, fields: { city: 'Rome' } }, 'fields', '/add/fields'],
    [{ fields: { city: 'Reno' } }, { ...ADD, custom_fields: [] }, 'custom_fields', '/add/custom_fields'],
    [{ list_id: 'x' }, ADD, 'list_id', '/add/list_id']
  ]
  for (const [add, ofRequest, field, pointer] of faults)
    t.match(
      refused({ ...(add !== undefined && { add }) }, { onMissing: 'add', add: ofRequest })[0],
      { code: 'field_invalid', field, pointer },
      JSON.stringify([add, ofRequest])
    )
  t.end()
})

test('what a value of add loses has a warning, or refuses the update if no loss is accepted', (t) => {
  const phone = '+44 (0)20 7946 0000'
  const add = { list_id: 101, phone_code: '44', phone_number: phone }
  const loss = { field: 'phone_number', code: 'characters_dropped', sent: phone, stored: '442079460000' }
  const update = read({ on_missing: 'add', add })
  t.strictSame('addition' in update && update.addition?.warnings, [loss])
  t.match(update, { changes: { warnings: [] } })
  t.strictSame(refused({ on_missing: 'add', add, on_lossy: 'reject' }), [
    {
      code: 'characters_lost',
      field: 'phone_number',
      detail: 'VICIdial would hold "442079460000", and on_lossy is "reject".',
      pointer: '/add/phone_number'
    }
  ])
  t.strictSame(refused({ on_missing: 'add', add: ADD, on_lossy: 'reject' }), [])
  t.end()
})

test('a value that is given twice has the warning of its loss once', (t) => {
  const phone_number = '+44 (0)20 7946 0000'
  const loss = { field: 'phone_number', code: 'characters_dropped' }
  const add = { list_id: 101, phone_code: '44', phone_number }
  const { phone_number: _, ...short } = add
  const fields = { status: 'SALE', phone_number }
  for (const element of [
    { phone_number, add },
    { vendor_lead_code: 'CRM-7', fields, add },
    { phone_number, fields, add: short },
    { phone_number, fields, add }
  ]) {
    const update = read({ ...element, on_missing: 'add' })
    t.match('addition' in update && update.addition?.warnings, [loss], JSON.stringify(element))
    t.equal('addition' in update && update.addition?.warnings.length, 1, JSON.stringify(element))
  }
  const twice = read({ phone_number, fields })
  t.match(twice, { changes: { warnings: [loss] } })
  t.equal('changes' in twice && twice.changes.warnings.length, 1)
  t.end()
})

test('a new lead has the warnings of its key, of its fields and of its actions', (t) => {
  const callback = { at: '2030-01-02T10:00:00Z', campaign_id: 'CAMPA', comments: 'José' }
  const ofField = { field: 'city', code: 'characters_dropped', sent: 'a,b', stored: 'ab' }
  const ofAction = { field: 'callback.comments', code: 'transliterated', sent: 'José', stored: 'Jose' }
  const phone = '+44 (0)20 7946 0000'
  const ofKey = { field: 'phone_number', code: 'characters_dropped', sent: phone, stored: '442079460000' }
  const cases: [element: object, warnings: object[]][] = [
    [{}, []],
    [{ hopper: {} }, []],
    [{ fields: { city: 'a,b' } }, [ofField]],
    [{ fields: { city: 'a,b' }, hopper: {} }, [ofField]],
    [{ callback }, [ofAction]],
    [{ fields: { city: 'a,b' }, callback }, [ofField, ofAction]],
    [{ phone_number: phone }, [ofKey]],
    [{ phone_number: phone, fields: { city: 'a,b' }, callback }, [ofKey, ofField, ofAction]]
  ]
  for (const [element, warnings] of cases) {
    const isByPhone = 'phone_number' in element
    const add = isByPhone ? { list_id: 101, phone_code: '44' } : ADD
    const phone_number = isByPhone ? '442079460000' : '2125550101'
    const update = read({ ...element, on_missing: 'add', add })
    t.strictSame('addition' in update && update.addition?.warnings, warnings, JSON.stringify(element))
    t.match(update, { addition: { params: { phone_number }, stored: { phone_number, called_count: '0' } } })
  }
  t.end()
})
