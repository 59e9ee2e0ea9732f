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
): Promise<unknown> {
  return parsePayload(Buffer.from(body), type, taken, field)
}

/** The code and the detail of the problem that parsing ends with. */
async function problem(...args: Parameters<typeof parse>): Promise<[string, string]> {
  try {
    await parse(...args)
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
    t.strictSame(await parse('{"a":[1,"ü"]}', type), { a: [1, 'ü'] }, type)
  t.equal(await parse('7', 'text/plain'), 7)
})

test('invalid JSON is refused with line and column', async (t) => {
  t.strictSame(await problem('{"a":\n 1,}', 'application/json'), [
    'invalid_json',
    'The body is not valid JSON: reading stopped at line 2, column 4. Take out the comma before it. There: {"a": 1,}'
  ])
  t.equal((await problem('', 'application/json'))[0], 'invalid_json')
  t.equal((await problem('hello', 'text/plain'))[0], 'invalid_json')
  t.equal((await problem(Buffer.from([0x22, 0xff, 0x22]), 'application/json'))[0], 'invalid_json')
})

test('another type or charset is refused', async (t) => {
  for (const type of [
    undefined,
    '',
    'nonsense',
    'text/html',
    'application/xml',
    'application/x-json',
    'application/json; charset=iso-8859-1'
  ])
    t.equal((await problem('{}', type))[0], 'unsupported_media_type', String(type))
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
    t.strictSame(await problem('a=1', type, undefined, taken), [
      'unsupported_media_type',
      `The body must be ${takes}; in UTF-8.`
    ])
  }
  t.strictSame(await parse('{"a":1}', 'text/plain', undefined, ['text']), { a: 1 })
})

test('a form is an object of texts; brackets nest, and a name given twice is a list', async (t) => {
  const form =
    'id=7&name=Ann+O%27Brien&empty=&address%5Bcity%5D=K%C3%B6ln&tag[]=a&tag[]=b&x=1&x=2&rows[0][a]=1'
  t.strictSame(plain(await parse(form, FORM)), {
    id: '7',
    name: "Ann O'Brien",
    empty: '',
    address: { city: 'Köln' },
    tag: ['a', 'b'],
    x: ['1', '2'],
    rows: [{ a: '1' }]
  })
})

/** A form in parts, and the media type with its boundary. */
async function inParts(fields: readonly (readonly [string, string | Blob])[]): Promise<[Buffer, string]> {
  const form = new FormData()
  for (const [name, value] of fields) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, value, 'a.txt')
  }
  const encoded = new Response(form)
  return [Buffer.from(await encoded.arrayBuffer()), encoded.headers.get('content-type') ?? '']
}

test('a form in parts is the same as the form without parts, and its files are left out', async (t) => {
  const fields = [
    ['name', "Ann O'Brien & Co = é"],
    ['address[city]', 'Köln'],
    ['tag[]', 'a'],
    ['tag[]', 'b'],
    ['x', '1'],
    ['x', '2'],
    ['empty', '']
  ] as const
  const asForm = await parse(new URLSearchParams(fields.map(([...pair]) => pair)).toString(), FORM)
  t.strictSame(plain(await parse(...(await inParts(fields)))), plain(asForm))
  const [body, type] = await inParts([...fields, ['file', new Blob(['secret'])]])
  t.strictSame(plain(await parse(body, type)), plain(asForm))
  // What Jotform sends: the answers are JSON in one of the fields.
  const jotform = await inParts([
    ['formID', '261234'],
    ['rawRequest', '{"q4_phone":{"full":"(212) 555-0140"}}']
  ])
  t.strictSame(await parse(...jotform, 'rawRequest'), { q4_phone: { full: '(212) 555-0140' } })
  const many = await inParts(Array.from({ length: 1_001 }, (_, n) => [`f${n}`, '1'] as const))
  t.strictSame(await problem(...many), [
    'invalid_request',
    'The form has more than 1000 fields, or names nested deeper than 8.'
  ])
  for (const [other, otherType] of [
    ['hello', 'multipart/form-data; boundary=x'],
    ['', 'multipart/form-data; boundary=x'],
    [body, 'multipart/form-data'],
    [Buffer.concat([body, Buffer.from([0xff])]), type],
    [body.subarray(0, -30), type]
  ] as const)
    t.equal((await problem(other, otherType))[0], 'invalid_request', otherType)
  t.equal((await problem(body, type, undefined, ['form']))[0], 'unsupported_media_type')
})

test('the size and depth of a form are limited', async (t) => {
  const fields = (count: number) => Array.from({ length: count }, (_, n) => `f${n}=1`).join('&')
  t.equal((await problem(fields(1_000), FORM))[0], 'none')
  t.strictSame(await problem(fields(1_001), FORM), [
    'invalid_request',
    'The form has more than 1000 fields, or names nested deeper than 8.'
  ])
  t.equal((await problem(`a${'[b]'.repeat(8)}=1`, FORM))[0], 'none')
  t.equal((await problem(`a${'[b]'.repeat(9)}=1`, FORM))[0], 'invalid_request')
  t.equal((await problem('', FORM))[0], 'invalid_request')
  t.strictSame(await problem('a=%FF', FORM), [
    'invalid_request',
    'The form has escapes (%XX) that are not valid UTF-8.'
  ])
  t.equal((await problem('a=%zz', FORM))[0], 'invalid_request')
  t.equal((await problem(Buffer.from([0x61, 0x3d, 0xff]), FORM))[0], 'invalid_request')
})

test('no name in a form reaches a prototype', async (t) => {
  const hostile = '__proto__[polluted]=1&a[__proto__][polluted]=1&constructor[prototype][polluted]=1&b=2'
  const payload = (await parse(hostile, FORM)) as Record<string, unknown>
  t.equal(payload['b'], '2')
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  t.equal(Object.getPrototypeOf(payload), null)
  const json = await parse('{"__proto__":{"polluted":1}}', 'application/json')
  t.equal((json as Record<string, unknown>)['polluted'], undefined)
})

test('one field of a form can hold the payload', async (t) => {
  const form = `payload=${encodeURIComponent('{"action":"opened","n":[1]}')}&other=1`
  t.strictSame(await parse(form, FORM, 'payload'), { action: 'opened', n: [1] })
  t.strictSame(await parse('{"a":1}', 'application/json', 'payload'), { a: 1 }, 'JSON is as it is')
  t.strictSame(await problem('a=1', FORM, 'payload'), [
    'invalid_request',
    'The form must have one field payload that holds JSON.'
  ])
  t.equal((await problem('payload=1&payload=2', FORM, 'payload'))[0], 'invalid_request')
  t.equal((await problem('payload={', FORM, 'payload'))[0], 'invalid_json')
})

test('JSON that is sent as a form, or encoded twice, is refused with what to send', async (t) => {
  const asForm = [
    'unsupported_media_type',
    `The body is JSON, but its Content-Type is ${FORM}: send Content-Type: application/json.`
  ]
  for (const body of ['{"lead_id": 1, "note": "a=b&c=d"}', ' [{"lead_id":1}]', '{}'])
    t.strictSame(await problem(body, FORM), asForm, body)
  for (const body of ['[a]=1', '{a=1', '[]=1&[]=2', '%7B%7D=1', '1=1'])
    t.strictSame(await problem(body, FORM), ['none', ''], body)
  const twice = [
    'invalid_request',
    'The payload must be an object or an array. This is a text that holds JSON: it was encoded twice, so encode it only once.'
  ]
  const json = JSON.stringify(JSON.stringify({ lead_id: 1 }))
  t.strictSame(await problem(json, 'application/json'), twice)
  t.strictSame(await problem(json, 'text/plain'), twice)
  t.strictSame(await problem(`payload=${encodeURIComponent(json)}`, FORM, 'payload'), twice)
  t.strictSame(await problem('"a text"', 'application/json'), ['none', ''])
})

test('nesting and texts are limited, and repeated names are refused', async (t) => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  const tooDeep = ['invalid_json', 'The body is nested deeper than 64 levels, at line 1, column 65.']
  t.equal((await problem(nested(64), 'application/json'))[0], 'none')
  t.strictSame(await problem(nested(65), 'application/json'), tooDeep)
  t.strictSame(await problem(nested(100_000), 'text/plain'), tooDeep)
  t.strictSame(await problem('{"id":1,"\\u0069d":2}', 'application/json'), [
    'invalid_json',
    'The name "id" appears twice in one object, at line 1, column 9.'
  ])
  const text = (length: number) => JSON.stringify([{ a: 'x'.repeat(length) }])
  t.equal((await problem(text(1_000_000), 'application/json'))[0], 'none')
  t.strictSame(await problem(text(1_000_001), 'application/json'), [
    'invalid_request',
    'The payload has a text of more than 1000000 characters.'
  ])
})

test('every body is read, or refused with a problem', async (t) => {
  const bodies = fc.oneof(
    fc.string(),
    fc.json(),
    fc.webQueryParameters(),
    fc.uint8Array().map((b) => Buffer.from(b))
  )
  const types = fc.oneof(fc.constantFrom('application/json', FORM, 'text/plain'), fc.string())
  await fc.assert(
    fc.asyncProperty(bodies, types, fc.option(fc.string(), { nil: undefined }), async (body, type, field) => {
      await problem(Buffer.from(body), type, field)
    })
  )
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ unit: 'grapheme' })),
      async (fields) => {
        fc.pre(Object.keys(fields).length > 0)
        t.same(plain(await parse(new URLSearchParams(fields).toString(), FORM)), plain(fields))
      }
    )
  )
})
