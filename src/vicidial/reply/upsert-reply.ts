import { readLeadIds } from './lead-ids.ts'
import { type CustomFieldsReply, OTHER_CALL, type Refused, type UpdateReply } from './reply.ts'
import { errorOf, type Line, readStatusLines } from './status-lines.ts'
import { readUpdateReply } from './update-reply.ts'

/** What a reply to `update_lead` with `insert_if_not_found` means. */
export type UpsertReply =
  /** VICIdial found no lead with the key, and added this one. */
  { readonly kind: 'added'; readonly lead: number; readonly customFields: CustomFieldsReply } | UpdateReply

/** What the lead that is added would have. */
export interface AskedLead {
  readonly phoneNumber: string
  readonly list: number
}

const ADDED = /^update_lead LEAD HAS BEEN ADDED - ([^|]*)\|(\d*)\|(\d*)\|/
const NOT_VALID: Refused = {
  kind: 'refused',
  code: 'upstream_error',
  detail: 'VICIdial does not take this phone number, phone code or list for a new lead.'
}
const LIST_NOT_ALLOWED: Refused = {
  kind: 'refused',
  code: 'list_not_allowed',
  detail: "The gateway's VICIdial account may not use this list.",
  basis: 'lists'
}
/** For a new lead, VICIdial names its phone number and list; for one that was found, only its list. */
const NEW_LEAD_REFUSED = /^update_lead NOT AN ALLOWED LIST ID.* - [^|]*\|/

/**
 * Reads the reply to an `update_lead` that adds the lead if it finds nothing. A reply that says neither that it updated nor
 * that it added a lead is unclear: look the key up.
 */
export function readUpsertReply(httpStatus: number, text: string, asked: AskedLead): UpsertReply {
  const { complete: lines } = readStatusLines(text)
  const added = lines.filter(isAdded)
  if (added.length > 0) return readAdded(added, lines, asked)
  const error = errorOf(lines)
  if (error?.text.startsWith('update_lead INVALID DATA FOR LEAD INSERTION')) return NOT_VALID
  if (error !== undefined && NEW_LEAD_REFUSED.test(error.text)) return LIST_NOT_ALLOWED
  const isNew = lines.some(
    ({ type, text: line }) => type === 'NOTICE' && line.startsWith('update_lead NO MATCHES FOUND')
  )
  if (isNew && error === undefined) {
    return { kind: 'unclear', detail: 'VICIdial found no lead, and does not say that it added one.' }
  }
  const reply = readUpdateReply(httpStatus, text)
  const isOther =
    reply.kind === 'updated' && (reply.leads.size > 1 || lines.some((line) => isDone(line) && !isOwn(line)))
  return isOther ? OTHER_CALL : reply
}

function isDone({ type }: Line): boolean {
  return type === 'SUCCESS'
}

function isOwn({ text }: Line): boolean {
  return text.startsWith('update_lead ')
}

function isAdded(line: Line): boolean {
  return isDone(line) && ADDED.test(line.text)
}

function readAdded(added: readonly Line[], lines: readonly Line[], asked: AskedLead): UpsertReply {
  const [, phoneNumber, list, id = ''] = ADDED.exec(added[0]?.text ?? '') ?? []
  const [lead] = readLeadIds([id]) ?? []
  const isAsked = phoneNumber === asked.phoneNumber && list === String(asked.list)
  if (lead === undefined || !isAsked || added.length > 1) return OTHER_CALL
  const custom = lines.find(({ type, text }) => type === 'NOTICE' && text.includes(' CUSTOM FIELDS '))
  return { kind: 'added', lead, customFields: readCustomFields(custom) }
}

function readCustomFields(line: Line | undefined): CustomFieldsReply {
  if (line === undefined) return 'not_mentioned'
  if (line.text.includes('CUSTOM FIELDS VALUES ADDED')) return 'stored'
  return line.text.includes('CUSTOM FIELDS DISABLED') ? 'disabled' : 'not_defined'
}
