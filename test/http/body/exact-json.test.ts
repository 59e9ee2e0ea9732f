import fc from 'fast-check'
import { test } from 'tap'
import { parseExactly } from '../../../src/http/body/exact-json.ts'
import { parseJson } from '../../../src/http/body/json-body.ts'
import { ALL_RIGHTS } from '../../../src/leads/rights.ts'
import { serverRules } from '../../../src/leads/server-rules.ts'
import { DEFAULT_OPTIONS } from '../../../src/leads/update-options.ts'
import { readUpdate } from '../../../src/leads/read-update.ts'
import { isSameNumber, numberText, scaled } from '../../json-numbers.ts'

test('a number of JSON is its own value, or its text', async (t) => {
  fc.assert(
    fc.property(numberText, (text) => {
      const value = parseExactly(`{"a":[${text}]}`) as { a: [unknown] }
      const [read] = value.a
      return typeof read === 'string' ? read === text.replace('+', '') : scaled(String(read)) === scaled(text)
    }),
    { numRuns: 2_000 }
  )
  const spelt = { '1.50': 1.5, '1e2': 100, '12345678901234.50': 12345678901234.5, '-0.0000000000000000': -0 }
  for (const [text, value] of Object.entries(spelt)) t.equal(parseExactly(text), value, text)
  for (const text of [
    '9007199254740993',
    '-8202522731445525542',
    '0.10000000000000000001',
    '1e400',
    '1e-400'
  ])
    t.equal(parseExactly(text), text)
})

test('only numbers become texts: strings and names that look like them do not change', async (t) => {
  const id = '8202522731445525542'
  const text = `{"${id}":"${id}","a":"\\"${id}","b":${id},"c":[-${id},${id}],"d":1}`
  t.same(parseExactly(text), { [id]: id, a: `"${id}`, b: id, c: [`-${id}`, id], d: 1 })
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const written = JSON.stringify(value)
      return JSON.stringify(parseExactly(written)) === JSON.stringify(JSON.parse(written))
    })
  )
})

test('a long number that is not JSON is refused where it is', async (t) => {
  for (const text of [
    '01234567890123456789',
    '{12345678901234567890:1}',
    '1234567890.1234.567890',
    '-e1234567890123456'
  ])
    t.throws(() => parseExactly(text), SyntaxError, text)
  const notWhole = Buffer.from('[8202522731445525542, 8202522731445525542')
  t.throws(() => parseJson(notWhole), {
    message:
      'The body is not valid JSON: reading stopped at line 1, column 42. The text is cut off. There: […, …'
  })
})

test('what is stored of a number is its value, or the update is refused', async (t) => {
  const customFields = new Map([['score', { type: 'NUMBER', maxLength: 255 }]] as const)
  const rules = { ...serverRules(0), customFields, rights: ALL_RIGHTS }
  const names = [
    'rank',
    'called_count',
    'list_id',
    'gmt_offset_now',
    'vendor_lead_code',
    'phone_number',
    'address1'
  ]
  const read = (body: string) => readUpdate(parseJson(Buffer.from(body)), 0, DEFAULT_OPTIONS, rules)
  fc.assert(
    fc.property(numberText, fc.constantFrom(...names, 'score', 'lead_id'), (number, name) => {
      if (name === 'lead_id') {
        const update = read(`{"lead_id":${number},"fields":{"status":"A"}}`)
        return !('changes' in update) || scaled(String(update.key.value)) === scaled(number)
      }
      const update =
        name === 'score'
          ? read(`{"lead_id":101,"custom_fields":{"score":${number}}}`)
          : read(`{"lead_id":101,"fields":{"${name}":${number}}}`)
      if (!('changes' in update)) return true
      const [stored = ''] = Object.values(update.changes.stored)
      return isSameNumber(stored, number)
    }),
    { numRuns: 3_000 }
  )
  const id = '8202522731445525542'
  t.match(read(`{"lead_id":101,"fields":{"vendor_lead_code":${id}}}`), {
    changes: { stored: { vendor_lead_code: id } }
  })
  t.match(read(`{"lead_id":101,"custom_fields":{"score":${id}}}`), {
    changes: { stored: { 'custom_fields.score': id } }
  })
  for (const body of [
    `{"lead_id":101.00000000000000000001,"fields":{"status":"A"}}`,
    `{"lead_id":101,"fields":{"rank":7.00000000000000000001}}`,
    `{"lead_id":101,"fields":{"rank":1e-400}}`,
    `{"lead_id":101,"fields":{"gmt_offset_now":-5.00000000000000000001}}`,
    `{"lead_id":101,"fields":{"list_id":${id}}}`
  ]) {
    t.match(read(body), { refusals: [{ code: 'field_invalid' }] }, body)
  }
})
