import { isUtf8 } from 'node:buffer'
import { Problem } from '../errors.ts'
import { readContentType } from '../http/body/content-type.ts'
import { FORM } from '../http/body/form.ts'
import { FORM_IN_PARTS, readFormParts } from '../http/body/form-parts.ts'
import { looksLikeJson, parseJson } from '../http/body/json-body.ts'
import { isObject } from '../leads/is-object.ts'
import { echo, jsonInText, textMeant } from '../leads/refusal.ts'

/** The parameters of a call by name: texts, or the values of a JSON body. None is undefined. */
export type Parameters = ReadonlyMap<string, unknown>

/** PHP, and so VICIdial, reads no more of a form by default. */
const MAX_PAIRS = 1_000

/**
 * Reads the query of a URL. It is ASCII: Node refuses other requests.
 * @throws Problem invalid_request
 */
export function readQuery(url: string): Parameters {
  const start = url.indexOf('?')
  return start === -1 ? new Map() : readPairs(Buffer.from(url.slice(start + 1)), 'query')
}

/**
 * Reads a body: a form in either encoding, a JSON object of parameters, or a JSON array, which is `leads_data`.
 * @throws Problem invalid_json, invalid_request, unsupported_media_type
 */
export async function readBody(body: Buffer, contentType: string | undefined): Promise<Parameters> {
  if (body.length === 0) return new Map()
  const type = mediaTypeOf(contentType)
  if (looksLikeJson(body) || type?.endsWith('json') === true) {
    const value = parseJson(body)
    if (Array.isArray(value)) return new Map([['leads_data', value]])
    if (isObject(value)) return new Map(Object.entries(value))
    const detail = `The body must be a JSON object of parameters, or an array of leads.${jsonInText(value)}`
    throw new Problem('invalid_json', detail)
  }
  if (type === FORM) return readPairs(body, 'form')
  // PHP's curl sends an array so, and also `curl -F` and Postman's "form-data". PHP, and so VICIdial, reads it too.
  if (type === FORM_IN_PARTS) return readParts(body, contentType ?? '')
  throw new Problem('unsupported_media_type', `The body must be a form (${FORM}, ${FORM_IN_PARTS}) or JSON.`)
}

/** @throws Problem unsupported_media_type if the charset is not UTF-8 */
function mediaTypeOf(header: string | undefined): string | undefined {
  const type = readContentType(header)
  if (type === undefined || type.isUtf8) return type?.mediaType
  throw new Problem('unsupported_media_type', 'The body must be in UTF-8.')
}

/** @throws Problem invalid_request */
function readPairs(encoded: Buffer, what: 'query' | 'form'): Parameters {
  const text = encoded.toString('utf8')
  if (hasMore(text, '&', MAX_PAIRS)) {
    throw new Problem('invalid_request', `The ${what} has more than ${MAX_PAIRS} parameters.`)
  }
  if (!isUtf8(encoded) || !isDecodable(text)) {
    throw new Problem(
      'invalid_request',
      `The ${what} is not valid UTF-8, or has a % that is no escape (%25).`
    )
  }
  return withoutRepeats(new URLSearchParams(text), what)
}

/** Whether a text contains something more than `limit` times. */
function hasMore(text: string, what: string, limit: number): boolean {
  let at = -1
  for (let count = 0; count <= limit; count++) {
    at = text.indexOf(what, at + 1)
    if (at === -1) return false
  }
  return true
}

/** @throws Problem invalid_request */
async function readParts(encoded: Buffer, contentType: string): Promise<Parameters> {
  const form = await readFormParts(encoded, contentType)
  const [file] = [...form].find(([, value]) => typeof value !== 'string') ?? []
  if (file === undefined) return withoutRepeats(form, 'form')
  throw new Problem('invalid_request', `The form has a file as ${echo(file)}; every part must be a text.`)
}

/** @throws Problem invalid_request */
function withoutRepeats(pairs: Iterable<[name: string, value: unknown]>, what: 'query' | 'form'): Parameters {
  const parameters = new Map<string, unknown>()
  for (const [name, value] of pairs) {
    if (parameters.has(name)) {
      const detail = `The parameter ${echo(name)} is in the ${what} more than once. VICIdial would use only the last one, so send one.`
      throw new Problem('invalid_request', detail)
    }
    parameters.set(name, value)
  }
  return parameters
}

/** Whether every escape is valid UTF-8. URLSearchParams would replace the others by another character. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/**
 * The parameters of query and body together. One that is in both must have the same value.
 * @throws Problem invalid_request
 */
export function mergeParameters(query: Parameters, body: Parameters): Parameters {
  for (const [name, value] of body) {
    if (query.has(name) && query.get(name) !== value) {
      const detail = `${echo(name)} is in the query and in the body, with different values.`
      throw new Problem('invalid_request', detail)
    }
  }
  return new Map([...query, ...body])
}

/**
 * The text of a parameter. A number in a JSON body counts as its digits, and an empty text as missing.
 * @throws Problem invalid_request
 */
export function textOf(parameters: Parameters, name: string): string | undefined {
  const value = parameters.get(name)
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  // In the text of a phone number a dot separates digits.
  if (typeof value === 'number' && Number.isInteger(value)) return String(value)
  throw new Problem('invalid_request', `${name} must be a text.${textMeant(value)}`)
}
