import { errorKindOf } from './error-kind.ts'
import { readError, readOther } from './other-reply.ts'
import { type FoundListReply, OTHER_CALL, type Refused } from './reply.ts'
import { errorOf, readStatusLines } from './status-lines.ts'

const SEPARATOR = '\t'
/** Id, name, campaign, active, changed, last call, expires, resets, nothing. */
const COLUMNS = 9
const NO_LIST: Refused = {
  kind: 'refused',
  code: 'list_not_found',
  detail: "VICIdial has no list with this id, or the account's user group may not use it.",
  basis: 'lists'
}
const NOT_PERMITTED =
  "Whether the list exists could not be checked: give the gateway's VICIdial account the function list_info and the right to modify lists."

/** Reads the reply to `list_info` in the format `tab`, without names. */
export function readListReply(httpStatus: number, text: string, list: string): FoundListReply {
  const error = errorOf(readStatusLines(text).complete)
  if (error !== undefined) {
    if (errorKindOf(error.text) === 'list_not_found') return NO_LIST
    const refused = readError(error.text, text)
    if (refused.kind === 'not_found') return OTHER_CALL
    const isPermission = refused.kind === 'refused' && refused.code === 'upstream_permission_denied'
    return isPermission ? { ...refused, detail: NOT_PERMITTED } : refused
  }
  const columns = text.split('\n', 1)[0]?.split(SEPARATOR) ?? []
  if (columns.length !== COLUMNS || !text.endsWith('\n'))
    return readOther(httpStatus, text, !text.endsWith('\n'))
  return columns[0] === list ? { kind: 'list_found' } : OTHER_CALL
}
