import { Problem } from '../../errors.ts'

export const FORM = 'application/x-www-form-urlencoded'
export const MAX_FIELDS = 1_000
/** Nesting of bracketed names, as in `contact[address][city]`. */
const MAX_DEPTH = 8

/**
 * Parses a form (application/x-www-form-urlencoded). Bracketed names become objects and arrays. The objects have no
 * prototype, and `__proto__` is dropped.
 * @throws Problem invalid_request
 */
export async function parseForm(text: string): Promise<Record<string, unknown>> {
  // Loaded with the first form: it has 30 files.
  const { parse } = await import('qs')
  try {
    return parse(text, {
      depth: MAX_DEPTH,
      strictDepth: true,
      parameterLimit: MAX_FIELDS,
      arrayLimit: MAX_FIELDS,
      throwOnLimitExceeded: true,
      plainObjects: true,
      decoder: (part) => decodeURIComponent(part.replaceAll('+', ' '))
    })
  } catch (error) {
    if (error instanceof URIError)
      throw new Problem('invalid_request', 'The form has escapes (%XX) that are not valid UTF-8.')
    if (error instanceof RangeError) {
      const detail = `The form has more than ${MAX_FIELDS} fields, or names nested deeper than ${MAX_DEPTH}.`
      throw new Problem('invalid_request', detail)
    }
    throw error
  }
}
