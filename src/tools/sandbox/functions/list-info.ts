import type { ApiCall } from '../api/api-call.ts'
import { searchedLeads } from '../api/common-parameters.ts'
import { LIST_COLUMNS, listColumns, listId, listSeparator, readList } from './list-custom-fields.ts'

const EXPIRATION_DATE = '2099-12-31'
const RESETS_TODAY = '0'

/** The API function `list_info`: a list's name, campaign and whether it is active. */
export function listInfo(call: ApiCall): string[] {
  const { value, query } = call
  const found = readList(call)
  if ('refusal' in found) return [found.refusal]
  const hasCounts = value('leads_counts') === 'Y'
  const counts = hasCounts ? countLeads(found.list.list_id) : []
  const names = hasCounts ? ['all_leads_count', 'new_leads_count'] : []
  const header = [...LIST_COLUMNS, 'expiration_date', 'resets_today', ...names]
  const [, ...columns] = listColumns(found.list)
  const row = [listId(call), ...columns, EXPIRATION_DATE, RESETS_TODAY, ...counts, '']
  const shown = value('header') === 'YES' ? [header, row] : [row]
  return [shown.map((one) => one.join(listSeparator(value('stage')))).join('\n')]

  function countLeads(listId: number): string[] {
    const count = () => [...searchedLeads(call).scan()].filter(({ list_id }) => list_id === listId)
    const leads = query(count, [])
    return [leads.length, leads.filter(({ status }) => status === 'NEW').length].map(String)
  }
}
