import { readError, readOther } from './other-reply.ts'
import type { FieldReply } from './reply.ts'
import { isError } from './reply-kind.ts'
import { errorOf, readStatusLines } from './status-lines.ts'

/** One line of at most 20 characters. */
const SHORT_VALUE = /^([^\n<]{1,20})\n?$/
/** How the page of a server in between begins. */
const PAGE = /^\s*<(?:!doctype|html|\?xml)/i

/** Reads the reply to `lead_field_info` for a short column. */
export function readFieldReply(httpStatus: number, text: string): FieldReply {
  const value = SHORT_VALUE.exec(text)?.[1]
  if (httpStatus === 200 && value !== undefined && !isError(text)) return { kind: 'field', value }
  return readNoField(httpStatus, text)
}

/**
 * Reads the reply to `lead_field_info` for any column or custom field. The value is printed as it is, so one that begins
 * like an error or like a page can't be told from them, and is not read. A value with an apostrophe comes with HTTP 500,
 * as VICIdial then fails to log it.
 */
export function readFieldValue(httpStatus: number, text: string): FieldReply {
  const isPrinted = httpStatus === 200 || (httpStatus === 500 && text.includes("'"))
  if (isPrinted && !isError(text) && !PAGE.test(text)) return { kind: 'field', value: text }
  return readNoField(httpStatus, text)
}

function readNoField(httpStatus: number, text: string): FieldReply {
  const error = errorOf(readStatusLines(text).complete)
  return error === undefined
    ? readOther(httpStatus, text, text !== '' && !text.endsWith('\n'))
    : readError(error.text, text)
}
