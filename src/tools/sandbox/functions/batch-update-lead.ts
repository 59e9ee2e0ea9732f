import type { ApiCall } from '../api/api-call.ts'
import { DatabaseError } from '../database/sql-text.ts'
import { listIsMissing, readRecordsLimit, searchedLeads } from '../api/common-parameters.ts'
import { FAILED, valueChanges } from '../lead-changes/value-changes.ts'

const DEFAULT_RECORDS = 1000

/** The API function `batch_update_lead`: one set of values for many leads. */
export function batchUpdateLead(call: ApiCall): string[] {
  const { value, userName, lists, tables, query } = call
  const asked = value('lead_ids')
  if (asked === '') return [`ERROR: batch_update_lead NO LEADS DEFINED - ${userName}|`]

  const listId = value('list_id_field')
  if (listId !== '' && !lists.permits(listId)) {
    return [`ERROR: batch_update_lead NOT AN ALLOWED LIST ID - ${userName}|${listId}`]
  }
  if (listIsMissing(value, tables.definedLists)) {
    return [
      `ERROR: batch_update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - ${userName}|${listId}`
    ]
  }

  const found = query(() => findLeads(call, asked), [])
  if (found.length === 0) {
    return [`ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |${userName}|${asked}`]
  }

  const changes = valueChanges(call)
  if (changes === undefined) return []
  const changed = query(() => tables.leads.update(found, changes()), FAILED)
  const counts = `${changed}|${found.length}|${found.join(',')}`
  return [`SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - ${userName}|${counts}`]
}

/** @throws {DatabaseError} for a list or a limit that breaks the SELECT */
function findLeads(call: ApiCall, asked: string): number[] {
  const { value, lists } = call
  const leads = searchedLeads(call)
  const limit = readRecordsLimit(value('records'), DEFAULT_RECORDS)
  return readLeadIds(asked)
    .filter((id) => {
      const lead = leads.get(id)
      return lead !== undefined && lists.includes(lead.list_id)
    })
    .sort((one, other) => other - one)
    .slice(0, limit)
}

/** @throws {DatabaseError} for an empty item */
function readLeadIds(text: string): number[] {
  const items = text.split(',')
  if (items.includes('')) throw new DatabaseError('an empty item in lead_ids')
  return [...new Set(items.map(Number))]
}
