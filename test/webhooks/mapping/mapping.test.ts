import { DEFAULT_OPTIONS } from '../../../src/leads/update.ts'
import * as fc from 'fast-check'
import { test } from 'tap'
import { serverRules } from '../../../src/leads/server-rules.ts'
import { ALL_RIGHTS } from '../../../src/leads/rights.ts'
import { readBatch } from '../../../src/updates/batch.ts'
import { MappingError } from '../../../src/webhooks/endpoint.ts'
import { endpointWith } from '../endpoints.ts'
import type { FileTester } from '../../helper.ts'

const LEAD = { vendor_lead_code: 'id' }
const CUSTOM = { custom_fields: [{ label: 'favorite_color', max_length: 20 }] }

function mapped(t: FileTester, mapping: Record<string, unknown>, payload: unknown, rest = {}) {
  return endpointWith(t, { mapping: { lead: LEAD, ...mapping } }, rest).map(payload)
}

async function fault(
  t: FileTester,
  mapping: Record<string, unknown>,
  payload: unknown
): Promise<{ message: string; position: [string, number | undefined] }> {
  try {
    await mapped(t, mapping, payload)
  } catch (error) {
    if (error instanceof MappingError)
      return { message: error.message, position: [error.expression, error.item] }
    throw error
  }
  return { message: 'no fault', position: ['', undefined] }
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
  t.strictSame(await mapped(t, mapping, {}), { updates: [{}], ignored: 0 })
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
  t.strictSame(await of('Unknown'), { vendor_lead_code: '1' })
  t.strictSame(await of('constructor'), given('A'))
  t.strictSame(await of('toString', 'keep'), given('toString'))
  t.strictSame(await of('closed won'), given('closed won'), 'letters count as they are')
  t.strictSame(await of('other', 'ignore'), { vendor_lead_code: '1' })
  t.strictSame(await of(null, 'reject'), given(null))
  t.strictSame(await of('', 'reject'), { vendor_lead_code: '1' })
  t.rejects(of('other', 'reject'), {
    message: 'crm: fields.comments at item 0 gives a value that is not in the table values.comments.'
  })
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
  t.strictSame(await mapped(t, { fields, each: 'nothing' }, { rows: [] }), { updates: [], ignored: 0 })
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

test('an array or object as a value is refused by the update, by its type', async (t) => {
  const mapping = { fields: { status: 'a', city: 'b', comments: 'function($x){$x}', address1: 'c' } }
  t.strictSame(await mapped(t, mapping, { id: { x: 1 }, a: ['SALE', 'NI'], b: { c: 1 }, c: true }), {
    updates: [{ vendor_lead_code: {}, fields: { status: [], city: {}, comments: {}, address1: true } }],
    ignored: 0
  })
})

test('a fault names the endpoint, the expression and the item, and quotes no value', async (t) => {
  const canary = 'canary-value'
  const fields = { status: 's' }
  const cases: [Record<string, unknown>, unknown, string, [string, number | undefined]][] = [
    [
      { fields: { rank: '$number(s)' } },
      [{ s: '1' }, { s: canary }],
      'crm: fields.rank at item 1 asks for a number, and the value is not one at character 8 (JSONata D3030).',
      ['fields.rank', 1]
    ],
    [
      { fields: { rank: 's + 1' } },
      { s: canary },
      'crm: fields.rank at item 0 calculates with what is not a number at character 3 (JSONata T2001).',
      ['fields.rank', 0]
    ],
    [{ fields, when: 's' }, { s: canary }, 'crm: when at item 0 gives neither true nor false.', ['when', 0]],
    [
      { fields, lead: { lead_id: '$uppercase(n)' } },
      { n: 5 },
      'crm: lead.lead_id at item 0 calls a function with a value of the wrong type at character 11 (JSONata T0410).',
      ['lead.lead_id', 0]
    ],
    [
      { fields, each: 's.$error("no")' },
      { s: canary },
      'crm: each failed at character 9 (JSONata D3137).',
      ['each', undefined]
    ],
    [
      { fields },
      Array(10_001).fill({ id: 1 }),
      'crm: payload gives 10001 items; one payload may have 10000.',
      ['payload', undefined]
    ],
    [{ fields: { rank: '1 / n' } }, { n: 0 }, 'crm: fields.rank at item 0', ['fields.rank', 0]]
  ]
  for (const [mapping, payload, message, position] of cases) {
    const found = await fault(t, mapping, payload)
    t.match(found, { message, position })
    t.notMatch(found.message, canary)
  }
})

test('concurrent payloads of one endpoint are mapped one at a time, each to its own updates', async (t) => {
  const endpoint = endpointWith(t, {
    mapping: { lead: LEAD, fields: { rank: 'n' } },
    event_id: { expression: 'n' }
  })
  const numbers = Array.from({ length: 20 }, (_, n) => n)
  const all = await Promise.all(
    numbers.map(async (n) => [await endpoint.map({ id: n, n }), await endpoint.eventId({}, { n })])
  )
  t.strictSame(
    all,
    numbers.map((n) => [
      { updates: [{ vendor_lead_code: String(n), fields: { rank: n } }], ignored: 0 },
      String(n)
    ])
  )
})

test('any payload is mapped to updates that readBatch can read, or refused with a position', async (t) => {
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
      try {
        const { updates, ignored } = await endpoint.map(payload)
        t.equal(updates.length + ignored, Array.isArray(payload) ? payload.length : 1)
        const batch = readBatch({ updates }, { ...rules, maxUpdates: 10_000, defaults: DEFAULT_OPTIONS })
        t.ok(updates.length === 0 || 'entries' in batch)
      } catch (error) {
        if (!(error instanceof MappingError)) throw error
        t.match(error.message, /^crm: \S+ at item \d+ /)
      }
    })
  )
})
