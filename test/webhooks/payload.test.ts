import * as fc from 'fast-check'
import { test } from 'tap'
import { Problem } from '../../src/errors.ts'
import { CONTENT_TYPES, type PayloadType, parsePayload } from '../../src/webhooks/payload.ts'

const FORM = 'application/x-www-form-urlencoded'

function parse(
  body: string | Buffer,
  type: string | undefined,
  field?: string,
  taken: readonly PayloadType[] = CONTENT_TYPES
): unknown {
  return parsePayload(Buffer.from(body), type, taken, field)
}

/** The code and the detail of the problem that parsing ends with. */
function problem(...args: Parameters<typeof parse>): [string, string] {
  try {
    parse(...args)
  } catch (error) {
    if (error instanceof Problem) return [error.code, error.message]
    throw error
  }
  return ['none', '']
}

/** As JSON would have it, with no prototypes. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

test('JSON is read under any of its media types', async (t) => {
  for (const type of [
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/cloudevents+json',
    'text/plain',
    'text/plain;charset=us-ascii'
  ])
    t.strictSame(parse('{"a":[1,"ü"]}', type), { a: [1, 'ü'] }, type)
  t.equal(parse('7', 'text/plain'), 7)
})

test('invalid JSON is refused with line and column', async (t) => {
  t.strictSame(problem('{"a":\n 1,}', 'application/json'), [
    'invalid_json',
    'The body is not valid JSON: reading stopped at line 2, column 4.'
  ])
  t.equal(problem('', 'application/json')[0], 'invalid_json')
  t.equal(problem('hello', 'text/plain')[0], 'invalid_json')
  t.equal(problem(Buffer.from([0x22, 0xff, 0x22]), 'application/json')[0], 'invalid_json')
})

test('another type or charset is refused', async (t) => {
  for (const type of [
    undefined,
    '',
    'nonsense',
    'text/html',
    'application/xml',
    'application/x-json',
    'multipart/form-data; boundary=x',
    'application/json; charset=iso-8859-1'
  ])
    t.equal(problem('{}', type)[0], 'unsupported_media_type', String(type))
})

test('a type that the endpoint does not take is refused, and the refusal lists those that it takes', async (t) => {
  const cases: [taken: PayloadType[], type: string, takes: string][] = [
    [['json'], FORM, 'application/json'],
    [['json'], 'text/plain', 'application/json'],
    [['form'], 'application/json', FORM],
    [['json', 'form'], 'text/plain', `application/json or ${FORM}`],
    [['text'], 'application/cloudevents+json', 'text/plain that holds JSON']
  ]
  for (const [taken, type, takes] of cases) {
    t.strictSame(problem('{"a":1}', type, undefined, taken), [
      'unsupported_media_type',
      `The body must be ${takes}; in UTF-8.`
    ])
  }
  t.strictSame(parse('{"a":1}', 'text/plain', undefined, ['text']), { a: 1 })
})

test('a form is an object of texts; brackets nest, and a name given twice is a list', async (t) => {
  const form =
    'id=7&name=Ann+O%27Brien&empty=&address%5Bcity%5D=K%C3%B6ln&tag[]=a&tag[]=b&x=1&x=2&rows[0][a]=1'
  t.strictSame(plain(parse(form, FORM)), {
    id: '7',
    name: "Ann O'Brien",
    empty: '',
    address: { city: 'Köln' },
    tag: ['a', 'b'],
    x: ['1', '2'],
    rows: [{ a: '1' }]
  })
})

test('the size and depth of a form are limited', async (t) => {
  const fields = (count: number) => Array.from({ length: count }, (_, n) => `f${n}=1`).join('&')
  t.equal(problem(fields(1_000), FORM)[0], 'none')
  t.strictSame(problem(fields(1_001), FORM), [
    'invalid_request',
    'The form has more than 1000 fields, or names nested deeper than 8.'
  ])
  t.equal(problem(`a${'[b]'.repeat(8)}=1`, FORM)[0], 'none')
  t.equal(problem(`a${'[b]'.repeat(9)}=1`, FORM)[0], 'invalid_request')
  t.equal(problem('', FORM)[0], 'invalid_request')
  t.strictSame(problem('a=%FF', FORM), [
    'invalid_request',
    'The form has escapes (%XX) that are not valid UTF-8.'
  ])
  t.equal(problem('a=%zz', FORM)[0], 'invalid_request')
  t.equal(problem(Buffer.from([0x61, 0x3d, 0xff]), FORM)[0], 'invalid_request')
})

test('no name in a form reaches a prototype', async (t) => {
  const hostile = '__proto__[polluted]=1&a[__proto__][polluted]=1&constructor[prototype][polluted]=1&b=2'
  const payload = parse(hostile, FORM) as Record<string, unknown>
  t.equal(payload['b'], '2')
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  t.equal(Object.getPrototypeOf(payload), null)
  const json = parse('{"__proto__":{"polluted":1}}', 'application/json')
  t.equal((json as Record<string, unknown>)['polluted'], undefined)
})

test('one field of a form can hold the payload', async (t) => {
  const form = `payload=${encodeURIComponent('{"action":"opened","n":[1]}')}&other=1`
  t.strictSame(parse(form, FORM, 'payload'), { action: 'opened', n: [1] })
  t.strictSame(parse('{"a":1}', 'application/json', 'payload'), { a: 1 }, 'JSON is as it is')
  t.strictSame(problem('a=1', FORM, 'payload'), [
    'invalid_request',
    'The form must have one field payload that holds JSON.'
  ])
  t.equal(problem('payload=1&payload=2', FORM, 'payload')[0], 'invalid_request')
  t.equal(problem('payload={', FORM, 'payload')[0], 'invalid_json')
})

test('nesting and texts are limited, and repeated names are refused', async (t) => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  const tooDeep = ['invalid_json', 'The body is nested deeper than 64 levels, at line 1, column 65.']
  t.equal(problem(nested(64), 'application/json')[0], 'none')
  t.strictSame(problem(nested(65), 'application/json'), tooDeep)
  t.strictSame(problem(nested(100_000), 'text/plain'), tooDeep)
  t.strictSame(problem('{"id":1,"\\u0069d":2}', 'application/json'), [
    'invalid_json',
    'The name "id" appears twice in one object, at line 1, column 9.'
  ])
  const text = (length: number) => JSON.stringify([{ a: 'x'.repeat(length) }])
  t.equal(problem(text(1_000_000), 'application/json')[0], 'none')
  t.strictSame(problem(text(1_000_001), 'application/json'), [
    'invalid_request',
    'The payload has a text of more than 1000000 characters.'
  ])
})

test('every body is read, or refused with a problem', (t) => {
  const bodies = fc.oneof(
    fc.string(),
    fc.json(),
    fc.webQueryParameters(),
    fc.uint8Array().map((b) => Buffer.from(b))
  )
  const types = fc.oneof(fc.constantFrom('application/json', FORM, 'text/plain'), fc.string())
  fc.assert(
    fc.property(bodies, types, fc.option(fc.string(), { nil: undefined }), (body, type, field) => {
      problem(Buffer.from(body), type, field)
    })
  )
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ unit: 'grapheme' })),
      (fields) => {
        fc.pre(Object.keys(fields).length > 0)
        t.same(plain(parse(new URLSearchParams(fields).toString(), FORM)), plain(fields))
      }
    )
  )
  t.end()
})
