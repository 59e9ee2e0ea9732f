import fc from 'fast-check'
import { test } from 'tap'
import { serverRules } from '../../src/leads/server-rules.ts'
import {
  collated,
  keyName,
  keyOfName,
  type LeadKey,
  mayBeSpeltOtherwise,
  orderName,
  readLeadKey
} from '../../src/leads/lead-key.ts'

const rules = serverRules(0)

test('a lead_id is an integer or its digits, from 1 to 999999999', async (t) => {
  for (const value of [1, 101, 999_999_999, '101', '000000101', '999999999'])
    t.strictSame(readLeadKey('lead_id', value, rules), { by: 'lead_id', value: Number(value) })
  const others = [
    0,
    -1,
    -0,
    1.5,
    1e9,
    2 ** 60,
    Number.NaN,
    Infinity,
    '0',
    '',
    ' 101',
    '1e2',
    '0x65',
    '1000000000'
  ]
  for (const value of [...others, '-101', '+101', '101,102', null, undefined, true, {}]) {
    t.strictSame(
      readLeadKey('lead_id', value, rules),
      {
        code: 'field_invalid',
        field: 'lead_id',
        detail: 'lead_id must be an integer from 1 to 999999999.'
      },
      String(value)
    )
  }
})

test('a vendor_lead_code is looked up unchanged', async (t) => {
  for (const value of [
    'CRM-7',
    'crm-7',
    "o'neil",
    'a|b',
    '0123',
    '1e3',
    'ñandú',
    '<b>',
    'a&b=c',
    'two words'
  ])
    t.strictSame(readLeadKey('vendor_lead_code', value, rules), { by: 'vendor_lead_code', value })
  t.strictSame(readLeadKey('vendor_lead_code', ' n\u0303 ', rules), { by: 'vendor_lead_code', value: 'ñ' })
})

test('a vendor_lead_code that VICIdial would alter is refused', async (t) => {
  const codes: [unknown, string][] = [
    ['a,b', 'characters_lost'],
    ['a+b', 'characters_lost'],
    ['a;b', 'characters_lost'],
    ['a#b', 'characters_lost'],
    ['a"b', 'characters_lost'],
    ['a😀', 'characters_lost'],
    ['a\\b', 'unsafe_characters'],
    ['a\nb', 'unsafe_characters'],
    ['a\0b', 'unsafe_characters'],
    ['\ud800', 'unsafe_characters'],
    ['--BLANK--', 'unsafe_characters'],
    ['x'.repeat(21), 'field_too_long'],
    ['', 'field_invalid'],
    ['  ', 'field_invalid'],
    [null, 'field_invalid'],
    [undefined, 'field_invalid'],
    [7, 'field_invalid'],
    [['CRM-7'], 'field_invalid']
  ]
  for (const [value, code] of codes)
    t.match(readLeadKey('vendor_lead_code', value, rules), { code, field: 'vendor_lead_code' }, String(value))
  t.strictSame(readLeadKey('vendor_lead_code', 'a,b', rules), {
    code: 'characters_lost',
    field: 'vendor_lead_code',
    detail: 'VICIdial cannot look up a vendor_lead_code with a comma in it.'
  })
  t.match(readLeadKey('vendor_lead_code', ['CRM-7', 'CRM-8'], rules), {
    detail: /this list gave 2 values\.$/
  })
  t.match(readLeadKey('lead_id', [7, 8], rules), { detail: /this list gave 2 values\.$/ })
  t.strictSame(readLeadKey('vendor_lead_code', null, rules), {
    code: 'field_invalid',
    field: 'vendor_lead_code',
    detail: 'vendor_lead_code must be a string.'
  })
})

test('a phone_number is looked up by its digits, at least six', async (t) => {
  for (const value of ['2125550004', '(212) 555-0004', '+212.555.0004', ' 212 555 0004 '])
    t.strictSame(readLeadKey('phone_number', value, rules), { by: 'phone_number', value: '2125550004' })
  t.strictSame(readLeadKey('phone_number', '123456', rules), { by: 'phone_number', value: '123456' })
  t.strictSame(readLeadKey('phone_number', '02125550004', rules), {
    by: 'phone_number',
    value: '02125550004'
  })
  t.strictSame(readLeadKey('phone_number', '12-345', rules), {
    code: 'field_invalid',
    field: 'phone_number',
    detail: 'VICIdial looks up phone numbers of 6 digits or more.'
  })
  const codes: [unknown, string][] = [
    ['2125550004,2125550005', 'characters_lost'],
    ['555-CALL-NOW', 'characters_lost'],
    ['1'.repeat(19), 'field_too_long'],
    ['', 'field_invalid'],
    [2125550004, 'field_invalid'],
    [null, 'field_invalid']
  ]
  for (const [value, code] of codes)
    t.match(readLeadKey('phone_number', value, rules), { code, field: 'phone_number' }, String(value))
})

test('a key has one name, and no other key has that name', (t) => {
  const key = fc.oneof(
    fc.record({
      by: fc.constant('lead_id' as const),
      value: fc.integer({ min: 1, max: 999_999_999 })
    }),
    fc.record({
      by: fc.constantFrom('vendor_lead_code' as const, 'phone_number' as const),
      value: fc.oneof(fc.string(), fc.constantFrom('lead_id:1', '1', ':', 'a:b', ' ', '\0'))
    })
  )
  fc.assert(
    fc.property(key, key, (...keys) => {
      const [one, other] = keys.map((each): LeadKey => ({ ...each })) as [LeadKey, LeadKey]
      t.strictSame(keyOfName(keyName(one)), one)
      t.equal(keyName(one) === keyName(other), one.by === other.by && one.value === other.value)
    }),
    { numRuns: 300 }
  )
  t.equal(keyName({ by: 'vendor_lead_code', value: 'CRM-7' }), 'vendor_lead_code:CRM-7')
  for (const name of ['', 'CRM-7', 'email:a', '__proto__:a', ':1']) {
    t.throws(() => keyOfName(name), RangeError, name)
  }
  t.end()
})

test('a key with an apostrophe is refused where the build puts keys into its SQL, other keys are not', async (t) => {
  const careful = serverRules(0, { refusesApostrophes: true })
  t.strictSame(readLeadKey('vendor_lead_code', "O'Brien", careful), {
    code: 'unsafe_characters',
    field: 'vendor_lead_code',
    detail:
      'vendor_lead_code holds an apostrophe, which this VICIdial build (or an unknown one) puts unescaped into SQL.'
  })
  t.strictSame(readLeadKey('vendor_lead_code', 'O`Brien', careful), {
    by: 'vendor_lead_code',
    value: 'O`Brien'
  })
  t.strictSame(readLeadKey('vendor_lead_code', "O'Brien", rules), {
    by: 'vendor_lead_code',
    value: "O'Brien"
  })
})

test('a build without look-ups takes lead ids only', async (t) => {
  const oldest = serverRules(0, { hasLookUps: false })
  t.match(readLeadKey('vendor_lead_code', 'CRM-1', oldest), {
    code: 'field_unknown',
    field: 'vendor_lead_code'
  })
  t.match(readLeadKey('phone_number', '2125550101', oldest), { code: 'field_unknown', field: 'phone_number' })
  t.strictSame(readLeadKey('lead_id', 7, oldest), { by: 'lead_id', value: 7 })
})

test('keys that MariaDB takes for the same have the same form, and the same place in the order', async (t) => {
  const same = [
    ['6E1', '6e1'],
    ['crm-1', 'CRM-1', 'Crm-1  '],
    ['josé', 'JOSE', 'Jose\u0301 '],
    ['Ж-1', 'ж-1'],
    ['１２', '12']
  ]
  for (const [first = '', ...others] of same)
    for (const other of others) {
      t.equal(collated(other), collated(first), other)
      const name = (value: string) => orderName({ by: 'vendor_lead_code', value })
      t.equal(name(other), name(first))
    }
  for (const [one = '', other = ''] of [
    ['6E1', '60'],
    ['CRM-1', 'CRM-2'],
    [' 6E1', '6E1'],
    ['0123', '123']
  ])
    t.not(collated(one), collated(other), one)
  t.equal(orderName({ by: 'lead_id', value: 7 }), 'lead_id:7')
  t.equal(orderName({ by: 'phone_number', value: '2125550001' }), 'phone_number:2125550001')
})

test('the form of a code is its own form, whatever its case, accents and spaces at its end', async (t) => {
  const code = fc.string({ unit: 'grapheme', maxLength: 20 })
  const same = fc.property(code, fc.nat(3), (value, spaces) => {
    const form = collated(value)
    t.equal(collated(form), form, 'it is a fixed point')
    t.equal(collated(value + ' '.repeat(spaces)), form)
    t.equal(collated(value.toUpperCase()), form)
  })
  fc.assert(same, { numRuns: 500 })
})

test('a number with an exponent can find a code that is spelt otherwise; other numbers can for exact keys', async (t) => {
  const can = (value: string, isExact = false) =>
    mayBeSpeltOtherwise({ by: 'vendor_lead_code', value }, isExact)
  for (const value of ['6E1', '6e1', '1.5e3', '.5E-2', '00e1', '12E+5'.replace('+', '-')])
    t.ok(can(value), value)
  for (const value of ['61', 'CRM-1', 'e1', '6e', '6e1x', 'E6', '0x6e1', '6.1']) t.notOk(can(value), value)
  for (const value of ['6E1', '61', '0123', '-6.1', '.5']) t.ok(can(value, true), value)
  for (const value of ['CRM-1', 'e1', '6e', '0x6e1', '']) t.notOk(can(value, true), value)
  for (const isExact of [false, true])
    t.notOk(mayBeSpeltOtherwise({ by: 'phone_number', value: '6101' }, isExact))
})
