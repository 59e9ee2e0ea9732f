import { type Leads, NO_LEADS } from '../database/lead-table.ts'
import { DatabaseError } from '../database/sql-text.ts'
import type { ApiCall } from './api-call.ts'

const MAX_LIMIT = 2n ** 64n - 1n

/**
 * Reads the parameter `records`, a limit of rows.
 *
 * @param text as cleaned, or empty for the function's default
 * @throws {DatabaseError} for a number that LIMIT does not accept
 */
export function readRecordsLimit(text: string, defaultLimit: number): number {
  if (text === '') return defaultLimit
  if (!/^\d+$/.test(text) || BigInt(text) > MAX_LIMIT) throw new DatabaseError('no such limit')
  return Number(text)
}

/** Whether a call with `list_exists_check` moves leads to a list that is not defined. */
export function listIsMissing(value: ApiCall['value'], definedLists: ReadonlySet<number>): boolean {
  const listId = value('list_id_field')
  return /y/i.test(value('list_exists_check')) && listId !== '' && !definedLists.has(Number(listId))
}

/** The table that a call searches. The archive is empty. */
export function searchedLeads({ value, tables, build }: ApiCall): Leads {
  return build.readsArchive && value('archived_lead') === 'Y' ? NO_LEADS : tables.leads
}

/** What separates the columns of a reply, for the parameter `stage`. */
export function separator(stage: string): string {
  return { csv: ',', tab: '\t', newline: '\n' }[stage] ?? '|'
}
