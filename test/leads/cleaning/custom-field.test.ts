import fc from 'fast-check'
import { test } from 'tap'
import {
  cleanCustomField,
  CUSTOM_FIELD_TYPES,
  type CustomField,
  type CustomFieldType,
  ownMaxLength
} from '../../../src/leads/cleaning/custom-field.ts'
import { type ColumnText, columnText } from '../../../src/leads/cleaning/column-text.ts'
import { anyCharacter } from '../../any-character.ts'

const UTF8 = columnText('utf8', 1)
const OPTIONS = new Set(['red', 'light blue', 'Ä'])

function clean(type: CustomFieldType | undefined, value: unknown, maxLength = 50) {
  const field: CustomField = { ...(type && { type }), maxLength, options: OPTIONS }
  const cleaned = cleanCustomField('custom_fields.x', field, value, UTF8)
  return 'code' in cleaned ? cleaned.code : cleaned.stored
}

test('each type takes the values that VICIdial stores unchanged, and no other', async (t) => {
  const cases: [type: CustomFieldType, value: unknown, result: string][] = [
    ['DATE', '1980-12-31', '1980-12-31'],
    ['DATE', ' 2024-02-29\n', '2024-02-29'],
    ...['31/12/1980', '1980-2-3', '2023-02-29', '0000-00-00', '1980-12-31 10:00', 'tomorrow', '19801231'].map(
      (value): [CustomFieldType, string, string] => ['DATE', value, 'field_invalid']
    ),
    ['TIME', '09:30', '09:30:00'],
    ['TIME', '23:59:59', '23:59:59'],
    ...['24:00', '9:30', '09:60', '09:30 pm', '0930', '-01:00', '09:30:00.5'].map(
      (value): [CustomFieldType, string, string] => ['TIME', value, 'field_invalid']
    ),
    ['NUMBER', '-12.50', '-12.50'],
    ['NUMBER', 12, '12'],
    ['NUMBER', 1e21, 'field_invalid'],
    ['NUMBER', Number.POSITIVE_INFINITY, 'field_invalid'],
    ...['1,5', '1e3', '.5', '5.', '0x1', '１'].map((value): [CustomFieldType, string, string] => [
      'NUMBER',
      value,
      'field_invalid'
    ]),
    ['NUMBER', '+1', 'field_invalid'],
    ...(['SELECT', 'SOURCESELECT', 'RADIO'] as const).flatMap((type): [CustomFieldType, string, string][] => [
      [type, ' light blue ', 'light blue'],
      [type, 'A\u0308', 'Ä'],
      [type, 'Red', 'field_invalid'],
      [type, '1', 'field_invalid'],
      [type, 'red,light blue', 'field_invalid']
    ]),
    ...(['MULTI', 'CHECKBOX'] as const).flatMap((type): [CustomFieldType, string, string][] => [
      [type, 'red', 'red'],
      [type, 'light blue, red', 'light blue,red'],
      [type, 'red,', 'field_invalid'],
      [type, 'red,red', 'field_invalid'],
      [type, 'red,green', 'field_invalid']
    ]),
    ['TEXT', 'a\r\nb', 'a\nb'],
    ['AREA', '2026-13-45', '2026-13-45'],
    ['TEXT', 12, 'field_invalid'],
    ['DATE', 19801231, 'field_invalid']
  ]
  for (const [type, value, result] of cases)
    t.equal(clean(type, value), result, `${type} ${JSON.stringify(value)}`)
})

test('null empties every type but TIME, which would hold midnight', async (t) => {
  for (const type of CUSTOM_FIELD_TYPES) {
    const empty = { DATE: '0000-00-00', TIME: 'field_not_clearable' }[type as string] ?? ''
    t.equal(clean(type, null), empty, type)
  }
  t.equal(clean(undefined, null), '')
})

test('whatever the type, what is stored is what is sent, clean and, unless it is an option, no longer than the field', async () => {
  const value = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 12 }),
    fc.constantFrom(
      'red',
      'red,light blue',
      '1980-12-31',
      '10:00',
      '7',
      '--BLANK--',
      'a+b',
      'x;y',
      '\\',
      '"'
    ),
    fc.jsonValue()
  )
  const type = fc.option(fc.constantFrom(...CUSTOM_FIELD_TYPES), { nil: undefined })
  fc.assert(
    fc.property(type, value, fc.integer({ min: 1, max: 12 }), (of, given, maxLength) => {
      const field: CustomField = { ...(of && { type: of }), maxLength, options: OPTIONS }
      const cleaned = cleanCustomField('x', field, given, UTF8)
      if ('code' in cleaned || given === null) return true
      const { send, stored } = cleaned
      return (
        send === stored &&
        (of === 'SELECT' || of === 'SOURCESELECT' || of === 'RADIO' || stored.length <= maxLength) &&
        !/[;"+\\]|--BLANK--/.test(stored) &&
        stored !== ''
      )
    }),
    { numRuns: 2_000 }
  )
})

test('what the database cannot hold is refused, and a length is in its own unit', async (t) => {
  const field: CustomField = { type: 'TEXT', maxLength: 4 }
  const code = (value: string, column: ColumnText) => {
    const cleaned = cleanCustomField('custom_fields.x', field, value, column)
    return 'code' in cleaned ? cleaned.code : cleaned.stored
  }
  t.equal(code('\u{1F600}', UTF8), 'characters_lost')
  t.equal(code('жжж', UTF8), 'жжж')
  t.equal(code('жжж', columnText('latin1', 0)), 'field_too_long')
  t.equal(code('жжж', columnText('latin1', 1)), 'characters_lost')
})

test('a refusal says what is wrong with the value, and what the field takes', async (t) => {
  const cases: [type: CustomFieldType, value: unknown, code: string, detail: string][] = [
    ['TIME', null, 'field_not_clearable', 'VICIdial cannot hold an empty x; leave it out or give a time.'],
    ['TEXT', 12, 'field_invalid', 'x must be a string. Put the number in quotes.'],
    ['NUMBER', true, 'field_invalid', 'x must be a string.'],
    ['TEXT', '', 'field_invalid', 'x is an empty string; use null to empty it.'],
    ['TEXT', 'a\\b', 'unsafe_characters', 'x holds a backslash, which is never sent to VICIdial.'],
    ['TEXT', '--BLANK--', 'unsafe_characters', '--BLANK-- would empty x; use null.'],
    [
      'TEXT',
      `a${'\u0301'.repeat(31)}`,
      'unsafe_characters',
      'x holds more than 30 combining marks in a row, more than any language needs.'
    ],
    ['NUMBER', 'x', 'field_invalid', 'x must be a number in digits, as 12 or -12.5.'],
    ['DATE', 'x', 'field_invalid', 'x must be a date that exists, as YYYY-MM-DD.'],
    ['TIME', 'x', 'field_invalid', 'x must be a time of day, as HH:MM or HH:MM:SS.'],
    ['RADIO', 'x', 'field_invalid', 'x must be one of red, light blue, Ä.'],
    ['MULTI', 'x', 'field_invalid', 'x must be one or several, with commas between, of red, light blue, Ä.'],
    ['TEXT', 'a;b', 'characters_lost', 'VICIdial would lose ; " + from x.'],
    ['TEXT', '\u{1F600}', 'characters_lost', "x has characters that VICIdial's database cannot hold."],
    ['TEXT', 'abcdefghi', 'field_too_long', 'x is longer than 8 characters.']
  ]
  for (const [type, value, code, detail] of cases)
    t.strictSame(
      cleanCustomField('x', { type, maxLength: 8, options: OPTIONS }, value, UTF8),
      { code, field: 'x', detail },
      `${type} ${JSON.stringify(value)}`
    )
  t.equal(clean('TEXT', 'abcdefgh', 8), 'abcdefgh')
})

test('prose of several lines has spaces for tabs, and slashes for backslashes, with a warning', async (t) => {
  const area: CustomField = { type: 'AREA', maxLength: 100 }
  const sent = 'one\ttwo\nC:\\three'
  const stored = 'one two\nC:/three'
  const warnings = [{ field: 'x', code: 'transliterated', sent, stored }]
  t.strictSame(cleanCustomField('x', area, sent, UTF8), { send: stored, stored, warnings })
  t.strictSame(cleanCustomField('x', area, 'one\ntwo', UTF8), {
    send: 'one\ntwo',
    stored: 'one\ntwo',
    warnings: []
  })
  for (const value of ['\u0085', '\u0085--BLANK--', 'a\u0007b'])
    t.match(
      cleanCustomField('x', area, value, UTF8),
      { code: /field_invalid|unsafe_characters/ },
      JSON.stringify(value)
    )
  for (const type of ['TEXT', 'HIDDEN', 'READONLY'] as const)
    t.match(cleanCustomField('x', { type, maxLength: 100 }, sent, UTF8), { code: 'unsafe_characters' }, type)
})

test('a refusal names 20 options at most, and 200 characters of them', async (t) => {
  const named = (options: readonly string[]) => {
    const field: CustomField = { type: 'SELECT', maxLength: 9, options: new Set(options) }
    const refusal = cleanCustomField('x', field, 'none', UTF8)
    return 'detail' in refusal ? /^x must be one of (.*)\.$/.exec(refusal.detail)?.[1] : undefined
  }
  const many = Array.from({ length: 21 }, (_, index) => `o${index}`)
  t.equal(named(many.slice(0, 20)), many.slice(0, 20).join(', '))
  t.equal(named(many), `${many.slice(0, 20).join(', ')}…`)
  t.equal(named(['a'.repeat(200)]), 'a'.repeat(200))
  t.equal(named(['a'.repeat(150), 'b'.repeat(49)]), `${'a'.repeat(150)}, ${'b'.repeat(48)}…`)
})

test('a type, or its options, can limit how long a value is', async (t) => {
  const options = new Set(['red', 'light blue'])
  t.strictSame(
    CUSTOM_FIELD_TYPES.map((type) => [type, ownMaxLength({ type, options })]),
    [
      ['TEXT', undefined],
      ['AREA', 21_845],
      ['HIDDEN', undefined],
      ['HIDEBLOB', 21_845],
      ['READONLY', undefined],
      ['NUMBER', undefined],
      ['DATE', 10],
      ['TIME', 8],
      ['SELECT', 10],
      ['SOURCESELECT', 10],
      ['RADIO', 10],
      ['MULTI', 14],
      ['CHECKBOX', 14]
    ]
  )
  t.equal(ownMaxLength({ options }), undefined)
  t.equal(ownMaxLength({ type: 'SELECT' }), 0)
})

test('an option is no longer than its column, also where columns count bytes', async (t) => {
  const latin1 = columnText('latin1', 0)
  const field: CustomField = { type: 'SELECT', maxLength: 1, options: new Set(['Ä']) }
  t.same(cleanCustomField('custom_fields.x', field, 'Ä', latin1), { send: 'Ä', stored: 'Ä', warnings: [] })
  // Several options share a column of text, which cuts them.
  t.match(cleanCustomField('custom_fields.x', { ...field, type: 'MULTI' }, 'Ä', latin1), {
    code: 'field_too_long'
  })
})
