import type { ApiCall } from './api-call.ts'

const HEADER = ['list_id', 'list_name', 'campaign_id', 'active', 'list_changedate', 'list_lastcalldate']
const SEPARATORS: Readonly<Record<string, string>> = { csv: ',', tab: '\t' }
const SHORTEST_LIST_ID = 2
const LONGEST_LIST_ID = 14
const EVERY_LIST = '---ALL---'

/** The API function `list_custom_fields`: a line for a list, or for each list, with the labels of its custom fields. */
export function listCustomFields({ value, values, userName, lists, groupLists, tables }: ApiCall): string[] {
  const listId = (values.get('list_id') ?? '').replace(/[^-_0-9A-Za-z]/g, '')
  if (listId.length < SHORTEST_LIST_ID || listId.length > LONGEST_LIST_ID) {
    return [`ERROR: list_custom_fields YOU MUST USE ALL REQUIRED FIELDS: |${userName}|${listId}||`]
  }
  if (listId !== EVERY_LIST && !lists.permits(listId)) {
    return [`ERROR: list_custom_fields NOT AN ALLOWED LIST ID - ${listId}`]
  }
  const known = tables.lists.filter(({ list_id }) => groupLists.has(list_id))
  const shown = known.filter(({ list_id }) => listId === EVERY_LIST || String(list_id) === listId)
  if (shown.length === 0 && listId !== EVERY_LIST) {
    return [`ERROR: list_custom_fields LIST DOES NOT EXIST: |${userName}|${listId}`]
  }
  const rows = shown.map(({ list_id, campaign_id }) => {
    const labels = tables.customTables.labels(list_id) ?? []
    return [list_id, `List ${list_id}`, campaign_id, 'Y', '', '', labels.join(' ')]
  })
  const header = value('header') === 'YES' ? [[...HEADER, 'custom_fields_list_space_delimited']] : []
  return [...header, ...rows].map((row) => row.join(SEPARATORS[values.get('stage') ?? ''] ?? '|'))
}
