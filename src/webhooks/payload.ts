import { isUtf8 } from 'node:buffer'
import { Problem } from '../errors.ts'
import { readContentType } from '../http/body/content-type.ts'
import { looksLikeJson, NOT_A_FORM, parseJson } from '../http/body/json-body.ts'
import { FORM, parseForm } from '../http/body/form.ts'
import { FORM_IN_PARTS, readFormParts } from '../http/body/form-parts.ts'
import { jsonInText } from '../leads/refusal.ts'
import { isLongNumber } from './mapping/expression.ts'

/** Media types of a payload. Text must hold JSON; `multipart` is a form in parts. */
export const CONTENT_TYPES = ['json', 'form', 'multipart', 'text'] as const
export type PayloadType = (typeof CONTENT_TYPES)[number]

const JSON_TYPES = /^application\/(?:[^/]+\+)?json$/
const NAMES = {
  json: 'application/json',
  form: FORM,
  multipart: FORM_IN_PARTS,
  text: 'text/plain that holds JSON'
}
const OR = new Intl.ListFormat('en', { type: 'disjunction' })
/** Longest text, in characters. An expression can split it into a list, which must fit the thread's memory. */
const MAX_TEXT = 1_000_000

/**
 * Reads the payload of a webhook: JSON, a form, a form in parts, or text that holds JSON. A form in parts gives what the
 * same form without parts gives; files in it are left out.
 * @param contentTypes the media types that the endpoint takes
 * @param payloadField the form field that holds the payload as JSON, as from GitHub and Slack
 * @throws Problem invalid_json, invalid_request or unsupported_media_type
 */
export async function parsePayload(
  rawBody: Buffer,
  contentType: string | undefined,
  contentTypes: readonly PayloadType[],
  payloadField: string | undefined
): Promise<unknown> {
  const type = payloadTypeOf(contentType)
  if (type === undefined || !contentTypes.includes(type)) {
    const names = OR.format(contentTypes.map((one) => NAMES[one]))
    const hint = type === 'form' && looksLikeJson(rawBody) ? ` ${NOT_A_FORM}` : ''
    throw new Problem('unsupported_media_type', `The body must be ${names}; in UTF-8.${hint}`)
  }
  const body = type === 'multipart' ? await joinParts(rawBody, contentType ?? '') : rawBody
  const isForm = type === 'form' || type === 'multipart'
  const payload = isForm ? await readForm(body, payloadField) : parseJson(body)
  refuseJsonInJson(payload)
  return withLongNumbersAsTexts(payload)
}

/** Undefined for a type or charset that cannot be read. */
function payloadTypeOf(header: string | undefined): PayloadType | undefined {
  const { mediaType = '', isUtf8: isReadable = false } = readContentType(header) ?? {}
  if (!isReadable) return undefined
  if (JSON_TYPES.test(mediaType)) return 'json'
  if (mediaType === FORM) return 'form'
  if (mediaType === FORM_IN_PARTS) return 'multipart'
  return mediaType === 'text/plain' ? 'text' : undefined
}

/** The texts of a form in parts, as a form without parts. */
async function joinParts(rawBody: Buffer, contentType: string): Promise<Buffer> {
  const form = new URLSearchParams()
  for (const [name, value] of await readFormParts(rawBody, contentType))
    if (typeof value === 'string') form.append(name, value)
  return Buffer.from(form.toString())
}

async function readForm(rawBody: Buffer, payloadField: string | undefined): Promise<unknown> {
  if (rawBody.length === 0) throw new Problem('invalid_request', 'The body is empty; a form is expected.')
  if (!isUtf8(rawBody)) throw new Problem('invalid_request', 'The form is not valid UTF-8.')
  refuseJsonAsForm(rawBody)
  const form = await parseForm(rawBody.toString('utf8'))
  if (payloadField === undefined) return form
  const json = form[payloadField]
  if (typeof json === 'string') return parseJson(Buffer.from(json))
  throw new Problem('invalid_request', `The form must have one field ${payloadField} that holds JSON.`)
}

/** What `curl -d` and PowerShell send of a JSON text, without its type. @throws Problem unsupported_media_type */
function refuseJsonAsForm(rawBody: Buffer): void {
  if (!looksLikeJson(rawBody)) return
  try {
    parseJson(rawBody)
  } catch {
    return
  }
  const detail = `The body is JSON, but its Content-Type is ${FORM}: send Content-Type: application/json.`
  throw new Problem('unsupported_media_type', detail)
}

/** @throws Problem invalid_request */
function refuseJsonInJson(payload: unknown): void {
  const remedy = jsonInText(payload)
  if (remedy !== '')
    throw new Problem('invalid_request', `The payload must be an object or an array.${remedy}`)
}

/**
 * Makes texts of the numbers of which JSONata would give texts with other digits, as `parseJson` does of those that
 * JavaScript cannot hold.
 * @throws Problem invalid_request for a text that is too long
 */
function withLongNumbersAsTexts(payload: unknown): unknown {
  const root: Record<string, unknown> = { payload }
  let level: Record<string, unknown>[] = [root]
  while (level.length > 0) {
    const inner: Record<string, unknown>[] = []
    for (const one of level) {
      for (const name in one) {
        const value = one[name]
        if (typeof value === 'string' && value.length > MAX_TEXT)
          throw new Problem('invalid_request', `The payload has a text of more than ${MAX_TEXT} characters.`)
        // VICIdial keeps no plus sign, and an exponent means the same without it.
        if (typeof value === 'number' && isLongNumber(value)) one[name] = String(value).replace('+', '')
        // An array has names too.
        if (typeof value === 'object' && value !== null) inner.push(value as Record<string, unknown>)
      }
    }
    level = inner
  }
  return root['payload']
}
