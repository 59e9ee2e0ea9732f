import fc from 'fast-check'
import { test } from 'tap'
import { parseJson } from '../../../src/http/body/json-body.ts'

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
      'line 1, column 11. Send one document; a list is in [ ], with commas between. There: [{"a": 1} {'
    ],
    [
      '{"a":1}\n{"a":2}',
      'line 2, column 1. Send one document; a list is in [ ], with commas between. There: {"a":1} {'
    ],
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
