import fc from 'fast-check'
import { test } from 'tap'
import { type Changes, changesOf, NO_CHANGES, onlyIf, partsOf } from '../../src/leads/changes.ts'
import { type ChangesInput, MAX_HINTS, MAX_REFUSALS, readChanges } from '../../src/leads/read-changes.ts'
import { withoutFields } from '../../src/leads/compose-changes.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { ALL_RIGHTS, type Rights } from '../../src/leads/rights.ts'
import { FIELDS } from '../../src/leads/fields.ts'

const rules = {
  ...serverRules(0),
  customFields: new Map([
    ['favorite_color', { maxLength: 10 }],
    ['shoe_size', { maxLength: 100 }]
  ])
}

function read(input: Partial<ChangesInput>, rights: Rights = ALL_RIGHTS) {
  const defaults: ChangesInput = {
    fields: undefined,
    customFields: undefined,
    resetCalled: false,
    allowUndefinedList: false,
    onLossy: 'accept',
    onInvalid: 'reject_update'
  }
  return readChanges({ ...defaults, ...input }, { ...rules, rights })
}

/** An object as JSON text gives it: with a `__proto__` of its own, if it says so. */
function parsed(json: string): unknown {
  return JSON.parse(json)
}

test("fields become parameters in the catalogue's order", async (t) => {
  t.strictSame(
    read({ fields: { owner: 'team-a', comments: 'a\nb', user: '1001', status: 'SALE', rank: 7 } }),
    {
      function: 'batch_update_lead',
      params: { status: 'SALE', user_field: '1001', comments: 'a\nb', rank: '7', owner: 'team-a' },
      key: 'batch_update_lead\0status=SALE\0user_field=1001\0comments=a\nb\0rank=7\0owner=team-a',
      stored: { status: 'SALE', user: '1001', comments: 'a!Nb', rank: '7', owner: 'team-a' },
      warnings: []
    }
  )
  t.strictSame(
    Object.keys((read({ fields: { owner: 'x', rank: 7, status: 'SALE' } }) as { params: object }).params),
    ['status', 'rank', 'owner']
  )
})

test('null is sent as --BLANK-- and stored as an empty value', async (t) => {
  t.strictSame(read({ fields: { comments: null, date_of_birth: null } }), {
    function: 'batch_update_lead',
    params: { date_of_birth: '--BLANK--', comments: '--BLANK--' },
    key: 'batch_update_lead\0date_of_birth=--BLANK--\0comments=--BLANK--',
    stored: { date_of_birth: '0000-00-00', comments: '' },
    warnings: []
  })
})

test('a phone number needs update_lead and update_phone_number', async (t) => {
  t.strictSame(read({ fields: { phone_number: '(212) 555-9999', status: 'SALE' } }), {
    function: 'update_lead',
    params: { status: 'SALE', phone_number: '2125559999', update_phone_number: 'Y' },
    key: 'update_lead\0status=SALE\0phone_number=2125559999\0update_phone_number=Y',
    stored: { status: 'SALE', phone_number: '2125559999' },
    warnings: []
  })
})

test('a move to a list asks VICIdial to check that the list exists, unless an undefined list is allowed', async (t) => {
  t.strictSame(read({ fields: { list_id: '0103' } }), {
    function: 'batch_update_lead',
    params: { list_id_field: '103', list_exists_check: 'Y' },
    key: 'batch_update_lead\0list_id_field=103\0list_exists_check=Y',
    stored: { list_id: '103' },
    warnings: []
  })
  t.match(read({ fields: { list_id: 103 }, allowUndefinedList: true }), {
    key: 'batch_update_lead\0list_id_field=103'
  })
  t.match(read({ fields: { status: 'SALE' } }), { key: 'batch_update_lead\0status=SALE' })
})

test('reset_called alone is a change', async (t) => {
  t.strictSame(read({ resetCalled: true }), {
    function: 'batch_update_lead',
    params: { reset_lead: 'Y' },
    key: 'batch_update_lead\0reset_lead=Y',
    stored: {},
    warnings: []
  })
})

test('custom fields go with update_lead, after the options, in the order of their labels', async (t) => {
  const customFields = { shoe_size: null, favorite_color: ' blue\r\n+'.replace('+', 'ish ') }
  t.strictSame(read({ customFields, fields: { list_id: 103 }, resetCalled: true }), {
    function: 'update_lead',
    params: {
      list_id_field: '103',
      list_exists_check: 'Y',
      reset_lead: 'Y',
      custom_fields: 'Y',
      favorite_color: 'blue\nish',
      shoe_size: '--BLANK--'
    },
    key: 'update_lead\0list_id_field=103\0list_exists_check=Y\0reset_lead=Y\0custom_fields=Y\0favorite_color=blue\nish\0shoe_size=--BLANK--',
    stored: { list_id: '103', 'custom_fields.favorite_color': 'blue\nish', 'custom_fields.shoe_size': '' },
    warnings: []
  })
  const key = 'update_lead\0custom_fields=Y\0favorite_color=a\nb\0shoe_size=9'
  t.match(read({ customFields: { favorite_color: 'a\rb', shoe_size: '9' } }), { key })
  t.match(read({ customFields: { shoe_size: '9', favorite_color: 'a\r\nb' } }), { key })
})

test('two changes share a key exactly when they make the same call', async (t) => {
  const wish = fc.record(
    {
      status: fc.constantFrom('A', 'B'),
      comments: fc.constantFrom('x', 'x\nstatus=A', 'status=A', null),
      list_id: fc.constantFrom(101, '101', 102),
      phone_number: fc.constantFrom('2125550101', '212-555-0101')
    },
    { requiredKeys: ['status'] }
  )
  const option = fc.record({ resetCalled: fc.boolean(), allowUndefinedList: fc.boolean() })
  const sameCall = fc.property(wish, option, wish, option, (one, oneOption, other, otherOption) => {
    const a = read({ fields: one, ...oneOption })
    const b = read({ fields: other, ...otherOption })
    if (Array.isArray(a) || Array.isArray(b)) return false
    const same = a.function === b.function && JSON.stringify(a.params) === JSON.stringify(b.params)
    return (a.key === b.key) === same
  })
  t.doesNotThrow(() => fc.assert(sameCall, { numRuns: 2_000 }))
})

test('changes carry their warnings in the order the fields are sent', async (t) => {
  t.match(read({ fields: { city: 'New York, NY', first_name: 'José' } }), {
    params: { first_name: 'Jose', city: 'New York NY' },
    warnings: [
      { field: 'first_name', code: 'transliterated', sent: 'José', stored: 'Jose' },
      { field: 'city', code: 'characters_dropped', sent: 'New York, NY', stored: 'New York NY' }
    ]
  })
})

test('with on_lossy reject every loss is a refusal, and other values are accepted', async (t) => {
  t.strictSame(
    read({
      fields: { first_name: 'José', city: 'New York, NY', comments: 'a\r\nb', status: 'SALE' },
      onLossy: 'reject'
    }),
    [
      {
        code: 'characters_lost',
        field: 'first_name',
        detail: 'VICIdial would hold "Jose", and on_lossy is "reject".',
        pointer: '/fields/first_name'
      },
      {
        code: 'characters_lost',
        field: 'city',
        detail: 'VICIdial would hold "New York NY", and on_lossy is "reject".',
        pointer: '/fields/city'
      }
    ]
  )
  t.match(read({ fields: { comments: ' a\r\nb ', alt_phone: '(212) 555-0101' }, onLossy: 'reject' }), {
    params: { alt_phone: '2125550101', comments: 'a\nb' },
    warnings: { length: 0 }
  })
})

test('an update without changes is refused', async (t) => {
  for (const input of [{}, { fields: {} }, { customFields: {} }, { fields: {}, customFields: {} }]) {
    t.strictSame(read(input), [
      {
        code: 'no_changes',
        detail: 'The update changes nothing: give fields, custom_fields or reset_called.',
        pointer: ''
      }
    ])
  }
})

test('fields and custom_fields that are not objects are refused', async (t) => {
  for (const value of [null, [], ['status'], 'status', 7, true]) {
    t.strictSame(read({ fields: value, customFields: value }), [
      {
        code: 'field_invalid',
        field: 'fields',
        detail: 'fields must be an object of names and values.',
        pointer: '/fields'
      },
      {
        code: 'field_invalid',
        field: 'custom_fields',
        detail: 'custom_fields must be an object of names and values.',
        pointer: '/custom_fields'
      }
    ])
  }
})

test('an unknown field is refused with its pointer; for a VICIdial parameter the refusal names the field', async (t) => {
  t.strictSame(read({ fields: { list_id_field: 103, 'a/b~c': 'x' } }), [
    {
      code: 'field_unknown',
      field: 'list_id_field',
      detail: 'A lead has no such field; use list_id.',
      pointer: '/fields/list_id_field'
    },
    {
      code: 'field_unknown',
      field: 'a/b~c',
      detail: 'A lead has no such field; GET /v1/fields lists those that can be updated.',
      pointer: '/fields/a~1b~0c'
    }
  ])
  t.match(read({ fields: { firstName: 'Ann' } }), [
    { detail: 'A lead has no such field; did you mean first_name?' }
  ])
  for (const name of ['lead_id', 'fields', 'custom_fields', 'add', 'hopper', 'reset_called', 'on_invalid'])
    t.match(read({ fields: { [name]: 'x' } }), [
      {
        detail:
          'A lead has no such field; it is a property of an update (POST /v1/leads/batch-update), beside its fields.'
      }
    ])
  t.match(read({ fields: '{"status":"SALE"}' }), [
    {
      detail:
        /^fields must be an object of names and values\. This is a text that holds JSON: it was encoded twice/
    }
  ])
})

test('only names in the catalogue are accepted', async (t) => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'lead_id',
    'lead_ids',
    'records',
    'pass',
    'function',
    'delete_lead',
    'custom_fields',
    'Status',
    'status ',
    ''
  ]
  for (const name of names) {
    t.match(read({ fields: parsed(`{${JSON.stringify(name)}:"Y","status":"A"}`) }), [
      { code: 'field_unknown', field: name, pointer: `/fields/${name}` }
    ])
    t.match(read({ customFields: parsed(`{${JSON.stringify(name)}:"Y"}`), fields: { status: 'A' } }), [
      {
        code: 'field_not_allowed',
        field: `custom_fields.${name}`,
        detail:
          'The operator has not listed this custom field for the gateway; GET /v1/fields lists those that can be set.',
        pointer: `/custom_fields/${name}`
      }
    ])
  }
})

test('a custom field accepts only values that VICIdial stores unchanged', async (t) => {
  const refused = (value: unknown) => {
    const result = read({ customFields: { favorite_color: value } })
    return Array.isArray(result) ? result : []
  }
  const where = { field: 'custom_fields.favorite_color', pointer: '/custom_fields/favorite_color' }
  const listed = ' One value is wanted, and this list gave 0 values.'
  for (const [value, more] of [
    [7, ' Put the number in quotes.'],
    [true, ''],
    [[], listed],
    [{}, '']
  ] as const) {
    const detail = `custom_fields.favorite_color must be a string.${more}`
    t.strictSame(refused(value), [{ code: 'field_invalid', detail, ...where }])
  }
  for (const value of ['', ' \r\n']) {
    const detail = 'custom_fields.favorite_color is an empty string; use null to empty it.'
    t.strictSame(refused(value), [{ code: 'field_invalid', detail, ...where }])
  }
  for (const value of ['bl\\ue', 'blue\\', 'bl\tue', 'bl\0ue', '\ud800'])
    t.match(refused(value), [{ code: 'unsafe_characters', detail: /which is never sent to/, ...where }])
  for (const value of ['--BLANK--', ' --BLANK--\n']) {
    const detail = '--BLANK-- would empty custom_fields.favorite_color; use null.'
    t.strictSame(refused(value), [{ code: 'unsafe_characters', detail, ...where }])
  }
  t.match(refused('a😀'), [{ code: 'characters_lost', detail: /cannot hold/, ...where }])
  for (const value of ['a;b', 'a"b', 'a+b'])
    t.match(refused(value), [{ code: 'characters_lost', detail: /would lose ; " \+ from custom/, ...where }])
  t.strictSame(refused('eleven char'), [
    { code: 'field_too_long', detail: 'custom_fields.favorite_color is longer than 10 characters.', ...where }
  ])
  for (const value of ['ten chars.', "d'Azur #1", 'été 李']) t.strictSame(refused(value), [], value)
  t.match(read({ customFields: { favorite_color: 'e\u0301te\u0301' } }), {
    params: { favorite_color: 'été' }
  })
})

test('beside custom fields no value may look like a parameter, as VICIdial would empty that field', async (t) => {
  const detail = 'Beside custom fields, VICIdial would take "&name=" in a value for a field to empty.'
  t.strictSame(
    read({
      fields: { source_id: 'web/form?x=1&y=2', comments: 'see\n&favorite_color=', vendor_lead_code: 'a=b' },
      customFields: { favorite_color: 'red', shoe_size: '9&favorite_color=x' }
    }),
    [
      { code: 'unsafe_characters', field: 'source_id', detail, pointer: '/fields/source_id' },
      { code: 'unsafe_characters', field: 'comments', detail, pointer: '/fields/comments' },
      {
        code: 'unsafe_characters',
        field: 'custom_fields.shoe_size',
        detail,
        pointer: '/custom_fields/shoe_size'
      }
    ]
  )
  t.match(read({ fields: { source_id: 'web/form?x=1&y=2' } }), {
    function: 'batch_update_lead',
    params: { source_id: 'web/form?x=1&y=2' }
  })
  for (const value of ['a & b', 'a & b = c', 'x=1', 'R&D', 'a&b c=d'])
    t.match(read({ fields: { comments: value }, customFields: { favorite_color: 'red' } }), {
      params: { comments: value }
    })
})

test('every refusal of an update is listed at once, each with its pointer', async (t) => {
  const refusals = read({
    fields: { status: '', nope: 1, email: 'a+b@example.com', owner: 'a\\', rank: null, title: 'Mister' },
    customFields: { unlisted: 'x', favorite_color: 'a;b' }
  })
  t.strictSame(
    Array.isArray(refusals) && refusals.map(({ code, field, pointer }) => [code, field, pointer]),
    [
      ['field_invalid', 'status', '/fields/status'],
      ['field_unknown', 'nope', '/fields/nope'],
      ['characters_lost', 'email', '/fields/email'],
      ['unsafe_characters', 'owner', '/fields/owner'],
      ['field_not_clearable', 'rank', '/fields/rank'],
      ['field_too_long', 'title', '/fields/title'],
      ['field_not_allowed', 'custom_fields.unlisted', '/custom_fields/unlisted'],
      ['characters_lost', 'custom_fields.favorite_color', '/custom_fields/favorite_color']
    ]
  )
})

test('a custom field of several lines has a warning for its tabs, unless no loss is accepted', async (t) => {
  const customFields = new Map([['notes', { type: 'AREA', maxLength: 100 } as const]])
  const input = { customFields: { notes: 'a\tb' } }
  const withNotes = (more: Partial<ChangesInput> = {}) =>
    readChanges(
      {
        fields: { rank: 1 },
        resetCalled: false,
        allowUndefinedList: false,
        onLossy: 'accept',
        onInvalid: 'reject_update',
        ...input,
        ...more
      },
      { ...rules, customFields, rights: ALL_RIGHTS }
    )
  const warning = { field: 'custom_fields.notes', code: 'transliterated', sent: 'a\tb', stored: 'a b' }
  const changes = withNotes()
  t.match(changes, { stored: { 'custom_fields.notes': 'a b' }, warnings: [warning] })
  t.match(!Array.isArray(changes) && withoutFields(changes, ['rank']), { warnings: [warning] })
  t.strictSame(withNotes({ onLossy: 'reject' }), [
    {
      code: 'characters_lost',
      field: 'custom_fields.notes',
      detail: 'VICIdial would hold "a b", and on_lossy is "reject".',
      pointer: '/custom_fields/notes'
    }
  ])
  t.match(withNotes({ onLossy: 'reject', customFields: { notes: 'a b' } }), {
    stored: { 'custom_fields.notes': 'a b' },
    warnings: { length: 0 }
  })
})

test('reading stops after too many refusals', async (t) => {
  const wrong = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`x${n}`, 'x']))
  for (const [fields, customFields] of [
    [MAX_REFUSALS - 1, MAX_REFUSALS],
    [MAX_REFUSALS + 1, 1],
    [10_000, 10_000]
  ] as const) {
    const refusals = read({ fields: wrong(fields), customFields: wrong(customFields) })
    t.equal(Array.isArray(refusals) && refusals.length, MAX_REFUSALS)
  }
})

test('only the first refusals of an update name the field that is meant', async (t) => {
  const names = Array.from({ length: MAX_HINTS + 2 }, (_, n) => `firstName${'_'.repeat(n)}`)
  const refusals = read({ fields: Object.fromEntries(names.map((name) => [name, 'x'])) })
  const hints = (Array.isArray(refusals) ? refusals : []).map(({ detail }) => detail.endsWith('first_name?'))
  t.strictSame(hints, [...Array<boolean>(MAX_HINTS).fill(true), false, false])
})

const RIGHTS: Rights = {
  fields: new Set(['status', 'list_id', 'email']),
  statuses: new Set(['SALE']),
  customFields: new Set(['favorite_color']),
  lists: new Set(['102']),
  lookUps: new Set(),
  addLists: new Set(),
  actions: new Set(),
  readFields: new Set(),
  readCustomFields: new Set()
}

test("an update may set what its caller's rights allow, however the value is written", async (t) => {
  const fields = { status: ' SALE', list_id: '0102', email: 'ann@example.com' }
  t.match(read({ fields, customFields: { favorite_color: 'blue' } }, RIGHTS), {
    params: { status: 'SALE', list_id_field: '102', email: 'ann@example.com', favorite_color: 'blue' }
  })
  t.match(read({ fields: { email: null } }, RIGHTS), { params: { email: '--BLANK--' } })
  const mayReset = { ...RIGHTS, fields: new Set(['reset_called']) }
  t.match(read({ resetCalled: true }, mayReset), { params: { reset_lead: 'Y' } })
})

test("what the caller's rights do not allow is refused, each with its pointer and the missing permission", async (t) => {
  const fields = { status: 'DNC', list_id: 103, city: null }
  const customFields = { favorite_color: 'blue', shoe_size: '9', unlisted: 'x' }
  t.strictSame(read({ fields, customFields, resetCalled: true }, RIGHTS), [
    {
      code: 'field_not_allowed',
      field: 'status',
      detail: 'This caller may not set the status DNC (permissions.statuses).',
      pointer: '/fields/status'
    },
    {
      code: 'list_not_allowed',
      field: 'list_id',
      detail: 'This caller may not move leads to list 103 (permissions.lists).',
      pointer: '/fields/list_id'
    },
    {
      code: 'field_not_allowed',
      field: 'city',
      detail: 'This caller may not set city (permissions.fields).',
      pointer: '/fields/city'
    },
    {
      code: 'field_not_allowed',
      field: 'custom_fields.shoe_size',
      detail: 'This caller may not set custom_fields.shoe_size (permissions.custom_fields).',
      pointer: '/custom_fields/shoe_size'
    },
    {
      code: 'field_not_allowed',
      field: 'custom_fields.unlisted',
      detail:
        'The operator has not listed this custom field for the gateway; GET /v1/fields lists those that can be set.',
      pointer: '/custom_fields/unlisted'
    },
    {
      code: 'field_not_allowed',
      field: 'reset_called',
      detail: 'This caller may not set reset_called (permissions.fields).',
      pointer: '/reset_called'
    }
  ])
  t.match(read({ fields: { status: 7, list_id: 'x' } }, RIGHTS), [
    { code: 'field_invalid', field: 'status' },
    { code: 'field_invalid', field: 'list_id' }
  ])
})

/** Changes that were read; fails if they were refused. */
function sound(input: Partial<ChangesInput>): Changes {
  const changes = read(input)
  if (Array.isArray(changes)) throw new Error(JSON.stringify(changes))
  return changes
}

test('changes read back from storage are the same', async (t) => {
  const changes = sound({
    fields: { status: 'SALE', first_name: 'José', phone_number: '2125559999', list_id: 103, comments: null },
    customFields: { favorite_color: 'blue' },
    resetCalled: true
  })
  const actions = { hopper: 'remove', dnc: { campaign: 'CAMPA' } } as const
  const parts = [changes.function, changes.params, changes.stored, changes.warnings]
  const cases: [changes: Changes, written: unknown[]][] = [
    [changes, parts],
    [{ ...changes, isVerified: true }, [...parts, true]],
    [{ ...changes, actions }, [...parts, false, actions]],
    [{ ...changes, isVerified: true, actions }, [...parts, true, actions]],
    [{ ...NO_CHANGES, actions }, ['update_lead', {}, {}, [], false, actions]]
  ]
  for (const [one, written] of cases) {
    const text = JSON.stringify(partsOf(one))
    t.equal(text, JSON.stringify(written), 'no more than necessary is stored')
    t.strictSame(changesOf(...(JSON.parse(text) as Parameters<typeof changesOf>)), one)
  }
})

test('changes that depend on how a lead is share no call with others', async (t) => {
  const [sale, other] = [sound({ fields: { status: 'SALE' } }), sound({ fields: { status: 'DNC' } })]
  const condition = { tags: ['"a"', '"b"'], fields: ['status'], customFields: [] }
  const made = onlyIf(sale, condition)
  t.strictSame(made, { ...sale, condition, key: made.key })
  const keys = [
    sale,
    made,
    onlyIf(other, condition),
    onlyIf(sale, { ...condition, tags: ['"a"'] }),
    onlyIf(sale, { ...condition, tags: ['"c"'] })
  ].map(({ key }) => key)
  t.equal(new Set(keys).size, keys.length)
})

test('changes without a field equal those of an update that never named it', async (t) => {
  const full = { status: 'SALE', first_name: 'José', city: 'A, B', list_id: 103, phone_number: '2125559999' }
  for (const name of Object.keys(full)) {
    const rest = Object.fromEntries(Object.entries(full).filter(([other]) => other !== name))
    t.strictSame(withoutFields(sound({ fields: full }), [name]), sound({ fields: rest }), name)
  }
})

test('without a field, the others are still sent as before, even if they are stored differently', async (t) => {
  const fields = { comments: 'one\ntwo', date_of_birth: null, list_id: 103, user: null }
  const customFields = { favorite_color: null }
  const { params, stored } = sound({ fields: { ...fields, status: 'SALE' }, customFields })
  const { status: _, ...rest } = params
  const changes = withoutFields(sound({ fields: { ...fields, status: 'SALE' }, customFields }), ['status'])
  t.strictSame(changes?.params, rest)
  t.match(rest, { comments: 'one\ntwo', user_field: '--BLANK--', favorite_color: '--BLANK--' })
  t.match(stored, { comments: 'one!Ntwo', user: '', 'custom_fields.favorite_color': '' })
})

test('without all its fields an update changes nothing, unless it resets called', async (t) => {
  const fields = { status: 'SALE', list_id: 103, phone_number: '2125559999' }
  const customFields = { favorite_color: 'blue' }
  const names = ['status', 'list_id', 'phone_number', 'custom_fields.favorite_color']
  t.equal(withoutFields(sound({ fields, customFields }), names), undefined)
  t.strictSame(
    withoutFields(sound({ fields, customFields, resetCalled: true }), names),
    sound({ resetCalled: true })
  )
})

test('names that the changes do not have remove nothing', async (t) => {
  const changes = sound({ fields: { status: 'SALE' }, customFields: { favorite_color: 'blue' } })
  const names = [
    'email',
    'favorite_color',
    'custom_fields',
    'custom_fields.shoe_size',
    'custom_fields.status',
    'reset_lead',
    'params'
  ]
  t.strictSame(withoutFields(changes, [...names, '__proto__', 'constructor', '']), changes)
  t.strictSame(withoutFields(changes, []), changes)
})

test('any changes without any fields equal what would have been read without them', (t) => {
  const wishes = fc.record({
    fields: fc.subarray(FIELDS.map(({ name }) => name)),
    custom: fc.subarray(['favorite_color', 'shoe_size']),
    without: fc.subarray([
      ...FIELDS.map(({ name }) => name),
      'custom_fields.favorite_color',
      'custom_fields.shoe_size'
    ]),
    resetCalled: fc.boolean(),
    allowUndefinedList: fc.boolean()
  })
  fc.assert(
    fc.property(wishes, ({ fields, custom, without, ...options }) => {
      const inputOf = (isLeft: (name: string) => boolean) => ({
        ...options,
        fields: Object.fromEntries(
          FIELDS.filter(({ name }) => fields.includes(name) && isLeft(name)).map(({ name, example }) => [
            name,
            example
          ])
        ),
        customFields: Object.fromEntries(
          custom.filter((label) => isLeft(`custom_fields.${label}`)).map((label) => [label, 'blue'])
        )
      })
      const changes = read(inputOf(() => true))
      if (Array.isArray(changes)) return
      const rest = read(inputOf((name) => !without.includes(name)))
      t.strictSame(withoutFields(changes, without), Array.isArray(rest) ? undefined : rest)
    }),
    { numRuns: 300 }
  )
  t.end()
})
