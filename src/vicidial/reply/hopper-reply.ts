import { readLeadIds } from './lead-ids.ts'
import { readError, readOther } from './other-reply.ts'
import { type NotFound, type NotMade, OTHER_CALL, type Refused, type Unclear } from './reply.ts'
import { errorOf, type Line, readStatusLines } from './status-lines.ts'

/** What VICIdial said of a lead that should go into the hopper. */
export type HopperResult =
  | 'added'
  | 'already_there'
  | 'outside_call_time'
  | 'campaign_unknown'
  | 'not_found'
  | 'failed'

/** What a reply to `hopper_bulk_insert` means. */
export type HopperReply =
  /** The result of each lead that was asked for. */
  | { readonly kind: 'queued'; readonly leads: ReadonlyMap<number, HopperResult> }
  /** VICIdial finds none of the leads. */
  | NotFound
  | Refused
  | NotMade
  | Unclear

/** The lines about a lead, and the part between pipes that has its id, counted from 0. */
const LINES: readonly (readonly [text: string, result: HopperResult, part: number])[] = [
  ['LEAD ADDED TO HOPPER - ', 'added', 1],
  ['NOT ADDED TO HOPPER, LEAD IS ALREADY IN THE HOPPER - ', 'already_there', 0],
  ['NOT ADDED TO HOPPER, OUTSIDE OF LOCAL TIME, - ', 'outside_call_time', 0],
  ['NOT ADDED TO HOPPER, LEAD NOT FOUND - ', 'not_found', 0],
  ['NOT ADDED TO HOPPER, LEAD HOPPER INSERT ERROR - ', 'failed', 0],
  ['CAMPAIGN DOES NOT EXIST - ', 'campaign_unknown', 1]
]
const FUNCTION = 'hopper_bulk_insert '

/**
 * Reads the reply to `hopper_bulk_insert`: a line for each lead. A lead whose campaign does not exist has a second line,
 * which says that it was not found. A reply that says nothing of a lead, or names another, is not trusted.
 */
export function readHopperReply(httpStatus: number, text: string, asked: readonly number[]): HopperReply {
  const { complete, isCut } = readStatusLines(text)
  const leads = new Map<number, HopperResult>()
  const wanted = new Set(asked)
  for (const line of complete) {
    const said = readLine(line)
    if (said === undefined) continue
    if (!wanted.has(said.lead)) return OTHER_CALL
    if (!leads.has(said.lead)) leads.set(said.lead, said.result)
  }
  if (leads.size === wanted.size) {
    const isNone = [...leads.values()].every((result) => result === 'not_found')
    return isNone ? { kind: 'not_found', leads: wanted, basis: 'leads' } : { kind: 'queued', leads }
  }
  const error = errorOf(complete)
  if (leads.size > 0 || error === undefined) return readOther(httpStatus, text, isCut || leads.size > 0)
  const refused = readError(error.text, text)
  return refused.kind === 'not_found' ? OTHER_CALL : refused
}

function readLine({ type, text }: Line): { lead: number; result: HopperResult } | undefined {
  if (type !== 'NOTICE' || !text.startsWith(FUNCTION)) return undefined
  const said = text.slice(FUNCTION.length)
  const [start, result, part] = LINES.find(([begin]) => said.startsWith(begin)) ?? []
  if (start === undefined || result === undefined || part === undefined) return undefined
  const [lead] = readLeadIds([said.slice(start.length).split('|')[part] ?? '']) ?? []
  return lead === undefined ? undefined : { lead, result }
}
