import fc from 'fast-check'
import { test } from 'tap'
import { type ReadCalls, readLead } from '../../../src/delivery/reading/read-lead.ts'
import { COLUMN_BY_NAME, columnValue, LEAD_COLUMNS } from '../../../src/leads/reading/lead-columns.ts'
import type { LeadRead } from '../../../src/leads/reading/lead-read.ts'
import { readFieldReply } from '../../../src/vicidial/reply/field-reply.ts'
import { readLeadReply } from '../../../src/vicidial/reply/lead-reply.ts'

const LEAD = 101
const ROW = [...LEAD_COLUMNS.filter(({ isInRow }) => isInRow).map(({ name }) => name), 'lead_id']

interface Table {
  readonly columns: Readonly<Record<string, string>>
  /** Undefined: the entry list has no custom table. */
  readonly custom: Readonly<Record<string, string>> | undefined
}
type Print = readonly [status: number, text: string]

/** VICIdial on PHP 8.2, as CONTRACT-SYNC.md describes it: an apostrophe fails before a row is printed, after a field. */
function rowPrinted({ columns, custom }: Table, hasCustom: boolean): Print {
  if (hasCustom && custom === undefined) return [500, '']
  const labels = hasCustom ? Object.keys(custom ?? {}) : []
  const values = [...ROW.map((name) => columns[name] ?? ''), ...labels.map((label) => custom?.[label] ?? '')]
  if (values.some((value) => value.includes("'"))) return [500, '']
  return [200, `${[...ROW, ...labels].join('\t')}\n${values.join('\t')}\n`]
}

function fieldPrinted({ columns, custom }: Table, name: string, isCustom: boolean): Print {
  const value = isCustom ? custom?.[name] : columns[name]
  return value === undefined ? [500, ''] : [value.includes("'") ? 500 : 200, value]
}

/** The calls of a reading, to a VICIdial that prints something else in place of some of its replies. */
function callsTo(
  table: Table,
  faultOf: (call: number) => Print | undefined = () => undefined,
  areLabelsTold = false
) {
  const made: string[] = []
  const printed = (name: string, genuine: Print): Print => {
    made.push(name)
    return faultOf(made.length - 1) ?? genuine
  }
  const field = (name: string, isCustom: boolean) =>
    readFieldReply(...printed(name, fieldPrinted(table, name, isCustom)))
  const calls: ReadCalls = {
    lead: async (hasCustom) => ({
      reply: readLeadReply(...printed(hasCustom ? 'row+custom' : 'row', rowPrinted(table, hasCustom)), LEAD),
      maybeMade: false
    }),
    id: async () => ({ reply: field('lead_id', false), maybeMade: false }),
    field: async (name, isCustom) => {
      const reply = field(name, isCustom)
      const isValue = reply.kind === 'field' || reply.kind === 'not_made'
      return { reply: isValue ? reply : { kind: 'unclear', detail: 'no value' }, maybeMade: false }
    },
    labels: async (list) =>
      areLabelsTold ? new Set(Object.keys(list === '0' ? {} : (table.custom ?? {}))) : undefined
  }
  return { calls, made }
}

const EMPTY: Readonly<Record<string, string>> = {
  ...Object.fromEntries(ROW.map((name) => [name, ''])),
  list_id: '101',
  gmt_offset_now: '-5.00',
  called_count: '0',
  rank: '0',
  entry_list_id: '0',
  date_of_birth: '0000-00-00',
  lead_id: String(LEAD),
  called_since_last_reset: 'Y'
}
const table = (columns: Record<string, string> = {}, custom?: Record<string, string>): Table => ({
  columns: { ...EMPTY, ...(custom && { entry_list_id: '103' }), ...columns },
  custom
})
const wanted = (fields: readonly string[], customFields: readonly string[] = []): LeadRead => ({
  fields,
  customFields
})

test('a lead is read in one call, and one with an apostrophe in a call for each field', async (t) => {
  const fields = ['status', 'last_name', 'comments']
  const plain = callsTo(table({ status: 'NEW', last_name: 'Bell' }))
  t.strictSame(await readLead(LEAD, wanted(fields), plain.calls), {
    reading: { lead: LEAD, values: { status: 'NEW', last_name: 'Bell', comments: '' }, unread: {} }
  })
  t.strictSame(plain.made, ['row'])
  const irish = callsTo(table({ status: 'NEW', last_name: "O'Brien" }))
  t.strictSame(await readLead(LEAD, wanted(fields), irish.calls), {
    reading: { lead: LEAD, values: { status: 'NEW', last_name: "O'Brien", comments: '' }, unread: {} }
  })
  t.strictSame(irish.made, ['row', 'lead_id', 'status', 'last_name', 'comments', 'lead_id'])
})

test('custom fields that the list lacks are left out, and those of a list without any cost one call more', async (t) => {
  const color = { favorite_color: 'blue' }
  const listed = callsTo(table({}, color))
  t.strictSame(await readLead(LEAD, wanted(['status'], ['favorite_color', 'other']), listed.calls), {
    reading: { lead: LEAD, values: { status: '', 'custom_fields.favorite_color': 'blue' }, unread: {} }
  })
  t.strictSame(listed.made, ['row+custom'])
  const none = callsTo(table())
  t.strictSame(await readLead(LEAD, wanted(['status'], ['favorite_color']), none.calls), {
    reading: { lead: LEAD, values: { status: '' }, unread: {} }
  })
  t.strictSame(none.made, ['row+custom', 'row'])
  const irish = callsTo(table({ last_name: "O'Brien" }))
  t.match(await readLead(LEAD, wanted(['last_name'], ['favorite_color']), irish.calls), {
    reading: { values: { last_name: "O'Brien" }, unread: {} }
  })
  t.strictSame(irish.made, ['row+custom', 'row', 'lead_id', 'last_name', 'entry_list_id', 'lead_id'])
  const noted = callsTo(table({}, { favorite_color: "it's blue" }))
  t.match(await readLead(LEAD, wanted(['status'], ['favorite_color']), noted.calls), {
    reading: { values: { status: '', 'custom_fields.favorite_color': "it's blue" }, unread: {} }
  })
})

test('a label that the list of a lead with an apostrophe lacks is left out if VICIdial tells its labels, else unread', async (t) => {
  const irish = table({ last_name: "O'Brien" }, { favorite_color: 'blue' })
  const labels = ['favorite_color', 'other']
  const told = callsTo(irish, undefined, true)
  t.strictSame(await readLead(LEAD, wanted(['last_name'], labels), told.calls), {
    reading: {
      lead: LEAD,
      values: { last_name: "O'Brien", 'custom_fields.favorite_color': 'blue' },
      unread: {}
    }
  })
  t.notOk(told.made.includes('other'))
  t.match(await readLead(LEAD, wanted(['last_name'], labels), callsTo(irish).calls), {
    reading: { unread: { 'custom_fields.other': /may have no such custom field/ } }
  })
})

test('a column that no row has is read by its own call', async (t) => {
  const { calls, made } = callsTo(table())
  t.match(await readLead(LEAD, wanted(['called_since_last_reset']), calls), {
    reading: { values: { called_since_last_reset: 'Y' } }
  })
  t.strictSame(made, ['lead_id', 'called_since_last_reset', 'lead_id'])
})

test('bytes that are no UTF-8 are no value, and are not asked for again', async (t) => {
  const { calls, made } = callsTo(table({ status: 'NEW', city: 'Orl\uFFFDans' }, { note: '\uFFFD' }))
  t.strictSame(await readLead(LEAD, wanted(['status', 'city'], ['note']), calls), {
    reading: {
      lead: LEAD,
      values: { status: 'NEW' },
      unread: {
        city: 'VICIdial answered with bytes that are not UTF-8.',
        'custom_fields.note': 'VICIdial answered with bytes that are not UTF-8.'
      }
    }
  })
  t.strictSame(made, ['row+custom'])
})

test('a refused login in the middle ends the reading after the next call, and a value that looks like one does not', async (t) => {
  const refusal: Print = [200, 'ERROR: Login incorrect, please try again: |api|s3cret|BAD|\n']
  const fields = ['status', 'last_name', 'city', 'comments']
  const refused = callsTo(table({ last_name: "O'Brien" }), (call) => (call >= 3 ? refusal : undefined))
  t.match(await readLead(LEAD, wanted(fields), refused.calls), {
    outcome: { status: 'failed', error: { code: 'upstream_login_failed' } }
  })
  t.strictSame(refused.made, ['row', 'lead_id', 'status', 'last_name', 'lead_id'])
  const hostile = callsTo(table({ comments: "ERROR: Login incorrect, isn't it" }))
  t.match(await readLead(LEAD, wanted(fields), hostile.calls), {
    reading: {
      values: { status: '', last_name: '', city: '', comments: undefined },
      unread: { comments: 'no value' }
    }
  })
})

test('what is read while VICIdial answers for another lead, or with a page, is thrown away', async (t) => {
  for (const fault of [
    [200, '102'],
    [200, 'Sorry'],
    [200, '']
  ] as const) {
    for (const from of [1, 4]) {
      const { calls } = callsTo(table({ last_name: "O'Brien" }), (call) => (call >= from ? fault : undefined))
      t.match(
        await readLead(LEAD, wanted(['status', 'last_name']), calls),
        { outcome: { status: 'failed', error: { code: 'upstream_error', retryable: true } } },
        `${fault[1]} from call ${from}`
      )
    }
  }
})

const HOSTILE = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "'",
      '\t',
      '\n',
      '|',
      ' ',
      '!N',
      '\\',
      '<b>',
      'ERROR: ',
      'ERROR: Login incorrect',
      '0',
      'é',
      '日'
    ),
    fc.string({ maxLength: 3 })
  ),
  maxLength: 6
})
const FAULT: fc.Arbitrary<Print> = fc.constantFrom<Print>(
  [500, ''],
  [200, ''],
  [200, '<html>Down</html>'],
  [200, 'ERROR: lead_all_info LEAD NOT FOUND: api|101|\n'],
  [200, 'ERROR: Login incorrect, please try again: |api|x|BAD|\n'],
  [503, 'busy'],
  [200, 'MySQL connect ERROR: x']
)
const TEXTS = LEAD_COLUMNS.filter(({ type, isInRow }) => type === 'text' && isInRow).map(({ name }) => name)

test('whatever a lead holds, each field is read as it is, or not at all', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom(...TEXTS), HOSTILE, { maxKeys: 4 }),
      fc.option(fc.dictionary(fc.constantFrom('color', 'note', 'size'), HOSTILE, { maxKeys: 3 }), {
        nil: undefined
      }),
      fc.subarray(ROW.slice(0, -1), { minLength: 1 }),
      fc.subarray(['color', 'note', 'other']),
      async (columns, custom, fields, labels) => {
        const held = table(columns, custom)
        const end = await readLead(LEAD, wanted(fields, labels), callsTo(held).calls)
        if (!('reading' in end)) return false
        const { values, unread } = end.reading
        const areTrue = Object.entries(values).every(([name, value]) =>
          name.startsWith('custom_fields.')
            ? value === held.custom?.[name.slice('custom_fields.'.length)]
            : value === held.columns[name]
        )
        return areTrue && fields.every((name) => name in values || name in unread)
      }
    ),
    { numRuns: 1_000 }
  )
})

test('whatever fails while a lead is read, no value is wrong, unless one empty reply comes in place of one value', async () => {
  const column = (name: string) => COLUMN_BY_NAME.get(name)
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom(...TEXTS), HOSTILE, { maxKeys: 4 }),
      fc.subarray(ROW.slice(0, -1), { minLength: 1 }),
      fc.array(fc.option(FAULT, { freq: 3, nil: undefined }), { maxLength: 12 }),
      fc.boolean(),
      async (columns, fields, faults, isLasting) => {
        const held = table(columns)
        const last = faults.at(-1)
        const faultOf = (call: number) =>
          faults[call] ?? (isLasting && call >= faults.length ? last : undefined)
        const end = await readLead(LEAD, wanted(fields), callsTo(held, faultOf).calls)
        if ('outcome' in end) return end.outcome.status !== 'read' && end.outcome.error !== undefined
        return Object.entries(end.reading.values).every(([name, value]) => {
          const known = column(name)
          const isSound = known !== undefined && columnValue(known, value) !== undefined
          return (
            isSound &&
            (value === held.columns[name] || (value === '' && faults.some((fault) => fault?.[1] === '')))
          )
        })
      }
    ),
    { numRuns: 2_000 }
  )
})
