import { isUtf8 } from 'node:buffer'
import { MIMEType } from 'node:util'
import { Problem } from '../errors.ts'
import { parseJson } from '../json-body.ts'
import { parseForm } from './form.ts'

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPES = /^application\/(?:[^/]+\+)?json$/
const CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])
/** Far deeper than any sender's payload; evaluating an expression calls itself for each level. */
const MAX_DEPTH = 100
/** An expression can make a list of the characters of a text: so long a one still fits a thread's memory. */
const MAX_TEXT = 1_000_000

/**
 * Reads the body of a webhook: JSON, a form, or text that holds JSON.
 * @param payloadField the form field that holds the payload as JSON, as GitHub and Slack send it
 * @throws Problem invalid_json, invalid_request or unsupported_media_type
 */
export function parsePayload(
  rawBody: Buffer,
  contentType: string | undefined,
  payloadField: string | undefined
): unknown {
  const type = readContentType(contentType)
  const payload = type === FORM ? readForm(rawBody, payloadField) : parseJson(rawBody)
  refuseExtremes(payload)
  return payload
}

function readContentType(contentType: string | undefined): string {
  const detail = `The body must be application/json, ${FORM}, or text/plain that holds JSON; in UTF-8.`
  let type: MIMEType
  try {
    type = new MIMEType(contentType ?? '')
  } catch {
    throw new Problem('unsupported_media_type', detail)
  }
  const isKnown = type.essence === FORM || type.essence === 'text/plain' || JSON_TYPES.test(type.essence)
  if (!isKnown || !CHARSETS.has((type.params.get('charset') ?? 'utf-8').toLowerCase())) {
    throw new Problem('unsupported_media_type', detail)
  }
  return type.essence
}

function readForm(rawBody: Buffer, payloadField: string | undefined): unknown {
  if (rawBody.length === 0) throw new Problem('invalid_request', 'The body is empty; a form is expected.')
  if (!isUtf8(rawBody)) throw new Problem('invalid_request', 'The form is not valid UTF-8.')
  const form = parseForm(rawBody.toString('utf8'))
  if (payloadField === undefined) return form
  const json = form[payloadField]
  if (typeof json === 'string') return parseJson(Buffer.from(json))
  throw new Problem('invalid_request', `The form must have one field ${payloadField} that holds JSON.`)
}

/** @throws Problem invalid_request */
function refuseExtremes(payload: unknown): void {
  let level = [payload]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH)
      throw new Problem('invalid_request', `The payload is nested deeper than ${MAX_DEPTH} levels.`)
    const inner: unknown[] = []
    for (const one of level) {
      if (typeof one === 'string' && one.length > MAX_TEXT)
        throw new Problem('invalid_request', `The payload has a text of more than ${MAX_TEXT} characters.`)
      if (typeof one !== 'object' || one === null) continue
      for (const value of Object.values(one) as unknown[]) inner.push(value)
    }
    level = inner
  }
}
