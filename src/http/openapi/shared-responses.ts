import type { OpenAPIV3_1 } from 'openapi-types'
import { STATUS_CODES } from '../node-http.ts'

interface Found {
  readonly response: object
  readonly uses: { readonly responses: Record<string, unknown>; readonly status: string }[]
}

/** A problem response with more codes than this is named by its status. */
const MOST_NAMED_CODES = 2

/**
 * Moves the problem responses that several operations share to the components. Of different ones with the same name, the
 * one with the most operations moves; the others stay in their operations.
 */
export function withSharedResponses(document: OpenAPIV3_1.Document): void {
  const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path ?? {}))
  const shared: Record<string, OpenAPIV3_1.ResponseObject> = {}
  for (const [name, found] of Object.entries(problemResponses(operations as OpenAPIV3_1.OperationObject[]))) {
    const [most] = [...found.values()].sort((one, other) => other.uses.length - one.uses.length)
    if (most === undefined || most.uses.length < 2) continue
    shared[name] = most.response as OpenAPIV3_1.ResponseObject
    for (const { responses, status } of most.uses)
      responses[status] = { $ref: `#/components/responses/${name}` }
  }
  document.components = { ...document.components, responses: shared }
}

/** The problem responses by their names, and of each name by what they say. */
function problemResponses(operations: readonly OpenAPIV3_1.OperationObject[]) {
  const byName: Record<string, Map<string, Found>> = {}
  for (const { responses = {} } of operations) {
    for (const [status, response] of Object.entries(
      responses as Record<string, OpenAPIV3_1.ResponseObject>
    )) {
      if (response.content?.['application/problem+json'] === undefined) continue
      const bySaying = (byName[nameOf(status, response)] ??= new Map<string, Found>())
      const saying = JSON.stringify(response)
      const found = bySaying.get(saying) ?? { response, uses: [] }
      bySaying.set(saying, found)
      found.uses.push({ responses, status })
    }
  }
  return byName
}

/** The name of a problem response: its codes, as its description lists them, or its status if they are none or many. */
function nameOf(status: string, { description }: OpenAPIV3_1.ResponseObject): string {
  const codes = [...description.matchAll(/`([a-z_]+)`/g)].map(([, code = '']) => code)
  return codes.length > 0 && codes.length <= MOST_NAMED_CODES
    ? codes.map(pascal).join('Or')
    : pascal(STATUS_CODES[status] ?? status)
}

function pascal(text: string): string {
  return text.replaceAll(/(?:^|[ _])(\w)/g, (_, letter: string) => letter.toUpperCase())
}
