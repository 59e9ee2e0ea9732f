import type { OpenAPIV3_1 } from 'openapi-types'
import { type RequestHeader, RESPONSE_HEADERS, type ResponseHeader, TAKES } from './headers.ts'

type ByStatus = Readonly<Record<string, OpenAPIV3_1.ResponseObject>>

/** Before the gateway knows who calls: it can't say what is left of a limit. */
const ANONYMOUS: ReadonlySet<string> = new Set(['401', '408', '431'])
/** Refusals that are not kept for a repeat, see `idempotency`. */
const NOT_REPEATED = /^(?:401|403|405|408|409|415|429|431|5..)$/

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
  // A permission is named where callers alone may send. Other senders have no keys for repeats.
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
