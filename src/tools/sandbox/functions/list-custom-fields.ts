import type { ApiCall } from '../api/api-call.ts'
import { separator } from '../api/common-parameters.ts'
import type { List } from '../database/fixture.ts'

export const LIST_COLUMNS = [
  'list_id',
  'list_name',
  'campaign_id',
  'active',
  'list_changedate',
  'list_lastcalldate'
]
const SHORTEST_LIST_ID = 2
const LONGEST_LIST_ID = 14
const EVERY_LIST = '---ALL---'

/** The API function `list_custom_fields`: a line for a list, or for each list, with the labels of its custom fields. */
export function listCustomFields(call: ApiCall): string[] {
  const { value, group, tables } = call
  let shown: List[]
  if (listId(call) === EVERY_LIST) {
    const known = tables.campaigns.lists.filter(({ list_id }) => group.lists.has(list_id))
    shown = known.sort((one, other) => one.list_id - other.list_id)
  } else {
    const found = readList(call)
    if ('refusal' in found) return [found.refusal]
    shown = [found.list]
  }
  const rows = shown.map((list) => [
    ...listColumns(list),
    (tables.customTables.labels(list.list_id) ?? []).join(' ')
  ])
  const header = value('header') === 'YES' ? [[...LIST_COLUMNS, 'custom_fields_list_space_delimited']] : []
  return [...header, ...rows].map((row) => row.join(listSeparator(value('stage'))))
}

/** The list that a call names, or the line that refuses it. */
export function readList(call: ApiCall): { readonly list: List } | { readonly refusal: string } {
  const { value, userName, lists, group, tables } = call
  const functionName = value('function')
  const id = listId(call)
  if (id.length < SHORTEST_LIST_ID || id.length > LONGEST_LIST_ID) {
    const sent = `${id}||${value('campaign_id')}`
    return { refusal: `ERROR: ${functionName} YOU MUST USE ALL REQUIRED FIELDS: |${userName}|${sent}` }
  }
  if (!lists.names(id)) return { refusal: `ERROR: ${functionName} NOT AN ALLOWED LIST ID - ${id}` }
  const list = tables.campaigns.list(Number(id))
  return list !== undefined && group.lists.has(list.list_id)
    ? { list }
    : { refusal: `ERROR: ${functionName} LIST DOES NOT EXIST: |${userName}|${id}` }
}

export function listColumns({ list_id, list_name, campaign_id, active }: List): string[] {
  return [String(list_id), list_name ?? `List ${list_id}`, campaign_id, active ?? 'Y', '', '']
}

/** Functions of lists know no `newline`. */
export function listSeparator(stage: string): string {
  return stage === 'newline' ? '|' : separator(stage)
}

/** The parameter `list_id`, of which the functions of lists keep letters too. */
export function listId({ values }: ApiCall): string {
  return (values.get('list_id') ?? '').replace(/[^-_0-9A-Za-z]/g, '')
}
