import { type ErrorKind, errorKindOf } from './error-kind.ts'
import type { NoReply, RawReply } from '../client.ts'

/** What VICIdial means by its reply to a call with a login. */
export type ReplyKind =
  | ErrorKind
  /** HTTP 200 with another text, or none: the reply of a function that did something. */
  | 'other'
  /** No reply, not one of VICIdial's, or an unknown error text. */
  | 'no_reply'

/** Returns what VICIdial means by a reply. */
export function readReplyKind(reply: RawReply | NoReply): ReplyKind {
  if ('sent' in reply) return 'no_reply'
  const line = /^(?:ERROR|NOTICE): (.*)/m.exec(reply.text)?.[1]
  if (line !== undefined) return errorKindOf(line) ?? 'no_reply'
  return reply.httpStatus === 200 && !/^\s*</.test(reply.text) ? 'other' : 'no_reply'
}

const REFUSALS: ReadonlySet<ReplyKind> = new Set(['login_incorrect', 'locked_out', 'ip_blocked'])

/** Whether VICIdial refused the login: it is useless then, and trying it again would do harm. */
export function isRefusal(kind: ReplyKind): boolean {
  return REFUSALS.has(kind)
}

/** Whether VICIdial accepted the login and the function, and found nothing to do in the call. */
export function isNothingAsked(kind: ReplyKind): boolean {
  return kind === 'nothing_asked' || kind === 'search_invalid' || kind === 'leads_data_invalid'
}

/** Whether only VICIdial itself can have replied so, after it accepted the login. */
export function isAfterLogin(kind: ReplyKind): boolean {
  return !isRefusal(kind) && kind !== 'no_reply' && kind !== 'other'
}

/** Whether a reply begins with an error: VICIdial then changed nothing. */
export function isError(text: string): boolean {
  return text.startsWith('ERROR: ')
}

/** Whether a reply has an error line, perhaps after lines by PHP. */
export function hasErrorLine(text: string): boolean {
  return /^ERROR: /m.test(text)
}
