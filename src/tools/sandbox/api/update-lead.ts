import type { ApiCall, Piece } from './api-call.ts'
import { FAILED, valueChanges } from './value-changes.ts'
import { PHONE_NUMBER_LENGTH } from '../database/column-types.ts'
import type { Lead } from '../database/fixture.ts'
import type { Changes } from '../database/lead-table.ts'
import { listIsMissing, readRecordsLimit } from './common-parameters.ts'
import { readSqlText } from '../database/sql-text.ts'
import { hasCustomFields, updateCustomFields } from './update-custom-fields.ts'

const DEFAULT_RECORDS = 1
const DEFAULT_SEARCH_METHOD = 'LEAD_ID'
const SHORTEST_SEARCH_METHOD = 6
const SHORTEST_PHONE_NUMBER = 6

/** The API function `update_lead`: one lead, or the leads that a search finds. */
export function updateLead(call: ApiCall): Iterable<Piece> {
  const { value, userName, lists, tables, build } = call
  const method = searchMethod(value)
  const keys = `${value('lead_id')}|${value('vendor_lead_code')}|${value('phone_number')}`
  const search = searches(call, method).filter((find) => find !== undefined)
  if (search.length === 0) {
    return [`ERROR: update_lead NO VALID SEARCH METHOD - ${userName}|${method}|${keys}`]
  }

  const phone = value('phone_number')
  if (value('list_id') !== '' && !lists.permits(value('list_id'))) {
    const place = build.saysWhereListIsRefused ? ', SEARCH' : ''
    return [`ERROR: update_lead NOT AN ALLOWED LIST ID${place} - ${phone}|${value('list_id')}`]
  }
  if (listIsMissing(value, tables.definedLists)) {
    const data = `${phone}|${value('list_id_field')}`
    return [`ERROR: update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - ${data}`]
  }

  const found = firstWithResults(call, search)
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

/**
 * After the first lead whose list has custom fields, VICIdial forgets the other values: later leads get their custom
 * fields only.
 */
function* updateEach(call: ApiCall, found: readonly Lead[]): Generator<Piece, void, undefined> {
  let changes = readChanges(call)
  for (const lead of found) {
    if (!call.lists.permits(String(lead.list_id))) {
      const place = call.build.saysWhereListIsRefused ? ', RESULTS' : ''
      yield `ERROR: update_lead NOT AN ALLOWED LIST ID${place} - ${lead.list_id}`
      return
    }
    if (changes !== undefined) yield updateStandardFields(call, lead, changes)
    if (call.value('custom_fields') !== 'Y') continue
    yield* updateCustomFields(call, lead)
    if (hasCustomFields(call, lead)) changes = undefined
  }
}

function searchMethod(value: ApiCall['value']): string {
  const method = value('search_method')
  return method.length < SHORTEST_SEARCH_METHOD ? DEFAULT_SEARCH_METHOD : method
}

type Find = () => Lead[]

/** The searches that the method names and the call has a key for, in VICIdial's order. */
function searches({ value, connection, tables: { leads } }: ApiCall, method: string): (Find | undefined)[] {
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

/** VICIdial sorts by entry date. Here all leads have the same one, and the lowest id comes first. */
function firstWithResults({ value, query }: ApiCall, search: readonly Find[]): Lead[] {
  for (const find of search) {
    const limited = () => {
      const limit = readRecordsLimit(value('records'), DEFAULT_RECORDS)
      const found = find().sort((one, other) => one.lead_id - other.lead_id)
      return found.slice(0, limit)
    }
    const found = query(limited, [])
    if (found.length > 0) return found
  }
  return []
}

/** As `valueChanges`, with the phone number. */
function readChanges(call: ApiCall): (() => Changes) | undefined {
  const { value, connection } = call
  const changes = valueChanges(call)
  const phone = value('phone_number')
  if (value('update_phone_number') !== 'Y' || phone === '') return changes
  return () => ({
    ...changes?.(),
    phone_number: connection.store(readSqlText(phone, "'"), PHONE_NUMBER_LENGTH)
  })
}

function updateStandardFields(call: ApiCall, lead: Lead, changes: () => Changes): string {
  const { userName, tables, query, build } = call
  const changed = query(() => tables.leads.update([lead.lead_id], changes()), FAILED)
  const end = build.endsUpdateReplyWithPipes ? '|||' : ''
  return `SUCCESS: update_lead LEAD HAS BEEN UPDATED - ${userName}|${lead.lead_id}|${changed}${end}`
}
