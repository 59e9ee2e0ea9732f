import { MAX_FIELDS } from '../../http/body/form.ts'

/** In bytes. The fields are read before the sender is known, which costs more than an HMAC. */
const MAX_FORM_BYTES = 262_144

/**
 * A form as Twilio signs it: its fields by name, each name with its value right behind it. Undefined if it is longer, or has
 * more fields, than a real one.
 */
export function fieldsInOrder(rawBody: Buffer): string | undefined {
  if (rawBody.length > MAX_FORM_BYTES) return undefined
  const text = rawBody.toString('utf8')
  if (text.split('&', MAX_FIELDS + 1).length > MAX_FIELDS) return undefined
  const fields = [...new URLSearchParams(text)]
  return fields
    .toSorted(([one], [other]) => (one < other ? -1 : Number(one > other)))
    .flat()
    .join('')
}
