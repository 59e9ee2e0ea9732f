import { errorKindOf } from './error-kind.ts'
import { readError, readOther } from './other-reply.ts'
import { type NotMade, OTHER_CALL, type Refused, type Unclear } from './reply.ts'
import { errorOf, readStatusLines } from './status-lines.ts'

/** What a reply to `list_info` means. */
export type ListReply =
  | { readonly kind: 'list'; readonly name: string; readonly campaign: string; readonly isActive: boolean }
  | Refused
  | NotMade
  | Unclear

const SEPARATOR = '\t'
/** Id, name, campaign, active, changed, last call, expires, resets, nothing. */
const COLUMNS = 9
const NO_LIST: Refused = {
  kind: 'refused',
  code: 'list_not_found',
  detail: "VICIdial has no list with this id, or the account's user group may not use it.",
  basis: 'lists'
}

/** Reads the reply to `list_info` in the format `tab`, without names. */
export function readListReply(httpStatus: number, text: string, list: number): ListReply {
  const error = errorOf(readStatusLines(text).complete)
  if (error !== undefined) {
    if (errorKindOf(error.text) === 'list_not_found') return NO_LIST
    const refused = readError(error.text, text)
    return refused.kind === 'not_found' ? OTHER_CALL : refused
  }
  const columns = text.split('\n', 1)[0]?.split(SEPARATOR) ?? []
  if (columns.length !== COLUMNS || !text.endsWith('\n'))
    return readOther(httpStatus, text, !text.endsWith('\n'))
  const [id, name = '', campaign = '', active] = columns
  return id === String(list) ? { kind: 'list', name, campaign, isActive: active === 'Y' } : OTHER_CALL
}
