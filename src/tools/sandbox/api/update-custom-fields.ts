import type { ApiCall } from './api-call.ts'
import type { Lead } from '../database/fixture.ts'
import { readSqlText } from '../database/sql-text.ts'

const BLANK = '--BLANK--'

/**
 * Updates the custom fields of one lead that `update_lead` found. Their table is the one of the list that first held
 * custom fields of this lead, or else of the lead's list. It ignores labels that the list doesn't have.
 */
export function* updateCustomFields({ value, values, tables }: ApiCall, lead: Lead): Generator<string> {
  const { customTables, entryLists } = tables
  const entryList = entryLists.get(lead.lead_id)
  const listId = entryList > 0 ? entryList : lead.list_id
  const where = `${value('phone_number')}|${lead.lead_id}|${lead.list_id}`
  const labels = customTables.labels(listId)
  if (labels === undefined) {
    yield `NOTICE: update_lead CUSTOM FIELDS NOT ADDED, NO CUSTOM FIELDS DEFINED FOR THIS LIST - ${where}`
    return
  }

  const sent = labels.filter((label) => values.has(label))
  if (sent.length === 0) return
  const stored = sent.map((label): [string, string] => [
    label,
    readSqlText(cleanCustomValue(values.get(label) ?? ''))
  ])
  const rows = customTables.update(listId, lead.lead_id, Object.fromEntries(stored))
  const lists = `${entryList}|${listId}`
  yield `NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - ${where}|${lists}|${rows}`
  if (rows > 0) entryLists.set(lead.lead_id, listId)
}

function cleanCustomValue(value: string): string {
  const text = value.replaceAll('+', ' ').replace(/[;"]/g, '').replace(/\\$/, '')
  return text === BLANK ? '' : text
}
