import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../../errors.ts'
import { hasBody, mayHaveNoBody } from './body-rules.ts'
import { readContentType } from './content-type.ts'
import { parseExactly } from './exact-json.ts'
import { FORM } from './form.ts'
import { jsonFault } from './json-fault.ts'
import { countNames, firstRepeatedName, positionAt, shapeOf } from './json-guard.ts'
import { echo } from '../../leads/refusal.ts'
import type { RequestBodies } from './request-bodies.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The unparsed body; null until it is read. */
    rawBody: Buffer | null
  }
}

/**
 * Makes the application accept only JSON bodies. Invalid UTF-8 is refused, not replaced. A property named `__proto__` is
 * an ordinary property, so the routes refuse it. A request with an empty body has no body, even if it has a Content-Type:
 * many clients send one with every request.
 */
export function jsonBody(app: FastifyInstance, bodies: RequestBodies): void {
  app.removeAllContentTypeParsers()
  app.decorateRequest('rawBody', null)
  app.addContentTypeParser('application/json', async (request: FastifyRequest) => {
    request.rawBody = await bodies.read(request)
    const isNone = request.rawBody.length === 0 && mayHaveNoBody(request.routeOptions.schema?.body)
    return isNone ? null : parseJson(request.rawBody)
  })
  app.addContentTypeParser('*', async (request: FastifyRequest) => {
    const { headers, routeOptions } = request
    if (!hasBody(headers)) return null
    // A body in chunks has no length before its end.
    const mayBeEmpty = headers['transfer-encoding'] !== undefined && mayHaveNoBody(routeOptions.schema?.body)
    if (mayBeEmpty && (await bodies.read(request)).length === 0) return null
    throw notJsonType(headers['content-type'])
  })
}

/** The refusal of a body of another type. */
export function notJsonType(contentType: string | undefined): Problem {
  const isForm = readContentType(contentType)?.mediaType === FORM
  const detail = 'The body must be JSON, with Content-Type: application/json.'
  return new Problem('unsupported_media_type', isForm ? `${detail} ${NOT_A_FORM}` : detail)
}

/** What to do about JSON that is sent as a form. */
export const NOT_A_FORM = "It was sent as a form, as curl -d does: add -H 'Content-Type: application/json'."

/** Whether a body starts like JSON, and not like a form, whatever its Content-Type: `curl -d` sends JSON as a form. */
export function looksLikeJson(body: Buffer): boolean {
  return JSON_BEGINS.test(body.toString('latin1', 0, 1_024))
}

const JSON_BEGINS = /^\s*[[{]/
const BYTE_ORDER_MARK = '\uFEFF'
/** Deeper than any real request. Code that reads a body may be recursive. */
const MAX_DEPTH = 64

/**
 * Parses one JSON document. A duplicate name in an object is refused: parsers disagree on which value counts, so a
 * proxy that checked the request may have seen the other one. A number that JavaScript cannot hold becomes its text.
 * @param what what to call the document in the error
 * @throws Problem invalid_json, with the line and column where reading stopped, and no value of the text
 */
export function parseJson(body: Buffer, what = 'The body'): unknown {
  if (body.length === 0) throw new Problem('invalid_json', `${what} is empty; a JSON document is expected.`)
  if (!isUtf8(body)) {
    const detail = `${what} is not valid UTF-8, in which JSON is encoded (RFC 8259).${encodingOf(body)}`
    throw new Problem('invalid_json', detail)
  }
  const decoded = body.toString('utf8')
  const text = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded
  // Before parsing: a text of nothing but brackets would take forty times its size in memory.
  const { names, tooDeepAt, longNumbers } = shapeOf(text, MAX_DEPTH)
  if (tooDeepAt !== undefined) {
    throw new Problem(
      'invalid_json',
      `${what} is nested deeper than ${MAX_DEPTH} levels${where(text, tooDeepAt)}.`
    )
  }
  let value: unknown
  try {
    value = parseExactly(text, longNumbers)
  } catch (error) {
    throw new Problem('invalid_json', `${what} is not valid JSON${jsonFault(text, error)}`)
  }
  if (countNames(value) !== names) throw repeatedName(text)
  return value
}

/** A sentence about the encoding that the first bytes of a body tell; empty if they tell none. */
function encodingOf([first, second]: Buffer): string {
  const is = (...bytes: number[]) => first === bytes[0] && second === bytes[1]
  if (is(0xff, 0xfe) || is(0xfe, 0xff)) return ' It looks like UTF-16.'
  return is(0x1f, 0x8b) ? ' It looks compressed: send it uncompressed.' : ''
}

function repeatedName(text: string): Problem {
  const { name, offset } = firstRepeatedName(text) ?? { name: '', offset: 0 }
  const detail = `The name ${JSON.stringify(echo(name))} appears twice in one object${where(text, offset)}.`
  return new Problem('invalid_json', detail)
}

function where(text: string, offset: number): string {
  const { line, column } = positionAt(text, offset)
  return `, at line ${line}, column ${column}`
}
