import postman from 'openapi-to-postmanv2'

interface Parameter {
  readonly key: string
  readonly value: string
  readonly description?: unknown
  readonly disabled?: boolean
}

interface Body {
  readonly mode: string
  readonly raw?: string
  readonly options?: unknown
}

/** A request of a collection, as the converter makes it. */
interface Item {
  readonly name: string
  readonly request: {
    readonly method: string
    readonly url: {
      readonly host: readonly string[]
      readonly path: readonly string[]
      readonly query: readonly Parameter[]
      readonly variable: readonly Parameter[]
    }
    readonly header: readonly Parameter[]
    readonly description: unknown
    readonly auth: object | null
    readonly body?: Body
  }
}

interface Folder {
  readonly name: string
  readonly description: unknown
  readonly item: readonly Item[]
}

interface Collection {
  readonly info: { readonly name: string; readonly description: unknown; readonly schema: string }
  readonly item: readonly Folder[]
}

/** What this reads of the OpenAPI document. */
interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          { readonly requestBody?: { readonly content: Readonly<Record<string, { examples?: Examples }>> } }
        >
      >
    >
  >
}
type Examples = Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>

/** The document's own description is for readers of the page of the API. */
const DESCRIPTION =
  'Every request of the API of vicidial-gateway. First set the variables baseUrl and apiKey of this collection.'
/** What the collection leaves to its user to set. */
const VARIABLES = [
  { key: 'baseUrl', value: 'http://127.0.0.1:3000' },
  { key: 'apiKey', value: '' },
  { key: 'jobId', value: '' },
  { key: 'source', value: '' },
  { key: 'leadId', value: '101' },
  { key: 'phoneNumber', value: '2125550901' }
]
/** The variables for the parts of a path. */
const VARIABLE_OF: Readonly<Record<string, string>> = {
  id: 'jobId',
  lead_id: 'leadId',
  phone_number: 'phoneNumber',
  source: 'source'
}
/** Methods without a body: the converter makes one up for each. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'DELETE'])
/** Headers that a request may have: their user turns them on. */
const OPTIONAL: ReadonlyMap<string, string> = new Map([
  ['If-Match', ''],
  ['If-None-Match', ''],
  ['Idempotency-Key', '{{$guid}}'],
  ['X-Request-Id', '{{$guid}}'],
  ['Prefer', 'respond-async']
])
/** Parameters of an address without which its request makes no sense. */
const SENT: ReadonlyMap<string, string> = new Map([['vendor_lead_code', 'CRM-107']])
const RESPOND_ASYNC = 'respond_async'
const OPTIONS = {
  folderStrategy: 'Tags',
  parametersResolution: 'Example',
  optimizeConversion: false
}

/**
 * The Postman collection of an OpenAPI document: a folder for each tag, a request for each operation, or one for each
 * of its documented examples. What the converter makes up (ids, values, answers) is taken out again: it would differ
 * from run to run. The key is a variable, which all requests that need one inherit.
 * @throws if the document cannot be converted
 */
export async function postmanCollection(document: object): Promise<object> {
  const { info, item } = await convert(document)
  const { paths } = document as Document
  return {
    info: { name: info.name, description: DESCRIPTION, schema: info.schema },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{apiKey}}', type: 'string' }] },
    variable: VARIABLES,
    item: item.map(({ name, description, item: items }) => ({
      name,
      description,
      item: items.flatMap((one) => requests(one, paths))
    }))
  }
}

function convert(document: object): Promise<Collection> {
  const { promise, resolve, reject } = Promise.withResolvers<Collection>()
  // The converter writes into what it is given.
  postman.convertV2({ type: 'json', data: structuredClone(document) }, OPTIONS, (error, conversion) => {
    if (error !== null) reject(error)
    else if (!conversion.result) reject(new Error(conversion.reason))
    else resolve(conversion.output[0]?.data as Collection)
  })
  return promise
}

function requests({ name, request }: Item, paths: Document['paths']): object[] {
  const { method, url, header, description, auth, body } = request
  const headers = header.map((one) => {
    const value = OPTIONAL.get(one.key)
    if (value === undefined) return one
    const isWait = one.key === 'Prefer' && url.path.includes('webhooks')
    return { ...one, value: isWait ? 'wait=25' : value, disabled: true }
  })
  const plain = {
    method,
    url: {
      raw: [...url.host, ...url.path].join('/'),
      host: url.host,
      path: url.path,
      query: url.query.map((one) => ({
        ...one,
        value: SENT.get(one.key) ?? '',
        disabled: !SENT.has(one.key)
      })),
      variable: url.variable.map((one) => ({ ...one, value: `{{${VARIABLE_OF[one.key] ?? one.key}}}` }))
    },
    header: headers,
    description,
    ...(auth === null ? { auth: { type: 'noauth' } } : {})
  }
  if (body === undefined || BODILESS.has(method)) return [{ name, request: plain }]
  const path = `/${url.path.map((part) => part.replace(/^:(.*)$/, '{$1}')).join('/')}`
  const examples = paths[path]?.[method.toLowerCase()]?.requestBody?.content['application/json']?.examples
  const bodies = Object.entries(examples ?? {})
  if (bodies.length === 0) return [{ name, request: { ...plain, body: json({}) } }]
  return bodies.map(([key, { summary, value }]) => {
    const isTicked = (one: Parameter) => key === RESPOND_ASYNC && one.key === 'Prefer'
    const ticked = headers.map((one) => (isTicked(one) ? { ...one, disabled: false } : one))
    const named = bodies.length === 1 ? name : summary
    return { name: named, request: { ...plain, header: ticked, body: json(value) } }
  })
}

function json(value: unknown): object {
  return { mode: 'raw', raw: JSON.stringify(value, null, 2), options: { raw: { language: 'json' } } }
}
