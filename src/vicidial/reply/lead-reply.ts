import { readError, readOther } from './other-reply.ts'
import type { NotFound, NotMade, Refused, Unclear } from './reply.ts'
import { isError } from './reply-kind.ts'
import { errorOf, readStatusLines } from './status-lines.ts'

/** What a reply to `lead_all_info` means. */
export type LeadReply =
  /** The columns by name, and the custom fields by label. */
  | {
      readonly kind: 'lead'
      readonly columns: ReadonlyMap<string, string>
      readonly customFields: ReadonlyMap<string, string>
    }
  /** VICIdial could not print the lead, or not so that it can be read: read its fields one by one. */
  | { readonly kind: 'unreadable' }
  | NotFound
  | Refused
  | NotMade
  | Unclear

/** The columns of every reply, in VICIdial's order (measured). Custom fields follow. */
export const LEAD_COLUMNS = [
  ...['status', 'user', 'vendor_lead_code', 'source_id', 'list_id', 'gmt_offset_now', 'phone_code'],
  ...['phone_number', 'title', 'first_name', 'middle_initial', 'last_name', 'address1', 'address2'],
  ...['address3', 'city', 'state', 'province', 'postal_code', 'country_code', 'gender', 'date_of_birth'],
  ...['alt_phone', 'email', 'security_phrase', 'comments', 'called_count', 'last_local_call_time'],
  ...['rank', 'owner', 'entry_list_id', 'lead_id']
] as const

const SEPARATOR = '\t'
const FIRST_NAMES = LEAD_COLUMNS.join(SEPARATOR)
/** Builds before 211107-1556 don't print the lead's id. */
const NAMES_WITHOUT_ID = LEAD_COLUMNS.slice(0, -1).join(SEPARATOR)
const UNREADABLE: LeadReply = { kind: 'unreadable' }

/**
 * Reads the reply to `lead_all_info` for one lead, with names and in the format `tab`. VICIdial escapes nothing: a value may
 * have newlines, and one with a tab shifts those after it. So all between the line of names and the end of the reply is
 * one row, and it counts only if it has as many values as there are names, and ends in the lead's own id.
 */
export function readLeadReply(httpStatus: number, text: string, lead: number): LeadReply {
  // VICIdial fails like this before it prints a lead with an apostrophe, and where there is no table of custom fields.
  if (httpStatus === 500 && text === '') return UNREADABLE
  if (!text.startsWith(FIRST_NAMES)) {
    if (text.startsWith(NAMES_WITHOUT_ID) && text.endsWith('\n')) return UNREADABLE
    const error = errorOf(readStatusLines(text).complete)
    return error !== undefined && isError(text)
      ? readError(error.text, text)
      : readOther(httpStatus, text, text !== '' && !text.endsWith('\n'))
  }
  if (!text.endsWith('\n')) return readOther(httpStatus, text, true)
  const endOfNames = text.indexOf('\n')
  const names = text.slice(0, endOfNames).split(SEPARATOR)
  const values = text.slice(endOfNames + 1, -1).split(SEPARATOR)
  const isShifted = names.length !== values.length || values[LEAD_COLUMNS.length - 1] !== String(lead)
  if (isShifted || text.includes(FIRST_NAMES, endOfNames)) return UNREADABLE
  const entries = names.map((name, index) => [name, values[index] ?? ''] as const)
  const labels = entries.slice(LEAD_COLUMNS.length)
  const customFields = new Map(labels)
  if (customFields.size !== labels.length) return UNREADABLE
  return { kind: 'lead', columns: new Map(entries.slice(0, LEAD_COLUMNS.length)), customFields }
}
