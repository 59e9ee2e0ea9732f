import fc from 'fast-check'
import { test } from 'tap'
import { type Cleaner, createCleaner, type ServerTraits } from '../../../src/leads/cleaning/clean.ts'
import type { Cleaned } from '../../../src/leads/cleaning/column.ts'
import { FIELD_BY_NAME, FIELDS } from '../../../src/leads/fields.ts'
import type { Refusal } from '../../../src/leads/refusal.ts'
import { readLeadKey } from '../../../src/leads/lead-key.ts'
import { asciiOf } from '../../../src/leads/cleaning/typography.ts'
import { serverRules } from '../../../src/leads/server-rules.ts'
import { anyCharacter } from '../../any-character.ts'

const LATIN1: ServerTraits = { dbCharset: 'latin1' }
const cleaners = [createCleaner(0), createCleaner(1), createCleaner(0, LATIN1), createCleaner(1, LATIN1)]
const [ascii, letters] = cleaners as [Cleaner, Cleaner]

function clean(cleaner: Cleaner, name: string, value: unknown): Cleaned | Refusal {
  const field = FIELD_BY_NAME.get(name)
  if (field === undefined) throw new Error(`no field ${name}`)
  return cleaner(field, value)
}

/** Values of prose, and what every VICIdial stores of them. */
const SPELLED: readonly [name: string, sent: string, stored: string][] = [
  ['last_name', 'O’Brien', "O'Brien"],
  ['last_name', 'O‘Brien', "O'Brien"],
  ['last_name', 'D´Angelo', "D'Angelo"],
  ['last_name', 'O`Brien', "O'Brien"],
  ['first_name', 'Ann・Lee', 'Ann Lee'],
  ['last_name', '“Bob” Smith', "'Bob' Smith"],
  ['last_name', 'Smith–Jones', 'Smith-Jones'],
  ['last_name', 'Smith—Jones', 'Smith-Jones'],
  ['first_name', 'Jean\u2011Luc', 'Jean-Luc'],
  ['first_name', 'Jean−Luc', 'Jean-Luc'],
  ['first_name', 'Anna\u00a0Maria', 'Anna Maria'],
  ['first_name', 'Anna\u2009Maria', 'Anna Maria'],
  ['first_name', 'Anna\u202fMaria', 'Anna Maria'],
  ['first_name', 'Anna\u3000Maria', 'Anna Maria'],
  ['city', 'to be asked…', 'to be asked...'],
  ['address1', '12½ Elm St – Unit 5', '12 1/2 Elm St - Unit 5'],
  ['address1', 'Flat ½', 'Flat 1/2'],
  ['address1', '５ Elm St．', '5 Elm St.'],
  ['address1', '12 Elm St\nApt 4', '12 Elm St Apt 4'],
  ['address1', '12 Elm St\u2028Apt 4', '12 Elm St Apt 4'],
  ['address2', 'Apt\t4\u000bB', 'Apt 4 B'],
  ['address2', 'A\\4', 'A/4'],
  ['comments', 'called\tno answer', 'called no answer'],
  ['comments', 'called\t\tno answer', 'called no answer'],
  ['first_name', '・Ann', 'Ann'],
  ['address1', '1–2 Elm St', '1-2 Elm St'],
  ['address1', '½2 Elm St', '1/2 2 Elm St'],
  ['comments', 'first\u000bsecond', 'first second'],
  ['comments', 'first\\nsecond', 'first/nsecond']
]

test('characters of typesetting are written as VICIdial keeps them, with a warning', async (t) => {
  for (const [name, sent, stored] of SPELLED) {
    const warnings = [{ field: name, code: 'transliterated', sent, stored }]
    for (const cleaner of cleaners)
      t.strictSame(clean(cleaner, name, sent), { send: stored, stored, warnings }, `${name}: ${stored}`)
  }
})

test('what VICIdial keeps is not written otherwise', async (t) => {
  const kept: [name: string, value: string][] = [
    ['comments', 'he said “no” – twice…'],
    ['vendor_lead_code', 'A–7’'],
    ['source_id', 'Ｗｅｂ']
  ]
  for (const [name, value] of kept) {
    for (const cleaner of [ascii, letters])
      t.strictSame(clean(cleaner, name, value), { send: value, stored: value, warnings: [] }, value)
  }
  t.match(
    clean(letters, 'city', 'Ｎｅｗ　Ｙｏｒｋ'),
    { stored: 'Ｎｅｗ Ｙｏｒｋ' },
    'full-width letters are letters'
  )
  t.match(clean(ascii, 'city', 'Ｎｅｗ　Ｙｏｒｋ'), { stored: 'New York' })
})

test('a spelling is used only if the field keeps all of it', async (t) => {
  t.match(clean(ascii, 'last_name', 'Ann ½'), {
    stored: 'Ann',
    warnings: [{ code: 'characters_dropped' }]
  })
  t.match(clean(letters, 'address1', '12 Elm \uff3c 4'), { stored: '12 Elm / 4' })
  for (const name of ['state', 'postal_code', 'email', 'status', 'owner'])
    t.match(clean(ascii, name, 'A–'), { code: 'characters_lost' }, name)
})

test('a sign that only half has an ASCII spelling has none', async (t) => {
  for (const sign of ['℃', 'ẚ', '㎛']) t.equal(asciiOf(sign), undefined, sign)
  t.equal(asciiOf('㎡'), 'm2')
})

test('no value of prose brings anything to VICIdial that it must not get', async (t) => {
  const prose = FIELDS.filter(({ kind }) => kind === 'prose')
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('＼', '﹨', '\\', '；', '＂', '＋', '\t', '\u0085', '½', '1', '…', 'ﬁ'),
      fc.string({ unit: anyCharacter, maxLength: 1 })
    )
  })
  fc.assert(
    fc.property(fc.constantFrom(...prose), fc.constantFrom(...cleaners), text, (field, cleaner, value) => {
      const cleaned = cleaner(field, value)
      if ('code' in cleaned) return true
      const isSafe = !/[\\\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(cleaned.send)
      const isSame = cleaned.send === value.normalize('NFC').replace(/\r\n?/g, '\n').trim()
      return isSafe && cleaned.send.isWellFormed() && isSame === (cleaned.warnings.length === 0)
    }),
    { numRuns: 2_000 }
  )
  t.pass()
})

test('marks that are not seen are dropped from prose and phones, with a warning', async (t) => {
  for (const mark of ['\u200b', '\u200e', '\u202a', '\u2066', '\u00ad', '\u2060', '\ufe0f', '\u061c']) {
    const dropped = (field: string, sent: string, stored: string) => ({
      send: stored,
      stored,
      warnings: [{ field, code: 'characters_dropped', sent, stored }]
    })
    for (const cleaner of cleaners) {
      const name = `Ann${mark}a`
      t.strictSame(clean(cleaner, 'first_name', name), dropped('first_name', name, 'Anna'))
      const phone = `${mark}212-555${mark}-0100${mark}`
      for (const field of ['phone_number', 'alt_phone'])
        t.strictSame(clean(cleaner, field, phone), dropped(field, phone, '2125550100'))
    }
    const warnings: unknown[] = []
    t.same(readLeadKey('phone_number', `212555${mark}0100`, serverRules(0), warnings as []), {
      by: 'phone_number',
      value: '2125550100'
    })
    t.equal(warnings.length, 1)
  }
})

test('spaces, dashes and full-width digits of a phone number are read, with a warning', async (t) => {
  for (const sent of [
    '212\u00a0555\u00a00100',
    '212–555–0100',
    '212\u2011555\u20110100',
    '２１２５５５０１００',
    '（212）555−0100'
  ]) {
    t.strictSame(clean(ascii, 'phone_number', sent), {
      send: '2125550100',
      stored: '2125550100',
      warnings: [{ field: 'phone_number', code: 'transliterated', sent, stored: '2125550100' }]
    })
  }
  t.match(clean(ascii, 'phone_number', '212555010．0'), { code: 'field_invalid' })
  for (const sent of ['2125550100²', '212555010½', '212555010①'])
    t.match(clean(ascii, 'phone_number', sent), { code: 'characters_lost' }, sent)
})

test('a refusal names what cannot be seen in the value', async (t) => {
  const values: [name: string, value: string, named: string][] = [
    ['status', 'DNC\u200e', 'U+200E'],
    ['email', 'ann\u00a0@example.com', 'U+00A0'],
    ['postal_code', 'SW1A\u20091AA', 'U+2009'],
    ['date_of_birth', '\u200e1980-12-31', 'U+200E'],
    ['gender', 'F\u200b', 'U+200B'],
    ['rank', '7\u200b', 'U+200B'],
    ['phone_number', '212555\u200ex', 'U+200E'],
    ['first_name', '\u200b', 'U+200B'],
    ['gender', 'F\u200b\u200c\u200d\u200e', 'It holds U+200B, U+200C, U+200D, which cannot be seen.']
  ]
  for (const [name, value, named] of values) {
    const refusal = clean(ascii, name, value) as Refusal
    t.match(refusal.detail, named, name)
    t.notMatch(refusal.detail, /[^ -~]/, name)
  }
  const key = readLeadKey('lead_id', '101\u200e', serverRules(0)) as Refusal
  t.match(key.detail, 'It holds U+200E, which cannot be seen.')
})
