import type { OpenAPIV3_1 } from 'openapi-types'

/** Headers of requests, by the names of their parameters in the document. */
const REQUEST_HEADERS = {
  RespondAsync: {
    name: 'Prefer',
    description:
      '`respond-async`: stores the request, answers 202 at once, and does the work later, as a job (RFC 7240).',
    schema: { type: 'string', enum: ['respond-async'] }
  },
  Wait: {
    name: 'Prefer',
    description: '`wait=10`: the same as `?wait=10` (RFC 7240).',
    schema: { type: 'string', pattern: '^wait=[0-9]{1,5}$' }
  },
  IfMatch: {
    name: 'If-Match',
    description:
      'Changes the lead only if it still is as it was read: the `ETag` of GET /v1/leads/{lead_id}, or an `etag` of POST ' +
      '/v1/leads/read. Only the fields that were read are compared. Needs the permission `read`, too.',
    schema: { type: 'string' }
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    description: 'An `ETag` of an earlier answer: if the lead is still as it was, the answer is 304.',
    schema: { type: 'string' }
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    description:
      'Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing ' +
      'again. 1 to 255 visible ASCII characters, bare or in double quotes.',
    schema: { type: 'string', minLength: 1, maxLength: 257 }
  },
  RequestId: {
    name: 'X-Request-Id',
    description:
      'An id of yours for this request, in the response and in the log. Without one the gateway makes one.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9._:@=+/-]{1,128}$' }
  }
} as const satisfies Record<string, Omit<OpenAPIV3_1.ParameterObject, 'in'>>

/** Headers of responses, by the names of their components. */
const RESPONSE_HEADERS = {
  RequestId: {
    name: 'X-Request-Id',
    description: 'The id of the request: yours, or a new one. The log has it.',
    required: true,
    schema: { type: 'string' }
  },
  RateLimitPolicy: {
    name: 'RateLimit-Policy',
    description:
      'The limits of the caller, if it has any: `"requests";q=600;w=60` is 600 requests in 60 seconds.',
    schema: { type: 'string' }
  },
  RateLimit: {
    name: 'RateLimit',
    description:
      'What is left of the limits, if the caller has any: `"requests";r=598;t=42` is 598 requests in the next 42 seconds.',
    schema: { type: 'string' }
  },
  RetryAfter: {
    name: 'Retry-After',
    description:
      'Seconds to wait before the request is sent again. Present with 429 and 503, and with 409 if a request with this ' +
      '`Idempotency-Key` is in progress.',
    schema: { type: 'integer', minimum: 0 }
  },
  IdempotencyReplayed: {
    name: 'Idempotency-Replayed',
    description: '`true` if this is the response to an earlier request with the same `Idempotency-Key`.',
    schema: { type: 'string', enum: ['true'] }
  },
  WwwAuthenticate: {
    name: 'WWW-Authenticate',
    description: 'How to authenticate (RFC 9110).',
    required: true,
    schema: { type: 'string' }
  },
  Allow: {
    name: 'Allow',
    description: 'The methods that the path takes.',
    required: true,
    schema: { type: 'string' }
  },
  Location: {
    name: 'Location',
    description: 'The path of the new lead.',
    required: true,
    schema: { type: 'string' }
  },
  Etag: {
    name: 'ETag',
    description:
      'Changes whenever one of these values does; absent if a field could not be read. For `If-None-Match`, and for ' +
      '`If-Match` of PATCH.',
    schema: { type: 'string' }
  },
  PreferenceApplied: {
    name: 'Preference-Applied',
    description:
      '`respond-async`: the preference was followed (RFC 7240). Absent if this is the response to an earlier request.',
    schema: { type: 'string', enum: ['respond-async'] }
  }
} as const satisfies Record<string, OpenAPIV3_1.HeaderObject & { readonly name: string }>

export type RequestHeader = keyof typeof REQUEST_HEADERS
export type ResponseHeader = keyof typeof RESPONSE_HEADERS
type ByStatus = Readonly<Record<string, OpenAPIV3_1.ResponseObject>>

const TAKES = 'x-takes'
/** Before the gateway knows who calls: it can't say what is left of a limit. */
const ANONYMOUS: ReadonlySet<string> = new Set(['401', '408', '431'])
/** Refusals that are not kept for a repeat, see `idempotency`. */
const NOT_REPEATED = /^(?:401|403|405|408|409|415|429|431|5..)$/

/** Documents, in the schema of a route, what headers it takes, besides those that every route takes. */
export function takes(...headers: RequestHeader[]) {
  return { [TAKES]: headers }
}

/** Documents, in a response of a route, what headers it has, besides those that every response has. */
export function sends(...headers: ResponseHeader[]) {
  return { headers: Object.fromEntries(headers.map((header) => [header, {}])) }
}

/** The components that `withHeaders` refers to. */
export const HEADER_COMPONENTS: Pick<OpenAPIV3_1.ComponentsObject, 'headers' | 'parameters'> = {
  parameters: Object.fromEntries(
    Object.entries(REQUEST_HEADERS).map(([key, { name, ...parameter }]) => [
      key,
      { in: 'header', name, ...parameter }
    ])
  ) as Record<string, OpenAPIV3_1.ParameterObject>,
  headers: Object.fromEntries(
    Object.values(RESPONSE_HEADERS).map(({ name, ...header }) => [name, header])
  ) as Record<string, OpenAPIV3_1.HeaderObject>
}

/**
 * Documents the headers of an operation: its own, and those of its kind. In the document only: a schema of a route's headers
 * would be checked for every request, and the gateway reads each header itself.
 */
export function withHeaders(method: string, operation: OpenAPIV3_1.OperationObject): void {
  const { [TAKES]: own = [], ...rest } = operation as typeof operation & { [TAKES]?: RequestHeader[] }
  const isChange = method === 'post' || method === 'patch'
  const headers: RequestHeader[] = [...own, ...(isChange ? ['IdempotencyKey' as const] : []), 'RequestId']
  const { parameters = [], responses = {} } = rest
  Reflect.deleteProperty(operation, TAKES)
  const isInPath = (parameter: object) => 'in' in parameter && parameter.in === 'path'
  operation.parameters = [
    ...parameters.filter(isInPath),
    ...parameters.filter((parameter) => !isInPath(parameter)),
    ...headers.map((header) => ({ $ref: `#/components/parameters/${header}` }))
  ]
  for (const [status, response] of Object.entries(responses as ByStatus)) {
    const ofRoute = Object.keys(response.headers ?? {}) as ResponseHeader[]
    response.headers = Object.fromEntries(
      [...ofRoute, ...headersOf(status, response, isChange, operation)].map((header) => {
        const { name } = RESPONSE_HEADERS[header]
        return [name, { $ref: `#/components/headers/${name}` }]
      })
    )
  }
}

/** The headers of a response that follow from its status and the kind of its operation. */
function headersOf(
  status: string,
  { content = {} }: OpenAPIV3_1.ResponseObject,
  isChange: boolean,
  { security = [] }: OpenAPIV3_1.OperationObject
): ResponseHeader[] {
  const isProblem = 'application/problem+json' in content
  // Only the gateway's own permissions are named: others that may send are no callers with keys for repeats.
  const needsCaller = Object.values(security[0] ?? {}).flat().length > 0
  const headers: ResponseHeader[] = ['RequestId']
  if (security.length > 0 && !ANONYMOUS.has(status)) headers.push('RateLimitPolicy', 'RateLimit')
  if (isChange && needsCaller && !NOT_REPEATED.test(status)) headers.push('IdempotencyReplayed')
  const mayWait = status === '429' || status === '503' || (status === '409' && isChange)
  if (isProblem && mayWait) headers.push('RetryAfter')
  if (status === '401') headers.push('WwwAuthenticate')
  if (status === '405') headers.push('Allow')
  return headers
}
