import { readLeadIds } from './lead-ids.ts'
import { readError, readOther } from './other-reply.ts'
import { type NotFound, type NotMade, OTHER_CALL, type Refused, type Unclear } from './reply.ts'
import { errorOf, isFrom, type Line, readStatusLines } from './status-lines.ts'

/** What `update_lead` did beside setting values. */
export type LeadAction =
  | 'queued'
  | 'already_queued'
  | 'outside_call_time'
  | 'unqueued'
  | 'not_queued'
  /** It is being dialled, or was. */
  | 'kept_in_queue'
  | 'callback_added'
  | 'callback_updated'
  | 'callback_removed'
  | 'no_callback'
  | 'callback_user_unknown'
  | 'callback_campaign_unknown'

/** What the lines of a reply to `update_lead` about the hopper or a callback mean. */
export type LeadActionReply =
  | { readonly kind: 'acted'; readonly actions: readonly LeadAction[] }
  | NotFound
  | Refused
  | NotMade
  | Unclear

/** The lines, and the part between pipes that has the lead's id, counted from 0. */
const LINES: readonly (readonly [text: string, action: LeadAction, part: number])[] = [
  ['ADDED TO HOPPER - ', 'queued', 1],
  ['NOT ADDED TO HOPPER, LEAD IS ALREADY IN THE HOPPER - ', 'already_queued', 1],
  ['NOT ADDED TO HOPPER, OUTSIDE OF LOCAL TIME - ', 'outside_call_time', 1],
  ['REMOVED FROM HOPPER - ', 'unqueued', 1],
  ['NOT REMOVED FROM HOPPER, LEAD IS NOT IN THE HOPPER - ', 'not_queued', 1],
  ['NOT REMOVED FROM HOPPER - ', 'kept_in_queue', 1],
  ['SCHEDULED CALLBACK ADDED - ', 'callback_added', 0],
  ['SCHEDULED CALLBACK UPDATED - ', 'callback_updated', 0],
  ['SCHEDULED CALLBACK DELETED - ', 'callback_removed', 1],
  ['SCHEDULED CALLBACK NOT ADDED, USER NOT VALID - ', 'callback_user_unknown', 0],
  ['SCHEDULED CALLBACK NOT ADDED, CAMPAIGN NOT VALID - ', 'callback_campaign_unknown', 0]
]
const FUNCTION = 'update_lead'
const NOT_FOUND = 'NO MATCHES FOUND'
/** Where the line about removed callbacks has their number. */
const REMOVED_PART = 2

/**
 * Reads what `update_lead` says of the hopper and of callbacks. Its lines about values are read by `readUpdateReply`.
 */
export function readLeadActionReply(httpStatus: number, text: string, lead: number): LeadActionReply {
  const { complete, isCut } = readStatusLines(text)
  const actions: LeadAction[] = []
  for (const { type, text: line } of complete) {
    if (type !== 'NOTICE' || !line.startsWith(`${FUNCTION} `)) continue
    const said = line.slice(FUNCTION.length + 1)
    if (said.startsWith(NOT_FOUND)) return ofLead(readError(line, text), lead, complete)
    const [start, action, part] = LINES.find(([begin]) => said.startsWith(begin)) ?? []
    if (start === undefined || action === undefined || part === undefined) continue
    const parts = said.slice(start.length).split('|')
    const [id] = readLeadIds([parts[part] ?? '']) ?? []
    if (id !== lead) return OTHER_CALL
    const isNone = action === 'callback_removed' && parts[REMOVED_PART] === '0'
    actions.push(isNone ? 'no_callback' : action)
  }
  if (actions.length > 0) return { kind: 'acted', actions }
  const error = errorOf(complete)
  return error === undefined
    ? readOther(httpStatus, text, isCut)
    : ofLead(readError(error.text, text), lead, complete)
}

/** The meaning of an error, unless it says that another lead is missing, or is in a reply to another call. */
function ofLead(
  reply: ReturnType<typeof readError>,
  lead: number,
  lines: readonly Line[]
): ReturnType<typeof readError> | Unclear {
  if (reply.kind !== 'not_found') return reply
  const leads = new Set([lead])
  const isAsked = reply.leads.isSubsetOf(leads) && lines.every((line) => isFrom(line, FUNCTION))
  return isAsked ? { ...reply, leads } : OTHER_CALL
}
