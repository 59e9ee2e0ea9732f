import type { ApiCall, Piece } from '../api/api-call.ts'
import type { Lead } from '../database/fixture.ts'
import { DatabaseError } from '../database/sql-text.ts'
import { addToHopper, type HopperRefusal } from '../lead-changes/hopper.ts'

const MAX_LEADS = 1000

/** Why a lead that was found is not added. */
const REFUSED: Readonly<Record<HopperRefusal, (lead: Lead) => string>> = {
  already_there: ({ lead_id }) => `NOT ADDED TO HOPPER, LEAD IS ALREADY IN THE HOPPER - ${lead_id}`,
  outside_call_time: ({ lead_id, gmt_offset_now, state }) =>
    `NOT ADDED TO HOPPER, OUTSIDE OF LOCAL TIME, - ${lead_id}|${gmt_offset_now}|${state}|0`,
  no_campaign: ({ list_id, lead_id }) => `CAMPAIGN DOES NOT EXIST - ${list_id}|${lead_id}`
}

/**
 * The API function `hopper_bulk_insert`: a line for each lead, in the order asked, then a summary. A lead in a list that
 * the user's group may not use reads as not found.
 */
export function hopperBulkInsert(call: ApiCall): Piece[] {
  const { value, userName, query } = call
  const asked = value('lead_ids').split(',')
  const found = query(() => findLeads(call, asked), new Map<string, Lead>())
  const lines: string[] = []
  let added = 0
  let errors = 0
  let missing = 0
  let lastId: number | undefined
  const notice = (text: string) => lines.push(`NOTICE: hopper_bulk_insert ${text}`)
  for (const id of asked) {
    const lead = found.get(id)
    const answer = lead && addToHopper(call, lead.lead_id, lead, String(lead.list_id))
    if (lead === undefined || answer === undefined) {
      missing++
      notice(`NOT ADDED TO HOPPER, LEAD NOT FOUND - ${id}`)
    } else if (typeof answer === 'object') {
      added++
      lastId = answer.hopperId
      notice(`LEAD ADDED TO HOPPER - ${lead.phone_number}|${id}|${lastId}|${userName}`)
    } else {
      errors++
      notice(REFUSED[answer](lead))
      // VICIdial then goes on to look for this lead among those that it found.
      if (answer === 'no_campaign') {
        missing++
        notice(`NOT ADDED TO HOPPER, LEAD NOT FOUND - ${id}`)
      }
    }
  }
  const summary =
    added > 0
      ? `SUCCESS: hopper_bulk_insert LEADS HAVE BEEN INSERTED INTO THE HOPPER - ${added}|${errors}|${lastId}|${userName}`
      : `ERROR: hopper_bulk_insert NO LEADS HAVE BEEN INSERTED INTO THE HOPPER - ${errors}|${missing}|${userName}`
  // All are printed before VICIdial logs the call.
  return [[...lines, summary].join('\n')]
}

/** @throws {DatabaseError} for an empty item */
function findLeads({ tables, group }: ApiCall, asked: readonly string[]): Map<string, Lead> {
  if (asked.includes('')) throw new DatabaseError('an empty item in lead_ids')
  const leads = [...new Set(asked.map(Number))]
    .map((id) => tables.leads.get(id))
    .filter((lead) => lead !== undefined)
    .filter(({ list_id }) => group.hasAllCampaigns || group.lists.has(list_id))
    .sort((one, other) => other.lead_id - one.lead_id)
  return new Map(leads.slice(0, MAX_LEADS).map((lead) => [String(lead.lead_id), lead]))
}
