import type { ApiCall } from './api-call.ts'

/** Whether the call asked for `list_exists_check` and moves leads to a list that is not defined. */
export function listIsMissing(value: ApiCall['value'], definedLists: ReadonlySet<number>): boolean {
  const listId = value('list_id_field')
  return /y/i.test(value('list_exists_check')) && listId !== '' && !definedLists.has(Number(listId))
}
