import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { MappedRows, readFileMapping } from '../../../../src/tools/push/columns/mapped-rows.ts'
import type { Row } from '../../../../src/tools/push/input/row.ts'
import { Expression } from '../../../../src/webhooks/mapping/expression.ts'
import { dataDir } from '../../../helper.ts'

const KNOWN = { fields: new Map(), customFields: ['favorite_color'] }

function fileOf(t: Test, yaml: string): string {
  const path = join(dataDir(t), 'mapping.yaml')
  writeFileSync(path, yaml)
  return path
}

function open(
  t: Test,
  yaml: string,
  header: readonly string[] | undefined,
  { signal = new AbortController().signal, payloadMs }: { signal?: AbortSignal; payloadMs?: number } = {}
): MappedRows {
  const rows = new MappedRows(header, readFileMapping(fileOf(t, yaml), KNOWN).definition, signal, payloadMs)
  t.teardown(() => rows.close())
  return rows
}

function csv(...lines: string[]): Row[] {
  return lines.map((line, index) => ({ line: index + 2, value: line.split(';') }))
}

const CONTACTS = `
lead:
  phone_number: $replace(Phone, /^\\+44\\D*0?\\D*/, "0")
fields:
  status: Stage
  date_of_birth: Born ? $replace(Born, /^(\\d\\d)\\.(\\d\\d)\\.(\\d{4})$/, "$3-$2-$1")
  comments: '$uppercase(Notes)'
custom_fields:
  favorite_color: Colour
fixed: { postal_code: 07030 }
values:
  status: { table: { Closed Won: SALE, "": NEW }, otherwise: reject }
null_words: true
nulls: ignore
`

test('each row is mapped like the event of a webhook: expressions, tables, fixed values, words for nothing', async (t) => {
  const rows = open(t, CONTACTS, ['Phone', 'Stage', 'Born', 'Notes', 'Colour', 'push_line'])
  const read = await rows.readAll(
    csv('+44 (0)20 7946 0958;Closed Won;31.12.1980;call;N/A;9', '02079460959;;;;blue;', '1;Lost;;;;')
  )
  t.strictSame(read, [
    {
      update: {
        phone_number: '020 7946 0958',
        fields: { postal_code: '07030', status: 'SALE', date_of_birth: '1980-12-31', comments: 'CALL' }
      }
    },
    {
      update: {
        phone_number: '02079460959',
        fields: { postal_code: '07030', status: 'NEW' },
        custom_fields: { favorite_color: 'blue' }
      }
    },
    {
      reason: {
        status: 'rejected',
        code: 'field_invalid',
        detail:
          'fields.status gives a value that is not in the table values.status. The expression is: Stage',
        field: 'status'
      }
    }
  ])
  t.strictSame(rows.notes(0), [])
})

test('a row that an expression cannot take is rejected alone; one that does not matter is ignored', async (t) => {
  const mapping =
    'when: $not(active = "no")\nlead: { lead_id: id }\nfields: { rank: $number(score), status: status }'
  const rows = open(t, mapping, undefined)
  const values = [
    { id: 1, score: '7' },
    { id: 2, score: 'x' },
    { score: '7' },
    { id: 4, active: 'no' },
    { id: 5 },
    [{ id: 6 }],
    'text',
    { id: 8202522731445525, status: 'SALE', score: '1' }
  ]
  const read = await rows.readAll(values.map((value, index) => ({ line: index + 1, value })))
  t.match(read, [
    { update: { lead_id: 1, fields: { rank: 7 } } },
    { reason: { code: 'field_invalid', field: 'rank', detail: /^fields\.rank / } },
    { reason: { code: 'key_missing', field: 'lead_id', detail: /^lead\.lead_id finds nothing/ } },
    { isIgnored: true },
    { isIgnored: true },
    { reason: { code: 'row_malformed', detail: 'The row is not an object.' } },
    { reason: { code: 'row_malformed', detail: 'The row is not an object.' } },
    { update: { lead_id: 8202522731445525, fields: { status: 'SALE', rank: 1 } } }
  ])
  t.equal(read.length, values.length)
})

test('$payload is the row and $index is 0, whatever rows are read together', async (t) => {
  const rows = open(t, 'lead: { lead_id: id }\nfields: { rank: $index, comments: $payload.note }', [
    'id',
    'note'
  ])
  const [first, second] = await rows.readAll(csv('1;a', '2;b'))
  t.match(
    [first, second],
    [{ update: { fields: { rank: 0, comments: 'a' } } }, { update: { fields: { rank: 0, comments: 'b' } } }]
  )
})

test('an expression that found nothing in any row is named, with the columns', async (t) => {
  const rows = open(t, 'lead: { lead_id: id }\nfields: { status: Stage, comments: notes }', [
    'id',
    'stage',
    'notes'
  ])
  t.strictSame(rows.notes(0), [])
  await rows.readAll(csv('1;SALE;x', '2;SALE;'))
  t.strictSame(rows.notes(0), [
    'The mapping found a value in no row for status. The columns are id, stage, notes.'
  ])
})

test('a phone number with a plus is noted if VICIdial has no such lead', async (t) => {
  const rows = open(t, 'lead: { phone_number: phone }\nfields: { status: s }', ['phone', 's'])
  await rows.readAll(csv('+1 212 555 0101;A', '2125550102;A'))
  t.strictSame(rows.notes(0), [])
  t.match(rows.notes(1), [/^phone_number begins with \+ in 1 row\./])
})

test('a row on which an expression does not end is rejected, and the others are read', async (t) => {
  const mapping = 'lead: { lead_id: id }\nfields: { comments: \'$replace(text, /^(a+)+$/, "x")\' }'
  const rows = open(t, mapping, ['id', 'text'], { payloadMs: 1_500 })
  const read = await rows.readAll(csv('1;b', `2;${'a'.repeat(40)}!`, '3;c'))
  t.match(read, [
    { update: { lead_id: '1' } },
    { reason: { code: 'field_invalid', field: 'comments', detail: /^fields\.comments took longer than/ } },
    { update: { lead_id: '3' } }
  ])
})

test('rows that only together take longer than one may are read', async (t) => {
  // Backtracks for some time, and ends. How long, is measured here: the limit is of CPU time.
  const text = `${'a'.repeat(20)}!`
  const pattern = '/^(a+)+$/'
  const expression = new Expression(`$replace(text, ${pattern}, "x")`)
  await expression.evaluate({ text })
  const before = process.cpuUsage()
  await expression.evaluate({ text })
  const { user, system } = process.cpuUsage(before)
  const rowMs = (user + system) / 1_000
  const mapping = `lead: { lead_id: id }\nfields: { comments: '$replace(text, ${pattern}, "x")' }`
  // Far above what a row takes, and the start of the thread with it.
  const payloadMs = 1_000 + 5 * rowMs
  const rows = open(t, mapping, ['id', 'text'], { payloadMs })
  const length = Math.ceil((1.5 * payloadMs) / rowMs)
  const read = await rows.readAll(csv(...Array.from({ length }, (_, index) => `${index + 1};${text}`)))
  t.strictSame(
    read.filter((row) => !('update' in row)),
    []
  )
})

test('an interrupted push does not wait for an expression', async (t) => {
  const end = new AbortController()
  const mapping = 'lead: { lead_id: id }\nfields: { comments: \'$replace(text, /^(a+)+$/, "x")\' }'
  const rows = open(t, mapping, ['id', 'text'], { signal: end.signal, payloadMs: 1e9 })
  const reading = rows.readAll(csv(`1;${'a'.repeat(40)}!`))
  setImmediate(() => {
    end.abort()
  })
  await t.rejects(reading, { message: 'It was interrupted.' })
  await t.rejects(rows.readAll(csv('1;b')), { message: 'It was interrupted.' })
})

test('every fault of the file is named', async (t) => {
  const faultsOf = (yaml: string) => {
    try {
      readFileMapping(fileOf(t, yaml), KNOWN)
    } catch (error) {
      return (error as Error).message.replaceAll(/--mapping \S+(, line \d+)?: /g, '')
    }
    return ''
  }
  t.strictSame(
    faultsOf(`
each: rows
lead: { phone_number: $replace(Phone }
fields: { statsu: Stage, city: City }
custom_fields: { shoe_size: Size }
fixed: { city: Berlin, rank: high }
values: { state: { table: { a: b } } }
`).split('\n'),
    [
      'each: is not for files, as each row is one event.',
      'lead.phone_number: is not valid JSONata at character 14 (S0203: Expected ")" before end of expression).',
      'fields.statsu: is not a field of a lead; perhaps status is meant.',
      'custom_fields.shoe_size: is not in the custom_fields of the gateway file.',
      'fixed.city: is in fields too.',
      'fixed.rank: cannot be stored: rank must be an integer, as a number or a string of digits, from 0 to 32767.',
      'values.state: is neither in fields nor in custom_fields.'
    ]
  )
  t.strictSame(faultsOf('lead: { lead_id: id, phone_number: phone }\nstatus: SALE').split('\n').length, 2)
  t.match(faultsOf('lead: ['), /^column \d+ is not valid YAML/)
  t.equal(faultsOf(''), 'is empty.')
  t.match(faultsOf('lead: { lead_id: id }'), /^the file: changes nothing: give fields/)
})

test('another mapping is another push, a comment is not', async (t) => {
  const hashOf = (yaml: string) => readFileMapping(fileOf(t, yaml), KNOWN).hash
  const mapping = 'lead: { lead_id: id }\nfields: { status: s }\nvalues: { status: { table: { a: b } } }'
  t.equal(hashOf(mapping), hashOf(`# A comment\n${mapping}`))
  t.not(hashOf(mapping), hashOf(mapping.replace('a: b', 'a: c')))
  t.not(hashOf(mapping), hashOf(`${mapping}\nnull_words: [nix]`))
})
