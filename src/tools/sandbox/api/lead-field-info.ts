import { type ApiCall, canBeLogged, type Piece } from './api-call.ts'
import { DatabaseError } from '../database/sql-text.ts'

const LONGEST_LEAD_ID = 11

/**
 * The API function `lead_field_info`: the stored value of one field of one lead, without a newline. The lead's list
 * must be defined and belong to a campaign that the user's group allows.
 */
export function* leadFieldInfo({ value, userName, groupLists, tables }: ApiCall): Generator<Piece, void> {
  const leadId = value('lead_id')
  const field = value('field_name')
  if (leadId === '' || leadId.length > LONGEST_LEAD_ID || field === '') {
    yield `ERROR: lead_field_info INVALID SEARCH PARAMETERS: ${userName}|${leadId}|${field}`
    return
  }
  const lead = tables.leads.get(Number(leadId))
  if (lead === undefined) {
    yield `ERROR: lead_field_info LEAD NOT FOUND: ${userName}|${leadId}`
    return
  }
  if (!groupLists.has(lead.list_id)) {
    yield `ERROR: lead_field_info LIST NOT FOUND: ${userName}|${leadId}|${lead.list_id}`
    return
  }
  const row: Readonly<Record<string, string | number>> = { ...lead }
  const stored = row[field]
  if (stored === undefined) throw new DatabaseError('an unknown column')
  yield { unended: String(stored) }
  // VICIdial prints the value first, then writes it to its own log unescaped.
  if (!canBeLogged(String(stored))) throw new DatabaseError('an apostrophe in the log')
}
