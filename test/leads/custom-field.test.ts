import fc from 'fast-check'
import { test } from 'tap'
import {
  cleanCustomField,
  CUSTOM_FIELD_TYPES,
  type CustomField,
  type CustomFieldType
} from '../../src/leads/custom-field.ts'
import { type ColumnText, columnText } from '../../src/leads/column-text.ts'

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
    fc.string({ unit: 'binary', maxLength: 12 }),
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

test('a refusal names some of many options', async (t) => {
  const options = new Set(Array.from({ length: 300 }, (_, index) => `option ${index}`))
  const refusal = cleanCustomField('custom_fields.x', { type: 'SELECT', maxLength: 9, options }, 'none', UTF8)
  t.match(refusal, {
    code: 'field_invalid',
    field: 'custom_fields.x',
    detail: /^custom_fields\.x must be one of option 0, option 1, .*…\.$/
  })
  t.ok('detail' in refusal && refusal.detail.length < 250)
})

test('an option is no longer than its column, also where columns count bytes', async (t) => {
  const latin1 = columnText('latin1', 0)
  const field: CustomField = { type: 'SELECT', maxLength: 1, options: new Set(['Ä']) }
  t.same(cleanCustomField('custom_fields.x', field, 'Ä', latin1), { send: 'Ä', stored: 'Ä' })
  // Several options share a column of text, which cuts them.
  t.match(cleanCustomField('custom_fields.x', { ...field, type: 'MULTI' }, 'Ä', latin1), {
    code: 'field_too_long'
  })
})
