import { readLeadIds, readNumber } from './lead-ids.ts'
import { readError, readOther } from './other-reply.ts'
import { OTHER_CALL, type SearchReply, type Unclear } from './reply.ts'
import { errorOf, readStatusLines } from './status-lines.ts'

const CONTRADICTION: Unclear = { kind: 'unclear', detail: 'VICIdial named different leads for one key.' }

/**
 * Reads the reply to `lead_search`: a line `KEY|COUNT|id-id` per key. Keys may contain a pipe, so a line is read from
 * its end. A reply that omits a key, whose count differs from its list, that names other leads for a key in another line, or
 * that is about other keys is not trusted.
 * @param limit the rows that the look-up allowed in total
 */
export function readSearchReply(
  httpStatus: number,
  text: string,
  keys: readonly string[],
  limit: number
): SearchReply {
  const rows = new Map<string, number[]>()
  let total = 0
  for (const line of text.split('\n').slice(0, -1)) {
    const row = /^(.*)\|(\d+)\|((?:\d+(?:-\d+)*)?)$/s.exec(line)
    const ids = row?.[3] ? readLeadIds(row[3].split('-')) : []
    if (row?.[1] === undefined || readNumber(row[2]) !== ids?.length || ids === undefined) continue
    if (rows.has(row[1]) && String(rows.get(row[1])) !== String(ids)) return CONTRADICTION
    rows.set(row[1], ids)
    total += ids.length
  }
  // With a line for each key it is whole, even if VICIdial failed after it (HTTP 500: its API log cannot be written).
  if (keys.every((key) => rows.has(key))) {
    return { kind: total >= limit ? 'limit_reached' : 'found', leads: rows }
  }
  const error = errorOf(readStatusLines(text).complete)
  if (error === undefined) return readOther(httpStatus, text, text !== '' && !text.endsWith('\n'))
  const refused = readError(error.text, text)
  if (refused.kind !== 'not_found') return refused
  // VICIdial repeats the keys, with spaces for pluses.
  const isAbout = error.text.includes(keys[0]?.replaceAll('+', ' ') ?? '')
  return isAbout ? { ...refused, leads: new Set() } : OTHER_CALL
}
