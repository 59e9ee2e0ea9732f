import fc from 'fast-check'
import { anyCharacter } from '../any-character.ts'

export const HOSTILE_TEXT = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 40 }),
  fc.constantFrom(
    '',
    '\u0000',
    '../../etc/passwd',
    '%00',
    "' OR 1=1 --",
    '\\',
    '<script>alert(1)</script>',
    '{{7*7}}',
    '\ud800',
    '9'.repeat(400),
    'a'.repeat(5_000),
    '-1',
    '1e309',
    'NaN',
    '__proto__'
  )
)
const HOSTILE_VALUE = fc.oneof(
  { weight: 3, arbitrary: HOSTILE_TEXT },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(null, true, -1, 1.5, 1e308, [], {}, [[[[[[]]]]]], {
      __proto__: null,
      constructor: 1
    })
  }
)
const HOSTILE_BYTES = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  HOSTILE_TEXT.map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      '[',
      '{"updates":[{"lead_id":1,"lead_id":2,"fields":{"status":"A"}}]}',
      '{"updates":',
      `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
      `{"a":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_001)}`,
      '{"lead_ids":[1],"fields":{"__proto__":"x","status":"A"}}',
      '\ufeff{"lead_ids":[1],"fields":{"status":"A"}}',
      'lead=1&stage=SALE&a[b][c]=1&a[b]=2',
      `${'a=1&'.repeat(2_000)}b=2`,
      'null',
      '1e999'
    )
    .map((text) => Buffer.from(text))
)
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
  ''
]

/** A body and its media type, if there is one. */
export type TypedBody = readonly [type: string | undefined, body: Buffer | undefined]

/** Bodies that no schema describes, of any type. */
export const HOSTILE_BODY: fc.Arbitrary<TypedBody> = fc.tuple(fc.constantFrom(...TYPES), HOSTILE_BYTES)

/** Text that may stand in a header: no line end, nothing beyond Latin-1. */
const HEADER_TEXT = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
  maxLength: 40
})

/** Headers whose values the gateway reads, good and bad. */
export const HEADERS: fc.Arbitrary<Record<string, string>> = fc.record(
  {
    'idempotency-key': fc.oneof(fc.constantFrom('k1', '"k2"', '""', 'x'.repeat(300), 'a b'), HEADER_TEXT),
    prefer: fc.constantFrom(
      'respond-async',
      'wait=1',
      'wait=99999',
      'respond-async, wait=0',
      ';;;===',
      'wait=-1'
    ),
    'x-request-id': HEADER_TEXT,
    traceparent: fc.constantFrom('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x'),
    'content-encoding': fc.constantFrom('gzip', 'identity', 'br'),
    accept: fc.constantFrom('*/*', 'text/html', 'application/xml', ''),
    origin: fc.constantFrom('https://evil.example', 'null'),
    'x-forwarded-for': fc.constantFrom('10.0.0.1', '::1, x', 'a'.repeat(200))
  },
  { requiredKeys: [] }
)

/** A value with something changed somewhere: a member gone, another kind of value, or one more member. */
export function nearly(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(
      valid,
      fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
      HOSTILE_VALUE,
      fc.constantFrom('drop', 'put', 'add'),
      HOSTILE_TEXT
    )
    .map(([value, way, other, how, name]) => changed(structuredClone(value), way, other, how, name))
}

function changed(
  value: unknown,
  [step = 0, ...way]: number[],
  other: unknown,
  how: string,
  name: string
): unknown {
  if (typeof value !== 'object' || value === null) return other
  const container = value as Record<string, unknown>
  const members = Object.keys(container)
  const member = members[step % members.length]
  if (member === undefined) return other
  if (way.length > 0) container[member] = changed(container[member], way, other, how, name)
  else if (how === 'drop') Reflect.deleteProperty(container, member)
  else if (how === 'put' || Array.isArray(value)) container[member] = other
  else container[name] = other
  return container
}
