import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { readCustomFieldReply, readFieldReply } from '../../../src/vicidial/reply/field-reply.ts'
import { readLeadReply } from '../../../src/vicidial/reply/lead-reply.ts'

interface Step {
  readonly params?: Readonly<Record<string, string>>
  readonly http_status: number
  readonly reply: string
}
interface Transcript {
  readonly id: string
  readonly setup?: {
    readonly leads?: Readonly<Record<string, Readonly<Record<string, string | number>>>>
    readonly custom_fields?: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
  readonly steps: readonly Step[]
}

const RECORDED = readFileSync(new URL('../../fixtures/sync-transcripts.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Transcript)
const COLUMNS = [
  ...['status', 'user', 'vendor_lead_code', 'source_id', 'list_id', 'gmt_offset_now', 'phone_code'],
  ...[
    'phone_number',
    'title',
    'first_name',
    'middle_initial',
    'last_name',
    'address1',
    'address2',
    'address3'
  ],
  ...['city', 'state', 'province', 'postal_code', 'country_code', 'gender', 'date_of_birth', 'alt_phone'],
  ...['email', 'security_phrase', 'comments', 'called_count', 'last_local_call_time', 'rank', 'owner'],
  ...['entry_list_id', 'lead_id']
]

function recorded(called: string) {
  return RECORDED.flatMap(({ id, setup, steps }) =>
    steps
      .filter(({ params }) => params?.['function'] === called)
      .map((step) => ({ ...step, id, setup: setup ?? {} }))
  )
}

test('every recorded lead reads as its columns hold it, or not at all', async (t) => {
  const rows = recorded('lead_all_info').filter(
    ({ params }) => params?.['stage'] === 'tab' && params['header'] === 'YES'
  )
  t.ok(rows.length >= 8, `${rows.length} recorded rows`)
  for (const { id, params, http_status, reply, setup } of rows) {
    const lead = Number(params?.['lead_id'])
    const read = readLeadReply(http_status, reply, lead)
    const values = Object.entries(setup.leads?.[lead] ?? {})
    const isShifted = values.some(([, value]) => String(value).includes('\t'))
    if (isShifted || http_status === 500) {
      t.equal(read.kind, 'unreadable', id)
      continue
    }
    if (read.kind !== 'lead') throw new Error(`${id}: ${read.kind}`)
    t.strictSame([...read.columns.keys()], COLUMNS, id)
    for (const [column, value] of values) t.equal(read.columns.get(column), String(value), `${id} ${column}`)
    if (params?.['custom_fields'] === 'Y')
      t.strictSame(
        [...read.customFields],
        [
          ['favorite_color', 'blue'],
          ['note', 'a|b'],
          ['size', 'M']
        ],
        id
      )
  }
})

test('every recorded refusal to read a lead is read as one', async (t) => {
  const kinds = recorded('lead_all_info')
    .filter(({ reply }) => reply.startsWith('ERROR'))
    .map(({ id, http_status, reply }) => {
      const read = readLeadReply(http_status, reply, 101)
      return [id, 'code' in read ? read.code : read.kind]
    })
  t.strictSame(Object.fromEntries(kinds), {
    'read/unknown': 'not_found',
    'read/no-id': 'not_found',
    'read/by-phone-unknown': 'not_found',
    'read/by-phone-short': 'not_found',
    'read/undefined-list': 'lead_unreadable',
    'read/archived': 'not_found',
    'read/perm-api6': 'upstream_login_failed',
    'read/perm-noaccess': 'upstream_permission_denied',
    'read/perm-nomodify': 'upstream_permission_denied',
    'read/perm-onlyadd': 'upstream_permission_denied',
    'read/perm-noreports': 'upstream_permission_denied',
    'read/restricted-other-list': 'lead_unreadable'
  })
})

test('every recorded field reads as it is stored', async (t) => {
  for (const { id, params, http_status, reply, setup } of recorded('lead_field_info')) {
    const read = readFieldReply(http_status, reply)
    const stored = setup.leads?.[params?.['lead_id'] ?? '']?.[params?.['field_name'] ?? '']
    if (reply.startsWith('ERROR')) t.match(read, { code: 'upstream_permission_denied' }, id)
    else if (id === 'field/no_such') t.equal(read.kind, 'not_made', id)
    else t.strictSame(read, { kind: 'field', value: stored ?? reply }, id)
  }
})

const LEAD = 101
/** What VICIdial prints for a row of such values. */
function printed(values: readonly string[], labels: readonly string[] = []): string {
  return `${[...COLUMNS, ...labels].join('\t')}\n${values.join('\t')}\n`
}

const text = fc.string({
  unit: fc.oneof(fc.constantFrom('\n', "'", '|', '\t', ' ', '\\', '<', 'é', '!N', 'ERROR: '), fc.string()),
  maxLength: 8
})

test('a lead is read exactly as it is printed, whatever its values are, unless one holds a tab', (t) => {
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 31, maxLength: 31 }),
      fc.array(text, { maxLength: 3 }),
      (columns, custom) => {
        const labels = custom.map((_, index) => `label_${index}`)
        const values = [...columns, String(LEAD), ...custom]
        const read = readLeadReply(200, printed(values, labels), LEAD)
        if (values.some((value) => value.includes('\t'))) return read.kind === 'unreadable'
        if (read.kind !== 'lead') return false
        return (
          COLUMNS.every((name, index) => read.columns.get(name) === values[index]) &&
          labels.every((name, index) => read.customFields.get(name) === custom[index])
        )
      }
    ),
    { numRuns: 2_000 }
  )
  t.end()
})

test('a reply that was cut, that is about another lead, or that has other columns is never read as a lead', (t) => {
  const values = [...Array<string>(31).fill('x'), String(LEAD)]
  const whole = printed(values)
  for (let length = 0; length < whole.length; length++)
    t.not(readLeadReply(200, whole.slice(0, length), LEAD).kind, 'lead', `cut after ${length}`)
  t.equal(readLeadReply(200, whole, 102).kind, 'unreadable')
  t.equal(readLeadReply(200, printed([...values, 'a', 'b'], ['size', 'size']), LEAD).kind, 'unreadable')
  const twice = [...values, `x\n${whole.trimEnd()}`]
  t.equal(readLeadReply(200, printed(twice, ['note']), LEAD).kind, 'unreadable')
  t.equal(readLeadReply(200, whole.replace('\tlead_id\n', '\towner\n'), LEAD).kind, 'unreadable')
  t.equal(
    readLeadReply(200, `<br />\n<b>Warning</b>: x\n${whole}`, LEAD).kind,
    'lead',
    'after a warning by PHP'
  )
  t.match(readLeadReply(200, '<html>', LEAD), { kind: 'unclear' })
  t.match(readLeadReply(200, '', LEAD), { kind: 'refused', code: 'upstream_error' })
  t.match(readLeadReply(502, '<html>', LEAD), { kind: 'unclear' })
  t.end()
})

test('a value that looks like an error of VICIdial is a value', async (t) => {
  const values = [...Array<string>(31).fill(''), String(LEAD)]
  values[25] = '\nERROR: Login incorrect, please try again: |api|s3cret|BAD|\n'
  t.match(readLeadReply(200, printed(values), LEAD), { kind: 'lead' })
})

test('a custom field that a lead does not have is told from a value that looks so', async (t) => {
  const none = 'ERROR: lead_field_info LIST FIELD NOT FOUND: api|101'
  t.strictSame(readCustomFieldReply(200, `${none}\n`), { kind: 'no_field' })
  t.not(readCustomFieldReply(200, none).kind, 'no_field', 'a value ends with no newline')
  t.not(readCustomFieldReply(500, `${none}\n`).kind, 'no_field')
  t.strictSame(readCustomFieldReply(200, 'blue'), { kind: 'field', value: 'blue' })
})

test('the text of a field is its value, unless it could also come from a failure', async (t) => {
  for (const value of ['6e1', '123 ', 'a\nb\n', '<b>x</b>', '', 'Warning: dog', 'a\\b', 'x'.repeat(300)])
    t.strictSame(readFieldReply(200, value), { kind: 'field', value })
  for (const value of ["it's", 'ends with \\'])
    t.strictSame(readFieldReply(500, value), { kind: 'field', value })
  t.match(readFieldReply(200, 'ERROR: lead_field_info LEAD NOT FOUND: |api|7\n'), { kind: 'not_found' })
  t.match(readFieldReply(200, 'ERROR: short\n'), { kind: 'refused', code: 'upstream_error' })
  const doubtful: [status: number, text: string][] = [
    [200, '<!DOCTYPE html>\n<title>Sorry</title>'],
    [200, ' <html><body>Down'],
    [500, 'Internal Server Error'],
    [500, "<html>It's down"],
    [
      500,
      "it's<br />\n<b>Fatal error</b>: Uncaught mysqli_sql_exception: near 's' in /srv/x.php:12\nStack trace"
    ],
    [200, '<br />\n<b>Warning</b>: x in <b>/srv/www/non_agent_api.php</b> on line <b>7</b><br />\nvalue'],
    [200, 'Warning: mysqli_fetch_row() expects parameter 1 to be mysqli_result, bool given\n'],
    [502, "it's"],
    [403, 'no']
  ]
  for (const [status, body] of doubtful) t.not(readFieldReply(status, body).kind, 'field', body)
  t.equal(readFieldReply(200, 'MySQL connect ERROR:  refused').kind, 'not_made')
  t.equal(readFieldReply(500, '').kind, 'not_made')
})
