import { readError, readOther } from './other-reply.ts'
import { type NotMade, OTHER_CALL, type Refused, type Unclear } from './reply.ts'
import { errorOf, readStatusLines } from './status-lines.ts'

/** What VICIdial did with a number that must not be called, or why it had nothing to do. */
export type DncResult = 'added' | 'already_there' | 'removed' | 'not_there'

/** What a reply to `add_dnc_phone` or `delete_dnc_phone` means. */
export type DncReply = { readonly kind: 'dnc'; readonly result: DncResult } | Refused | NotMade | Unclear

/** Lines about a number: `… USER|NUMBER|CAMPAIGN`, perhaps with a pipe before it. */
const LINES = {
  'HAS BEEN ADDED': 'added',
  'ALREADY EXISTS': 'already_there',
  'HAS BEEN DELETED': 'removed',
  'DOES NOT EXIST': 'not_there'
} as const
const LINE =
  /^(?:add|delete)_dnc_phone DNC NUMBER (HAS BEEN ADDED|ALREADY EXISTS|HAS BEEN DELETED|DOES NOT EXIST)(?:: \|| - )[^|]*\|([^|]*)\|/

/** Reads the reply about one do-not-call number. */
export function readDncReply(httpStatus: number, text: string, phoneNumber: string): DncReply {
  const { complete, isCut } = readStatusLines(text)
  for (const { text: line } of complete) {
    const [, said, number] = LINE.exec(line) ?? []
    if (said === undefined) continue
    return number === phoneNumber ? { kind: 'dnc', result: LINES[said as keyof typeof LINES] } : OTHER_CALL
  }
  const error = errorOf(complete)
  if (error === undefined) return readOther(httpStatus, text, isCut)
  const refused = readError(error.text, text)
  return refused.kind === 'not_found' ? OTHER_CALL : refused
}
