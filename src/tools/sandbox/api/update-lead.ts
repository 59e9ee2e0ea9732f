import type { ApiCall } from './api-call.ts'
import { readValueChanges } from './value-changes.ts'
import { PHONE_NUMBER_LENGTH, storeText } from '../database/column-types.ts'
import type { Lead } from '../database/fixture.ts'
import type { Changes } from '../database/lead-table.ts'
import { listIsMissing, readRecordsLimit } from './common-parameters.ts'
import { readSqlText } from '../database/sql-text.ts'
import { updateCustomFields } from './update-custom-fields.ts'

const DEFAULT_RECORDS = 1
const DEFAULT_SEARCH_METHOD = 'LEAD_ID'
const SHORTEST_SEARCH_METHOD = 6
const SHORTEST_PHONE_NUMBER = 6

/** The API function `update_lead`: one lead, or the leads that a search finds (CONTRACT.md, same title). */
export function updateLead(call: ApiCall): Iterable<string> {
  const { value, userName, lists, tables } = call
  const method = searchMethod(value)
  const keys = `${value('lead_id')}|${value('vendor_lead_code')}|${value('phone_number')}`
  const search = searches(call, method).filter((find) => find !== undefined)
  if (search.length === 0) {
    return [`ERROR: update_lead NO VALID SEARCH METHOD - ${userName}|${method}|${keys}`]
  }

  const phone = value('phone_number')
  if (value('list_id') !== '' && !lists.permits(value('list_id'))) {
    return [`ERROR: update_lead NOT AN ALLOWED LIST ID, SEARCH - ${phone}|${value('list_id')}`]
  }
  if (listIsMissing(value, tables.definedLists)) {
    const data = `${phone}|${value('list_id_field')}`
    return [`ERROR: update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - ${data}`]
  }

  const limit = readRecordsLimit(value('records'), DEFAULT_RECORDS)
  const found = firstWithResults(search, limit)
  const first = found[0]
  if (value('no_update') === 'Y') {
    if (first === undefined) {
      return [`NOTICE: update_lead NO MATCHES FOUND IN THE SYSTEM: |${userName}|${keys}`]
    }
    const leadId = value('lead_id') || first.lead_id
    const lead = `${leadId}|${value('vendor_lead_code')}|${phone}`
    const foundLists = `${first.list_id}|${tables.entryLists.get(first.lead_id)}`
    return [`NOTICE: update_lead LEADS FOUND IN THE SYSTEM: |${userName}|${lead}|${foundLists}`]
  }
  if (first === undefined) {
    return [`ERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: |${userName}|${keys}`]
  }

  return updateEach(call, found)
}

function* updateEach(call: ApiCall, found: readonly Lead[]): Generator<string, void, undefined> {
  for (const lead of found) {
    if (!call.lists.permits(String(lead.list_id))) {
      yield `ERROR: update_lead NOT AN ALLOWED LIST ID, RESULTS - ${lead.list_id}`
      return
    }
    yield* updateStandardFields(call, lead)
    if (call.value('custom_fields') === 'Y') yield* updateCustomFields(call, lead)
  }
}

function searchMethod(value: ApiCall['value']): string {
  const method = value('search_method')
  return method.length < SHORTEST_SEARCH_METHOD ? DEFAULT_SEARCH_METHOD : method
}

type Find = () => Lead[]

/** The searches that the method names and the call has a key for, in VICIdial's order. */
function searches({ value, tables: { leads } }: ApiCall, method: string): (Find | undefined)[] {
  const leadId = value('lead_id')
  const code = value('vendor_lead_code')
  const phone = value('phone_number')
  const phoneIsKey = phone.length >= SHORTEST_PHONE_NUMBER && phone.length <= PHONE_NUMBER_LENGTH
  const named = (name: string, hasKey: boolean, find: Find) =>
    method.includes(name) && hasKey ? find : undefined
  return [
    named('LEAD_ID', leadId !== '', () => [leads.get(Number(leadId))].filter((lead) => lead !== undefined)),
    named('VENDOR_LEAD_CODE', code !== '', () => leads.find('vendor_lead_code', [readSqlText(code)])),
    named('PHONE_NUMBER', phoneIsKey, () => leads.find('phone_number', [phone]))
  ]
}

/** VICIdial sorts by entry date. Here all leads have the same one, and the lowest id comes first. */
function firstWithResults(search: readonly Find[], limit: number): Lead[] {
  for (const find of search) {
    const found = find().sort((one, other) => one.lead_id - other.lead_id)
    if (found.length > 0 && limit > 0) return found.slice(0, limit)
  }
  return []
}

function updateStandardFields(call: ApiCall, lead: Lead): string[] {
  const { value, userName, tables } = call
  const changes = { ...readValueChanges(call), ...readPhoneChange(value) }
  if (Object.keys(changes).length === 0) return []
  const changed = tables.leads.update([lead.lead_id], changes)
  return [`SUCCESS: update_lead LEAD HAS BEEN UPDATED - ${userName}|${lead.lead_id}|${changed}|||`]
}

function readPhoneChange(value: ApiCall['value']): Changes {
  const phone = value('phone_number')
  if (value('update_phone_number') !== 'Y' || phone === '') return {}
  return { phone_number: storeText(phone, PHONE_NUMBER_LENGTH) }
}
