import type { ApiCall } from './api-call.ts'
import type { Lead } from './fixture.ts'
import { readSqlText } from './sql-text.ts'

const BLANK = '--BLANK--'

/**
 * The custom fields of one lead that `update_lead` found. Their table is that of the list which first held custom
 * fields of this lead, else of the list that the lead was in when it was found. Labels that the list does not have
 * are ignored.
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
