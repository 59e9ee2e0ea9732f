import { test } from 'tap'
import { hasOnlyActions, namesSet, NO_CHANGES } from '../../src/leads/changes.ts'
import { withoutFields } from '../../src/leads/compose-changes.ts'
import { readUpdate } from '../../src/leads/read-update.ts'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { DEFAULT_OPTIONS, type UpdateOptions } from '../../src/leads/update-options.ts'

const RULES = { ...serverRules(0), customFields: new Map([['color', { maxLength: 10 }]]), rights: ALL_RIGHTS }
const CALLBACK = { at: '2030-01-02T10:00:00Z', campaign_id: 'CAMPA' }
const LOSSY = { ...CALLBACK, comments: 'José' }
const BOOKED = { at: Date.UTC(2030, 0, 2, 10), campaign: 'CAMPA' }
const LOSS = { field: 'callback.comments', code: 'transliterated', sent: 'José', stored: 'Jose' }

function read(element: object, options: Partial<UpdateOptions> = {}, rights = ALL_RIGHTS) {
  return readUpdate({ lead_id: 101, ...element }, 0, { ...DEFAULT_OPTIONS, ...options }, { ...RULES, rights })
}

/** The changes of an update that is accepted. */
function changesOf(element: object, options: Partial<UpdateOptions> = {}) {
  const update = read(element, options)
  if ('refusals' in update) throw new Error(JSON.stringify(update.refusals))
  return update.changes
}

function refusalsOf(element: object, options: Partial<UpdateOptions> = {}, rights = ALL_RIGHTS) {
  const update = read(element, options, rights)
  return 'refusals' in update ? update.refusals : []
}

test('an update may have actions only, and then sets no field', (t) => {
  t.strictSame(changesOf({ hopper: {} }), {
    function: 'update_lead',
    params: {},
    key: 'update_lead',
    stored: {},
    warnings: [],
    actions: { hopper: { priority: 0, checksCallTime: false } }
  })
  for (const empty of [{ fields: {} }, { custom_fields: {} }, { fields: {}, custom_fields: {} }])
    t.strictSame(changesOf({ hopper: {}, ...empty }), changesOf({ hopper: {} }))
  t.match(changesOf({}, { actions: { actions: { dnc: {} }, warnings: [] } }), {
    params: {},
    actions: { dnc: {} }
  })
  t.end()
})

test('actions come with the fields of an update, and change nothing about its call', (t) => {
  const fields = { status: 'SALE', city: 'a,b' }
  t.strictSame(changesOf({ fields, callback: LOSSY }), {
    ...changesOf({ fields }),
    warnings: [...changesOf({ fields }).warnings, LOSS],
    actions: { callback: { ...BOOKED, comments: 'Jose' } }
  })
  t.end()
})

test('actions do not hide what is wrong with the fields', (t) => {
  t.match(refusalsOf({ fields: { status: 'TOOLONG' }, hopper: {} }), [{ code: 'field_too_long' }])
  t.strictSame(
    refusalsOf({ hopper: 7 }).map(({ field, pointer }) => [field, pointer]),
    [['hopper', '/hopper']],
    'nor does a faulty action say that nothing changes'
  )
  t.end()
})

test('an action that the caller may not do is refused', (t) => {
  const rights = { ...ALL_RIGHTS, actions: new Set(['hopper']) }
  t.strictSame(refusalsOf({ hopper: {}, dnc: true }, {}, rights), [
    {
      code: 'field_not_allowed',
      field: 'dnc',
      detail: 'This caller may not use dnc ("dnc" in permissions.routes).',
      pointer: '/dnc'
    }
  ])
  t.strictSame(refusalsOf({ hopper: {} }, {}, rights), [])
  t.end()
})

test('with on_lossy reject the comments of a callback may lose nothing', (t) => {
  const refused = [
    {
      code: 'characters_lost',
      field: 'callback.comments',
      detail: 'VICIdial would hold "Jose", and on_lossy is "reject".',
      pointer: '/callback/comments'
    }
  ]
  t.strictSame(refusalsOf({ callback: LOSSY, on_lossy: 'reject' }), refused)
  t.strictSame(refusalsOf({ callback: LOSSY }, { onLossy: 'reject' }), refused)
  t.strictSame(refusalsOf({ callback: LOSSY, on_lossy: 'accept' }, { onLossy: 'reject' }), [])
  t.strictSame(refusalsOf({ callback: CALLBACK }, { onLossy: 'reject' }), [])
  t.strictSame(changesOf({ callback: LOSSY }).warnings, [LOSS])
  t.end()
})

test('only an update with actions and nothing else makes no call for its fields', (t) => {
  const cases: [element: object, isOnly: boolean][] = [
    [{ hopper: {} }, true],
    [{ dnc: true, callback: 'remove' }, true],
    [{ hopper: {}, fields: { status: 'SALE' } }, false],
    [{ hopper: {}, reset_called: true }, false],
    [{ fields: { status: 'SALE' } }, false]
  ]
  for (const [element, isOnly] of cases)
    t.equal(hasOnlyActions(changesOf(element)), isOnly, JSON.stringify(element))
  t.equal(hasOnlyActions(NO_CHANGES), false, 'a lead that must be new has no actions')
  t.end()
})

test('what an update sets is named: columns, custom fields, actions', (t) => {
  const cases: [element: object, names: string[]][] = [
    [{ fields: { status: 'SALE', user: '7' } }, ['status', 'user']],
    [{ fields: { status: 'SALE' }, custom_fields: { color: 'red' } }, ['status', 'custom_fields.color']],
    [{ fields: { status: 'SALE' }, hopper: {}, dnc: true }, ['status', 'hopper', 'dnc']],
    [{ callback: 'remove' }, ['callback']],
    [{ reset_called: true }, []]
  ]
  for (const [element, names] of cases) t.strictSame(namesSet(changesOf(element)), names)
  t.end()
})

test('an update without some fields and actions equals one that never named them', (t) => {
  const fields = { status: 'SALE', city: 'a,b' }
  const cases: [element: object, without: string[], left: object | undefined][] = [
    [{ fields, hopper: {} }, ['hopper'], { fields }],
    [{ fields, hopper: {}, dnc: true }, ['dnc'], { fields, hopper: {} }],
    [{ fields, hopper: {} }, ['city'], { fields: { status: 'SALE' }, hopper: {} }],
    [{ fields, hopper: {} }, ['status', 'city'], { hopper: {} }],
    [{ fields, hopper: {} }, ['status', 'city', 'hopper'], undefined],
    [{ hopper: {}, dnc: true }, ['hopper'], { dnc: true }],
    [{ hopper: {} }, ['hopper'], undefined],
    [{ hopper: {}, reset_called: true }, ['hopper'], { reset_called: true }],
    [{ callback: LOSSY, hopper: {} }, ['hopper'], { callback: LOSSY }],
    [{ fields, callback: LOSSY }, ['status', 'city'], { callback: LOSSY }],
    [{ fields, callback: LOSSY }, ['callback'], { fields }],
    [{ callback: LOSSY, hopper: {} }, ['callback'], { hopper: {} }]
  ]
  for (const [element, without, left] of cases)
    t.strictSame(
      withoutFields(changesOf(element), without),
      left && changesOf(left),
      JSON.stringify([element, without])
    )
  t.end()
})

test('the warning of a dropped field stays if only actions are left', (t) => {
  const fields = { status: 'SALE', date_of_birth: 'never' }
  const changes = changesOf({ fields, hopper: {} }, { onInvalid: 'drop_field' })
  const dropped = { field: 'date_of_birth', code: 'field_dropped' }
  t.match(withoutFields(changes, ['status']), { warnings: [dropped] })
  t.end()
})

test('an update without some fields is verified if it was', (t) => {
  const fields = { status: 'SALE', city: 'Reno' }
  for (const verify of [true, false])
    t.strictSame(
      withoutFields(changesOf({ fields, hopper: {}, verify }), ['city']),
      changesOf({ fields: { status: 'SALE' }, hopper: {}, verify })
    )
  t.equal(withoutFields(changesOf({ fields, verify: true }), ['status', 'city']), undefined)
  t.end()
})

test('an update that sets none of the names stays as it is, with its warnings in their order', (t) => {
  const changes = changesOf({ fields: { status: 'SALE', city: 'a,b' }, callback: LOSSY })
  t.strictSame(withoutFields(changes, ['email', 'hopper']), changes)
  t.end()
})
