import type { RawReply, NoReply } from '../../vicidial/client.ts'

/** What VICIdial means by an answer to a call with a login. */
export type Said =
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
  /** HTTP 200 with another text, or none: what a function of VICIdial gives that did something. */
  | 'other'
  /** No answer, not one of VICIdial's, or an error in words that are not known. */
  | 'no_answer'

/** VICIdial's error texts, by a part that identifies them. The first match counts. */
const TEXTS: readonly (readonly [text: string, said: Said])[] = [
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
  // Of a fork that reads leads_data.
  ['INVALID JSON FORMAT', 'nothing_asked'],
  ['NO VALID SEARCH METHOD', 'nothing_asked'],
  ['INVALID SEARCH PARAMETERS', 'nothing_asked']
]

/** Reads an answer. What follows the first pipe is echoed from the call, the password too: it is not looked at. */
export function readSaid(answer: RawReply | NoReply): Said {
  if ('sent' in answer) return 'no_answer'
  const line = /^(?:ERROR|NOTICE): ([^|\n]*)/m.exec(answer.text)?.[1]
  const known = line === undefined ? undefined : TEXTS.find(([text]) => line.includes(text))
  if (known !== undefined) return known[1]
  return line === undefined && answer.httpStatus === 200 && !/^\s*</.test(answer.text) ? 'other' : 'no_answer'
}

const REFUSALS: ReadonlySet<Said> = new Set(['login_incorrect', 'locked_out', 'ip_blocked'])

/** Whether VICIdial refused the login: it is of no use then, and trying it again would do harm. */
export function isRefusal(said: Said): boolean {
  return REFUSALS.has(said)
}

/** Whether only VICIdial itself can have said it, after it took the login. */
export function isAfterLogin(said: Said): boolean {
  return !isRefusal(said) && said !== 'no_answer' && said !== 'other'
}
