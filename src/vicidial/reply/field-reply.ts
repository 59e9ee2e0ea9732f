import { readError, readOther } from './other-reply.ts'
import type { FieldReply } from './reply.ts'
import { isError } from './reply-kind.ts'
import { errorOf, readStatusLines } from './status-lines.ts'

/** One line of at most 20 characters. */
const VALUE = /^([^\n<]{1,20})\n?$/

/** Reads the reply to `lead_field_info` for a short column. */
export function readFieldReply(httpStatus: number, text: string): FieldReply {
  const value = VALUE.exec(text)?.[1]
  if (httpStatus === 200 && value !== undefined && !isError(text)) return { kind: 'field', value }
  const error = errorOf(readStatusLines(text).complete)
  return error === undefined
    ? readOther(httpStatus, text, text !== '' && !text.endsWith('\n'))
    : readError(error.text, text)
}
