import { MAX_FIELDS } from '../../http/body/form.ts'

/** In bytes. The fields are read before the sender is known, which costs more than an HMAC. */
const MAX_FORM_BYTES = 262_144

/**
 * A form as Twilio signs it: its fields by name, each name with its value right behind it. A name's values are in order too,
 * each once, as in Twilio's libraries. Undefined if it is longer, or has more fields, than a real one.
 */
export function fieldsInOrder(rawBody: Buffer): string | undefined {
  if (rawBody.length > MAX_FORM_BYTES) return undefined
  const text = rawBody.toString('utf8')
  if (text.split('&', MAX_FIELDS + 1).length > MAX_FIELDS) return undefined
  // With & first, as a ? at the start of a form belongs to its first name.
  const fields = new URLSearchParams(`&${text}`)
  const values = Map.groupBy(fields, ([name]) => name)
  return [...values.keys()]
    .toSorted()
    .flatMap((name) => [...new Set(values.get(name)?.map((field) => field.join('')))].toSorted())
    .join('')
}
