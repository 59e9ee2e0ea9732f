import { isDatabaseFault, readError, readOther } from './other-reply.ts'
import type { FieldReply } from './reply.ts'
import { isError } from './reply-kind.ts'
import { errorOf, readStatusLines } from './status-lines.ts'

/** VICIdial fails to log a value with one of these, after it has printed the value. */
const BREAKS_THE_LOG = /['\\]/
/** The lead has no such custom field. A value ends with no newline. */
const NO_FIELD = /^ERROR: lead_field_info LIST FIELD NOT FOUND: [^|\n]{1,50}\|\d{1,9}\n$/
/** A page of a server before VICIdial. */
const PAGE = /^\s*<(?:!doctype|html|head|body|title|h1|\?xml)\b/i
/** How PHP ends a warning and an error, if it is set up to print them. */
const PHP_FAULT = /\.php(?:<\/b>)?(?: on line |:\d)|mysqli_sql_exception/

/**
 * Reads the reply to `lead_field_info`: the value alone, without a newline at its end. With an apostrophe in it VICIdial
 * answers HTTP 500, with the value as the body (PHP 8.1). A text that could also come from a failure is not taken for a
 * value.
 */
export function readFieldReply(httpStatus: number, text: string): FieldReply {
  const isPrinted = httpStatus === 200 || (httpStatus === 500 && BREAKS_THE_LOG.test(text))
  const isFault = isError(text) || PAGE.test(text) || PHP_FAULT.test(text) || isDatabaseFault(text)
  if (isPrinted && !isFault) return { kind: 'field', value: text }
  const error = errorOf(readStatusLines(text).complete)
  return error === undefined
    ? readOther(httpStatus, text, text !== '' && !text.endsWith('\n'))
    : readError(error.text, text)
}

/** Reads the reply to `lead_field_info` for a custom field. */
export function readCustomFieldReply(httpStatus: number, text: string): FieldReply {
  return httpStatus === 200 && NO_FIELD.test(text) ? { kind: 'no_field' } : readFieldReply(httpStatus, text)
}
