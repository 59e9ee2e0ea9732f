import fc from 'fast-check'
import { test } from 'tap'
import { createCleaner } from '../../../src/leads/cleaning/clean.ts'
import { columnText, type DbCharset, type NonLatin } from '../../../src/leads/cleaning/column-text.ts'
import { FIELD_BY_NAME, type Field } from '../../../src/leads/fields.ts'
import { serverRules } from '../../../src/leads/server-rules.ts'

const comments = FIELD_BY_NAME.get('comments') as Field
const code = FIELD_BY_NAME.get('vendor_lead_code') as Field
const firstName = FIELD_BY_NAME.get('first_name') as Field
const country = FIELD_BY_NAME.get('country_code') as Field

test('with latin1 and use_non_latin 0, a column counts the bytes of UTF-8', async (t) => {
  const clean = createCleaner(0, { dbCharset: 'latin1' })
  const cyrillic = 'я'.repeat(127)
  t.match(clean(comments, `${cyrillic}!`), { stored: `${cyrillic}!` })
  t.strictSame(clean(comments, `${cyrillic}я`), {
    code: 'field_too_long',
    field: 'comments',
    detail: 'comments is 256 bytes as VICIdial stores it; it holds 255.'
  })
  t.match(createCleaner(0)(comments, 'я'.repeat(255)), { stored: 'я'.repeat(255) })
  t.match(clean(code, 'ключ-12345'), { send: 'ключ-12345' })
  t.match(clean(code, 'ключ-1234567890123'), { code: 'field_too_long' })
  t.match(clean(firstName, 'Жюль'), { stored: 'Zhyul', warnings: [{ code: 'transliterated' }] })
})

test('a value is taken exactly if its bytes, or characters, fit the column', async (t) => {
  const text = fc
    .string({ unit: 'grapheme', maxLength: 300 })
    .map((value) => value.replace(/[^\p{L}\p{N}]/gu, ''))
  const settings: [DbCharset, NonLatin][] = [
    ['utf8', 0],
    ['utf8', 1],
    ['latin1', 0]
  ]
  for (const [dbCharset, nonLatin] of settings) {
    const clean = createCleaner(nonLatin, { dbCharset })
    const fits = fc.property(text, (value) => {
      const result = clean(code, value)
      const sent = value.normalize('NFC')
      const isBytes = dbCharset === 'latin1'
      const length = isBytes ? new TextEncoder().encode(sent).length : [...sent].length
      if (sent === '' || /[\u{10000}-\u{10FFFF}]/u.test(sent)) return true
      return 'code' in result ? result.code === 'field_too_long' && length > 20 : length <= 20
    })
    t.doesNotThrow(() => fc.assert(fits, { numRuns: 500 }), `${dbCharset}, use_non_latin=${nonLatin}`)
  }
})

test('with latin1 and use_non_latin 1, only the letters of Western Europe are stored', async (t) => {
  const clean = createCleaner(1, { dbCharset: 'latin1' })
  t.match(clean(firstName, 'José Šœ'), { stored: 'José Šœ', warnings: { length: 0 } })
  t.match(clean(firstName, 'Жюль'), { code: 'characters_lost' })
  t.match(clean(firstName, 'Anna Ж'), { stored: 'Anna', warnings: [{ code: 'characters_dropped' }] })
  t.match(clean(comments, '3 € – Ж'), { stored: '3 € – ?', warnings: [{ code: 'characters_dropped' }] })
  t.match(clean(code, 'ключ'), { code: 'characters_lost' })
  t.match(clean(comments, 'é'.repeat(255)), { stored: 'é'.repeat(255) })
  t.match(clean(comments, 'a\nb'), { send: 'a\nb', warnings: { length: 0 } })
})

test('a letter that a comment cannot hold is a question mark there, and not spelled otherwise', async (t) => {
  t.match(createCleaner(0)(comments, 'a \u{10345} b'), { stored: 'a ? b' })
})

test('letters that an old PCRE lacks are lost, whatever Node knows', async (t) => {
  const clean = createCleaner(1)
  const newer = '\u088F\u0C5C\u0CDC\u1C89\u1C8A\uA7CB\uA7CC\uA7CD\uA7CE\uA7CF\uA7D2\uA7D4\uA7DA\uA7DB\uA7DC'
  for (const letter of newer) {
    t.match(
      clean(firstName, `Ann${letter}`),
      { send: 'Ann', warnings: [{ code: 'characters_dropped' }] },
      letter
    )
    t.match(clean(firstName, letter), { code: 'characters_lost' })
    t.match(clean(FIELD_BY_NAME.get('email') as Field, `a${letter}@example.com`), { code: 'characters_lost' })
  }
  t.match(clean(firstName, 'Ann\uA7F1'), { send: 'AnnS', warnings: [{ code: 'transliterated' }] })
  t.match(clean(firstName, 'Éva Ωμέγα 漢字'), { stored: 'Éva Ωμέγα 漢字', warnings: { length: 0 } })
})

test('every letter that is kept is one to Node, and fits a column', async (t) => {
  for (const [charset, nonLatin] of [
    ['utf8', 0],
    ['utf8', 1],
    ['latin1', 1]
  ] as const) {
    const { letters, unstorable } = columnText(charset, nonLatin)
    const kept = new RegExp(`[${letters}]`, 'u')
    const wrong: string[] = []
    for (let point = 0; point < 0x11_0000; point++) {
      if (point >= 0xd800 && point < 0xe000) continue
      const letter = String.fromCodePoint(point)
      if (kept.test(letter) && (!/\p{L}/u.test(letter) || letter.search(unstorable) !== -1))
        wrong.push(letter)
    }
    t.strictSame(wrong, [], `${charset}, use_non_latin=${nonLatin}`)
  }
})

test('a build that keeps only capitals in country_code is sent nothing else, and never asked to empty it', async (t) => {
  const { clean, fields } = serverRules(0, { capitalsInCountryCode: true })
  t.match(clean(country, 'USA'), { send: 'USA', stored: 'USA', warnings: { length: 0 } })
  for (const value of ['usa', 'U1', 'U-S', 'É', 'us a'])
    t.match(clean(country, value), { code: 'characters_lost', field: 'country_code' }, value)
  t.match(clean(country, 'USAX'), { code: 'field_too_long' })
  t.strictSame(clean(country, null), {
    code: 'field_not_clearable',
    field: 'country_code',
    detail: 'VICIdial cannot hold an empty country_code; leave it out or give a value.'
  })
  t.match(
    fields.find(({ name }) => name === 'country_code'),
    { clearable: false, keeps: 'capital letters A to Z' }
  )
  t.match(clean(firstName, 'ann'), { stored: 'ann' })
  t.match(serverRules(0).clean(country, 'usa'), { stored: 'usa' })
  t.match(serverRules(0).clean(country, null), { send: '--BLANK--' })
})
