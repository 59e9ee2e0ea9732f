import type { DncChange } from '../../leads/actions/dnc.ts'
import { WHOLE_SYSTEM } from '../lead-params.ts'
import { readError, readOther } from './other-reply.ts'
import { type NotMade, OTHER_CALL, type Refused, type Unclear } from './reply.ts'
import { errorOf, type Line, readStatusLines } from './status-lines.ts'

/** What VICIdial did with a number that must not be called, or why it had nothing to do. */
export type DncResult = 'added' | 'already_there' | 'removed' | 'not_there'

/** What a reply to `add_dnc_phone` or `delete_dnc_phone` means. */
export type DncReply = { readonly kind: 'dnc'; readonly result: DncResult } | Refused | NotMade | Unclear

/** The lines about a number. The user, the number and the campaign follow, with pipes between them. */
const LINES: readonly (readonly [text: string, type: Line['type'], result: DncResult])[] = [
  ['add_dnc_phone DNC NUMBER HAS BEEN ADDED - ', 'SUCCESS', 'added'],
  ['add_dnc_phone DNC NUMBER ALREADY EXISTS: |', 'ERROR', 'already_there'],
  ['delete_dnc_phone DNC NUMBER HAS BEEN DELETED - ', 'SUCCESS', 'removed'],
  ['delete_dnc_phone DNC NUMBER DOES NOT EXIST: |', 'ERROR', 'not_there']
]

/**
 * Reads the reply about one do-not-call number. A line about another number, another campaign or the other change is not
 * trusted. Neither is one whose first word says the opposite of its text.
 */
export function readDncReply(httpStatus: number, text: string, asked: DncChange): DncReply {
  const { complete, isCut } = readStatusLines(text)
  for (const line of complete) {
    const [start, type, result] = LINES.find(([begin]) => line.text.startsWith(begin)) ?? []
    if (start === undefined || result === undefined) continue
    const [, number, campaign] = line.text.slice(start.length).split('|')
    const isAsked =
      line.type === type &&
      start.startsWith(asked.change) &&
      number === asked.phoneNumber &&
      campaign === (asked.campaign ?? WHOLE_SYSTEM)
    return isAsked ? { kind: 'dnc', result } : OTHER_CALL
  }
  const error = errorOf(complete)
  if (error === undefined) return readOther(httpStatus, text, isCut)
  const refused = readError(error.text, text)
  return refused.kind === 'not_found' ? OTHER_CALL : refused
}
