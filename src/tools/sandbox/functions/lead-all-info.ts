import { type ApiCall, canBeLogged, type Piece } from '../api/api-call.ts'
import { searchedLeads, separator } from '../api/common-parameters.ts'
import type { Lead } from '../database/fixture.ts'
import { DatabaseError } from '../database/sql-text.ts'
import { isCustomLabel } from '../lead-changes/insert-custom-fields.ts'

const SHORTEST_PHONE_NUMBER = 6
const LONGEST_PHONE_NUMBER = 19
const MAX_LEADS = 1000

const COLUMNS = [
  'status',
  'user',
  'vendor_lead_code',
  'source_id',
  'list_id',
  'gmt_offset_now',
  'phone_code',
  'phone_number',
  'title',
  'first_name',
  'middle_initial',
  'last_name',
  'address1',
  'address2',
  'address3',
  'city',
  'state',
  'province',
  'postal_code',
  'country_code',
  'gender',
  'date_of_birth',
  'alt_phone',
  'email',
  'security_phrase',
  'comments',
  'called_count',
  'last_local_call_time',
  'rank',
  'owner',
  'entry_list_id',
  'lead_id'
] as const

/**
 * The API function `lead_all_info`: all columns of a lead, or of the leads with a phone number, newest first. A value is
 * printed unescaped. VICIdial logs the reply unescaped before it prints it, so an apostrophe ends the call with PHP 8.
 */
export function* leadAllInfo(call: ApiCall): Generator<Piece, void> {
  const { value, userName, lists, group, query, build, php } = call
  const leadId = value('lead_id')
  const phone = build.readsLeadsByPhone ? value('phone_number') : ''
  const isPhone = phone.length >= SHORTEST_PHONE_NUMBER && phone.length <= LONGEST_PHONE_NUMBER
  const found = leadId === '' && !isPhone ? [] : query(() => findLeads(call, leadId, phone), [])
  if (found.length === 0) {
    // Older builds print another variable, which is empty, for the lead.
    const asked = build.readsLeadsByPhone ? `${leadId}|${phone}` : ''
    yield `ERROR: lead_all_info LEAD NOT FOUND: ${userName}|${asked}`
    return
  }

  const between = separator(value('stage'))
  const notFound = `ERROR: lead_all_info LIST NOT FOUND: ${userName}|${leadId}`
  let output = ''
  let unknownList: number | undefined
  for (const lead of found) {
    if (group.lists.has(lead.list_id)) {
      const [names, values] = namesAndValues(call, lead)
      if (value('header') === 'YES') output += `${names.join(between)}\n`
      output += `${values.join(between)}\n`
      if (php === 8 && !canBeLogged(output)) throw new DatabaseError('an apostrophe in the log')
      yield { unended: '' }
    } else {
      unknownList = lead.list_id
      if (lists.isRestricted && build.readsLeadsByPhone) yield `${notFound}|${phone}`
    }
  }
  if (output !== '') yield { unended: output }
  else yield build.readsLeadsByPhone ? `${notFound}|${phone}|${unknownList}` : notFound
}

function findLeads(call: ApiCall, leadId: string, phone: string): Lead[] {
  const leads = searchedLeads(call)
  if (leadId !== '') return [leads.get(Number(leadId))].filter((lead) => lead !== undefined)
  const found = leads.find('phone_number', [phone], call.connection)
  return found.sort((one, other) => other.lead_id - one.lead_id).slice(0, MAX_LEADS)
}

/** @throws {DatabaseError} with PHP 8, if custom fields are asked for, and the entry list has no table for them */
function namesAndValues(call: ApiCall, lead: Lead): [names: string[], values: string[]] {
  const { value, tables, query, build } = call
  const row = { ...lead, ...searchedLeads(call).others(lead.lead_id) }
  const columns = build.readsLeadsByPhone ? COLUMNS : COLUMNS.slice(0, -1)
  const names: string[] = [...columns]
  const values = columns.map((column) => String(row[column]))
  if (value('custom_fields') !== 'Y') return [names, values]
  const select = () => {
    const labels = tables.customTables.labels(row.entry_list_id)?.filter(isCustomLabel) ?? []
    if (labels.length === 0) throw new DatabaseError('no columns')
    const stored = tables.customTables.row(row.entry_list_id, lead.lead_id)
    return stored === undefined ? [] : labels.map((label) => [label, stored[label] ?? ''] as const)
  }
  for (const [label, stored] of query(select, [])) {
    names.push(label)
    values.push(stored)
  }
  return [names, values]
}
