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
export const RESPONSE_HEADERS = {
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

/** The member of a route's schema that has the names of its headers. */
export const TAKES = 'x-takes'

/** Documents, in the schema of a route, what headers it takes, besides those that every route takes. */
export function takes(...headers: RequestHeader[]) {
  return { [TAKES]: headers }
}

/** Documents, in a response of a route, what headers it has, besides those that every response has. */
export function sends(...headers: ResponseHeader[]) {
  return { headers: Object.fromEntries(headers.map((header) => [header, {}])) }
}

/** The components that operations refer to. */
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
