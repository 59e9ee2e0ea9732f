import fc from 'fast-check'
import { test } from 'tap'
import { planCalls } from '../../src/delivery/plan.ts'
import { readBatch } from '../../src/updates/batch.ts'
import type { Changes } from '../../src/leads/changes.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import type { Update } from '../../src/leads/update.ts'
import { DEFAULT_OPTIONS } from '../../src/leads/update-options.ts'
import { callParams, formBody, searchParams } from '../../src/vicidial/wire.ts'

const rules = {
  ...serverRules(0),
  rights: ALL_RIGHTS,
  customFields: new Map([['favorite_color', { maxLength: 30 }]]),
  maxUpdates: 4,
  defaults: DEFAULT_OPTIONS
}
const many = { ...rules, maxUpdates: 1_000 }

function read(body: unknown) {
  return readBatch(body, rules)
}

function refused(body: unknown): unknown {
  const batch = read(body)
  return 'entries' in batch
    ? batch.entries.map((entry) =>
        'refusals' in entry ? entry.refusals.map(({ code, pointer }) => [code, pointer]) : []
      )
    : batch
}

const sale = {
  function: 'batch_update_lead',
  params: { status: 'SALE' },
  key: 'batch_update_lead\0status=SALE',
  stored: { status: 'SALE' },
  warnings: []
}

test('each element of updates becomes an entry, in order, valid or rejected', async (t) => {
  t.strictSame(
    read({
      updates: [
        { lead_id: 101, fields: { status: 'SALE' } },
        { lead_id: 102, fields: { status: 'TOOLONG' } },
        7,
        { lead_id: 101, fields: { status: 'SALE' } }
      ]
    }),
    {
      entries: [
        { index: 0, key: { by: 'lead_id', value: 101 }, onMultiple: 'reject', changes: sale },
        {
          index: 1,
          key: { by: 'lead_id', value: 102 },
          refusals: [
            {
              code: 'field_too_long',
              field: 'status',
              detail: 'status is 7 characters as VICIdial stores it; it holds 6.',
              pointer: '/updates/1/fields/status'
            }
          ]
        },
        {
          index: 2,
          key: undefined,
          refusals: [
            {
              code: 'field_invalid',
              detail: 'An update must be an object that names a lead and what to change.',
              pointer: '/updates/2'
            }
          ]
        },
        { index: 3, key: { by: 'lead_id', value: 101 }, onMultiple: 'reject', changes: sale }
      ],
      source: undefined,
      dryRun: false
    }
  )
})

test('the short form gives one entry per lead id, all with the same changes', async (t) => {
  t.strictSame(
    read({ lead_ids: [101, '102', 101], fields: { status: 'SALE' }, source: 'crm', dry_run: true }),
    {
      entries: [
        { index: 0, key: { by: 'lead_id', value: 101 }, onMultiple: 'reject', changes: sale },
        { index: 1, key: { by: 'lead_id', value: 102 }, onMultiple: 'reject', changes: sale },
        { index: 2, key: { by: 'lead_id', value: 101 }, onMultiple: 'reject', changes: sale }
      ],
      source: 'crm',
      dryRun: true
    }
  )
})

test('in the short form each id has its own faults; faults in the changes are listed once, and only the first for every id', async (t) => {
  t.strictSame(refused({ lead_ids: [101, 0, 'x', null], fields: { status: 'SALE' } }), [
    [],
    [['field_invalid', '/lead_ids/1']],
    [['field_invalid', '/lead_ids/2']],
    [['field_invalid', '/lead_ids/3']]
  ])
  t.strictSame(refused({ lead_ids: [101, 0], fields: { status: '' }, custom_fields: { nope: 'x' } }), [
    [
      ['field_invalid', '/fields/status'],
      ['field_not_allowed', '/custom_fields/nope']
    ],
    [
      ['field_invalid', '/lead_ids/1'],
      ['field_invalid', '/fields/status']
    ]
  ])
  t.strictSame(refused({ lead_ids: [101] }), [[['no_changes', '']]])
})

/** The changes of a batch's updates, all of them sound. */
function changesOf(updates: unknown[], options: Record<string, unknown> = {}): Changes[] {
  const batch = readBatch({ updates, ...options }, many)
  if ('errors' in batch) throw new Error(JSON.stringify(batch.errors))
  return batch.entries.map((entry) => {
    if ('refusals' in entry) throw new Error(JSON.stringify(entry.refusals))
    return entry.changes
  })
}

test('updates with equal fields share their changes, for any leads', async (t) => {
  for (const options of [{}, { reset_called: true, on_lossy: 'accept' }]) {
    const [a, b, c, d, other, lossy, alsoLossy] = changesOf(
      [
        { lead_id: 101, fields: { status: 'SALE', city: 'Reno', rank: 7 } },
        { lead_id: 102, fields: { status: 'SALE', city: 'Reno', rank: 7 } },
        { vendor_lead_code: 'CRM-7', fields: { status: 'SALE', city: 'Reno', rank: 7 } },
        { fields: { status: 'SALE', city: 'Reno', rank: 7 }, phone_number: '2125550004' },
        { lead_id: 101, fields: { status: 'SALE', city: 'Reno', rank: 8 } },
        { lead_id: 101, fields: { city: 'New York, NY' } },
        { lead_id: 102, fields: { city: 'New York, NY' } }
      ],
      options
    )
    t.ok(a)
    t.equal(b, a)
    t.equal(c, a)
    t.equal(d, a)
    t.not(other, a)
    t.equal(alsoLossy, lossy)
    t.match(lossy, { warnings: [{ sent: 'New York, NY', stored: 'New York NY' }] })
  }
})

test('fields that only look equal keep their own changes', async (t) => {
  const element = { lead_id: 101, fields: { city: 'Reno', list_id: 103 } }
  const params = { list_id_field: '103', city: 'Reno', list_exists_check: 'Y' }
  for (const [options, own] of [
    [{ reset_called: true }, { ...params, reset_lead: 'Y' }],
    [{ allow_undefined_list: true }, { list_id_field: '103', city: 'Reno' }],
    [{ custom_fields: { favorite_color: 'blue' } }, { ...params, custom_fields: 'Y', favorite_color: 'blue' }]
  ] as const) {
    const [first, second, third] = changesOf([element, { ...element, ...options }, element])
    t.strictSame(first?.params, params)
    t.strictSame(second?.params, own)
    t.equal(third, first)
  }
  const [one, swapped, text, number] = changesOf([
    { lead_id: 101, fields: { first_name: 'A', last_name: 'B' } },
    { lead_id: 101, fields: { first_name: 'B', last_name: 'A' } },
    { lead_id: 101, fields: { rank: '1' } },
    { lead_id: 101, fields: { rank: 1 } }
  ])
  t.strictSame(
    [one?.stored, swapped?.stored],
    [
      { first_name: 'A', last_name: 'B' },
      { first_name: 'B', last_name: 'A' }
    ]
  )
  t.strictSame([text?.stored, number?.stored], [{ rank: '1' }, { rank: '1' }])

  const faults: [fields: object, code: string | undefined][] = [
    [{ status: 1 }, 'field_invalid'],
    [{ status: '1' }, undefined],
    [{ status: true }, 'field_invalid'],
    [{ status: 'true' }, undefined],
    [{ comments: null }, undefined],
    [{ comments: 'null' }, undefined],
    [{ comments: '' }, 'field_invalid'],
    [{}, 'no_changes']
  ]
  for (const given of [faults, faults.toReversed()]) {
    const twice = [...given, ...given]
    const batch = readBatch({ updates: twice.map(([fields]) => ({ lead_id: 101, fields })) }, many)
    t.strictSame(
      'entries' in batch &&
        batch.entries.map((entry) => ('refusals' in entry ? entry.refusals[0]?.code : undefined)),
      twice.map(([, code]) => code)
    )
  }
})

test('a number too large for JSON.parse is not taken for null', async (t) => {
  const updates = ['null', '1e999', '-1e999', 'null'].map(
    (value) => `{"lead_id":101,"fields":{"comments":${value}}}`
  )
  for (const list of [updates, updates.slice(1)]) {
    const batch = readBatch(JSON.parse(`{"updates":[${list.join(',')}]}`), many)
    const emptied = 'entries' in batch && batch.entries.map((entry) => 'changes' in entry)
    t.strictSame(
      emptied,
      list.map((text) => text.includes('null'))
    )
  }
})

test('in any batch, each update is read as it would be alone', async (t) => {
  const fields = fc.constantFrom(
    '{"status":"A"}',
    '{"status":"1"}',
    '{"status":1}',
    '{"rank":1}',
    '{"rank":"1"}',
    '{"rank":-0}',
    '{"rank":0}',
    '{"city":"a,b","status":"A"}',
    '{"status":"A","city":"a,b"}',
    '{"city":"ab","status":"A"}',
    '{"city":null}',
    '{"city":"null"}',
    '{"x":1,"status":1}',
    '{"status":1,"x":1}',
    '{"x":[1]}',
    '{"x":["1"]}',
    '{"list_id":103}',
    '{"gmt_offset_now":-5}',
    '{"gmt_offset_now":"-5"}',
    '{"gmt_offset_now":-0}',
    '{"gmt_offset_now":0}',
    '{"city":"\\ud800"}',
    '{"city":"\\\\ud800"}',
    '{"__proto__":1}',
    '{"toJSON":"x","status":"A"}',
    '{}',
    'null',
    '[]'
  )
  const rest = fc.constantFrom(
    '',
    '',
    '',
    ',"reset_called":true',
    ',"reset_called":false',
    ',"on_lossy":"reject"',
    ',"on_lossy":"accept"',
    ',"allow_undefined_list":true',
    ',"on_multiple":"all"',
    ',"status":"A"',
    ',"on_lossy":"x"',
    ',"custom_fields":{"favorite_color":"x"}',
    ',"custom_fields":{}',
    ',"custom_fields":null'
  )
  const element = fc.tuple(fields, rest).map(([given, more]) => `{"lead_id":101,"fields":${given}${more}}`)
  const options = fc.constantFrom(
    '',
    '',
    ',"on_lossy":"reject"',
    ',"reset_called":true',
    ',"allow_undefined_list":true'
  )
  const entries = (elements: readonly string[], more: string): string[] => {
    const batch = readBatch(JSON.parse(`{"updates":[${elements.join(',')}]${more}}`), many)
    if (!('entries' in batch)) throw new Error(JSON.stringify(batch))
    return batch.entries.map((entry, n) =>
      JSON.stringify({ ...entry, index: 0 }).replaceAll(`/updates/${n}`, '')
    )
  }
  const alike = fc.property(fc.array(element, { minLength: 2, maxLength: 12 }), options, (elements, more) => {
    const alone = elements.flatMap((one) => entries([one], more))
    for (const [n, entry] of entries(elements, more).entries())
      if (entry !== alone[n]) throw new Error(`${elements[n]}: ${entry}, alone ${alone[n]}`)
  })
  t.doesNotThrow(() => fc.assert(alike, { numRuns: 2_000 }))
})

test('a deeply nested value is refused without a throw', async (t) => {
  let list: unknown = []
  let object: unknown = {}
  for (let depth = 0; depth < 100_000; depth++) [list, object] = [[list], { a: object }]
  for (const deep of [list, object]) {
    const element = { lead_id: 101, fields: { status: 'A', comments: deep } }
    t.strictSame(refused({ updates: [element, element] }), [
      [['field_invalid', '/updates/0/fields/comments']],
      [['field_invalid', '/updates/1/fields/comments']]
    ])
    t.strictSame(refused({ updates: [{ lead_id: 101, fields: { nope: deep } }] }), [
      [['field_unknown', '/updates/0/fields/nope']]
    ])
    t.strictSame(refused({ updates: [{ lead_id: 101, custom_fields: { favorite_color: deep } }] }), [
      [['field_invalid', '/updates/0/custom_fields/favorite_color']]
    ])
    t.strictSame(refused({ updates: [{ lead_id: deep, fields: { status: 'A' }, on_lossy: deep }] }), [
      [
        ['field_invalid', '/updates/0/on_lossy'],
        ['field_invalid', '/updates/0/lead_id']
      ]
    ])
    t.strictSame(refused({ lead_ids: [101], fields: { comments: deep } }), [
      [['field_invalid', '/fields/comments']]
    ])
  }
  t.strictSame(refused({ updates: [{ lead_id: 101, fields: list }] }), [
    [['field_invalid', '/updates/0/fields']]
  ])
  t.strictSame(refused({ updates: [{ lead_id: 101, fields: object }] }), [
    [['field_unknown', '/updates/0/fields/a']]
  ])
})

test("the request's options apply to all updates that do not override them", async (t) => {
  const batch = read({
    on_multiple: 'newest',
    on_lossy: 'reject',
    reset_called: true,
    allow_undefined_list: true,
    updates: [
      { vendor_lead_code: 'CRM-7', fields: { list_id: 103 } },
      { vendor_lead_code: 'CRM-8', fields: { list_id: 103 }, on_multiple: 'all', reset_called: false },
      { vendor_lead_code: 'CRM-9', fields: { city: 'a,b' } },
      { vendor_lead_code: 'CRM-9', fields: { city: 'a,b' }, on_lossy: 'accept', allow_undefined_list: false }
    ]
  })
  t.match(batch, {
    entries: [
      { onMultiple: 'newest', changes: { key: 'batch_update_lead\0list_id_field=103\0reset_lead=Y' } },
      { onMultiple: 'all', changes: { key: 'batch_update_lead\0list_id_field=103' } },
      { refusals: [{ code: 'characters_lost', pointer: '/updates/2/fields/city' }] },
      { onMultiple: 'newest', changes: { key: 'batch_update_lead\0city=ab\0reset_lead=Y' } }
    ]
  })
  t.match(
    read({ lead_ids: [101], fields: { list_id: 103 }, allow_undefined_list: true, reset_called: true }),
    {
      entries: [{ changes: { key: 'batch_update_lead\0list_id_field=103\0reset_lead=Y' } }]
    }
  )
})

test("the caller's options apply where the request gives none", async (t) => {
  const strict = { ...rules, defaults: { ...DEFAULT_OPTIONS, onLossy: 'reject' as const } }
  const updates = [{ lead_id: 101, fields: { city: 'a,b' } }]
  t.match(readBatch({ updates }, strict), { entries: [{ refusals: [{ code: 'characters_lost' }] }] })
  t.match(readBatch({ updates, on_lossy: 'accept' }, strict), {
    entries: [{ changes: { params: { city: 'ab' } } }]
  })
})

test('a body that is not a batch is refused as a whole', async (t) => {
  const notObject = 'The body must be a JSON object with updates, or with lead_ids and fields.'
  const bodies: [body: unknown, remedy: string][] = [
    ...[undefined, null, true, 7, 'x', ''].map((body): [unknown, string] => [body, '']),
    ...[[], [{ lead_id: 101 }]].map((body): [unknown, string] => [body, ' Put this list under updates.']),
    [' {"updates":', TWICE]
  ]
  for (const [body, remedy] of bodies) {
    t.strictSame(read(body), {
      code: 'invalid_request',
      errors: [{ pointer: '', code: 'invalid_request', detail: notObject + remedy }]
    })
  }
  const others = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x${index}`, 'y']))
  const faults: [body: unknown, pointer: string, detail: string][] = [
    [{}, '/updates', 'updates must be an array.'],
    [{ updates: null }, '/updates', 'updates must be an array.'],
    [{ updates: { 0: {} } }, '/updates', 'updates must be an array. Put the update into a list.'],
    [{ updates: '[{"lead_id":1}]' }, '/updates', `updates must be an array.${TWICE}`],
    [{ leads: [] }, '/updates', 'updates must be an array. The request has leads: put them under updates.'],
    [
      { data: 7, rows: [1] },
      '/updates',
      'updates must be an array. The request has rows: put them under updates.'
    ],
    [
      { ['x'.repeat(5_000)]: [] },
      '/updates',
      `updates must be an array. The request has ${'x'.repeat(100)}…: put them under updates.`
    ],
    [{ leadIds: [1] }, '/updates', 'updates must be an array. Did you mean lead_ids, for leadIds?'],
    [{ UPDATES: [1] }, '/updates', 'updates must be an array. Did you mean updates, for UPDATES?'],
    [{ update: [1] }, '/updates', 'updates must be an array. Did you mean updates, for update?'],
    [
      { lead_id: 1, fields: {} },
      '/updates',
      'updates must be an array. Put the update into a list, under updates.'
    ],
    [{ ...others, leads: [] }, '/updates', 'updates must be an array.'],
    [{ updates: [] }, '/updates', 'updates is empty: there is nothing to do.'],
    [{ lead_ids: [] }, '/lead_ids', 'lead_ids is empty: there is nothing to do.'],
    [{ ids: [1] }, '/updates', 'updates must be an array. Did you mean lead_ids, for ids?'],
    [{ lead_ids: null }, '/lead_ids', 'lead_ids must be an array. Write it like [101, 102].'],
    [{ lead_ids: '101,102' }, '/lead_ids', 'lead_ids must be an array. Write it like [101, 102].'],
    [{ lead_ids: '[101]' }, '/lead_ids', `lead_ids must be an array.${TWICE}`],
    [{ lead_ids: [101], updates: [] }, '/updates', 'Give either updates or lead_ids, not both.']
  ]
  for (const [body, pointer, detail] of faults)
    t.strictSame(read(body), {
      code: 'invalid_request',
      errors: [{ pointer, code: 'invalid_request', detail }]
    })
})

test('a field beside the updates is refused with its place', async (t) => {
  const long = read({ updates: [{ lead_id: 1, fields: { city: 'x' } }], status: 'SALE' })
  const short = read({ lead_ids: [1], status: 'SALE' })
  const begin = 'A request has no such property; put status into'
  t.match(long, {
    errors: [{ pointer: '/status', detail: `${begin} the fields of each update. It has updates,` }]
  })
  t.match(short, { errors: [{ pointer: '/status', detail: `${begin} fields. It has lead_ids, fields,` }] })
})

test('too many updates are refused as too large', async (t) => {
  const detail = '5 updates in one request; 4 are taken. Send them in parts.'
  for (const name of ['updates', 'lead_ids']) {
    t.strictSame(read({ [name]: [1, 2, 3, 4, 5] }), {
      code: 'payload_too_large',
      errors: [{ pointer: `/${name}`, code: 'payload_too_large', detail }]
    })
  }
  t.ok('entries' in read({ lead_ids: [1, 2, 3, 4], reset_called: true }))
})

const TWICE = ' This is a text that holds JSON: it was encoded twice, so encode it only once.'
const UNKNOWN_PROPERTY =
  'A request has no such property; it has updates, add, source, dry_run, on_multiple, on_missing, key_match, on_lossy, on_invalid, reset_called, allow_undefined_list, verify, dnc, callback, hopper.'

test('an unknown property of a request is refused with the one that is meant', async (t) => {
  const updates = [{ lead_id: 101, fields: { status: 'SALE' } }]
  const detail = (name: string) => {
    const found = read({ updates, [name]: 'x' })
    return 'errors' in found ? found.errors[0]?.detail : undefined
  }
  for (const name of ['dryRun', 'dry-run', 'dryrun', 'dyr_run'])
    t.equal(detail(name), UNKNOWN_PROPERTY.replace('it has', 'did you mean dry_run? It has'), name)
  for (const name of ['leadIds', 'dru', 'x'.repeat(1_000), '__proto_', 'fields'])
    t.equal(detail(name), UNKNOWN_PROPERTY, name)
})

test('a request with very many unknown properties lists a hundred of them', async (t) => {
  const updates = [{ lead_id: 101, fields: { status: 'SALE' } }]
  const unknown = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x${index}`, 0]))
  const found = read({ updates, ...unknown })
  t.equal('errors' in found && found.errors.length, 100)
})

test('every fault outside the updates is listed at once', async (t) => {
  t.strictSame(
    read({
      updates: [{ lead_id: 101, fields: { status: 'SALE' } }],
      fields: {},
      'x/y': 1,
      on_multiple: 'some',
      source: 'a b',
      dry_run: 'yes'
    }),
    {
      code: 'invalid_request',
      errors: [
        {
          pointer: '/fields',
          code: 'field_unknown',
          detail: UNKNOWN_PROPERTY
        },
        {
          pointer: '/x~1y',
          code: 'field_unknown',
          detail: UNKNOWN_PROPERTY
        },
        {
          pointer: '/on_multiple',
          code: 'field_invalid',
          detail: 'on_multiple must be one of "reject", "all", "newest".'
        },
        { pointer: '/source', code: 'field_invalid', detail: 'source must be 2 to 20 letters and digits.' },
        { pointer: '/dry_run', code: 'field_invalid', detail: 'dry_run must be true or false.' }
      ]
    }
  )
})

test('source is 2 to 20 letters and digits', async (t) => {
  const updates = [{ lead_id: 101, reset_called: true }]
  for (const source of ['ab', 'Crm1', 'x'.repeat(20)]) t.match(read({ updates, source }), { source })
  for (const source of ['', 'a', 'x'.repeat(21), 'a-b', 'a b', 'é1', 'ab\n', null, 7, ['ab']])
    t.match(read({ updates, source }), { errors: [{ pointer: '/source', code: 'field_invalid' }] })
})

test('dry_run is true or false', async (t) => {
  const updates = [{ lead_id: 101, reset_called: true }]
  for (const dry_run of ['true', 1, 0, '', [], {}])
    t.match(read({ updates, dry_run }), { errors: [{ pointer: '/dry_run', code: 'field_invalid' }] })
})

test('dry_run: null is refused, and nothing is sent', async (t) => {
  t.match(read({ lead_ids: [101], reset_called: true, dry_run: null }), {
    errors: [{ pointer: '/dry_run', code: 'field_invalid' }]
  })
})

test('names that every object inherits are unknown properties', async (t) => {
  for (const name of ['__proto__', 'constructor', 'toString', 'valueOf'])
    t.match(read(JSON.parse(`{"lead_ids":[101],"reset_called":true,"${name}":{"dry_run":true}}`)), {
      errors: [{ pointer: `/${name}`, code: 'field_unknown' }]
    })
})

/** The parameters that the gateway may send, and the custom fields that the operator listed. */
const MAY_BE_SENT: ReadonlySet<string> = new Set(
  `source user pass function lead_id lead_ids records search_method
  reset_lead list_exists_check update_phone_number custom_fields
  status user_field vendor_lead_code source_id comments title first_name last_name middle_initial
  address1 address2 address3 city state province postal_code country_code gender date_of_birth alt_phone
  email security_phrase owner rank called_count phone_code list_id_field gmt_offset_now phone_number
  favorite_color`.split(/\s+/)
)
const NAMES = [
  ...MAY_BE_SENT,
  ...'updates fields list_id on_multiple on_lossy reset_called allow_undefined_list dry_run'.split(' '),
  ...'delete_lead leads_data __proto__ constructor length toString 0'.split(' ')
]
const STRINGS = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aZ09 -_.@/&=?:,;#"+\'\\\n\r\t\0é😀\ud800'), maxLength: 12 }),
  fc.array(fc.nat(0xffff), { maxLength: 12 }).map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom(...'--BLANK-- all newest reject accept 2125550101 1980-12-31 M 101 &a='.split(' '))
)
const WILD = ['\\', '\n', '\t', '\0', '\u0085', ',', '&a=', ';', '+', '\ud800', '😀', '--BLANK--']
/** Mostly what can be sent, at times with something in it that perhaps cannot. */
const TAME = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...'abcXYZ0123456789 -.'), minLength: 1, maxLength: 10 }),
    fc.nat(10),
    fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.constantFrom(...WILD))
  )
  .map(([tame, at, wild]) => tame.slice(0, at) + wild + tame.slice(at))
const LEAVES = fc.oneof(
  { weight: 4, arbitrary: STRINGS },
  { weight: 4, arbitrary: TAME },
  fc.constantFrom(null, true, false, 0, -0, 1, 101, 103, 1e308, -1e308, 1.5, 2 ** 53, 99_999_999_999_999),
  fc.double()
)

/** JSON text of an object: only text can have a property `__proto__`, or the same one twice. */
function object(
  value: fc.Arbitrary<string>,
  names: fc.Arbitrary<string>,
  maxLength = 5
): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(names, value), { maxLength })
    .map((pairs) => `{${pairs.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`)
}

const name = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...NAMES) }, fc.string())
const leaf = LEAVES.map((value) => JSON.stringify(value) ?? 'null')
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    object(tie('json'), name),
    fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`)
  )
}))
const likely = object(
  fc.oneof({ weight: 5, arbitrary: TAME }, fc.constant(null)).map((value) => JSON.stringify(value)),
  fc.constantFrom(...'vendor_lead_code source_id comments first_name address1 owner'.split(' ')),
  2
)
const fields = fc.oneof({ weight: 1, arbitrary: object(leaf, name) }, { weight: 4, arbitrary: likely })
const custom = fc.oneof(
  { weight: 1, arbitrary: fields },
  { weight: 4, arbitrary: TAME.map((value) => `{"favorite_color":${JSON.stringify(value)}}`) }
)
const key = fc.oneof(
  fc.tuple(fc.constantFrom('lead_id', 'vendor_lead_code', 'phone_number'), leaf),
  fc.tuple(fc.constant('lead_id'), fc.constantFrom('101', '"102"')),
  fc.tuple(
    fc.constant('vendor_lead_code'),
    TAME.map((value) => JSON.stringify(value))
  ),
  fc.constant(['phone_number', '"(212) 555-0004"'] as const)
)
const update = fc.oneof(
  { weight: 1, arbitrary: json },
  {
    weight: 5,
    arbitrary: fc
      .tuple(key, fields, fc.option(custom, { freq: 2 }), fc.boolean())
      .map(
        ([[by, value], changes, custom, reset]) =>
          `{"${by}":${value},"fields":${changes}${custom === null ? '' : `,"custom_fields":${custom}`},"reset_called":${reset}}`
      )
  }
)
const body = fc.oneof(
  { weight: 1, arbitrary: json },
  {
    weight: 4,
    arbitrary: fc.array(update, { maxLength: 5 }).map((updates) => `{"updates":[${updates.join(',')}]}`)
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.array(leaf, { maxLength: 4 }), fields)
      .map(([ids, changes]) => `{"lead_ids":[${ids.join(',')}],"fields":${changes}}`)
  }
)

test('any JSON is read without a throw, and each update has its entry', async (t) => {
  const read = fc.property(fc.oneof(body, fc.json()), (text) => {
    const value = JSON.parse(text)
    const batch = readBatch(value, many)
    if (!('entries' in batch)) return batch.errors.length > 0
    const given = value.lead_ids ?? value.updates
    return (
      batch.entries.length === given.length &&
      batch.entries.every(
        (entry, index) => entry.index === index && ('changes' in entry || entry.refusals.length > 0)
      )
    )
  })
  t.doesNotThrow(() => fc.assert(read, { numRuns: 3_000 }))
})

const FORBIDDEN = /[\\\u0000-\u0009\u000b-\u001f\u007f-\u009f]/

test('no string lets a backslash, a control character or a foreign parameter through', async (t) => {
  let calls = 0
  let withCustomFields = 0
  const harmless = fc.property(body, (text) => {
    const batch = readBatch(JSON.parse(text), many)
    if (!('entries' in batch)) return
    const sound = batch.entries.filter((entry): entry is Update => 'changes' in entry)
    const rows = sound.map(({ changes }, n) => ({ lead: n + 1, changes }))
    const planned = planCalls(rows, { maxLeadsPerCall: 2, dialect: 'lead_ids' })
    const sent = [
      ...planned.map((call) => callParams(call, 'lead_ids')),
      ...sound.flatMap(({ key }) => (key.by === 'lead_id' ? [] : [searchParams(key.by, [key.value])]))
    ]
    for (const params of sent) {
      calls++
      if (params['custom_fields'] === 'Y') withCustomFields++
      const form = formBody(params, { source: 'crm', user: 'api', pass: 's3cret' })
      const decoded = [...new URLSearchParams(form)]
      for (const [name, value] of decoded) {
        if (!MAY_BE_SENT.has(name)) throw new Error(`the parameter ${name}`)
        if (FORBIDDEN.test(value)) throw new Error(`${name}=${JSON.stringify(value)}`)
        if (value.includes('\n') && name !== 'comments' && name !== 'favorite_color')
          throw new Error(`a new line in ${name}`)
        if (value.includes('\ufffd') && !text.includes('\ufffd'))
          throw new Error(`half a character in ${name}`)
      }
      if (new Set(decoded.map(([name]) => name)).size !== decoded.length) throw new Error('a parameter twice')
      if (decoded.at(-1)?.[0] !== 'records') throw new Error(`${decoded.at(-1)?.[0]} is the last field`)
    }
    for (const { key, changes } of sound) {
      if (key.by !== 'lead_id' && key.value.includes(',')) throw new Error('a comma in a key')
      const emptied = Object.values(changes.params).filter((value) => value === '--BLANK--').length
      const nulls = Object.values(changes.stored).filter(
        (value) => value === '' || value === '0000-00-00'
      ).length
      if (emptied !== nulls) throw new Error('--BLANK-- was sent for what was not null')
    }
  })
  t.doesNotThrow(() => fc.assert(harmless, { numRuns: 4_000 }))
  t.ok(calls > 1_500, `${calls} calls were looked at`)
  t.ok(withCustomFields > 300, `${withCustomFields} of them with custom fields`)
})
