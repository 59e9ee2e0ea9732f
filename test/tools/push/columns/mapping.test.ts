import fc from 'fast-check'
import { test } from 'tap'
import type { Mapping } from '../../../../src/tools/push/columns/mapping.ts'
import { RowReader } from '../../../../src/tools/push/columns/row-reader.ts'
import { FIELDS } from '../../../../src/leads/fields.ts'
import { PLAIN } from '../options.ts'

const KNOWN_FIELDS = {
  fields: new Map(FIELDS.map(({ name, type }) => [name, { type }])),
  customFields: ['favorite_color']
}

function reader(header: readonly string[] | undefined, mapping: Partial<Mapping> = {}): RowReader {
  return new RowReader(header, { ...PLAIN, ...mapping }, KNOWN_FIELDS)
}

/** A row's update, or the code of its rejection. */
function read(
  header: readonly string[] | undefined,
  value: unknown,
  mapping: Partial<Mapping> = {}
): unknown {
  const one = reader(header, mapping)
  if (one.faults.length > 0) return one.faults
  const row = one.read({ line: 2, value })
  return 'update' in row ? row.update : row.reason.code
}

test('columns are named as in the API, or mapped to its names', async (t) => {
  t.strictSame(read(['lead_id', 'status', 'rank'], ['7', 'SALE', '3']), {
    lead_id: '7',
    fields: { status: 'SALE', rank: '3' }
  })
  const mapping = { map: { Id: 'vendor_lead_code', Stage: 'status' }, ignore: ['Notes'] }
  t.strictSame(read(['Id', 'Stage', 'Notes'], ['CRM-7', 'SALE', 'x'], mapping), {
    vendor_lead_code: 'CRM-7',
    fields: { status: 'SALE' }
  })
  t.strictSame(read(['lead_id', 'custom_fields.favorite_color', 'reset_called'], ['7', 'blue', 'Yes']), {
    lead_id: '7',
    custom_fields: { favorite_color: 'blue' },
    reset_called: true
  })
  t.strictSame(read(['lead_id', 'cf_color'], ['7', 'blue'], { customPrefix: 'cf_' }), {
    lead_id: '7',
    custom_fields: { color: 'blue' }
  })
  t.strictSame(read(['lead_id', 'gmt_offset_now'], ['7', '-5.5']), {
    lead_id: '7',
    fields: { gmt_offset_now: -5.5 }
  })
})

test('if several columns can name the lead, --key chooses one and the others are set', async (t) => {
  const header = ['lead_id', 'phone_number']
  t.match(read(header, ['7', '2125550101']), [
    '"lead_id" and "phone_number" can each name the lead: choose one with --key. The others are then set, unless you --ignore them.'
  ])
  t.strictSame(read(header, ['7', '2125550101'], { key: 'lead_id' }), {
    lead_id: '7',
    fields: { phone_number: '2125550101' }
  })
  t.strictSame(read(header, ['7', '2125550101'], { map: { phone_number: 'fields.phone_number' } }), {
    lead_id: '7',
    fields: { phone_number: '2125550101' }
  })
  t.strictSame(read(header, ['7', '2125550101'], { ignore: ['lead_id'] }), { phone_number: '2125550101' })
  t.match(read(header, ['7', '2125550101'], { key: 'phone_number' }), [
    /^Column "lead_id": a lead_id can't be set/
  ])
  t.match(read(['status'], ['SALE']), [/^No column names the lead/])
})

test('an empty cell is left out, or empties the field with --empty-clears; the lead must be named', async (t) => {
  const header = ['lead_id', 'status', 'comments']
  t.strictSame(read(header, ['7', 'SALE', ' ']), { lead_id: '7', fields: { status: 'SALE' } })
  t.strictSame(read(header, ['7', 'SALE', ''], { emptyClears: true }), {
    lead_id: '7',
    fields: { status: 'SALE', comments: null }
  })
  t.equal(read(header, ['', 'SALE', 'x']), 'key_missing')
})

test('--set sets a value in every row', async (t) => {
  const mapping = { set: { status: 'CALLBK', 'custom_fields.favorite_color': 'blue' } }
  t.strictSame(read(['lead_id'], ['7'], mapping), {
    lead_id: '7',
    fields: { status: 'CALLBK' },
    custom_fields: { favorite_color: 'blue' }
  })
  const update = { lead_id: 7, fields: { rank: 3 }, on_multiple: 'all' }
  t.strictSame(read(undefined, update, { set: { status: 'CALLBK' } }), {
    ...update,
    fields: { rank: 3, status: 'CALLBK' }
  })
})

test('an unknown name is refused with the nearest known one, before any row is read', async (t) => {
  t.strictSame(read(['lead_id', 'Stauts', 'First Name'], []), [
    'Unknown column "Stauts". Did you mean status? Use --map "Stauts=status" or --ignore "Stauts".',
    'Unknown column "First Name". Did you mean first_name? Use --map "First Name=first_name" or --ignore "First Name".'
  ])
  t.match(read(['lead_id', 'x'], [], { map: { x: 'stat' } }), [
    /^Column "x" is mapped to stat, which is unknown/
  ])
  t.match(read(['lead_id'], [], { set: { statsu: 'A' } }), [
    /^--set statsu: there is no such name to set\. Did you mean status\?/
  ])
  t.match(read(['lead_id', 'status'], [], { ignore: ['nots'] }), [/^There is no column "nots"/])
  t.match(read(['lead_id', 'status', 'Stage'], [], { map: { Stage: 'status' } }), [/both mean status/])
  t.match(read(['lead_id', 'status'], [], { set: { status: 'A' } }), [
    /^--set and column "status" both set status/
  ])
})

test('an object with fields or custom_fields is an API update; any other is read like a row', async (t) => {
  const update = { phone_number: '2125550101', fields: { comments: null }, reset_called: true }
  t.strictSame(read(undefined, update), update)
  t.strictSame(read(undefined, { lead_id: 7, status: 'SALE', rank: 3, comments: null }), {
    lead_id: '7',
    fields: { status: 'SALE', rank: '3' }
  })
  t.equal(read(undefined, { lead_id: 7, stauts: 'SALE' }), 'columns_unclear')
  t.equal(read(undefined, { lead_id: 7, status: ['SALE'] }), 'field_invalid')
  for (const value of [null, 7, 'x', [1]]) t.equal(read(undefined, value), 'row_malformed')
})

test('rejects can be pushed: the columns with reasons are ignored', async (t) => {
  const header = ['lead_id', 'status', 'push_line', 'push_status', 'push_code', 'push_field', 'push_detail']
  t.strictSame(read(header, ['7', 'SALE', '2', 'failed', 'x', '', 'y']), {
    lead_id: '7',
    fields: { status: 'SALE' }
  })
})

test('each cell arrives at its field, for any names and order of columns', async (t) => {
  const fields = fc.uniqueArray(
    fc.constantFrom(...FIELDS.filter(({ type }) => type !== 'number').map(({ name }) => name))
  )
  const cell = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '')
  const columns = fields.chain((names) =>
    fc.tuple(
      fc.constant(names),
      fc.uniqueArray(
        fc.string({ minLength: 1 }).map((name) => `c ${name}`),
        {
          minLength: names.length + 1,
          maxLength: names.length + 1
        }
      ),
      fc.array(cell, { minLength: names.length + 1, maxLength: names.length + 1 }),
      fc.nat({ max: names.length })
    )
  )
  fc.assert(
    fc.property(columns, ([names, header, cells, keyIndex]) => {
      const targets = names.map((name) => `fields.${name}`).toSpliced(keyIndex, 0, 'lead_id')
      const map = Object.fromEntries(header.map((column, index) => [column, targets[index] ?? '']))
      const expected = Object.fromEntries(targets.map((name, index) => [name, cells[index]]))
      const { lead_id, ...rest } = expected
      const fields = Object.fromEntries(
        Object.entries(rest).map(([name, text]) => [name.slice('fields.'.length), text])
      )
      t.strictSame(read(header, cells, { map }), {
        lead_id,
        ...(names.length > 0 ? { fields } : {})
      })
    })
  )
})
