import { DEFAULT_OPTIONS } from '../../../src/leads/update-options.ts'
import * as fc from 'fast-check'
import { test } from 'tap'
import { serverRules } from '../../../src/leads/server-rules.ts'
import { ALL_RIGHTS } from '../../../src/leads/rights.ts'
import { readBatch } from '../../../src/updates/batch.ts'
import { MappingError } from '../../../src/webhooks/mapping/mapping-error.ts'
import { endpointWith, updatesOf } from '../endpoints.ts'
import type { FileTester } from '../../helper.ts'

const LEAD = { vendor_lead_code: 'id' }
const CUSTOM = { custom_fields: [{ label: 'favorite_color', max_length: 20 }] }

async function mapped(t: FileTester, mapping: Record<string, unknown>, payload: unknown, rest = {}) {
  const endpoint = endpointWith(t, { mapping: { lead: LEAD, ...mapping } }, rest)
  return (await updatesOf(endpoint, payload)) ?? { updates: [], ignored: 0 }
}

/** The fault of a payload, or the refusals of its events that failed. */
async function faults(
  t: FileTester,
  mapping: Record<string, unknown>,
  payload: unknown
): Promise<{ pointer?: string; detail: string }[]> {
  try {
    const { failures } = await endpointWith(t, { mapping: { lead: LEAD, ...mapping } }).map(payload)
    return [...failures.values()]
  } catch (error) {
    if (error instanceof MappingError) return [{ detail: error.message }]
    throw error
  }
}

test('the fields of an update are what the expressions give', async (t) => {
  const mapping = {
    fields: { status: 'stage', first_name: '$split(name, " ")[0]', rank: 'score * 2' },
    custom_fields: { favorite_color: 'extra.color' },
    fixed: { source_id: 'WEB', postal_code: 62701 },
    reset_called: true
  }
  const payload = { id: 'C-1', stage: 'SALE', name: 'Ann Lee', score: 3, extra: { color: 'blue' } }
  t.strictSame(await mapped(t, mapping, payload, CUSTOM), {
    updates: [
      {
        vendor_lead_code: 'C-1',
        fields: { source_id: 'WEB', postal_code: '62701', status: 'SALE', first_name: 'Ann', rank: 6 },
        custom_fields: { favorite_color: 'blue' },
        reset_called: true
      }
    ],
    ignored: 0
  })
})

test('a value missing in the payload is left out; null empties the field', async (t) => {
  const mapping = { fields: { status: 'stage', comments: 'note' } }
  t.strictSame(await mapped(t, mapping, { id: 1, note: null }), {
    updates: [{ vendor_lead_code: '1', fields: { comments: null } }],
    ignored: 0
  })
  t.strictSame(await mapped(t, mapping, { id: 1 }), { updates: [], ignored: 1 })
})

test('numbers sent as text and text sent as numbers are converted', async (t) => {
  const of = async (lead: Record<string, string>, fields: Record<string, string>, payload: unknown) =>
    (await mapped(t, { lead, fields }, payload)).updates[0]
  t.strictSame(await of({ lead_id: 'id' }, { rank: 'n' }, { id: ' 101 ', n: '7' }), {
    lead_id: '101',
    fields: { rank: '7' }
  })
  t.strictSame(await of({ lead_id: 'id' }, { rank: 'n' }, { id: 101, n: 7 }), {
    lead_id: 101,
    fields: { rank: 7 }
  })
  t.strictSame(await of({ phone_number: 'id' }, { postal_code: 'n' }, { id: 2125550104, n: 62701 }), {
    phone_number: '2125550104',
    fields: { postal_code: '62701' }
  })
  t.strictSame(await of(LEAD, { gmt_offset_now: 'n' }, { id: 1, n: '-5.50' }), {
    vendor_lead_code: '1',
    fields: { gmt_offset_now: -5.5 }
  })
  // JSON has lost its last digits: as text it would be another's.
  t.strictSame(await of(LEAD, { source_id: 'n' }, JSON.parse('{"id":12345678901234567890,"n":1}')), {
    vendor_lead_code: 12345678901234567890,
    fields: { source_id: '1' }
  })
})

test('empty strings are left out, empty the field, or are refused, as configured', async (t) => {
  const payload = { id: 1, a: '', b: ' \n', c: 'x' }
  const of = async (rest: Record<string, unknown>) =>
    (await mapped(t, { fields: { address1: 'a', address2: 'b', address3: 'c' }, ...rest }, payload)).updates
  t.strictSame(await of({}), [{ vendor_lead_code: '1', fields: { address3: 'x' } }])
  t.strictSame(await of({ empty_strings: 'ignore' }), [{ vendor_lead_code: '1', fields: { address3: 'x' } }])
  t.strictSame(await of({ empty_strings: 'clear' }), [
    { vendor_lead_code: '1', fields: { address1: null, address2: null, address3: 'x' } }
  ])
  t.strictSame(await of({ empty_strings: 'reject' }), [
    { vendor_lead_code: '1', fields: { address1: '', address2: '', address3: 'x' } }
  ])
})

test('values are translated; those not in the table are kept, ignored or refused', async (t) => {
  const table = { 'Closed Won': 'SALE', '1': 'NI', true: 'CALLBK', Gone: null, Unknown: '', constructor: 'A' }
  const of = async (stage: unknown, otherwise?: string) =>
    (
      await mapped(
        t,
        { fields: { comments: 'stage' }, values: { comments: { table, otherwise } } },
        { id: 1, stage }
      )
    ).updates[0]
  const given = (comments: unknown) => ({ vendor_lead_code: '1', fields: { comments } })
  t.strictSame(await of('Closed Won'), given('SALE'))
  t.strictSame(await of(1), given('NI'))
  t.strictSame(await of('1'), given('NI'))
  t.strictSame(await of(true), given('CALLBK'))
  t.strictSame(await of('Gone'), given(null))
  t.equal(await of('Unknown'), undefined)
  t.strictSame(await of('constructor'), given('A'))
  t.strictSame(await of('toString', 'keep'), given('toString'))
  t.strictSame(await of('closed won'), given('closed won'), 'letters count as they are')
  t.equal(await of('other', 'ignore'), undefined)
  t.strictSame(await of(null, 'reject'), given(null))
  t.equal(await of('', 'reject'), undefined)
  t.strictSame(await of('other', 'reject'), { vendor_lead_code: '1' })
})

test('one payload can hold several events; the ignored ones are counted', async (t) => {
  const fields = { status: 's' }
  const events = [
    { id: 1, s: 'A', type: 'x' },
    { id: 2, s: 'B', type: 'y' },
    { id: 3, s: 'C' }
  ]
  t.equal((await mapped(t, { fields }, events)).updates.length, 3)
  t.strictSame(await mapped(t, { fields, when: 'type = "y"' }, events), {
    updates: [{ vendor_lead_code: '2', fields: { status: 'B' } }],
    ignored: 2
  })
  t.strictSame(
    await mapped(t, { fields, when: '$exists(type)', each: 'data.rows' }, { data: { rows: events } }),
    {
      updates: [
        { vendor_lead_code: '1', fields: { status: 'A' } },
        { vendor_lead_code: '2', fields: { status: 'B' } }
      ],
      ignored: 1
    }
  )
  for (const rows of [[], null])
    t.strictSame(await mapped(t, { fields, each: 'rows' }, { rows }), { updates: [], ignored: 0 })
  t.strictSame(await mapped(t, { fields }, []), { updates: [], ignored: 0 })
  t.strictSame(await mapped(t, { fields, each: 'row' }, { row: events[0] }), {
    updates: [{ vendor_lead_code: '1', fields: { status: 'A' } }],
    ignored: 0
  })
})

test('an expression sees its item, the whole payload and the item index', async (t) => {
  const mapping = { each: 'ids', lead: { lead_id: '$' }, fields: { status: '$payload.s', rank: '$index' } }
  t.strictSame((await mapped(t, mapping, { s: 'A', ids: [7, 8] })).updates, [
    { lead_id: 7, fields: { status: 'A', rank: 0 } },
    { lead_id: 8, fields: { status: 'A', rank: 1 } }
  ])
})

test('an array or object as a value is refused by the update, by its type and number of values', async (t) => {
  const mapping = { fields: { status: 'a', city: 'b', comments: 'function($x){$x}', address1: 'c' } }
  t.strictSame(await mapped(t, mapping, { id: { x: 1 }, a: ['SALE', 'NI'], b: { c: 1 }, c: true }), {
    updates: [
      { vendor_lead_code: {}, fields: { status: [null, null], city: {}, comments: {}, address1: true } }
    ],
    ignored: 0
  })
})

test('a fault names the expression and the event, and quotes no value', async (t) => {
  const canary = 'canary-value'
  const fields = { status: 's' }
  const cases: [Record<string, unknown>, unknown, string, pointer?: string][] = [
    [
      { fields: { rank: '$number(s)' } },
      [
        { id: 1, s: '1' },
        { id: 2, s: canary }
      ],
      'crm: fields.rank at event 1 asks for a number, and the value is not one at character 8 (JSONata D3030). The expression is: $number(s)',
      '/updates/1/fields/rank'
    ],
    [
      { fields: { rank: 's + 1' } },
      { id: 1, s: canary },
      'crm: fields.rank at event 0 calculates with what is not a number at character 3 (JSONata T2001). The expression is: s + 1',
      '/updates/0/fields/rank'
    ],
    [
      { fields, when: 's' },
      { s: canary },
      'crm: when at event 0 gives neither true nor false. The expression is: s',
      '/updates/0'
    ],
    [
      { fields, lead: { lead_id: '$uppercase(n)' } },
      { n: 5 },
      'crm: lead.lead_id at event 0 calls a function with a value of the wrong type at character 11 (JSONata T0410). The expression is: $uppercase(n)',
      '/updates/0/lead_id'
    ],
    [
      { fields: { status: '$uppercase(s)' } },
      { id: 1, s: null },
      'crm: fields.status at event 0 calls a function with null at character 11 (JSONata T0410). The expression is: $uppercase(s)',
      '/updates/0/fields/status'
    ],
    [{ fields, each: 's.$error("no")' }, { s: canary }, 'crm: each failed at character 9 (JSONata D3137).'],
    [
      { fields },
      Array(10_001).fill({ id: 1 }),
      'crm: payload gives 10001 items; one payload may have 10000.'
    ],
    [
      { fields, each: 'rows' },
      [{ id: 1, s: canary }],
      'crm: each finds no event in the payload, which is not empty.'
    ],
    [
      { fields },
      { s: canary },
      'crm: lead.vendor_lead_code at event 0 finds nothing, so that the event names no lead. The expression is: id',
      '/updates/0/vendor_lead_code'
    ],
    [
      { fields, values: { status: { table: {}, otherwise: 'reject' } } },
      { id: 1, s: canary },
      'crm: fields.status at event 0 gives a value that is not in the table values.status. The expression is: s',
      '/updates/0/fields/status'
    ],
    [
      { fields: { rank: '1 / n' } },
      { id: 1, n: 0 },
      'crm: fields.rank at event 0 gives no finite number. The expression is: 1 / n',
      '/updates/0/fields/rank'
    ]
  ]
  for (const [mapping, payload, detail, pointer] of cases) {
    const found = await faults(t, mapping, payload)
    t.match(found, [{ detail, pointer }], detail)
    t.equal(found.length, 1)
    t.notMatch(found[0]?.detail, canary)
  }
})

test("an event's fault changes nothing about the others", async (t) => {
  const endpoint = endpointWith(t, {
    mapping: {
      lead: { lead_id: 'id' },
      fields: { comments: '$join(tags, ", ")', status: 's' },
      values: { status: { table: { won: 'SALE' }, otherwise: 'reject' } }
    },
    event_id: { expression: 'event' }
  })
  const sound = fc.record({
    id: fc.integer({ min: 1 }),
    event: fc.string({ minLength: 1 }),
    tags: fc.array(fc.string()),
    s: fc.constant('won')
  })
  const faulty = fc.constantFrom(
    { id: 1, tags: null },
    { id: 1, s: 'lost' },
    { id: null },
    { id: 1, s: 'won', event: { a: 1 } },
    null,
    7
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(sound, { minLength: 1, maxLength: 5 }),
      faulty,
      fc.nat(5),
      async (events, bad, at) => {
        const alone = await endpoint.map(events)
        const { updates, failures, eventIds } = await endpoint.map(
          (events as unknown[]).toSpliced(at, 0, bad)
        )
        const position = Math.min(at, events.length)
        t.strictSame([...failures.keys()], [position])
        t.strictSame(updates.toSpliced(position, 1), alone.updates)
        t.strictSame(eventIds.toSpliced(position, 1), alone.eventIds)
      }
    ),
    { numRuns: 50 }
  )
})

test('with drop_field a field whose expression fails is left out, and its event says so', async (t) => {
  const mapping = {
    lead: LEAD,
    fields: { status: 'stage', comments: '$join(tags, ", ")', city: '$uppercase(town)', list_id: 'list * 1' },
    custom_fields: { favorite_color: '$lowercase(color)' }
  }
  const of = async (on_invalid: string, event: Record<string, unknown>, changed = {}) => {
    const properties = { on_invalid, mapping: { ...mapping, ...changed } }
    const { updates, failures, dropped } = await endpointWith(t, properties, CUSTOM).map({
      id: 'A',
      ...event
    })
    return { updates, failed: [...failures.values()], dropped: [...(dropped.get(0) ?? [])] }
  }
  const bad = { stage: 'DNC', tags: null, town: 7, color: 'Red' }
  t.match(await of('reject_update', bad), { failed: [{ field: 'comments' }], dropped: [] })
  const { updates, failed, dropped } = await of('drop_field', bad)
  t.strictSame(updates, [
    { vendor_lead_code: 'A', fields: { status: 'DNC' }, custom_fields: { favorite_color: 'red' } }
  ])
  t.strictSame(failed, [])
  t.match(dropped, [
    {
      field: 'comments',
      code: 'field_dropped',
      sent: '',
      refusal: 'field_invalid',
      detail: /^crm: fields\.comments at event 0 .*The expression is: \$join\(tags/
    },
    { field: 'city', detail: /\$uppercase\(town\)/ }
  ])
  t.match(await of('drop_field', { stage: 'DNC', color: 7 }), {
    updates: [{ fields: { status: 'DNC' } }],
    dropped: [{ field: 'custom_fields.favorite_color' }]
  })

  const only = { fields: { comments: '$join(tags, ", ")' }, custom_fields: {}, reset_called: true }
  t.match(
    await of('drop_field', bad, only),
    { failed: [{ field: 'comments' }], dropped: [] },
    'the last field'
  )
  t.match(await of('drop_field', { ...bad, list: 'x' }), { failed: [{ field: 'list_id' }], dropped: [] })
  const lead = { lead: { vendor_lead_code: '$uppercase(id)' } }
  t.match(await of('drop_field', { ...bad, id: 7 }, lead), { failed: [{ field: 'vendor_lead_code' }] })
  const values = { values: { status: { table: { won: 'SALE' }, otherwise: 'reject' } } }
  t.match(await of('drop_field', bad, values), { failed: [{ field: 'status' }], dropped: [] })
})

test('null and the words for it leave the field, empty it, or end the event, as configured', async (t) => {
  const payload = { id: 1, a: null, b: ' N/A ', c: 'x', d: 'Gone' }
  const mapping = {
    fields: { city: 'a', comments: 'b', address1: 'c', address2: 'd' },
    values: { address2: { table: { Gone: null } } }
  }
  const of = async (rest: Record<string, unknown>) =>
    ((await mapped(t, { ...mapping, ...rest }, payload)).updates[0] as any)?.fields
  const rest = { address1: 'x', address2: null }
  t.strictSame(await of({}), { city: null, comments: ' N/A ', ...rest })
  t.strictSame(await of({ nulls: 'clear', null_words: true }), { city: null, comments: null, ...rest })
  t.strictSame(await of({ nulls: 'ignore' }), { comments: ' N/A ', ...rest })
  const values = { city: { table: { null: 'Reno' } }, address2: { table: { Gone: null } } }
  t.strictSame(await of({ nulls: 'ignore', values }), { city: 'Reno', comments: ' N/A ', ...rest })
  const words = ['<null>', '#NULL!', '(none)', '<NA>', '--', '\u2014']
  for (const word of words) {
    const fields = { city: 'c', address1: 'd' }
    const { updates } = await mapped(t, { fields, null_words: true }, { id: 1, c: word, d: 'x' })
    t.match(updates, [{ fields: { city: null, address1: 'x' } }], word)
  }
  t.strictSame(await of({ nulls: 'ignore', null_words: ['n/a'] }), rest)
  t.equal(await of({ nulls: 'reject' }), undefined)
  t.match(await faults(t, { ...mapping, nulls: 'reject' }, payload), [
    { pointer: '/updates/0/fields/city', detail: 'fields.city at event 0 gives null, or a word for it' }
  ])
})

test('a number beyond 2^53 keeps its digits in keys, fields, ids and expressions', async (t) => {
  const endpoint = endpointWith(t, {
    mapping: {
      lead: { vendor_lead_code: 'id' },
      fields: { source_id: '$string(other)', comments: '"id " & id', rank: 'rank', list_id: 'list' }
    },
    event_id: { expression: 'id' },
    payload_field: 'json'
  })
  const of = async (json: string, type = 'application/json') => {
    const body = type === 'application/json' ? json : `json=${encodeURIComponent(json)}`
    return endpoint.map(await endpoint.parse(Buffer.from(body), type))
  }
  const FORM = 'application/x-www-form-urlencoded'
  for (const id of ['8202522731445525542', '8202522731445525543', '9007199254740992', '-8202522731445526000'])
    for (const type of ['application/json', FORM]) {
      const { updates, eventIds } = await of(`{"id":${id},"other":${id}}`, type)
      t.strictSame(updates, [{ vendor_lead_code: id, fields: { source_id: id, comments: `id ${id}` } }])
      t.strictSame(eventIds, [id])
    }
  const refused = await of('{"id":1,"rank":8202522731445525542,"list":1e400}')
  t.strictSame(refused.updates, [
    { vendor_lead_code: '1', fields: { comments: 'id 1', rank: '8202522731445525542', list_id: '1e400' } }
  ])
  const computed = endpointWith(t, {
    mapping: { lead: LEAD, fields: { rank: 'n' } },
    event_id: { expression: '$number(n)' }
  })
  const payload = await computed.parse(Buffer.from('{"id":1,"n":8202522731445525542}'), 'application/json')
  t.match(
    [...(await computed.map(payload)).failures.values()],
    [{ detail: 'gives a number that has lost digits' }]
  )
})

test('any JSON number is stored as its digits, or refused', async (t) => {
  const endpoint = endpointWith(t, { mapping: { lead: LEAD, fields: { comments: 'n', rank: 'n' } } })
  const rules = { ...serverRules(0), customFields: new Map(), rights: ALL_RIGHTS }
  const number = fc.stringMatching(/^(?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,20})?(?:e[0-9]{1,2})?$/)
  await fc.assert(
    fc.asyncProperty(number, async (text) => {
      const payload = await endpoint.parse(Buffer.from(`{"id":1,"n":${text}}`), 'application/json')
      const [update] = (await endpoint.map(payload)).updates as any[]
      for (const name of ['comments', 'rank']) {
        const fields = { [name]: update.fields[name] }
        const defaults = DEFAULT_OPTIONS
        const batch = readBatch({ updates: [{ ...update, fields }] }, { ...rules, maxUpdates: 1, defaults })
        const [entry] = 'entries' in batch ? batch.entries : []
        if (entry === undefined || 'refusals' in entry) continue
        const stored = entry.changes.stored[name] ?? ''
        t.ok(stored === text || isSame(stored, text), `${text} is stored as ${stored}`)
      }
    })
  )
})

/** Whether two texts are the same number, compared as fractions. */
function isSame(a: string, b: string): boolean {
  const scaled = (text: string) => {
    const [, whole = '', fraction = '', exponent = '0'] =
      /^(\d+)(?:\.(\d+))?(?:e\+?(-?\d+))?$/.exec(text) ?? []
    return BigInt(whole + fraction) * 10n ** BigInt(200 + Number(exponent) - fraction.length)
  }
  return scaled(a) === scaled(b)
}

test('each event has its own id; one of the payload is that of all its events', async (t) => {
  const idsOf = async (properties: Record<string, unknown>, payload: unknown, headers = {}) =>
    (
      await endpointWith(t, { mapping: { lead: LEAD, reset_called: true }, ...properties }).map(payload, {
        headers
      })
    ).eventIds
  const event_id = { expression: 'event' }
  const events = [{ id: 1, event: 'a' }, { id: 2 }, { id: 3, event: 3 }]
  t.strictSame(await idsOf({ event_id }, events), ['a', undefined, '3'])
  const each = { event_id, mapping: { each: 'rows', lead: LEAD, reset_called: true } }
  t.strictSame(await idsOf(each, { rows: events, event: 'all' }), ['a', 'all', '3'])
  // Of a list, nobody knows which element an event belongs to.
  const list = [
    { event: 'p', rows: [{ id: 1 }, { id: 2, event: 'q' }] },
    { event: 'r', rows: [{ id: 3 }] }
  ]
  const { eventIds, failures } = await endpointWith(t, each).map(list)
  t.strictSame([eventIds, failures.size], [[undefined, 'q', undefined], 0])
  t.strictSame(await idsOf({ event_id: { header: 'X-Id' } }, events, { 'x-id': 'h' }), ['h', 'h', 'h'])
  const strange = ['\0', '\uD800', '\uD801', 'x'.repeat(256)].map((event, n) => ({ id: n + 1, event }))
  const hashes = await idsOf({ event_id }, strange)
  t.equal(new Set(hashes).size, strange.length)
  for (const hash of hashes) t.match(hash, /^sha256:[0-9a-f]{64}$/)
  t.strictSame(await idsOf({}, events), [undefined, undefined, undefined])
})

test('concurrent payloads of one endpoint are mapped one at a time, each to its own updates', async (t) => {
  const endpoint = endpointWith(t, {
    mapping: { lead: LEAD, fields: { rank: 'n' } },
    event_id: { expression: 'n' }
  })
  const numbers = Array.from({ length: 20 }, (_, n) => n)
  const all = await Promise.all(
    numbers.map(async (n) => {
      const { updates, eventIds } = await endpoint.map({ id: n, n })
      return [updates, eventIds]
    })
  )
  t.strictSame(
    all,
    numbers.map((n) => [[{ vendor_lead_code: String(n), fields: { rank: n } }], [String(n)]])
  )
})

test('any payload is mapped to updates that readBatch can read, or to failures with their position', async (t) => {
  const endpoint = endpointWith(
    t,
    {
      mapping: {
        lead: { vendor_lead_code: 'id' },
        when: '$not(skip = true)',
        fields: { status: 'a', rank: 'b.c', comments: 'a & b', last_name: '$uppercase($string(a))' },
        custom_fields: { favorite_color: 'b' },
        values: { status: { table: { x: 'SALE' }, otherwise: 'ignore' } },
        empty_strings: 'clear'
      }
    },
    CUSTOM
  )
  const rules = {
    ...serverRules(0),
    customFields: new Map([['favorite_color', { maxLength: 20 }]]),
    rights: ALL_RIGHTS
  }
  const item = fc.record({ id: fc.jsonValue(), a: fc.jsonValue(), b: fc.jsonValue() }, { requiredKeys: [] })
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue(), item, fc.array(item)), async (payload) => {
      const { updates, ignored, failures } = await endpoint.map(payload)
      t.equal(updates.length + ignored, Array.isArray(payload) ? payload.length : 1)
      const batch = readBatch({ updates }, { ...rules, maxUpdates: 10_000, defaults: DEFAULT_OPTIONS })
      t.ok(updates.length === 0 || 'entries' in batch)
      for (const { detail } of failures.values()) t.match(detail, /^crm: \S+ at event \d+ /)
    })
  )
})
