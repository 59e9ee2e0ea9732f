import fc from 'fast-check'
import { test } from 'tap'
import { ALL_RIGHTS } from '../../../src/leads/rights.ts'
import { readPhone } from '../../../src/leads/cleaning/phone.ts'
import { serverRules } from '../../../src/leads/server-rules.ts'
import { DEFAULT_OPTIONS } from '../../../src/leads/update-options.ts'
import { KnownChanges } from '../../../src/leads/known-changes.ts'
import { readUpdate } from '../../../src/leads/read-update.ts'

const rules = { ...serverRules(0), customFields: new Map(), rights: ALL_RIGHTS }

const PUNCTUATED = {
  '212.555.0100': '2125550100',
  '212.555.0000': '2125550000',
  '1.212.555.0000': '12125550000',
  '212 . 555 . 0100': '2125550100',
  '212-555.0100': '2125550100',
  '+1.2125550100': '12125550100',
  '+33.1.23.45.67.89': '33123456789',
  '01.40.20.50.00': '0140205000',
  '044.668.18.00': '0446681800',
  '600.123.000': '600123000',
  '03342.123456': '03342123456',
  '2125550100.': '2125550100',
  '+39 (06) 1234': '39061234',
  '+39 06 1234567': '39061234567',
  '+3906 1234567': '39061234567',
  '+226 01 23 45 67': '22601234567',
  '+229 (01) 96031321': '2290196031321',
  '+800 0031 4742': '80000314742',
  '+44 20 7946 0958': '442079460958',
  '+1 202-555-0100': '12025550100',
  '+420 601 123 456': '420601123456',
  '(020) 7946 0958': '02079460958',
  '44 020 7946 0958': '4402079460958',
  '(0)20 7946 0958': '02079460958',
  '0049 1512 3456789': '004915123456789',
  '0097250-1234567': '00972501234567',
  '0039345 1234567': '00393451234567',
  '(0049171) 1234567': '00491711234567',
  '00 49 30 1234 5678 901': '00493012345678901',
  '(+44) 20 7946 0958': '442079460958',
  '+0151 23456789': '015123456789',
  '44 212 555 0100 12': '44212555010012',
  '212.555 0100': '2125550100',
  '12345.123 456 7890': '123451234567890',
  '1234-5671234-567': '12345671234567',
  '12 34 567 8901234': '12345678901234',
  '(0000000)': '0000000',
  '(5)': '5'
}

/** As table programs write a number, or with digits that don't belong to it. */
const REFUSED = [
  '212555010.0',
  '2125550100.0',
  '2125550100.00',
  '+12125550100.0',
  '(212) 555-0100.0',
  '212.555.0100.0',
  '212.555.0100.00',
  '2125550100 .0',
  '44.0',
  '2.125.550.100',
  '2.125.550.000',
  '2125550100.5',
  '212555.0100',
  '12345.25',
  '12345. 25',
  '212.555.5',
  '12.34.5678.00',
  '10000.000000000001',
  '-2125550100',
  '+39 (0)6 1234',
  '+39 06 (0)1234',
  '+44 (020) 7946 0958',
  '44 (0)20 7946 0958',
  '44(0)20 7946 0958',
  '(+44 (0)20 7946 0958)',
  '+44 20 (0)7946',
  '+44 (0 20) 7946 0958',
  '(+44) (0)20 7946 0958',
  '+44 020 7946 0958',
  '(+44) 020 7946 0958',
  '+44 (0)020 7946 0958',
  '+4402079460958',
  '0044 020 7946 0958',
  '+49-0209-22000',
  '+33.01.23.45.67.89',
  '+351 021 123 4567',
  '+1 (0212) 555-0100',
  '011 44 (0)20 7946 0958',
  '555-0101 555-0102',
  '555-0101 - 555-0102',
  '5550101-5550102',
  '5550101.5550102',
  '0049171123456 0049171123457',
  '2125550100 5550101',
  '212-555-0100 555-0101',
  '555-0101 212-555-0100',
  '+44 20 7946 0958 0959',
  '12 34 56 78 87 65 43 21',
  '(555)0101 555-0102',
  '555 0101 555 0102',
  '2125550100 (2125550101)',
  '+12125550100+12125550101',
  '+44+2079460958',
  '+555 0101 555 0102',
  '12 34 567 12 34 568',
  '212-555-0100-12',
  '(212) 555-0100 1234'
]

test('dots separate the groups of a phone number', async (t) => {
  for (const [text, digits] of Object.entries(PUNCTUATED))
    t.strictSame(readPhone(text), { digits, trunkZeroDropped: false }, text)
})

test('punctuation that would change the digits is refused', async (t) => {
  for (const text of REFUSED) t.match(readPhone(text), { code: 'field_invalid' }, text)
  const tableNumber = ': this is a number as a table program writes it'
  const remedies = {
    '2.12556E+09': tableNumber,
    '2.12E9': tableNumber,
    '2E+09': tableNumber,
    '2,125,550,100': tableNumber,
    "2'125'550'100": tableNumber,
    '2,125,550,100.00': tableNumber,
    '212,555,010': tableNumber,
    'no 2,125,550,100': '',
    '2,125,550,100 no': '',
    '212-555-0100 ext. 12': ': leave the extension out',
    '212-555-0100x12': ': leave the extension out',
    '212-555-0100;ext=12': ': leave the extension out',
    '212 555 0100 #12': ': leave the extension out',
    '212-555-0100 x2y': '',
    '212-5550100, 2nd': '',
    '2125550100/2125550101': ': give one number',
    '212-555-0100, 212-555-0101': ': give one number',
    'tel:+12125550100': '',
    unknown: ''
  }
  for (const [text, remedy] of Object.entries(remedies)) {
    const detail = `takes digits, and + ( ) . - and spaces between them${remedy}`
    t.strictSame(readPhone(text), { code: 'characters_lost', detail }, text)
  }
  for (const text of ['2,125,550,100', "2'125'550'100", '2_125_550_100', '2.12556E+09', '2125550100,00'])
    t.match(readPhone(text), { code: 'characters_lost' }, text)
})

test('a text of up to 100 characters is read', async (t) => {
  t.match(readPhone(`1${' '.repeat(98)}2`), { digits: '12' })
  t.strictSame(readPhone(`1${' '.repeat(99)}2`), {
    code: 'field_too_long',
    detail: 'is longer than 100 characters'
  })
})

/** What is wrong with a number whose digits would be doubtful, and what to do. */
const FAULTS = {
  '212555010.0': 'ends in .0, as a table program writes a number: give the digits alone',
  '212.5.0': 'ends in .0, as a table program writes a number: give the digits alone',
  '2.125.550.100': 'has dots as thousands separators: give the digits alone',
  '2125550100.5': 'has a dot where no phone number has one: give the digits alone',
  '10000.000000000001': 'has a dot where no phone number has one: give the digits alone',
  '-2125550100': 'begins with a minus sign',
  '+44 020 7946 0958':
    'has a zero after the country code, which is dialed only inside the country: leave it out',
  '+39 (0)6 1234': 'has (0) after the country code: write 0 if callers from abroad dial it',
  '44 (0)20 7946 0958': 'has a zero in brackets after other digits: leave it out',
  '+44+2079460958': 'has a + after other digits: give one number',
  '555-0101 555-0102': 'has two numbers: give one',
  '1 212 555 0100 12': 'has more digits after a complete number: leave the extension out',
  '1 - 212 - 555 - 0100 - 12': 'has more digits after a complete number: leave the extension out',
  '212 555 0100 123456': 'has 16 digits, more than a phone number: give one, without an extension'
}

test('a refusal says what is wrong with the number, and what to do', async (t) => {
  for (const [text, detail] of Object.entries(FAULTS))
    t.strictSame(readPhone(text), { code: 'field_invalid', detail }, text)
})

test('no fraction of zeros after a whole number is ever read', async (t) => {
  const zeros = fc.integer({ min: 1, max: 6 }).map((count) => '0'.repeat(count))
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 18n }), zeros, (number, fraction) => {
      const reading = readPhone(`${number}.${fraction}`)
      return 'code' in reading
    })
  )
  t.pass()
})

test('a trunk zero in brackets after a country code is left out, with a warning', async (t) => {
  const numbers = {
    '+44 (0)20 7946 0958': '442079460958',
    '+44(0)2079460958': '442079460958',
    '+44 (0) 20 7946 0958': '442079460958',
    '+44 ( 0 ) 20 7946 0958': '442079460958',
    '+44 (  0  ) 20 7946 0958': '442079460958',
    '+ 44 (0)20 7946 0958': '442079460958',
    '0044 (0)20 7946 0958': '00442079460958',
    '+49 (0) 209 22000': '4920922000',
    '+239 (0)222 1234': '2392221234'
  }
  for (const [text, digits] of Object.entries(numbers))
    t.strictSame(readPhone(text), { digits, trunkZeroDropped: true }, text)

  const sent = '+44 (0)20 7946 0958'
  const field = 'phone_number'
  const warning = { field, code: 'characters_dropped', sent, stored: '442079460958' }
  const value = readUpdate({ lead_id: 101, fields: { [field]: sent } }, 0, DEFAULT_OPTIONS, rules)
  t.match(value, { changes: { params: { [field]: '442079460958' }, warnings: [warning] } })
  const key = readUpdate({ [field]: sent, fields: { status: 'DNC' } }, 0, DEFAULT_OPTIONS, rules)
  t.match(key, { key: { by: field, value: '442079460958' }, changes: { warnings: [warning] } })
  const strict = { ...DEFAULT_OPTIONS, onLossy: 'reject' } as const
  t.match(readUpdate({ [field]: sent, fields: { status: 'DNC' } }, 0, strict, rules), {
    refusals: [{ code: 'characters_lost', field, pointer: '/phone_number' }]
  })
})

test('a number of a country is read with its code, and refused with a zero after it unless it is dialed', async (t) => {
  const keepsZero = [
    ...['39', '225', '226', '227', '229', '241', '242', '247', '250', '378', '379', '687', '992'],
    ...['800', '808', '870', '878', '881', '882', '883', '888', '979']
  ]
  const codes = [
    '1',
    '7',
    '20',
    '34',
    '44',
    '49',
    '61',
    '84',
    '98',
    '212',
    '351',
    '380',
    '420',
    '596',
    '673',
    '855',
    '971'
  ]
  for (const code of [...codes, ...keepsZero])
    for (const before of ['+', '00']) {
      const digits = `${before === '+' ? '' : before}${code}`
      t.match(readPhone(`${before}${code} 51 234 567`), { digits: `${digits}51234567` }, code)
      const zero = readPhone(`${before}${code} 051 234 567`)
      t.match(
        zero,
        keepsZero.includes(code) ? { digits: `${digits}051234567` } : { code: 'field_invalid' },
        code
      )
    }
})

test('a warning about a key is of its update alone', async (t) => {
  const known = new KnownChanges()
  const fields = { status: 'DNC' }
  readUpdate({ phone_number: '+44 (0)20 7946 0958', fields }, 0, DEFAULT_OPTIONS, rules, known)
  t.match(readUpdate({ lead_id: 101, fields }, 1, DEFAULT_OPTIONS, rules, known), {
    changes: { warnings: [] }
  })
})

test('a third phone number in address3 is refused as a table program writes it', async (t) => {
  const read = (address3: string) =>
    readUpdate({ lead_id: 101, fields: { address3 } }, 0, DEFAULT_OPTIONS, rules)
  const detail = 'address3 is a phone number as a table program writes a number: give the digits alone.'
  for (const text of ['2125559206.0', '2125559206.00', '2.12556E+09', '2E+9'])
    t.match(read(text), { refusals: [{ code: 'field_invalid', field: 'address3', detail }] }, text)
  for (const text of ['2125559206', '212.555.9206', 'Unit 7.0', 'Unit 212555.0', '212555.0 km', '7.0', '1E'])
    t.match(read(text), { changes: { stored: { address3: text } } }, text)
})
