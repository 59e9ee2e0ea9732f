import fc from 'fast-check'
import { test } from 'tap'
import type { Mapping } from '../../../../src/tools/push/columns/mapping.ts'
import { RowReader } from '../../../../src/tools/push/columns/row-reader.ts'
import { parse } from '../../../../src/tools/push/input/json-elements.ts'
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

test('an unknown name is refused, with a known one if it is safe, before any row is read', async (t) => {
  t.strictSame(read(['lead_id', 'Stauts', 'Stage'], []), [
    'Unknown column "Stauts". Did you mean status? Use --map "Stauts=status" or --ignore "Stauts".',
    'Unknown column "Stage". Use --map "Stage=NAME" or --ignore "Stage".'
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

test('a suggestion is what the column means, or there is none', async (t) => {
  const suggested = (column: string) => {
    const [fault = ''] = reader(['lead_id', column]).faults
    return /Did you mean (\S+)\?/.exec(fault)?.[1]
  }
  const safe = {
    Stauts: 'status',
    frist_name: 'first_name',
    vendor_lead_cod: 'vendor_lead_code',
    Street: 'address1',
    Address: 'address1',
    Notes: 'comments',
    Phone: 'phone_number'
  }
  for (const [column, name] of Object.entries(safe)) t.equal(suggested(column), name, column)
  for (const column of [
    'Stage',
    'entry_list_id',
    'Statue',
    'Mobile',
    'called_since_last_reset',
    'rang',
    'address4'
  ])
    t.equal(suggested(column), undefined, column)
})

test('columns that are only spelled in another way are known, unless that would be unclear', async (t) => {
  const header = ['Lead ID', 'Status', 'ZIP', 'E-Mail', 'First Name', 'DOB']
  t.strictSame(read(header, ['7', 'SALE', '07030', 'a@b.c', 'Ann', '1980-12-31']), {
    lead_id: '7',
    fields: {
      status: 'SALE',
      postal_code: '07030',
      email: 'a@b.c',
      first_name: 'Ann',
      date_of_birth: '1980-12-31'
    }
  })
  t.match(read(['Phone Number', 'STATUS'], ['2125550101', 'SALE']), { phone_number: '2125550101' })
  t.match(
    read(['Lead ID', 'Phone Number'], ['7', '2125550101'], { key: 'phone_number', ignore: ['Lead ID'] }),
    {
      phone_number: '2125550101'
    }
  )
  t.match(read(['lead_id', 'status', 'Status'], []), [/^Unknown column "Status"/])
  t.match(read(['lead_id', 'Zip', 'ZIP'], []), [/both mean postal_code/])
})

test('each of two columns of one name, and a column without a name, can be named', async (t) => {
  const header = ['lead_id', 'Phone', 'Phone', '', 'Phone.2']
  const cells = ['7', '2125559211', '2125559999', 'x', '']
  const mapping = { map: { 'Phone.3': 'alt_phone' }, ignore: ['Phone', 'Phone.2', '#4'] }
  t.strictSame(read(header, cells, mapping), { lead_id: '7', fields: { alt_phone: '2125559999' } })
  t.match(read(['lead_id', 'Phone', 'Phone'], [], { ignore: ['Phone'] }), [/^Unknown column "Phone\.2"/])

  t.strictSame(read(['lead_id', 'status', '', ''], ['7', 'A', '', ' ']), {
    lead_id: '7',
    fields: { status: 'A' }
  })
  t.equal(read(['lead_id', 'status', ''], ['7', 'A', 'x']), 'row_malformed')
  t.match(read(['lead_id', 'status', ''], ['7', 'A', 'x'], { map: { '#3': 'rank' } }), {
    fields: { rank: 'x' }
  })
  t.match(read(['lead_id', 'status', ''], ['7', 'A', 'x'], { ignore: [''] }), { fields: { status: 'A' } })
})

test("a header has a remedy: VICIdial's list download needs its own columns left out", async (t) => {
  const download =
    'lead_id,entry_date,modify_date,status,user,vendor_lead_code,source_id,list_id,gmt_offset_now,' +
    'called_since_last_reset,phone_code,phone_number,title,first_name,date_of_birth,entry_list_id,rank,owner'
  const header = download.split(',')
  const { remedy } = reader(header)
  t.strictSame(
    remedy?.join(' '),
    '--ignore entry_date --ignore modify_date --ignore called_since_last_reset --ignore entry_list_id --key lead_id'
  )
  const ignore = ['entry_date', 'modify_date', 'called_since_last_reset', 'entry_list_id']
  t.strictSame(reader(header, { ignore, key: 'lead_id' }).faults, [])
  t.equal(
    reader(['Lead', 'Stage', 'Street', 'Address']).remedy?.join(' '),
    '--map Lead=lead_id --map Street=address1 --ignore Stage --ignore Address'
  )
  t.equal(reader(['Stage', 'Street']).remedy, undefined, 'no column names the lead')
  t.equal(reader(['lead_id', 'status']).remedy, undefined, 'nothing is wrong')
})

test('--null-words: words for nothing are empty cells; otherwise they are counted', async (t) => {
  const header = ['lead_id', 'status', 'city', 'comments']
  const cells = ['7', 'NA', 'NULL', '#N/A']
  t.strictSame(read(header, cells, { nullWords: true }), { lead_id: '7', fields: { status: 'NA' } })
  t.strictSame(read(header, cells, { nullWords: true, emptyClears: true }), {
    lead_id: '7',
    fields: { status: 'NA', city: null, comments: null }
  })
  t.equal(read(header, ['NULL', 'A', '', ''], { nullWords: true }), 'key_missing')
  t.strictSame(read(['lead_id', 'last_name'], ['7', 'Null'], { nullWords: true }), {
    lead_id: '7',
    fields: { last_name: 'Null' }
  })
  const plain = reader(header)
  for (const value of [cells, cells, ['8', '-', '', '']]) plain.read({ line: 2, value })
  t.strictSame(plain.notes(0), [
    'city holds "NULL" in 2 rows, comments holds "#N/A" in 2 rows, status holds "-" in 1 row. With --null-words, such cells are empty.'
  ])
})

test('--whole-numbers reads what a table program made of whole numbers; otherwise they are counted', async (t) => {
  const header = ['phone_number', 'vendor_lead_code', 'rank', 'city']
  const mapping = { key: 'phone_number' }
  t.strictSame(read(header, ['2125550101.0', '12.00', '3.5', 'x.0'], { ...mapping, wholeNumbers: true }), {
    phone_number: '2125550101',
    fields: { vendor_lead_code: '12', rank: '3.5', city: 'x.0' }
  })
  const plain = reader(header, mapping)
  t.match(plain.read({ line: 2, value: ['2125550101.0', '', '', ''] }), {
    update: { phone_number: '2125550101.0' }
  })
  t.strictSame(plain.notes(0), [
    'phone_number ends in .0 in 1 row. With --whole-numbers, 212555010.0 is 212555010.'
  ])
})

test('--strip-prefix removes a prefix, also with punctuation between the digits of a phone number', async (t) => {
  const stripPrefix = { phone_number: ['+1', '1'] }
  for (const cell of [
    '+1 212-555-0511',
    '+1 (212) 555-0511',
    '(+1) 212.555.0511',
    '1-212-555-0511',
    '212-555-0511'
  ])
    t.equal(
      String(
        (read(['phone_number'], [cell], { stripPrefix }) as Record<string, unknown>)['phone_number']
      ).replaceAll(/\D/g, ''),
      '2125550511',
      cell
    )
  t.strictSame(read(['vendor_lead_code'], ['CRM-7'], { stripPrefix: { vendor_lead_code: ['CRM-'] } }), {
    vendor_lead_code: '7'
  })
  t.strictSame(read(['lead_id', 'status'], [], { stripPrefix: { Phone: ['1'] } }), [
    '--strip-prefix Phone: no column is Phone.'
  ])
  const plain = reader(['phone_number'])
  plain.read({ line: 2, value: ['+12125550511'] })
  t.match(plain.notes(1), [
    /^phone_number begins with \+ in 1 row\. .*--strip-prefix phone_number=\+1 removes it\.$/
  ])
  t.strictSame(plain.notes(0), [])
})

test('--date-format reads dates that are written in another way', async (t) => {
  const header = ['lead_id', 'date_of_birth']
  const born = (cell: string, dateFormat?: string) =>
    read(header, ['7', cell], dateFormat === undefined ? {} : { dateFormat })
  for (const [format, cell] of [
    ['DD.MM.YYYY', '31.12.1980'],
    ['M/D/YYYY', '12/31/1980'],
    ['YYYYMMDD', '19801231'],
    ['DD.MM.YYYY', '1980-12-31']
  ] as const)
    t.strictSame(born(cell, format), { lead_id: '7', fields: { date_of_birth: '1980-12-31' } }, format)
  t.strictSame(born('1/2/1980', 'M/D/YYYY'), { lead_id: '7', fields: { date_of_birth: '1980-01-02' } })
  t.equal(born('12/31/80', 'M/D/YYYY'), 'field_invalid')
  for (const format of ['DD.MM.YY', 'YYYY', 'DD.MM.YYYY MM', ''])
    t.throws(() => born('x', format), { exitCode: 2, message: /^--date-format/ }, format)
  t.strictSame(born('0000-00-00'), { lead_id: '7' }, "VICIdial's empty date is an empty cell")
})

test('a number keeps its digits, or the row is rejected', async (t) => {
  const id = '8202522731445525542'
  t.strictSame(read(undefined, { lead_id: 7, vendor_lead_code: id }, { key: 'lead_id' }), {
    lead_id: '7',
    fields: { vendor_lead_code: id }
  })
  t.strictSame(read(['lead_id', 'gmt_offset_now'], ['7', id]), {
    lead_id: '7',
    fields: { gmt_offset_now: id }
  })
  t.equal(read(undefined, { lead_id: 7, comments: 1e21 }), 'field_invalid')
})

/** One spelling for all texts of a number. */
function sameNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const digits = String(BigInt(whole + fraction))
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

test('for any number in JSON, the value of a text field has its digits, or the row is rejected', async (t) => {
  const digits = fc.stringMatching(/^(0|[1-9]\d{0,24})$/)
  const number = fc
    .tuple(
      fc.constantFrom('', '-'),
      digits,
      fc.constantFrom('', '.0', '.50', '.1234567890123456789'),
      fc.constantFrom('', 'e3', 'E-2', 'e+21', 'e400')
    )
    .map((parts) => parts.join(''))
  const one = reader(undefined, { key: 'lead_id' })
  fc.assert(
    fc.property(number, (text) => {
      const row = one.read({ line: 1, value: parse(`{"lead_id":7,"vendor_lead_code":${text}}`).value })
      if ('reason' in row) t.equal(row.reason.code, 'field_invalid', text)
      else {
        const { vendor_lead_code: stored } = row.update['fields'] as { vendor_lead_code: string }
        t.equal(sameNumber(stored), sameNumber(text), text)
      }
    })
  )
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

test('spaces and byte order marks around a cell do not belong to it', async (t) => {
  t.strictSame(read(['lead_id', 'status'], [' 7\u00A0', '\uFEFFSALE ']), {
    lead_id: '7',
    fields: { status: 'SALE' }
  })
})

test('JSON: true and false are values of options only', async (t) => {
  t.strictSame(read(undefined, { lead_id: 7, status: 'SALE', reset_called: true }), {
    lead_id: '7',
    fields: { status: 'SALE' },
    reset_called: true
  })
  t.equal(read(undefined, { lead_id: 7, status: true }), 'field_invalid')
})

test('a date with a time of midnight is the date', async (t) => {
  for (const time of [' 00:00:00', 'T00:00:00', 'T00:00:00.000Z'])
    t.strictSame(read(['lead_id', 'date_of_birth'], ['7', `1980-12-31${time}`]), {
      lead_id: '7',
      fields: { date_of_birth: '1980-12-31' }
    })
  t.match(read(['lead_id', 'date_of_birth'], ['7', '1980-12-31 23:00:00']), {
    fields: { date_of_birth: '1980-12-31 23:00:00' }
  })
})

test('an apostrophe before digits is noted, with the way to remove it', async (t) => {
  const rows = reader(['lead_id', 'postal_code', 'city'])
  rows.read({ line: 2, value: ['7', "'07030", "'s-Hertogenbosch"] })
  t.strictSame(rows.notes(0), [
    `postal_code begins with ' in 1 row, as a spreadsheet marks text. --strip-prefix "postal_code='" removes it.`
  ])
  const stripPrefix = { postal_code: ["'"] }
  t.match(read(['lead_id', 'postal_code'], ['7', "'07030"], { stripPrefix }), {
    fields: { postal_code: '07030' }
  })
})

test('an invisible character in a header changes no name, and quotes in one are quoted for a shell', async (t) => {
  t.strictSame(read(['lead_id', '\u200Bstatus'], ['7', 'SALE']), {
    lead_id: '7',
    fields: { status: 'SALE' }
  })
  t.strictSame(read(['lead_id', 'Stage "new"'], ['7', 'SALE']), [
    `Unknown column "Stage \\"new\\"". Use --map 'Stage "new"=NAME' or --ignore 'Stage "new"'.`
  ])
})

test('of many unknown columns some are listed', async (t) => {
  const header = ['lead_id', ...Array.from({ length: 298 }, (_, n) => `c${n}`)]
  const faults = read(header, []) as string[]
  t.equal(faults.length, 21)
  t.match(faults[19], 'Unknown column "c19".')
  t.equal(faults[20], '278 more columns are unknown. A --mapping reads only those that it names.')
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
      const expected = Object.fromEntries(targets.map((name, index) => [name, cells[index]?.trim()]))
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
