import { isUtf8 } from 'node:buffer'
import { Problem } from '../errors.ts'
import { readContentType } from '../http/content-type.ts'
import { parseJson } from '../http/json-body.ts'
import { parseForm } from '../http/form.ts'

/** Media types of a payload. Text must hold JSON. */
export const CONTENT_TYPES = ['json', 'form', 'text'] as const
export type PayloadType = (typeof CONTENT_TYPES)[number]

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPES = /^application\/(?:[^/]+\+)?json$/
const NAMES = { json: 'application/json', form: FORM, text: 'text/plain that holds JSON' }
const OR = new Intl.ListFormat('en', { type: 'disjunction' })
/** Longest text, in characters. An expression can split it into a list, which must fit the thread's memory. */
const MAX_TEXT = 1_000_000

/**
 * Reads the payload of a webhook: JSON, a form, or text that holds JSON.
 * @param contentTypes the media types that the endpoint takes
 * @param payloadField the form field that holds the payload as JSON, as from GitHub and Slack
 * @throws Problem invalid_json, invalid_request or unsupported_media_type
 */
export function parsePayload(
  rawBody: Buffer,
  contentType: string | undefined,
  contentTypes: readonly PayloadType[],
  payloadField: string | undefined
): unknown {
  const type = payloadTypeOf(contentType)
  if (type === undefined || !contentTypes.includes(type)) {
    const names = OR.format(contentTypes.map((one) => NAMES[one]))
    throw new Problem('unsupported_media_type', `The body must be ${names}; in UTF-8.`)
  }
  const payload = type === 'form' ? readForm(rawBody, payloadField) : parseJson(rawBody)
  refuseLongTexts(payload)
  return payload
}

/** Undefined for a type or charset that cannot be read. */
function payloadTypeOf(header: string | undefined): PayloadType | undefined {
  const { mediaType = '', isUtf8: isReadable = false } = readContentType(header) ?? {}
  if (!isReadable) return undefined
  if (JSON_TYPES.test(mediaType)) return 'json'
  if (mediaType === FORM) return 'form'
  return mediaType === 'text/plain' ? 'text' : undefined
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
function refuseLongTexts(payload: unknown): void {
  let level = [payload]
  while (level.length > 0) {
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
