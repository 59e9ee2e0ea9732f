import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import { countNames, firstRepeatedName, shapeOf } from './json-names.ts'
import { placeAt, placeOfJsonError } from './json-position.ts'
import { echo } from '../leads/refusal.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came; null until it is read. */
    rawBody: Buffer | null
  }
}

/**
 * Makes the application read JSON bodies, and nothing else. Invalid UTF-8 is refused rather than replaced, and a
 * property named `__proto__` arrives as any other, for the routes to refuse by its place.
 */
export function jsonBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.decorateRequest('rawBody', null)
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request: FastifyRequest, body: Buffer, done) => {
      request.rawBody = body
      try {
        done(null, parseJson(body))
      } catch (error) {
        done(error as Error)
      }
    }
  )
}

const BYTE_ORDER_MARK = '\uFEFF'
/** Far deeper than any request is; whatever reads it may call itself for each level. */
const MAX_DEPTH = 64

/**
 * Parses one JSON document. A name that stands twice in one object is refused: of its values readers take one or the
 * other, and whoever checked the request before may have seen another than is read here.
 * @param what how the document is called in a refusal
 * @throws Problem invalid_json with the line and column where reading stopped
 */
export function parseJson(body: Buffer, what = 'The body'): unknown {
  if (body.length === 0) throw new Problem('invalid_json', `${what} is empty; a JSON document is expected.`)
  const text = decode(body, what)
  // Before it is parsed: the values of a text that is all brackets take forty times its memory.
  const { names, tooDeepAt } = shapeOf(text, MAX_DEPTH)
  if (tooDeepAt !== undefined) {
    throw new Problem(
      'invalid_json',
      `${what} is nested deeper than ${MAX_DEPTH} levels${where(text, tooDeepAt)}.`
    )
  }
  const value = parse(text, what)
  if (countNames(value) !== names) throw repeatedName(text)
  return value
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const place = placeOfJsonError(text, error)
    const stopped = place ? `: reading stopped at line ${place.line}, column ${place.column}` : ''
    throw new Problem('invalid_json', `${what} is not valid JSON${stopped}.`)
  }
}

function repeatedName(text: string): Problem {
  const { name, offset } = firstRepeatedName(text) ?? { name: '', offset: 0 }
  const detail = `The name ${JSON.stringify(echo(name))} stands twice in one object${where(text, offset)}.`
  return new Problem('invalid_json', detail)
}

function where(text: string, offset: number): string {
  const { line, column } = placeAt(text, offset)
  return `, at line ${line}, column ${column}`
}

function decode(body: Buffer, what: string): string {
  if (isUtf8(body)) {
    const text = body.toString('utf8')
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
  }
  throw new Problem('invalid_json', `${what} is not valid UTF-8, in which JSON is encoded (RFC 8259).`)
}
