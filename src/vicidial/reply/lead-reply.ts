import { readError, readOther } from './other-reply.ts'
import type { LeadReply, Unreadable } from './reply.ts'
import { errorOf, readStatusLines } from './status-lines.ts'

/** The first columns, as the line of names begins. PHP may print warnings before it. */
const NAMES = /^status\tuser\tvendor_lead_code\t[a-z0-9_\t]+$/im
/** The last columns of the lead table; the labels of custom fields follow them. */
const LEAD_ID = 'lead_id'
const ENTRY_LIST = 'entry_list_id'

const NOT_PRINTED: Unreadable = {
  kind: 'unreadable',
  detail: 'VICIdial failed with HTTP 500, as it does for a lead with an apostrophe.'
}
const SHIFTED: Unreadable = {
  kind: 'unreadable',
  detail: 'VICIdial printed other values than columns: one of them holds a tab.'
}

/**
 * Reads the reply to `lead_all_info` with `stage=tab` and `header=YES` for one lead: a line of names, and the values with
 * tabs between. Nothing is escaped, so a value with a tab shifts those after it, and a row with another number of values
 * is not trusted. A newline in a value shifts nothing.
 */
export function readLeadReply(httpStatus: number, text: string, lead: number): LeadReply {
  const header = NAMES.exec(text)
  if (header !== null)
    return readRow(header[0].split('\t'), text.slice(header.index + header[0].length + 1), lead)
  if (httpStatus === 500 && text.trim() === '') return NOT_PRINTED
  const error = errorOf(readStatusLines(text).complete)
  return error === undefined
    ? readOther(httpStatus, text, text !== '' && !text.endsWith('\n'))
    : readError(error.text, text)
}

/** @param rest the reply after the line of names */
function readRow(names: readonly string[], rest: string, lead: number): LeadReply {
  if (!rest.endsWith('\n')) return { kind: 'unclear', detail: 'VICIdial answered with half a lead.' }
  const values = rest.slice(0, -1).split('\t')
  // Builds before 211107-1556 do not print the lead's id.
  const isNamed = names.includes(LEAD_ID)
  const columnCount = names.indexOf(isNamed ? LEAD_ID : ENTRY_LIST) + 1
  if (columnCount === 0 || values.length !== names.length || new Set(names).size !== names.length)
    return SHIFTED
  if (isNamed && values[columnCount - 1] !== String(lead)) return SHIFTED
  const texts = names.map((name, index): [string, string] => [name, values[index] ?? ''])
  return {
    kind: 'lead',
    isNamed,
    columns: new Map(texts.slice(0, columnCount)),
    customFields: new Map(texts.slice(columnCount))
  }
}
