import type { ApiCall } from '../api/api-call.ts'
import { storeInteger } from '../database/column-types.ts'
import { isDialable } from '../database/campaigns.ts'
import type { Lead } from '../database/fixture.ts'
import { readSqlText } from '../database/sql-text.ts'

const PRIORITY = 99
/** The source of leads that the API adds. */
const API_SOURCE = 'P'
const CAMPAIGN_ID_LENGTH = 8
/** Whether a row of this status is left in the hopper. */
const KEPT = new Set(['INCALL', 'DONE', 'HOLD', 'DNC'])

/** What the hopper takes of a lead. */
type HopperLead = Pick<Lead, 'gmt_offset_now' | 'state' | 'vendor_lead_code'>

export type HopperRefusal = 'already_there' | 'outside_call_time' | 'no_campaign'
export type HopperAnswer = { readonly hopperId: number } | HopperRefusal

/**
 * Adds a lead to the hopper of its list's campaign. With `hopper_local_call_time_check`, the campaign must be allowed to
 * call it now. Only `hopper_bulk_insert` refuses a lead whose list has no campaign.
 *
 * @param listId as text; the campaign is the one of this list
 */
export function addToHopper(
  { value, tables, connection, clock }: ApiCall,
  leadId: number,
  lead: HopperLead,
  listId: string
): HopperAnswer {
  const { hopper, campaigns } = tables
  if (hopper.get(leadId) !== undefined) return 'already_there'
  const campaign = campaigns.ofList(Number(listId))
  if (campaign === undefined && value('function') === 'hopper_bulk_insert') return 'no_campaign'
  const isChecked = value('hopper_local_call_time_check') === 'Y'
  if (isChecked && !isDialable(campaign, lead.gmt_offset_now, clock.now())) return 'outside_call_time'
  const hopperId = hopper.add({
    lead_id: leadId,
    campaign_id: (campaign?.campaign_id ?? '').slice(0, CAMPAIGN_ID_LENGTH),
    status: 'READY',
    user: '',
    list_id: Number(listId),
    gmt_offset_now: lead.gmt_offset_now,
    state: lead.state,
    priority: storeInteger(value('hopper_priority'), -PRIORITY, PRIORITY),
    source: API_SOURCE,
    vendor_lead_code: connection.store(readSqlText(lead.vendor_lead_code), 20)
  })
  return { hopperId }
}

/** The line of `update_lead` with `add_to_hopper`, about a lead that it found or inserted. */
export function addOneToHopper(call: ApiCall, leadId: string, listId: string): string {
  const { value, userName, tables } = call
  const where = `${value('phone_number')}|${leadId}`
  const refused = 'NOTICE: update_lead NOT ADDED TO HOPPER,'
  const lead = tables.leads.get(Number(leadId))
  if (lead === undefined && tables.hopper.get(Number(leadId)) === undefined) {
    return `${refused} LEAD NOT FOUND - ${where}|${userName}`
  }
  const answer = lead === undefined ? 'already_there' : addToHopper(call, Number(leadId), lead, listId)
  if (answer === 'already_there') return `${refused} LEAD IS ALREADY IN THE HOPPER - ${where}|${userName}`
  return typeof answer === 'object'
    ? `NOTICE: update_lead ADDED TO HOPPER - ${where}|${answer.hopperId}|${userName}`
    : `${refused} OUTSIDE OF LOCAL TIME - ${where}|${lead?.gmt_offset_now}|0|${userName}`
}

/** The line of `update_lead` with `remove_from_hopper`. */
export function removeFromHopper({ value, userName, tables: { hopper } }: ApiCall, leadId: string): string {
  const where = `${value('phone_number')}|${leadId}`
  const row = hopper.get(Number(leadId))
  if (row === undefined) {
    return `NOTICE: update_lead NOT REMOVED FROM HOPPER, LEAD IS NOT IN THE HOPPER - ${where}|${userName}`
  }
  if (KEPT.has(row.status))
    return `NOTICE: update_lead NOT REMOVED FROM HOPPER - ${where}|${row.status}|${userName}`
  hopper.remove(Number(leadId))
  return `NOTICE: update_lead REMOVED FROM HOPPER - ${where}|${row.status}|${userName}`
}
