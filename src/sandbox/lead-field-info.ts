import type { ApiCall, Piece } from './api-call.ts'
import { DatabaseError } from './database-error.ts'

const LONGEST_LEAD_ID = 11

/**
 * The API function `lead_field_info`: the value of one field of one lead, as it is, without a newline. The lead's list
 * must be defined, and of a campaign that the user's group allows.
 */
export function leadFieldInfo({ value, userName, groupLists, tables }: ApiCall): Piece[] {
  const leadId = value('lead_id')
  const field = value('field_name')
  if (leadId === '' || leadId.length > LONGEST_LEAD_ID || field === '') {
    return [`ERROR: lead_field_info INVALID SEARCH PARAMETERS: ${userName}|${leadId}|${field}`]
  }
  const lead = tables.leads.get(Number(leadId))
  if (lead === undefined) return [`ERROR: lead_field_info LEAD NOT FOUND: ${userName}|${leadId}`]
  if (!groupLists.has(lead.list_id)) {
    return [`ERROR: lead_field_info LIST NOT FOUND: ${userName}|${leadId}|${lead.list_id}`]
  }
  const row: Readonly<Record<string, string | number>> = { ...lead }
  const stored = row[field]
  if (stored === undefined) throw new DatabaseError('an unknown column')
  return [{ unended: String(stored) }]
}
