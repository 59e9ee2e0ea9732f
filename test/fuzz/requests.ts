import fc from 'fast-check'
import type { OpenApi } from '../helper.ts'
import { type Schema, valueOf } from './schema-arbitrary.ts'

/** A request as it goes over the wire. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: Schema
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

const HOSTILE_TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
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
const HOSTILE_BODY = fc.oneof(
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
/** Headers whose values the gateway reads, good and bad. */
const HEADERS: fc.Arbitrary<Record<string, string>> = fc.record(
  {
    'idempotency-key': fc.oneof(fc.constantFrom('k1', '"k2"', '""', 'x'.repeat(300), 'a b'), headerText()),
    prefer: fc.constantFrom(
      'respond-async',
      'wait=1',
      'wait=99999',
      'respond-async, wait=0',
      ';;;===',
      'wait=-1'
    ),
    'x-request-id': headerText(),
    traceparent: fc.constantFrom('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x'),
    'content-encoding': fc.constantFrom('gzip', 'identity', 'br'),
    accept: fc.constantFrom('*/*', 'text/html', 'application/xml', ''),
    origin: fc.constantFrom('https://evil.example', 'null'),
    'x-forwarded-for': fc.constantFrom('10.0.0.1', '::1, x', 'a'.repeat(200))
  },
  { requiredKeys: [] }
)
const METHODS = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']
const OTHER_PATHS = [
  '/',
  '/nope',
  '/v1',
  '/v1/',
  '/v1/leads',
  '/v1/leads/1/',
  '/docs/../v1/fields',
  '/problems/x',
  '/v1/jobs/%',
  '//',
  '/%2e%2e/'
]

/** Text that may stand in a header: no line end, nothing beyond Latin-1. */
function headerText(): fc.Arbitrary<string> {
  return fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 40
  })
}

/**
 * Generates requests from the document: half of them as it says, the others nearly so or hostile.
 * @param keys keys of callers, by which the requests are sent, and keys that nobody has
 */
export function requests(document: OpenApi, keys: readonly string[]): fc.Arbitrary<Sent> {
  const resolve = (ref: string): Schema => {
    const schema = document.components.schemas[ref.slice(ref.lastIndexOf('/') + 1)]
    if (schema === undefined) throw new Error(`the document has no ${ref}`)
    return schema as Schema
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      weight: 'requestBody' in operation ? 5 : 1,
      arbitrary: requestsOf(path, method, operation as unknown as Operation, resolve)
    }))
  )
  const key = fc.constantFrom(...keys)
  return fc
    .tuple(
      fc.oneof(...operations, { weight: 2, arbitrary: stray() }),
      key,
      fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: HEADERS })
    )
    .map(([sent, authorization, more]) => ({
      ...sent,
      headers: {
        ...(authorization === '' ? {} : { authorization: `Bearer ${authorization}` }),
        ...sent.headers,
        ...more
      }
    }))
}

/** Requests to where nothing is, or by another method. */
function stray(): fc.Arbitrary<Sent> {
  return fc.record({
    method: fc.constantFrom(...METHODS),
    path: fc.oneof(
      fc.constantFrom(...OTHER_PATHS),
      HOSTILE_TEXT.map((text) => `/${encodeURIComponent(text.toWellFormed())}`)
    ),
    headers: fc.constant({}),
    body: fc.constant(undefined)
  })
}

function requestsOf(
  template: string,
  method: string,
  { parameters = [], requestBody }: Operation,
  resolve: (ref: string) => Schema
): fc.Arbitrary<Sent> {
  const ofPath = parameters.filter((parameter) => parameter.in === 'path')
  const ofQuery = parameters.filter((parameter) => parameter.in === 'query')
  const path = fc.record(
    Object.fromEntries(ofPath.map(({ name, schema }) => [name, pathValue(name, schema, resolve)]))
  )
  const query = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record(
        Object.fromEntries(ofQuery.map(({ name, schema }) => [name, valueOf(schema, resolve)])),
        { requiredKeys: [] }
      )
    },
    {
      weight: 1,
      arbitrary: fc.dictionary(
        fc.constantFrom(...ofQuery.map(({ name }) => name), 'nope', '__proto__'),
        HOSTILE_TEXT,
        { maxKeys: 2 }
      )
    }
  )
  return fc
    .tuple(path, query, bodies(requestBody?.content ?? {}, resolve))
    .map(([inPath, inQuery, [type, body]]) => {
      const filled = template.replace(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(String(inPath[name]).toWellFormed())
      )
      const search = new URLSearchParams(
        Object.entries(inQuery as Record<string, unknown>).map(([name, value]): [string, string] => [
          name,
          String(value).toWellFormed()
        ])
      ).toString()
      return {
        method: method.toUpperCase(),
        path: search === '' ? filled : `${filled}?${search}`,
        headers: type === undefined ? {} : { 'content-type': type },
        body
      }
    })
}

/** Names of leads, jobs and sources that there are, besides what the schema says. */
function pathValue(name: string, schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<unknown> {
  const real = {
    lead_id: ['1', '7', '99999'],
    source: ['open', 'callers', 'signed', 'nope'],
    id: ['job_01M8A0D59JWED2XYX03YQARNC2']
  }[name] ?? ['x']
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...real) },
    { weight: 1, arbitrary: valueOf(schema, resolve) },
    { weight: 1, arbitrary: HOSTILE_TEXT }
  )
}

type TypedBody = [type: string | undefined, body: Buffer | undefined]

function bodies(
  content: Readonly<Record<string, { readonly schema: Schema }>>,
  resolve: (ref: string) => Schema
): fc.Arbitrary<TypedBody> {
  const hostile = fc.tuple(fc.constantFrom(...TYPES), HOSTILE_BODY).map((typed): TypedBody => typed)
  const [[type, media] = []] = Object.entries(content)
  if (type === undefined || media === undefined) {
    return fc.oneof(
      { weight: 12, arbitrary: fc.constant<TypedBody>([undefined, undefined]) },
      { weight: 1, arbitrary: hostile }
    )
  }
  const valid = fc
    .tuple(valueOf(media.schema, resolve), fc.boolean())
    .map(([value, isPlain]) => (isPlain ? oneLeadEach(value) : value))
  const asBody = (value: unknown): TypedBody => [type, Buffer.from(JSON.stringify(value) ?? '')]
  return fc.oneof(
    { weight: 5, arbitrary: valid.map(asBody) },
    { weight: 4, arbitrary: nearly(valid).map(asBody) },
    { weight: 2, arbitrary: hostile }
  )
}

/** Updates that name one lead each, which the schema cannot say; often one that there is. */
function oneLeadEach(value: unknown): unknown {
  const { updates } = (value ?? {}) as { updates?: Record<string, unknown>[] }
  for (const update of updates ?? []) {
    const [, ...others] = ['lead_id', 'vendor_lead_code', 'phone_number'].filter((name) => name in update)
    for (const name of others) Reflect.deleteProperty(update, name)
    if (typeof update['lead_id'] === 'number') update['lead_id'] = (update['lead_id'] % 60) + 1
  }
  return value
}

/** A value with something changed somewhere: a member gone, another kind of value, or one more member. */
function nearly(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
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
