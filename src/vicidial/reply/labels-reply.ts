import { readListedCustomFields } from './listed-custom-fields.ts'
import { readError, readOther } from './other-reply.ts'
import { type NotMade, OTHER_CALL, type Refused, type Unclear } from './reply.ts'
import { errorOf, readStatusLines } from './status-lines.ts'

/** What a reply to `list_custom_fields` for one list means. */
export type LabelsReply =
  | { readonly kind: 'labels'; readonly labels: ReadonlySet<string> }
  | Refused
  | NotMade
  | Unclear

/** Reads the reply to `list_custom_fields` in the format `tab`, without names. */
export function readLabelsReply(httpStatus: number, text: string, list: string): LabelsReply {
  const error = errorOf(readStatusLines(text).complete)
  if (error !== undefined) {
    const refused = readError(error.text, text)
    return refused.kind === 'not_found' ? OTHER_CALL : refused
  }
  const [listed] = readListedCustomFields(text)
  if (httpStatus !== 200 || listed === undefined || !text.endsWith('\n'))
    return readOther(httpStatus, text, text !== '' && !text.endsWith('\n'))
  return listed.list === list ? { kind: 'labels', labels: new Set(listed.labels) } : OTHER_CALL
}
