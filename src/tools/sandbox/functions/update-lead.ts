import type { ApiCall, Piece } from '../api/api-call.ts'
import type { BuildRules } from '../api/builds.ts'
import { listIsMissing, readRecordsLimit, searchedLeads } from '../api/common-parameters.ts'
import { PHONE_NUMBER_LENGTH, storeInteger } from '../database/column-types.ts'
import type { Lead } from '../database/fixture.ts'
import type { Changes } from '../database/lead-table.ts'
import { readSqlText } from '../database/sql-text.ts'
import { addOneToHopper, removeFromHopper } from '../lead-changes/hopper.ts'
import { readWantedCallback, setCallback } from '../lead-changes/scheduled-callback.ts'
import {
  deleteCustomFields,
  type FoundLead,
  hasCustomFields,
  updateCustomFields
} from '../lead-changes/update-custom-fields.ts'
import { upsertLead } from './upsert-lead.ts'
import { BIGINT_UNSIGNED, FAILED, valueChanges } from '../lead-changes/value-changes.ts'

const DEFAULT_RECORDS = 1
const DEFAULT_SEARCH_METHOD = 'LEAD_ID'
const SHORTEST_SEARCH_METHOD = 6
const SHORTEST_PHONE_NUMBER = 6
const SHORTEST_SEARCH_LOCATION = 4
const LOWEST_LIST_ID = 99

/** The API function `update_lead`: the leads that a search finds, or a new lead if it finds nothing. */
export function* updateLead(call: ApiCall): Generator<Piece, void> {
  const { value, userName, lists, tables, build } = call
  const method = searchMethod(value)
  const keys = `${value('lead_id')}|${value('vendor_lead_code')}|${value('phone_number')}`
  const search = searches(call, method).filter((find) => find !== undefined)
  if (search.length === 0) {
    yield `ERROR: update_lead NO VALID SEARCH METHOD - ${userName}|${method}|${keys}`
    return
  }

  const phone = value('phone_number')
  if (value('list_id') !== '' && !lists.permits(value('list_id'))) {
    const place = build.saysWhereListIsRefused ? ', SEARCH' : ''
    yield `ERROR: update_lead NOT AN ALLOWED LIST ID${place} - ${phone}|${value('list_id')}`
    return
  }
  if (listIsMissing(value, tables.definedLists)) {
    const data = `${phone}|${value('list_id_field')}`
    yield `ERROR: update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - ${data}`
    return
  }

  const found = firstWithResults(call, search)
  const [first] = found
  const leadId = value('lead_id') || String(first?.lead.lead_id ?? '')
  const listId = value('list_id') || String(first?.lead.list_id ?? '')
  if (first === undefined) {
    const isInserted = value('insert_if_not_found') === 'Y' && value('no_update') !== 'Y'
    const result = isInserted || value('no_update') === 'Y' ? 'NOTICE' : 'ERROR'
    yield `${result}: update_lead NO MATCHES FOUND IN THE SYSTEM: |${userName}|${keys}`
    const inserted = isInserted ? yield* upsertLead(call) : undefined
    if (inserted !== undefined) yield* queueLead(call, String(inserted.leadId), inserted.listId)
  } else if (value('no_update') === 'Y') {
    const lead = `${leadId}|${value('vendor_lead_code')}|${phone}`
    const foundLists = `${first.lead.list_id}|${first.entryList}`
    yield `NOTICE: update_lead LEADS FOUND IN THE SYSTEM: |${userName}|${lead}|${foundLists}`
    yield* queueLead(call, leadId, listId)
  } else if (yield* updateEach(call, found)) {
    yield* queueLead(call, leadId, listId)
  }
}

/** What the hopper takes and gives, after everything else. */
function* queueLead(call: ApiCall, leadId: string, listId: string): Generator<Piece, void> {
  const isRemoved = call.value('remove_from_hopper') === 'Y'
  if (isRemoved) yield removeFromHopper(call, leadId)
  else if (call.value('add_to_hopper') === 'Y') yield addOneToHopper(call, leadId, listId)
}

/**
 * After the first lead whose list has custom fields, VICIdial forgets the other values: later leads get their custom
 * fields only.
 *
 * @returns false if a list was refused, which ends the call
 */
function* updateEach(call: ApiCall, found: readonly FoundLead[]): Generator<Piece, boolean> {
  const { value, userName, lists, tables, build } = call
  const isDeleted = value('delete_lead') === 'Y'
  // The builds in between update a lead that is to be deleted, if there is something to update.
  const prefersChanges = build.endsUpdateReplyWithPipes && !build.deletesChangedLeads
  const wanted = readWantedCallback(call)
  let changes = readChanges(call)
  let archived: number | '' = ''
  for (const one of found) {
    const { lead_id, list_id } = one.lead
    if (!lists.permits(String(list_id))) {
      const place = build.saysWhereListIsRefused ? ', RESULTS' : ''
      yield `ERROR: update_lead NOT AN ALLOWED LIST ID${place} - ${list_id}`
      return false
    }
    if (isDeleted) archived = tables.callbacks.archive(lead_id)
    if (isDeleted && (!prefersChanges || changes === undefined)) {
      const deleted = call.query(() => tables.leads.delete(lead_id), FAILED)
      const counts = `${deleted}${endOfReply(build, archived)}`
      yield `SUCCESS: update_lead LEAD HAS BEEN DELETED ${archived}|${archived} - ${userName}|${lead_id}|${counts}`
    } else if (changes !== undefined) {
      yield updateStandardFields(call, lead_id, changes, archived)
    }

    if (value('callback') === 'Y') yield setCallback(call, lead_id, list_id, wanted)
    if (value('callback') === 'REMOVE') {
      archived = tables.callbacks.archive(lead_id)
      yield `NOTICE: update_lead SCHEDULED CALLBACK DELETED - ${userName}|${lead_id}|${archived}|${archived}`
    }

    if (value('custom_fields') !== 'Y') continue
    if (isDeleted) yield* deleteCustomFields(call, one)
    else {
      yield* updateCustomFields(call, one)
      if (hasCustomFields(call, one)) changes = undefined
    }
  }
  return true
}

function searchMethod(value: ApiCall['value']): string {
  const method = value('search_method')
  return method.length < SHORTEST_SEARCH_METHOD ? DEFAULT_SEARCH_METHOD : method
}

type Find = () => Lead[]

/** The searches that the method names and the call has a key for, in VICIdial's order. */
function searches(call: ApiCall, method: string): (Find | undefined)[] {
  const { value, connection } = call
  const leads = searchedLeads(call)
  const leadId = value('lead_id')
  const code = value('vendor_lead_code')
  const phone = value('phone_number')
  const phoneIsKey = phone.length >= SHORTEST_PHONE_NUMBER && phone.length <= PHONE_NUMBER_LENGTH
  const named = (name: string, hasKey: boolean, find: Find) =>
    method.includes(name) && hasKey ? find : undefined
  const byCode = () => leads.find('vendor_lead_code', [readSqlText(code)], connection)
  const byPhone = () => leads.find('phone_number', [readSqlText(phone, "'")], connection)
  return [
    named('LEAD_ID', leadId !== '', () => [leads.get(Number(leadId))].filter((lead) => lead !== undefined)),
    named('VENDOR_LEAD_CODE', code !== '', byCode),
    named('PHONE_NUMBER', phoneIsKey, byPhone)
  ]
}

/** VICIdial sorts by entry date, newest first. Of leads with the same one, the lowest id comes first. */
function firstWithResults(call: ApiCall, search: readonly Find[]): FoundLead[] {
  const { value, query } = call
  const isSearched = searchedPlace(call)
  for (const find of search) {
    const limited = () => {
      const limit = readRecordsLimit(value('records'), DEFAULT_RECORDS)
      const found = find()
        .filter(isSearched)
        .map((lead) => ({ lead, ...searchedLeads(call).others(lead.lead_id) }))
        .sort((one, other) => one.lead.lead_id - other.lead.lead_id)
        .sort((one, other) => other.entry_date.localeCompare(one.entry_date))
      return found.slice(0, limit).map(({ lead, entry_list_id }) => ({ lead, entryList: entry_list_id }))
    }
    const found = query(limited, [])
    if (found.length > 0) return found
  }
  return []
}

/** Whether a lead is in the place that `search_location` names: the list `list_id`, or the lists of its campaign. */
function searchedPlace({ value, tables: { campaigns } }: ApiCall): (lead: Lead) => boolean {
  const place = value('search_location')
  const listId = Number(value('list_id'))
  if (place.length < SHORTEST_SEARCH_LOCATION || listId < LOWEST_LIST_ID) return () => true
  if (place.includes('LIST')) return ({ list_id }) => list_id === listId
  const campaign = place.includes('CAMPAIGN') ? campaigns.list(listId)?.campaign_id : undefined
  if (campaign === undefined) return () => true
  return ({ list_id }) => campaigns.list(list_id)?.campaign_id === campaign
}

/** As `valueChanges`, with the phone number and the entry list. */
function readChanges(call: ApiCall): (() => Changes) | undefined {
  const { value, connection } = call
  const changes = valueChanges(call)
  const phone = value('phone_number')
  const entryList = value('entry_list_id')
  const hasPhone = value('update_phone_number') === 'Y' && phone !== ''
  const hasEntryList = entryList !== '' && value('custom_fields') !== 'Y'
  if (!hasPhone && !hasEntryList) return changes
  return () => ({
    ...changes?.(),
    ...(hasPhone && { phone_number: connection.store(readSqlText(phone, "'"), PHONE_NUMBER_LENGTH) }),
    ...(hasEntryList && { entry_list_id: storeInteger(entryList, ...BIGINT_UNSIGNED) })
  })
}

/** @param archived how many callbacks were removed with the lead before, in the same call */
function updateStandardFields(
  { userName, tables, query, build }: ApiCall,
  leadId: number,
  changes: () => Changes,
  archived: number | ''
): string {
  const changed = query(() => tables.leads.update([leadId], changes()), FAILED)
  const end = endOfReply(build, archived)
  return `SUCCESS: update_lead LEAD HAS BEEN UPDATED - ${userName}|${leadId}|${changed}${end}`
}

function endOfReply(build: BuildRules, archived: number | ''): string {
  return build.endsUpdateReplyWithPipes ? `|${archived}|${archived}|` : ''
}
