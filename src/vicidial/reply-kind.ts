import type { NoReply, RawReply } from './client.ts'

/** What VICIdial means by its reply to a call with a login. */
export type ReplyKind =
  | 'login_incorrect'
  | 'locked_out'
  | 'ip_blocked'
  | 'group_missing'
  | 'function_not_allowed'
  | 'no_permission'
  | 'function_unknown'
  | 'invalid_source'
  | 'list_not_allowed'
  | 'not_found'
  | 'nothing_asked'
  /** HTTP 200 with another text, or none: the reply of a function that did something. */
  | 'other'
  /** No reply, not one of VICIdial's, or an unknown error text. */
  | 'no_reply'

/** VICIdial's error texts, by a part that identifies them. The first match counts. */
const TEXTS: readonly (readonly [text: string, kind: ReplyKind])[] = [
  ['Login incorrect', 'login_incorrect'],
  ['Too many login attempts', 'locked_out'],
  ['Your IP Address is not allowed', 'ip_blocked'],
  ['user_group DOES NOT EXIST', 'group_missing'],
  ['auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION', 'function_not_allowed'],
  ['USER DOES NOT HAVE PERMISSION', 'no_permission'],
  ['NO FUNCTION SPECIFIED', 'function_unknown'],
  ['Invalid Source', 'invalid_source'],
  ['NOT AN ALLOWED LIST ID', 'list_not_allowed'],
  ['NO MATCHES FOUND', 'not_found'],
  ['LEAD NOT FOUND', 'not_found'],
  ['LIST NOT FOUND', 'list_not_allowed'],
  ['NO LEADS DEFINED', 'nothing_asked'],
  // From a fork that reads leads_data.
  ['INVALID JSON FORMAT', 'nothing_asked'],
  ['NO VALID SEARCH METHOD', 'nothing_asked'],
  ['INVALID SEARCH PARAMETERS', 'nothing_asked']
]

/** Reads a reply. What follows the first pipe is echoed from the call, the password too, and is not looked at. */
export function readReplyKind(reply: RawReply | NoReply): ReplyKind {
  if ('sent' in reply) return 'no_reply'
  const line = /^(?:ERROR|NOTICE): ([^|\n]*)/m.exec(reply.text)?.[1]
  const known = line === undefined ? undefined : TEXTS.find(([text]) => line.includes(text))
  if (known !== undefined) return known[1]
  return line === undefined && reply.httpStatus === 200 && !/^\s*</.test(reply.text) ? 'other' : 'no_reply'
}

const REFUSALS: ReadonlySet<ReplyKind> = new Set(['login_incorrect', 'locked_out', 'ip_blocked'])

/** Whether VICIdial refused the login: it is useless then, and trying it again would do harm. */
export function isRefusal(kind: ReplyKind): boolean {
  return REFUSALS.has(kind)
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
