import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { test } from 'tap'
import { parseJson } from '../../../src/http/body/json-body.ts'

const A_NUMBER = 'A number is written like 7 or -12.5; put anything else in quotes.'

function detailOf(text: string): string {
  try {
    parseJson(Buffer.from(text), 'It')
  } catch (error) {
    return (error as Error).message
  }
  throw new Error(`this is JSON: ${text}`)
}

test('what is not JSON is refused with the place, the remedy and the text around, without values', async (t) => {
  const faults: [text: string, detail: string][] = [
    [
      '{"updates":[{"lead_id":1,"fields":{"status":"SALE"}},]}',
      'line 1, column 54. Take out the comma before it. There: …"lead_id":1,"fields":{"status":"…"}},]'
    ],
    ['{"a":\n 1,\n}', 'line 3, column 1. Take out the comma before it. There: {"a": 1, }'],
    ["{'a': 1}", "line 1, column 2. JSON has straight double quotes. There: {'"],
    ['{“a”: 1}', 'line 1, column 2. JSON has straight double quotes. There: {“'],
    ['{a: 1}', 'line 1, column 2. Names and texts have double quotes. There: {…'],
    ['{"a": True}', 'line 1, column 7. JSON has true, false and null. There: {"a": True'],
    ['{"a": NaN}', 'line 1, column 7. JSON has true, false and null. There: {"a": NaN'],
    ['{"a": None}', 'line 1, column 7. JSON has true, false and null. There: {"a": None'],
    ['{"a": 1 // one\n}', 'line 1, column 9. JSON has no comments. There: {"a": 1 /'],
    ['{"a": "C:\\dir"}', 'line 1, column 11. A backslash in a text is written twice. There: {"a": "…'],
    ['{"a": "x\ny"}', 'line 1, column 9. A line break in a text is written \\n. There: {"a": "…'],
    ['{"a": 1 "b": 2}', 'line 1, column 9. A comma may be missing before it. There: {"a": 1 "'],
    [
      '[{"a": 1} {"a": 2}]',
      'line 1, column 11. Put a comma between them; a list of them is in [ ]. There: [{"a": 1} {'
    ],
    [
      '{"a":1}\n{"a":2}',
      'line 2, column 1. Put a comma between them; a list of them is in [ ]. There: {"a":1} {'
    ],
    ['{"a": "x\ty"}', 'line 1, column 9. This character is written \\t in a text. There: {"a": "…'],
    ['{"a": "\\u12"}', 'line 1, column 12. A backslash in a text is written twice. There: {"a": "…'],
    ['{"a" [1]}', 'line 1, column 6. A comma or a colon may be missing before it. There: {"…" ['],
    ['{"a"="x"}', 'line 1, column 5. A comma or a colon may be missing before it. There: {"…"='],
    [
      '{"a": "x" "b": 1}',
      'line 1, column 11. A comma or a colon may be missing before it. There: {"a": "…" "'
    ],
    ['{"a": , "b": 1}', 'line 1, column 7. A value is missing before it. There: {"a": ,'],
    ['{"a": 1}}', 'line 1, column 9. No such bracket is open here. There: {"a": 1}}'],
    ['{"a": [1}', 'line 1, column 9. No such bracket is open here. There: {"a": [1}'],
    ['{"a":\u00a01}', 'line 1, column 6. It holds U+00A0, which cannot be seen. There: {"a":…'],
    ['\u200b{}', 'line 1, column 1. It holds U+200B, which cannot be seen. There: …'],
    ['{"a": 07}', `line 1, column 8. ${A_NUMBER} There: {"a": 0…`],
    ['{"a": 0x7}', `line 1, column 8. ${A_NUMBER} There: {"a": 0…`],
    ['{"a": 7n}', `line 1, column 8. ${A_NUMBER} There: {"a": 7…`],
    ['{"a": 7.}', `line 1, column 9. ${A_NUMBER} There: {"a": 7.}`],
    ['{"a": .7}', `line 1, column 7. ${A_NUMBER} There: {"a": .`],
    ['{"a": +7}', `line 1, column 7. ${A_NUMBER} There: {"a": +`],
    ['{"a": -}', `line 1, column 8. ${A_NUMBER} There: {"a": -}`],
    ['{"a": {"b": "x', 'line 1, column 15. The text is cut off. There: {"a": {"b": "…'],
    ['<html>', 'line 1, column 1. This looks like HTML or XML. There: <'],
    ['user=crm&pass=secret', 'line 1, column 1. This looks like a form: send JSON. There: …'],
    ['secret', 'line 1, column 1. There: …'],
    ['{"pass": secret', 'line 1, column 10. Names and texts have double quotes. There: {"pass": …'],
    [
      '{"pass": "secret", "pin": 123456, "n": 12,,',
      'line 1, column 43. Take out the comma before it. There: …"pass": "…", "pin": …, "n": 12,,'
    ]
  ]
  for (const [text, detail] of faults)
    t.equal(detailOf(text), `It is not valid JSON: reading stopped at ${detail}`, text)
})

test('another encoding is named', async (t) => {
  const text = '{"a": 1}'
  const utf16 = Buffer.from(text, 'utf16le')
  const encoded: [body: Buffer, detail: RegExp][] = [
    [Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), /not valid UTF-8.* It looks like UTF-16\.$/],
    [utf16, / This looks like UTF-16: send it in UTF-8\./],
    [utf16.swap16(), / This looks like UTF-16: send it in UTF-8\./],
    [gzipSync(text), /not valid UTF-8.* It looks compressed: send it uncompressed\.$/],
    [Buffer.from('{"a":"\xe9"}', 'latin1'), /not valid UTF-8, in which JSON is encoded \(RFC 8259\)\.$/]
  ]
  for (const [body, message] of encoded) t.throws(() => parseJson(Buffer.from(body)), { message })
})

test('no text or number of a broken document is shown, however it is broken', async (t) => {
  const secret = 'S3cretOfTheCaller'
  const value = fc.oneof(fc.constant(secret), fc.constant(`${secret}" x`), fc.string({ unit: 'grapheme' }))
  const document = fc
    .dictionary(fc.constantFrom('a', 'user', 'pass', 'b c'), fc.oneof(value, fc.array(value)), { minKeys: 1 })
    .map((one) => JSON.stringify({ pass: secret, ...one, last: [secret] }))
  const broken = fc
    .tuple(document, fc.nat(), fc.constantFrom('', ',', '}', '"', 'x', '\n', "'", '\\', '//'))
    .map(
      ([text, at, more]) =>
        text.slice(0, at % text.length) + more + (more === '' ? '' : text.slice(at % text.length))
    )
  const property = fc.property(broken, (text) => {
    try {
      parseJson(Buffer.from(text))
    } catch (error) {
      const { message } = error as Error
      if (/S3cret|OfThe|Caller/.test(message)) throw new Error(`${text}: ${message}`)
      if (message.length > 400 || /\p{Cc}/u.test(message)) throw new Error(JSON.stringify(message))
    }
  })
  fc.assert(property, { numRuns: 3_000, seed: 5 })
  t.pass()
})
