import { isUtf8 } from 'node:buffer'
import { Problem } from '../../errors.ts'

export const FORM_IN_PARTS = 'multipart/form-data'

/**
 * Reads a form in parts (multipart/form-data, RFC 7578).
 * @param contentType the header, with the boundary
 * @returns names and values in their order; a value is a text, or a file
 * @throws Problem invalid_request
 */
export async function readFormParts(encoded: Buffer, contentType: string): Promise<FormData> {
  const response = new Response(encoded, { headers: { 'content-type': contentType } })
  // oxlint-disable-next-line typescript/no-deprecated -- because it holds everything in memory, where this body already is
  const form = isUtf8(encoded) ? await response.formData().catch(() => undefined) : undefined
  if (form !== undefined) return form
  const detail = `The form is not valid UTF-8, or its parts are not as ${FORM_IN_PARTS} says (RFC 7578).`
  throw new Problem('invalid_request', detail)
}
