import { type ApiCall, canBeLogged, type Piece } from '../api/api-call.ts'
import { searchedLeads } from '../api/common-parameters.ts'
import type { Lead } from '../database/fixture.ts'
import { DatabaseError } from '../database/sql-text.ts'

const LONGEST_LEAD_ID = 11

/**
 * The API function `lead_field_info`: the stored value of one field of one lead, without a newline. The lead's list
 * must be defined and belong to a campaign that the user's group allows.
 */
export function* leadFieldInfo(call: ApiCall): Generator<Piece, void> {
  const { value, userName, group, query, build, php } = call
  const leadId = value('lead_id')
  const field = value('field_name')
  if (leadId === '' || leadId.length > LONGEST_LEAD_ID || field === '') {
    yield `ERROR: lead_field_info INVALID SEARCH PARAMETERS: ${userName}|${leadId}|${field}`
    return
  }
  const lead = query(() => searchedLeads(call).get(Number(leadId)), undefined)
  if (lead === undefined) {
    yield `ERROR: lead_field_info LEAD NOT FOUND: ${userName}|${leadId}`
    return
  }
  if (!group.lists.has(lead.list_id)) {
    const list = build.namesListNotFound ? `|${lead.list_id}` : ''
    yield `ERROR: lead_field_info LIST NOT FOUND: ${userName}|${leadId}${list}`
    return
  }
  const stored = query(() => storedValue(call, lead, field), undefined)
  if (stored === undefined) {
    yield `ERROR: lead_field_info LIST FIELD NOT FOUND: ${userName}|${leadId}`
    return
  }
  yield { unended: stored }
  // VICIdial prints the value first, then writes it to its own log unescaped.
  if (php === 8 && !canBeLogged(stored)) throw new DatabaseError('an apostrophe in the log')
}

/**
 * @returns undefined if the custom table has no row of the lead
 * @throws {DatabaseError} for a column or a table that does not exist
 */
function storedValue(call: ApiCall, lead: Lead, field: string): string | undefined {
  const { value, tables } = call
  const others = searchedLeads(call).others(lead.lead_id)
  if (value('custom_fields') !== 'Y') {
    const row: Readonly<Record<string, string | number>> = { ...lead, ...others }
    if (!Object.hasOwn(row, field)) throw new DatabaseError('an unknown column')
    return String(row[field])
  }
  const listId = value('list_id').length > 1 ? Number(value('list_id')) : others.entry_list_id
  if (!tables.customTables.labels(listId)?.includes(field)) throw new DatabaseError('an unknown column')
  const row = tables.customTables.row(listId, lead.lead_id)
  return row === undefined ? undefined : (row[field] ?? '')
}
