import { readLeadIds, readNumber } from './lead-ids.ts'
import { readError, readOther } from './other-reply.ts'
import { type CustomFieldsReply, OTHER_CALL, type UpdateReply } from './reply.ts'
import { errorOf, isFrom, readStatusLines, type StatusLines } from './status-lines.ts'

/** What a call asks for. */
export interface Asked {
  readonly function: string
  readonly leads: ReadonlySet<number>
}

/** What VICIdial prints when it could not write custom fields. */
const NOT_EXECUTED = /^Could not execute: /m

/**
 * Reads the reply to `batch_update_lead` or `update_lead`.
 * @param httpStatus HTTP status; a 5xx with a SUCCESS line means that the update was made and something after failed
 * @param text the body, as far as it arrived
 * @param asked what the call asked for; a reply about anything else is unclear. Absent: the call asked for no leads
 */
export function readUpdateReply(httpStatus: number, text: string, asked?: Asked): UpdateReply {
  const lines = readStatusLines(text)
  const reply = readLines(httpStatus, text, lines)
  if (asked === undefined || (reply.kind !== 'updated' && reply.kind !== 'not_found')) return reply
  const isAbout =
    reply.leads.isSubsetOf(asked.leads) && lines.complete.every((line) => isFrom(line, asked.function))
  return isAbout ? reply : OTHER_CALL
}

function readLines(httpStatus: number, text: string, lines: StatusLines): UpdateReply {
  // A whole reply that ends in half a line was cut in transit; with a 500 VICIdial itself broke off after the update.
  if (lines.isCut && httpStatus === 200) return readOther(httpStatus, text, true)
  if (NOT_EXECUTED.test(text))
    return { kind: 'unclear', detail: 'VICIdial could not write the custom fields to its database.' }
  const leads = new Set<number>()
  let customFields: CustomFieldsReply = 'not_mentioned'
  for (const { type, text: line } of lines.complete) {
    if (type === 'SUCCESS') {
      const updated = readSuccess(line)
      if (updated === 'failed')
        return { kind: 'not_made', detail: 'VICIdial could not write to its database.' }
      if (updated === undefined)
        return { kind: 'unclear', detail: 'VICIdial answered that it is done, but not completely.' }
      for (const lead of updated) leads.add(lead)
    } else if (type === 'NOTICE' && line.includes('CUSTOM FIELDS')) {
      customFields = readCustomFields(line)
      if (customFields !== 'stored') continue
      const [id] = readLeadIds([line.split('|')[1] ?? '']) ?? []
      if (id === undefined) return { kind: 'unclear', detail: 'VICIdial named a lead by an invalid id.' }
      leads.add(id)
    }
  }
  if (leads.size > 0) return { kind: 'updated', leads, customFields }
  if (customFields !== 'not_mentioned') {
    const detail = "The lead's list has no such custom fields."
    return { kind: 'refused', code: 'field_unknown', detail, basis: 'custom_fields' }
  }
  const error = errorOf(lines.complete)
  if (error) return readError(error.text, text)
  return readOther(httpStatus, text, lines.isCut)
}

/**
 * Reads `… - USER|CHANGED|FOUND|id,id` (measured), `… - USER|COUNT|id,id` (the official text) and
 * `… - USER|LEAD|CHANGED|||` (`update_lead`). A count of -1 is a failed UPDATE on older PHP.
 */
function readSuccess(line: string): number[] | 'failed' | undefined {
  const parts = line.split('|')
  if (line.startsWith('update_lead')) {
    const [, lead = '', changed] = parts
    if (changed === '-1') return 'failed'
    return changed === undefined ? undefined : readLeadIds([lead])
  }
  const ids = parts.at(-1) ?? ''
  if (parts[1] === '-1') return 'failed'
  if (parts.length !== 3 && parts.length !== 4) return undefined
  const leads = readLeadIds(ids.split(','))
  return parts.length === 4 && readNumber(parts[2]) !== leads?.length ? undefined : leads
}

function readCustomFields(line: string): CustomFieldsReply {
  if (line.includes('VALUES UPDATED')) return 'stored'
  return line.includes('DISABLED') ? 'disabled' : 'not_defined'
}
