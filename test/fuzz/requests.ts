import fc from 'fast-check'
import type { OpenApi } from '../helper.ts'
import { HEADERS, HOSTILE_BODY, HOSTILE_TEXT, nearly, type TypedBody } from './hostile.ts'
import { type Schema, valueOf } from './schema-arbitrary.ts'
import { type Kind, placeholder } from './stock.ts'
import { WEBHOOK_REQUESTS } from './webhook-requests.ts'

/** A request as it goes over the wire. */
export interface Sent {
  /** The operation that it is meant for, by its id; undefined: none. */
  readonly operation: string | undefined
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
  /** The document has it beside the schema. */
  readonly example?: unknown
}

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

/** The custom fields of the gateway file. */
const LISTED_FIELDS = { favorite_color: 'blue' }
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
      weight: 'requestBody' in operation || hasQuery(operation as unknown as Operation) ? 5 : 2,
      arbitrary: requestsOf(path, method, operation as unknown as Operation, resolve)
    }))
  )
  const key = fc.constantFrom(...keys)
  return fc
    .tuple(
      fc.oneof(...operations, { weight: 2, arbitrary: stray() }),
      key,
      fc.oneof({ weight: 8, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: HEADERS })
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

function hasQuery({ parameters = [] }: Operation): boolean {
  return parameters.some((parameter) => parameter.in === 'query')
}

/** Requests to where nothing is, or by another method. */
function stray(): fc.Arbitrary<Sent> {
  return fc.record({
    operation: fc.constant(undefined),
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
  { operationId, parameters = [], requestBody }: Operation,
  resolve: (ref: string) => Schema
): fc.Arbitrary<Sent> {
  const ofPath = parameters.filter((parameter) => parameter.in === 'path')
  const ofQuery = parameters.filter((parameter) => parameter.in === 'query')
  const path = fc.record(
    Object.fromEntries(
      ofPath.map((parameter) => [
        parameter.name,
        pathValue(operationId, parameter.name, schemaOf(parameter), resolve)
      ])
    )
  )
  const query: fc.Arbitrary<unknown> = fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    {
      weight: 4,
      arbitrary: fc.record(
        Object.fromEntries(
          ofQuery.map((parameter) => [parameter.name, valueOf(schemaOf(parameter), resolve)])
        ),
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
  const generated = fc
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
  const sent = operationId === 'receiveWebhook' ? fc.oneof(generated, WEBHOOK_REQUESTS) : generated
  return sent.map((request) => ({ operation: operationId, ...request }))
}

/** The jobs that an operation is for, and others. */
const JOBS: Readonly<Record<string, readonly Kind[]>> = {
  getJob: ['open', 'dead', 'job'],
  replayJob: ['dead', 'dead', 'job'],
  cancelJob: ['open', 'open', 'job']
}

/** Names of leads, jobs and sources that there are, besides what the schema says. */
function schemaOf({ schema, example }: Parameter): Schema {
  return example === undefined ? schema : { ...schema, examples: [example] }
}

function pathValue(
  operationId: string,
  name: string,
  schema: Schema,
  resolve: (ref: string) => Schema
): fc.Arbitrary<unknown> {
  const real = {
    lead_id: fc.constantFrom('1', '7', '50', '99999'),
    source: fc.constantFrom('open', 'callers', 'signed', 'nope'),
    id: fc.oneof(
      { weight: 5, arbitrary: idOf(...(JOBS[operationId] ?? ['job'])) },
      { weight: 1, arbitrary: fc.constant('job_01M8A0D59JWED2XYX03YQARNC2') }
    )
  }[name]
  return fc.oneof(
    { weight: 8, arbitrary: real ?? valueOf(schema, resolve) },
    { weight: 1, arbitrary: valueOf(schema, resolve) },
    { weight: 1, arbitrary: HOSTILE_TEXT }
  )
}

/** Stands for the id of something of one of these kinds. */
function idOf(...kinds: Kind[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...kinds), fc.nat(99)).map(([kind, n]) => placeholder(kind, n))
}

function bodies(
  content: Readonly<Record<string, { readonly schema: Schema }>>,
  resolve: (ref: string) => Schema
): fc.Arbitrary<TypedBody> {
  const [[type, media] = []] = Object.entries(content)
  if (type === undefined || media === undefined) {
    return fc.oneof(
      { weight: 12, arbitrary: fc.constant<TypedBody>([undefined, undefined]) },
      { weight: 1, arbitrary: HOSTILE_BODY }
    )
  }
  const letters = fc.array(idOf('letter'), { minLength: 1, maxLength: 3 })
  const leads = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 })
  const valid = fc
    .tuple(valueOf(media.schema, resolve), fc.boolean(), letters, leads)
    .map(([value, isAsItIs, letters, leads]) => (isAsItIs ? value : known(value, letters, leads)))
  const asBody = (value: unknown): TypedBody => [type, Buffer.from(JSON.stringify(value) ?? '')]
  return fc.oneof(
    { weight: 8, arbitrary: valid.map(asBody) },
    { weight: 3, arbitrary: nearly(valid).map(asBody) },
    { weight: 1, arbitrary: HOSTILE_BODY }
  )
}

/** What the schema cannot say: each update names one lead, and what is named is there. */
function known(value: unknown, letters: readonly string[], leads: readonly number[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  const body = value as {
    updates?: Record<string, unknown>[]
    lead_ids?: unknown
    custom_fields?: unknown
    ids?: unknown
  }
  for (const [index, update] of (body.updates ?? []).entries()) {
    const [, ...others] = ['lead_id', 'vendor_lead_code', 'phone_number'].filter((name) => name in update)
    for (const name of others) Reflect.deleteProperty(update, name)
    if ('lead_id' in update) update['lead_id'] = leads[index % leads.length]
    if ('custom_fields' in update) update['custom_fields'] = LISTED_FIELDS
  }
  if (body.custom_fields) body.custom_fields = LISTED_FIELDS
  if (body.lead_ids) body.lead_ids = leads
  if (body.ids) body.ids = letters
  return value
}
