import { test } from 'tap'
import { createCleaner } from '../../../src/leads/cleaning/clean.ts'
import type { Cleaned } from '../../../src/leads/cleaning/column.ts'
import type { NonLatin } from '../../../src/leads/cleaning/column-text.ts'
import { type Field, FIELD_BY_NAME, FIELDS } from '../../../src/leads/fields.ts'
import type { Refusal } from '../../../src/leads/refusal.ts'

const MODES = [0, 1] as const
const cleaners = { 0: createCleaner(0), 1: createCleaner(1) }

function clean(mode: NonLatin, name: string, value: unknown): Cleaned | Refusal {
  const field = FIELD_BY_NAME.get(name)
  if (field === undefined) throw new Error(`no field ${name}`)
  return cleaners[mode](field, value)
}

/** What a caller would see of it in short: the stored text, or the code of the refusal. */
function stored(mode: NonLatin, name: string, value: unknown): string {
  const result = clean(mode, name, value)
  return 'code' in result ? `refused: ${result.code}` : result.stored
}

function unaltered(value: string): Cleaned {
  return { send: value, stored: value, warnings: [] }
}

type TextRow = readonly [
  name: string,
  keeps: string,
  plus: 'dropped' | 'space',
  longest: number,
  kind: 'identifier' | 'prose'
]

/** What VICIdial stores (measured), and what may be lost. `keeps` is in addition to letters and digits. */
const BY_MODE: readonly TextRow[] = [
  ['status', '-_', 'dropped', 6, 'identifier'],
  ['user', '-_', 'dropped', 20, 'identifier'],
  ['title', " -'_.", 'dropped', 4, 'prose'],
  ['first_name', " -'_.", 'space', 30, 'prose'],
  ['last_name', " -'_.", 'space', 30, 'prose'],
  ['middle_initial', '-_', 'dropped', 1, 'prose'],
  ['address1', " -'.:/@_", 'space', 100, 'prose'],
  ['address2', " -'.:/@_", 'space', 100, 'prose'],
  ['address3', " -'.:/@_", 'space', 100, 'prose'],
  ['city', " -'.:/@_", 'space', 50, 'prose'],
  ['state', ' -', 'dropped', 2, 'identifier'],
  ['province', " -'._", 'space', 50, 'prose'],
  ['postal_code', " -'", 'space', 10, 'identifier'],
  ['country_code', '-_', 'dropped', 3, 'identifier'],
  ['email', " -'.:/@%_", 'space', 70, 'identifier'],
  ['security_phrase', " -'.:/@_", 'space', 100, 'identifier'],
  ['owner', " -'.:/@_", 'space', 20, 'identifier']
]
const PRINTABLE = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n))
const ALL_BUT = PRINTABLE.filter(
  (character) => !';#"+\\'.includes(character) && !/[A-Za-z0-9]/.test(character)
)
const ANYTHING: readonly TextRow[] = [
  ['vendor_lead_code', ALL_BUT.join(''), 'space', 20, 'identifier'],
  ['source_id', ALL_BUT.join(''), 'space', 50, 'identifier'],
  ['comments', ALL_BUT.join(''), 'space', 255, 'prose']
]
const TEXT = [...BY_MODE, ...ANYTHING]
const PHONES = [
  ['phone_code', 10],
  ['phone_number', 18],
  ['alt_phone', 12]
] as const
const NUMBERS = ['list_id', 'gmt_offset_now', 'called_count', 'rank']
const STRINGS = [...TEXT.map(([name]) => name), ...PHONES.map(([name]) => name), 'gender', 'date_of_birth']

test('the fields of these tests are the fields of the catalogue', async (t) => {
  t.same(new Set([...STRINGS, ...NUMBERS]), new Set(FIELDS.map((field) => field.name)))
})

test('a field that VICIdial does not have is never cleaned by the rules of another', async (t) => {
  const field = { ...FIELDS[0], name: 'no_such_field' } as Field
  t.throws(() => createCleaner(0)(field, 'x'), RangeError)
})

for (const [name, keeps, plus, longest, kind] of TEXT) {
  /** A value with the character inside of it, as far as the column has room. */
  const around = (character: string) =>
    longest >= 3 ? `a${character}b` : longest === 2 ? `a${character}` : character

  const expected = (character: string): Cleaned | string => {
    const value = around(character)
    if (character === '\\') return backslash()
    if (value.trim() === '') return 'field_invalid'
    if (character === ' ' && longest < 3) return unaltered('a')
    if (/[A-Za-z0-9]/.test(character) || keeps.includes(character)) return unaltered(value)
    if (kind === 'identifier') return 'characters_lost'
    if (character === '`' && keeps.includes("'")) return spelled('`', "'")
    const left = around(character === '+' && plus === 'space' ? ' ' : '')
    if (left === '') return 'characters_lost'
    const warnings = [{ field: name, code: 'characters_dropped' as const, sent: value, stored: left }]
    return { send: left, stored: left, warnings }
  }

  const backslash = (): Cleaned | string => {
    if (kind === 'identifier') return 'unsafe_characters'
    return spelled('\\', keeps.includes('/') ? '/' : keeps.includes(' ') ? ' ' : '')
  }

  /** A character that is written as another one. */
  const spelled = (character: string, stands: string): Cleaned | string => {
    const left = around(stands).trim()
    if (left === '') return 'characters_lost'
    const warnings = [{ field: name, code: 'transliterated' as const, sent: around(character), stored: left }]
    return { send: left, stored: left, warnings }
  }

  for (const mode of MODES) {
    test(`${name} keeps of ASCII what VICIdial keeps, with use_non_latin=${mode}`, async (t) => {
      const seen = PRINTABLE.map((character) => {
        const result = clean(mode, name, around(character))
        return [character, 'code' in result ? result.code : result]
      })
      t.strictSame(
        seen,
        PRINTABLE.map((character) => [character, expected(character)])
      )
    })
  }

  test(`${name} accepts ${longest} characters, and refuses more instead of cutting them`, async (t) => {
    for (const mode of MODES) {
      t.strictSame(clean(mode, name, 'x'.repeat(longest)), unaltered('x'.repeat(longest)))
      t.strictSame(clean(mode, name, 'x'.repeat(longest + 1)), {
        code: 'field_too_long',
        field: name,
        detail: `${name} is ${longest + 1} characters as VICIdial stores it; it holds ${longest}.`
      })
      t.strictSame(clean(mode, name, `  ${'x'.repeat(longest)} `), unaltered('x'.repeat(longest)))
    }
  })
}

test('a letter beyond ASCII is kept where VICIdial keeps it, transliterated in prose, refused in an identifier', async (t) => {
  for (const [name, , , , kind] of BY_MODE) {
    t.strictSame(clean(1, name, 'é'), unaltered('é'))
    const warnings = [{ field: name, code: 'transliterated', sent: 'é', stored: 'e' }]
    if (kind === 'prose') t.strictSame(clean(0, name, 'é'), { send: 'e', stored: 'e', warnings })
    else t.equal(stored(0, name, 'é'), 'refused: characters_lost', name)
  }
  for (const [name] of ANYTHING) {
    for (const mode of MODES) t.strictSame(clean(mode, name, 'ñandú'), unaltered('ñandú'))
  }
})

test('José is Jose with use_non_latin=0, and José with 1', async (t) => {
  t.strictSame(clean(0, 'first_name', 'José'), {
    send: 'Jose',
    stored: 'Jose',
    warnings: [{ field: 'first_name', code: 'transliterated', sent: 'José', stored: 'Jose' }]
  })
  t.strictSame(clean(1, 'first_name', 'José'), unaltered('José'))
})

test('a value that is transliterated and loses characters has both warnings', async (t) => {
  t.strictSame(clean(0, 'city', 'Łódź, Poland'), {
    send: 'Lodz Poland',
    stored: 'Lodz Poland',
    warnings: [
      { field: 'city', code: 'transliterated', sent: 'Łódź, Poland', stored: 'Lodz Poland' },
      { field: 'city', code: 'characters_dropped', sent: 'Łódź, Poland', stored: 'Lodz Poland' }
    ]
  })
  t.strictSame(clean(1, 'city', 'Łódź, Poland'), {
    send: 'Łódź Poland',
    stored: 'Łódź Poland',
    warnings: [{ field: 'city', code: 'characters_dropped', sent: 'Łódź, Poland', stored: 'Łódź Poland' }]
  })
})

test('the length is that of the stored text: after losses and transliteration, with a newline as two', async (t) => {
  t.equal(stored(0, 'last_name', `${'x'.repeat(30)},`), 'x'.repeat(30))
  t.equal(stored(0, 'last_name', 'ß'.repeat(15)), 'ss'.repeat(15))
  t.equal(stored(0, 'last_name', 'ß'.repeat(16)), 'refused: field_too_long')
  t.equal(stored(1, 'last_name', 'ß'.repeat(30)), 'ß'.repeat(30))
  t.equal(stored(0, 'comments', `${'x'.repeat(252)}\ny`), `${'x'.repeat(252)}!Ny`)
  t.equal(stored(0, 'comments', `${'x'.repeat(253)}\ny`), 'refused: field_too_long')
  t.equal(stored(1, 'comments', '李'.repeat(255)), '李'.repeat(255))
})

test('values are composed, so that a separate accent is not lost', async (t) => {
  t.strictSame(clean(1, 'first_name', 'Jose\u0301'), unaltered('José'))
  t.strictSame(clean(0, 'vendor_lead_code', 'n\u0303andu\u0301'), unaltered('ñandú'))
  t.equal(stored(0, 'first_name', 'Jose\u0301'), 'Jose')
})

test('a mark that cannot be composed is lost from prose with a warning, and refused in an identifier', async (t) => {
  const sent = 'Q\u0301uinn'
  t.strictSame(clean(1, 'last_name', sent), {
    send: 'Quinn',
    stored: 'Quinn',
    warnings: [{ field: 'last_name', code: 'characters_dropped', sent, stored: 'Quinn' }]
  })
  t.equal(stored(1, 'owner', sent), 'refused: characters_lost')
  t.equal(stored(1, 'comments', sent), sent)
})

test('prose that would lose everything is refused', async (t) => {
  for (const value of [',', ';#"', '+', ' + ', '()', '😀', '+,😀', '+ +', ', ,', '😀 +']) {
    for (const mode of MODES) t.equal(stored(mode, 'first_name', value), 'refused: characters_lost', value)
  }
  for (const value of [';', '#"', '+', '😀', '😀;+', '+ +', '; ;', '😀\n+']) {
    for (const mode of MODES) t.equal(stored(mode, 'comments', value), 'refused: characters_lost', value)
  }
  t.strictSame(clean(0, 'title', '°'), {
    code: 'characters_lost',
    field: 'title',
    detail: "VICIdial would lose all of title: it keeps letters, digits, spaces and - ' _ .."
  })
})

test('a character beyond U+FFFF is a question mark in comments, dropped from names, refused in identifiers', async (t) => {
  for (const mode of MODES) {
    t.strictSame(clean(mode, 'comments', 'call 😀 back'), {
      send: 'call ? back',
      stored: 'call ? back',
      warnings: [
        { field: 'comments', code: 'characters_dropped', sent: 'call 😀 back', stored: 'call ? back' }
      ]
    })
    t.strictSame(clean(mode, 'first_name', 'Ann 😀'), {
      send: 'Ann',
      stored: 'Ann',
      warnings: [{ field: 'first_name', code: 'characters_dropped', sent: 'Ann 😀', stored: 'Ann' }]
    })
    for (const name of ['vendor_lead_code', 'source_id', 'email', 'owner', 'user'])
      t.equal(stored(mode, name, 'a😀'), 'refused: characters_lost', name)
  }
  t.equal(stored(1, 'last_name', '𠮷野'), '野', 'a letter beyond U+FFFF cannot be stored either')
  t.equal(stored(1, 'owner', '𠮷野'), 'refused: characters_lost')
})

test('null empties clearable fields, and is refused for others', async (t) => {
  const never = [
    'status',
    'list_id',
    'phone_number',
    'phone_code',
    'gender',
    'rank',
    'called_count',
    'gmt_offset_now'
  ]
  for (const { name } of FIELDS) {
    for (const mode of MODES) {
      t.strictSame(
        clean(mode, name, null),
        never.includes(name)
          ? {
              code: 'field_not_clearable',
              field: name,
              detail: `VICIdial cannot hold an empty ${name}; leave it out or give a value.`
            }
          : { send: '--BLANK--', stored: name === 'date_of_birth' ? '0000-00-00' : '', warnings: [] }
      )
    }
  }
})

test('an empty or blank string is refused with a hint to use null', async (t) => {
  for (const name of STRINGS) {
    for (const value of ['', ' ', '\t', ' \r\n ', '\u00a0', '\ufeff'])
      t.equal(stored(0, name, value), 'refused: field_invalid', `${name} ${JSON.stringify(value)}`)
  }
  t.strictSame(clean(0, 'email', ''), {
    code: 'field_invalid',
    field: 'email',
    detail: 'email is an empty string; use null to empty the field, or leave it out.'
  })
  t.strictSame(clean(0, 'status', ' '), {
    code: 'field_invalid',
    field: 'status',
    detail: 'status is an empty string; leave the field out.'
  })
})

test('any value of another type is refused', async (t) => {
  const others = [undefined, true, false, 7, 0, -1, 1.5, Number.NaN, 1e308, [], ['x'], {}, { value: 'x' }]
  for (const name of STRINGS) {
    for (const value of others)
      t.equal(stored(0, name, value), 'refused: field_invalid', `${name} ${JSON.stringify(value)}`)
  }
  for (const name of NUMBERS) {
    for (const value of [undefined, true, [], [7], {}, '', ' ', 'x', '7 ', ' 7', '0x7', '1e2', '٣'])
      t.equal(stored(0, name, value), 'refused: field_invalid', `${name} ${JSON.stringify(value)}`)
  }
  t.strictSame(clean(0, 'status', 7), {
    code: 'field_invalid',
    field: 'status',
    detail: 'status must be a string. Put the number in quotes.'
  })
  t.strictSame(clean(0, 'email', 7), {
    code: 'field_invalid',
    field: 'email',
    detail: 'email must be a string, or null to empty it. Put the number in quotes.'
  })
  const lists: [name: string, value: unknown[], detail: string][] = [
    ['status', ['SALE', 'DNC'], 'status must be a string. One value is wanted, and this list gave 2 values.'],
    ['status', ['SALE'], 'status must be a string. One value is wanted, and this list gave 1 value.'],
    [
      'rank',
      [1, 2, 3],
      'rank must be an integer, as a number or a string of digits, from 0 to 32767. One value is wanted, and this list gave 3 values.'
    ]
  ]
  for (const [name, value, detail] of lists) t.match(clean(0, name, value), { code: 'field_invalid', detail })
})

const IDENTIFIERS = STRINGS.filter((name) => FIELD_BY_NAME.get(name)?.kind === 'identifier')
const PROSE = STRINGS.filter((name) => !IDENTIFIERS.includes(name))

test('every line ending becomes a newline, which comments store as !N and other prose as a space', async (t) => {
  for (const value of ['one\ntwo', 'one\r\ntwo', 'one\rtwo']) {
    t.strictSame(clean(0, 'comments', value), { send: 'one\ntwo', stored: 'one!Ntwo', warnings: [] })
    for (const name of IDENTIFIERS) t.equal(stored(1, name, value), 'refused: unsafe_characters', name)
    const warnings = [{ field: 'address1', code: 'transliterated', sent: value, stored: 'one two' }]
    t.strictSame(clean(0, 'address1', value), { send: 'one two', stored: 'one two', warnings })
  }
  for (const name of PROSE.filter((name) => name !== 'comments' && name !== 'middle_initial'))
    t.equal(stored(1, name, 'a\n\nb'), 'a b', name)
  t.equal(stored(0, 'comments', '\r\n one \r\n'), 'one')
  t.equal(stored(0, 'comments', 'one\n;'), 'one', 'what a loss bares is trimmed too')
})

test('a backslash is refused in every identifier, and a slash in prose that keeps slashes', async (t) => {
  for (const name of IDENTIFIERS) {
    for (const value of ['\\', 'a\\b', 'abc\\', '\\"', '1\\2'])
      t.equal(stored(1, name, value), 'refused: unsafe_characters', name)
  }
  t.strictSame(clean(0, 'owner', 'abc\\'), {
    code: 'unsafe_characters',
    field: 'owner',
    detail: 'owner holds a backslash, which is never sent to VICIdial.'
  })
  for (const name of ['address1', 'city', 'comments']) t.equal(stored(0, name, 'a\\b'), 'a/b', name)
  for (const name of ['last_name', 'province']) t.equal(stored(0, name, 'a\\b'), 'a b', name)
})

test('every control character is refused, except line breaks and tabs in prose', async (t) => {
  const codes = [...Array(0x20).keys(), 0x7f, ...Array.from({ length: 0x20 }, (_, n) => 0x80 + n)]
  for (const name of STRINGS) {
    const taken = codes.filter(
      (code) => stored(1, name, `a${String.fromCharCode(code)}b`) !== 'refused: unsafe_characters'
    )
    t.strictSame(taken, PROSE.includes(name) ? [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x85] : [], name)
  }
  t.match(clean(0, 'vendor_lead_code', 'a\tb'), {
    code: 'unsafe_characters',
    detail: 'vendor_lead_code holds the control character U+0009, which is never sent to VICIdial.'
  })
  t.match(clean(0, 'email', 'a\u001bb'), {
    detail: 'email holds the control character U+001B, which is never sent to VICIdial.'
  })
})

test('half of a surrogate pair is refused', async (t) => {
  for (const name of STRINGS) {
    for (const value of ['a\ud800', '\udc00b', 'a\ud83db', '\udc00\ud800'])
      t.equal(stored(1, name, value), 'refused: unsafe_characters', name)
  }
})

test('more combining marks in a row than any writing has are refused', async (t) => {
  const marked = (marks: number) => `a${'\u0301\u0316'.repeat(marks / 2)}`
  for (const name of STRINGS) {
    for (const mode of MODES) t.equal(stored(mode, name, marked(32)), 'refused: unsafe_characters', name)
  }
  t.match(clean(1, 'comments', `${marked(30)}b${marked(30)}`), { warnings: { length: 0 } })
  t.match(clean(1, 'comments', marked(32)), {
    detail: 'comments holds more than 30 combining marks in a row, more than any language needs.'
  })
})

test("the text --BLANK-- is refused in every field, so that no caller's text empties one", async (t) => {
  for (const name of STRINGS) {
    for (const mode of MODES) {
      for (const value of ['--BLANK--', ' --BLANK-- ', '--BLANK--\r\n']) {
        const what = `${name} ${JSON.stringify(value)}`
        t.equal(stored(mode, name, value), 'refused: unsafe_characters', what)
      }
    }
  }
  t.strictSame(clean(0, 'vendor_lead_code', '--BLANK--'), {
    code: 'unsafe_characters',
    field: 'vendor_lead_code',
    detail: '--BLANK-- would empty vendor_lead_code; use null if that is meant.'
  })
  t.strictSame(clean(1, 'comments', '--BLANK-- not alone'), unaltered('--BLANK-- not alone'))
})

test('the text --BLANK-- is refused even if it appears only after cleaning', async (t) => {
  for (const value of ['--BL;ANK--', '"--BLANK--"', '#--BLANK--', ' ;--BLANK--', '+--BLANK--'])
    for (const mode of MODES) t.equal(stored(mode, 'comments', value), 'refused: unsafe_characters', value)
  for (const value of ['--BL,ANK--', '(--BLANK--)', '--BLANK--!', '--BL😀ANK--', '--BLANK--+'])
    for (const mode of MODES) t.equal(stored(mode, 'city', value), 'refused: unsafe_characters', value)
  t.equal(stored(0, 'last_name', '--BLÁNK--'), 'refused: unsafe_characters')
  t.equal(stored(1, 'last_name', '--BLÁNK--'), '--BLÁNK--')
})

test('phone fields accept the usual punctuation and are reduced to digits', async (t) => {
  const taken = {
    '2125550101': '2125550101',
    '(212) 555-0101': '2125550101',
    '+1 212 555 0101': '12125550101',
    '212.555.0101': '2125550101',
    ' 0049-30-1 ': '0049301'
  }
  for (const mode of MODES) {
    for (const [value, digits] of Object.entries(taken)) {
      for (const name of ['phone_number', 'alt_phone'])
        t.strictSame(clean(mode, name, value), unaltered(digits))
    }
  }
  t.strictSame(clean(0, 'phone_code', '+44'), unaltered('44'))
  for (const value of ['555-CALL', '+', '( ) -', '12#', '1/2', '1,2', '٣٣٣', '212 555x1', '1_2'])
    for (const [name] of PHONES) t.equal(stored(1, name, value), 'refused: characters_lost', value)
  t.strictSame(clean(0, 'alt_phone', '555-CALL'), {
    code: 'characters_lost',
    field: 'alt_phone',
    detail: 'alt_phone takes digits, and + ( ) . - and spaces between them.'
  })
})

test('a phone number is as long as its digits', async (t) => {
  for (const [name, longest] of PHONES) {
    // With a prefix for calls abroad, as no number has more than 15 digits.
    const digits = longest > 15 ? `011${'1'.repeat(longest - 3)}` : '1'.repeat(longest)
    t.equal(stored(0, name, [...digits].join(' ')), digits)
    t.equal(stored(0, name, `${digits}1`), 'refused: field_too_long')
  }
})

test('date_of_birth accepts only days that exist', async (t) => {
  const exist = ['1980-12-31', '2024-02-29', '2000-02-29', '1999-02-28', '1000-01-01', '9999-12-31']
  for (const date of exist) t.strictSame(clean(0, 'date_of_birth', date), unaltered(date))
  t.strictSame(clean(0, 'date_of_birth', ' 1980-12-31\n'), unaltered('1980-12-31'))
  for (const date of [
    '2023-02-29',
    '1900-02-29',
    '2100-02-29',
    '1985-02-30',
    '1985-04-31',
    '1985-13-01',
    '1985-00-10',
    '1985-10-00',
    '0000-00-00',
    '0999-12-31',
    '1985',
    '85-12-31',
    '1985-1-1',
    '19851231',
    '31/12/1985',
    '1985-12-31T00:00',
    '+01985-12-31',
    'notadate'
  ]) {
    t.strictSame(clean(1, 'date_of_birth', date), {
      code: 'field_invalid',
      field: 'date_of_birth',
      detail: 'date_of_birth must be a date that exists, as YYYY-MM-DD.'
    })
  }
})

test("integers are accepted as numbers or digits, within the column's range", async (t) => {
  const ranges = [
    ['list_id', 1, 99_999_999_999_999],
    ['called_count', 0, 65_535],
    ['rank', 0, 32_767]
  ] as const
  for (const [name, least, greatest] of ranges) {
    for (const value of [least, greatest, String(least), String(greatest), `0${greatest}`])
      t.strictSame(clean(0, name, value), unaltered(String(Number(value))))
    for (const value of [
      least - 1,
      greatest + 1,
      String(greatest + 1),
      -1,
      '-1',
      '+1',
      1.5,
      '1.5',
      2 ** 53,
      1e21
    ]) {
      t.equal(stored(0, name, value), 'refused: field_invalid', `${name} ${value}`)
    }
  }
  t.strictSame(clean(0, 'rank', '0007'), unaltered('7'))
  t.strictSame(clean(0, 'rank', -0), unaltered('0'))
  t.strictSame(clean(0, 'rank', -5), {
    code: 'field_invalid',
    field: 'rank',
    detail: 'rank must be an integer, as a number or a string of digits, from 0 to 32767.'
  })
  t.strictSame(clean(0, 'rank', 32_768), {
    code: 'field_invalid',
    field: 'rank',
    detail: 'rank must be from 0 to 32767.'
  })
})

test('gmt_offset_now is a number of hours with at most two decimals', async (t) => {
  const taken: [number, string][] = [
    [-5, '-5.00'],
    [5.5, '5.50'],
    [5.75, '5.75'],
    [0, '0.00'],
    [-0, '0.00'],
    [-12, '-12.00'],
    [14, '14.00'],
    [0.1, '0.10']
  ]
  for (const [value, text] of taken) t.strictSame(clean(0, 'gmt_offset_now', value), unaltered(text))
  for (const value of [-12.01, 14.01, 99, 5.005, 1e-9, '5', '-5.00', Number.NaN, Infinity])
    t.equal(stored(0, 'gmt_offset_now', value), 'refused: field_invalid', String(value))
  for (const value of ['5', Number.NaN, Infinity, 5.005]) {
    t.match(clean(0, 'gmt_offset_now', value), {
      detail: 'gmt_offset_now must be a number with at most two decimals, from -12 to 14.'
    })
  }
})

test('gender is M, F or U', async (t) => {
  for (const value of ['M', 'F', 'U']) t.strictSame(clean(0, 'gender', ` ${value}`), unaltered(value))
  for (const value of ['m', 'X', 'male', 'MF', 'Ｍ']) {
    t.strictSame(clean(0, 'gender', value), {
      code: 'field_invalid',
      field: 'gender',
      detail: 'gender must be one of M, F, U.'
    })
  }
})

test('a refusal names each lost character once', async (t) => {
  t.strictSame(clean(0, 'email', 'a!b+c!d@example.com'), {
    code: 'characters_lost',
    field: 'email',
    detail: "VICIdial would lose ! + from email: it keeps letters, digits, spaces and - ' . : / @ % _."
  })
})

test('a refusal names at most ten lost characters', async (t) => {
  t.match(clean(0, 'email', '!#$&()*,;<=>?[]'), {
    detail: /^VICIdial would lose ! # \$ & \( \) \* , ; < from email:/
  })
})

test('a warning repeats at most 300 characters of a value', async (t) => {
  const value = `${';'.repeat(299)}x`
  for (const [sent, echoed] of [
    [value, value],
    [`${value};`, `${value}…`],
    [`${value}${';'.repeat(9_000)}`, `${value}…`]
  ])
    t.match(clean(0, 'comments', sent), { stored: 'x', warnings: [{ sent: echoed }] })
})
