import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './errors.ts'
import { placeOfJsonError } from './json-place.ts'

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

/**
 * Parses one JSON document.
 * @throws Problem invalid_json with the line and column where reading stopped
 */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw new Problem('invalid_json', 'The body is empty; a JSON document is expected.')
  const text = decode(body)
  try {
    return JSON.parse(text)
  } catch (error) {
    const place = placeOfJsonError(text, error)
    const where = place ? `: reading stopped at line ${place.line}, column ${place.column}` : ''
    throw new Problem('invalid_json', `The body is not valid JSON${where}.`)
  }
}

function decode(body: Buffer): string {
  if (isUtf8(body)) {
    const text = body.toString('utf8')
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
  }
  throw new Problem('invalid_json', 'The body is not valid UTF-8, in which JSON is encoded (RFC 8259).')
}
