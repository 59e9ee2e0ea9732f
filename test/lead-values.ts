import fc from 'fast-check'
import type { Field } from '../src/leads/fields.ts'

const rough = fc.constantFrom(
  ...[
    'a',
    'Z',
    '7',
    ' ',
    '-',
    "'",
    '_',
    '.',
    ':',
    '/',
    '@',
    '%',
    '+',
    ',',
    '&',
    '#',
    ';',
    '"',
    '=',
    '?',
    '!N'
  ],
  ...[
    'é',
    'e\u0301',
    'ß',
    'Ł',
    'ü',
    '日',
    'я',
    'ﬁ',
    '٣',
    '\u0301',
    '\u00a0',
    '\u200b',
    '\u200e',
    '’',
    '–',
    '½',
    '１',
    '\\',
    '\ufeff',
    '𝒜',
    '😀',
    '\n',
    '\r\n',
    '\t'
  ]
)
/** A value that a careless or hostile caller might send in any field. */
export const anyValue = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: rough, maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom('a', 'B', '7', ' ', '-', '_'), maxLength: 25 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '1'.repeat(18),
      '+1 (212) 555-0101',
      '+44 (0)20 7946 09',
      '2125550101.0',
      '1980-02-29',
      '1981-02-29',
      'M',
      '--BLANK--'
    )
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.integer({ min: -2, max: 70_000 }),
      fc.double({ min: -13, max: 15, noNaN: true }),
      fc.constant(-0)
    )
  },
  { weight: 1, arbitrary: fc.constant(null) }
)
/** What is wrong between a value as it was sent and what is said to be stored of it; undefined if nothing is. */
export function alteration(
  field: Field,
  given: unknown,
  stored: string,
  warnings: readonly { readonly field: string; readonly stored: string }[]
): string | undefined {
  const warned = warnings.filter((warning) => warning.field === field.name)
  if (given === null) return stored === '' || stored === '0000-00-00' ? undefined : 'not emptied'
  if (field.type === 'integer') return String(BigInt(String(given))) === stored ? undefined : 'number altered'
  if (field.type === 'number') return Number(stored) === given ? undefined : 'number altered'
  const meant = String(given).replaceAll(/\r\n?/g, '\n').normalize('NFC').trim().replaceAll('\n', '!N')
  if (field.type === 'phone' && warned.length === 0)
    return digitsOf(meant) === stored ? undefined : 'phone altered'
  if (field.type === 'phone') {
    const typed = meant.normalize('NFKC').replace('(0)', '')
    return typed.replace(/\D/g, '') === stored ? undefined : 'other digits than those sent'
  }
  if (field.kind === 'identifier' && warned.length > 0) return 'identifier with a warning'
  if (warned.length === 0) return meant === stored ? undefined : 'altered without a warning'
  return warned.every((warning) => warning.stored === stored) ? undefined : 'the warning says otherwise'
}

function digitsOf(phone: string): string {
  return phone.replace(/[+(). -]/g, '')
}
