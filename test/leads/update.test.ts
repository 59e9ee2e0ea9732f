import { test } from 'tap'
import { MAX_HINTS, MAX_REFUSALS } from '../../src/leads/read-changes.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import { DEFAULT_OPTIONS, type UpdateOptions } from '../../src/leads/update-options.ts'
import { readUpdate } from '../../src/leads/read-update.ts'

const rules = {
  ...serverRules(0),
  customFields: new Map([['favorite_color', { maxLength: 10 }]]),
  rights: ALL_RIGHTS
}

function read(element: unknown, defaults: UpdateOptions = DEFAULT_OPTIONS) {
  return readUpdate(element, 3, defaults, rules)
}

function placed(element: unknown, defaults?: UpdateOptions): unknown[] {
  const update = read(element, defaults)
  return 'refusals' in update ? update.refusals.map(({ code, field, pointer }) => [code, field, pointer]) : []
}

test('an update names its lead and what to change', async (t) => {
  t.strictSame(read({ lead_id: '101', fields: { status: 'SALE' } }), {
    index: 3,
    key: { by: 'lead_id', value: 101 },
    onMultiple: 'reject',
    changes: {
      function: 'batch_update_lead',
      params: { status: 'SALE' },
      key: 'batch_update_lead\0status=SALE',
      stored: { status: 'SALE' },
      warnings: []
    }
  })
  t.match(read({ vendor_lead_code: 'CRM-7', on_multiple: 'all', reset_called: true }), {
    key: { by: 'vendor_lead_code', value: 'CRM-7' },
    onMultiple: 'all',
    changes: { params: { reset_lead: 'Y' } }
  })
  t.match(read({ phone_number: '212-555-0004', custom_fields: { favorite_color: null } }), {
    key: { by: 'phone_number', value: '2125550004' },
    changes: { function: 'update_lead', params: { custom_fields: 'Y', favorite_color: '--BLANK--' } }
  })
})

test('an update names its lead by exactly one key', async (t) => {
  const fields = { status: 'SALE' }
  t.strictSame(read({ fields }), {
    index: 3,
    key: undefined,
    refusals: [
      {
        code: 'field_invalid',
        field: 'lead_id',
        detail:
          'An update names its lead by exactly one of lead_id, vendor_lead_code, phone_number; this one has 0.',
        pointer: ''
      }
    ]
  })
  for (const keys of [
    { lead_id: 101, vendor_lead_code: 'CRM-1' },
    { vendor_lead_code: 'CRM-1', phone_number: '2125550004' },
    { lead_id: null, phone_number: '2125550004' }
  ])
    t.strictSame(placed({ ...keys, fields }), [['field_invalid', 'lead_id', '']])
  for (const value of [null, 0, '', [], {}])
    t.strictSame(placed({ lead_id: value, fields }), [['field_invalid', 'lead_id', '/lead_id']])
  t.strictSame(placed({ vendor_lead_code: 'a,b', fields }), [
    ['characters_lost', 'vendor_lead_code', '/vendor_lead_code']
  ])
  t.strictSame(placed({ phone_number: '12345', fields }), [
    ['field_invalid', 'phone_number', '/phone_number']
  ])
})

test('what a key loses is a warning, or with on_lossy reject a refusal', async (t) => {
  const element = { phone_number: '+44 (0)20 7946 0000', fields: { city: 'a,b' } }
  const ofKey = {
    field: 'phone_number',
    code: 'characters_dropped',
    sent: '+44 (0)20 7946 0000',
    stored: '442079460000'
  }
  const key = { by: 'phone_number', value: '442079460000' }
  t.match(read(element), { key, changes: { stored: { city: 'ab' }, warnings: [ofKey, { field: 'city' }] } })
  t.match(read({ ...element, on_lossy: 'accept' }, { ...DEFAULT_OPTIONS, onLossy: 'reject' }), { key })
  t.strictSame(read({ ...element, fields: { status: 'A' }, on_lossy: 'reject' }), {
    index: 3,
    key: undefined,
    refusals: [
      {
        code: 'characters_lost',
        field: 'phone_number',
        detail: 'VICIdial would hold "442079460000", and on_lossy is "reject".',
        pointer: '/phone_number'
      }
    ]
  })
  for (const value of ['442079460000', '+44 20 7946 0000'])
    t.match(read({ phone_number: value, fields: { status: 'A' }, on_lossy: 'reject' }), { key })
})

test('an update that is not an object is refused', async (t) => {
  for (const element of [undefined, null, true, 7, 'lead_id=101', [], [{ lead_id: 101 }]]) {
    t.strictSame(read(element), {
      index: 3,
      key: undefined,
      refusals: [
        {
          code: 'field_invalid',
          detail: 'An update must be an object that names a lead and what to change.',
          pointer: ''
        }
      ]
    })
  }
})

test('an unknown property is refused with its pointer, never dropped', async (t) => {
  t.strictSame(read({ lead_id: 101, status: 'SALE', 'a/b': 1, fields: { status: 'SALE' } }), {
    index: 3,
    key: { by: 'lead_id', value: 101 },
    refusals: [
      {
        code: 'field_unknown',
        field: 'status',
        detail: 'An update has no such property; put status into fields.',
        pointer: '/status'
      },
      {
        code: 'field_unknown',
        field: 'a/b',
        detail: 'An update has no such property; put columns of a lead in fields.',
        pointer: '/a~1b'
      }
    ]
  })
  const meant: [name: string, detail: string][] = [
    ['leadId', 'did you mean lead_id?'],
    ['id', 'did you mean lead_id?'],
    ['LEAD-ID', 'did you mean lead_id?'],
    ['customFields', 'did you mean custom_fields?'],
    ['feilds', 'did you mean fields?'],
    ['phone', 'did you mean phone_number?'],
    ['reset', 'did you mean reset_called?'],
    ['reset_lead', 'did you mean reset_called?'],
    ['first_name', 'put first_name into fields.'],
    ['firstName', 'did you mean first_name, in fields?']
  ]
  for (const [name, detail] of meant)
    t.match(read({ lead_id: 101, [name]: 'x', fields: { status: 'SALE' } }), {
      refusals: [{ code: 'field_unknown', detail: `An update has no such property; ${detail}` }]
    })
  for (const name of [
    '__proto__',
    'constructor',
    'toString',
    'records',
    'source',
    'dry_run',
    'lead_ids',
    'Lead_id'
  ])
    t.strictSame(placed(JSON.parse(`{"lead_id":101,"reset_called":true,"${name}":{"lead_id":102}}`)), [
      ['field_unknown', name, `/${name}`]
    ])
})

test('a lead is named by its id, or by a key that the caller may look up', async (t) => {
  const rights = { ...ALL_RIGHTS, lookUps: new Set(['phone_number']) }
  const as = (key: object) =>
    readUpdate({ ...key, fields: { status: 'SALE' } }, 0, DEFAULT_OPTIONS, { ...rules, rights })
  t.strictSame(as({ vendor_lead_code: 'CRM-7' }), {
    index: 0,
    key: undefined,
    refusals: [
      {
        code: 'field_not_allowed',
        field: 'vendor_lead_code',
        detail: 'This caller may not look leads up by vendor_lead_code (permissions.look_ups).',
        pointer: '/vendor_lead_code'
      }
    ]
  })
  for (const key of [{ phone_number: '2125550004' }, { lead_id: 101 }]) t.ok('changes' in as(key))
})

test('reading stops after too many unknown properties', async (t) => {
  for (const count of [MAX_REFUSALS, MAX_REFUSALS + 1, 10_000]) {
    const unknown = Object.fromEntries(Array.from({ length: count }, (_, n) => [`x${n}`, n]))
    t.equal(placed({ lead_id: 101, reset_called: true, ...unknown }).length, MAX_REFUSALS)
  }
})

test('only the first refusals of an update name the property that is meant', async (t) => {
  const names = Array.from({ length: MAX_HINTS + 2 }, (_, n) => `leadId${'_'.repeat(n)}`)
  const update = read({ lead_id: 101, ...Object.fromEntries(names.map((name) => [name, 1])) })
  const { refusals = [] } = 'refusals' in update ? update : {}
  const [hint, none] = ['did you mean lead_id?', 'put columns of a lead in fields.']
  t.strictSame(
    refusals.slice(0, names.length).map(({ detail }) => detail),
    [...Array<string>(MAX_HINTS).fill(hint), none, none].map(
      (more) => `An update has no such property; ${more}`
    )
  )
})

test("an update's own options override the request's", async (t) => {
  const defaults: UpdateOptions = {
    onMultiple: 'newest',
    onMissing: 'report',
    keyMatch: 'exact',
    onLossy: 'reject',
    onInvalid: 'drop_field',
    resetCalled: true,
    allowUndefinedList: true,
    verify: 1
  }
  const element = { vendor_lead_code: 'CRM-7', fields: { city: 'New York', list_id: 103 } }
  t.match(read(element, defaults), {
    onMultiple: 'newest',
    keyMatch: 'exact',
    changes: { key: 'batch_update_lead\0list_id_field=103\0city=New York\0reset_lead=Y', isVerified: true }
  })
  const own = {
    on_multiple: 'all',
    key_match: 'collation',
    on_lossy: 'accept',
    on_invalid: 'reject_update',
    reset_called: false,
    allow_undefined_list: false,
    verify: false
  }
  t.match(read({ ...element, ...own, fields: { city: 'New York, NY', list_id: 103 } }, defaults), {
    onMultiple: 'all',
    changes: {
      key: 'batch_update_lead\0list_id_field=103\0city=New York NY\0list_exists_check=Y',
      isVerified: undefined
    }
  })
  t.strictSame(placed({ ...element, fields: { city: 'New York, NY' } }, defaults), [
    ['characters_lost', 'city', '/fields/city']
  ])
})

test('an invalid option is refused with its pointer', async (t) => {
  const options = {
    on_multiple: ['', 'ALL', true, null, ['all']],
    key_match: ['', 'EXACT', true, null],
    on_lossy: ['drop', 1, null, {}],
    reset_called: ['true', 1, 'Y', null, []],
    allow_undefined_list: ['false', 0, null]
  }
  for (const [name, values] of Object.entries(options)) {
    for (const value of values)
      t.strictSame(placed({ lead_id: 101, fields: { status: 'A' }, [name]: value }), [
        ['field_invalid', name, `/${name}`]
      ])
  }
  t.match(read({ lead_id: 101, fields: { status: 'A' }, on_multiple: 'some' }), {
    key: { by: 'lead_id', value: 101 },
    refusals: [{ detail: 'on_multiple must be one of "reject", "all", "newest".' }]
  })
})

test('every refusal is listed at once: properties, options, key, changes', async (t) => {
  t.strictSame(
    placed({ x: 1, on_lossy: 'x', lead_id: 0, fields: { status: 'TOOLONG' }, custom_fields: [] }),
    [
      ['field_unknown', 'x', '/x'],
      ['field_invalid', 'on_lossy', '/on_lossy'],
      ['field_invalid', 'lead_id', '/lead_id'],
      ['field_too_long', 'status', '/fields/status'],
      ['field_invalid', 'custom_fields', '/custom_fields']
    ]
  )
  t.strictSame(placed({ lead_id: 101 }), [['no_changes', undefined, '']])
  t.strictSame(
    placed({ lead_id: 101, status: 'SALE' }),
    [['field_unknown', 'status', '/status']],
    'a misplaced property says more than that nothing is left to change'
  )
})
