import type { ApiCall, Piece } from '../api/api-call.ts'
import { DatabaseError, readSqlText } from '../database/sql-text.ts'
import type { Lead } from '../database/fixture.ts'

/** The end of PHP 7's output, without the database's message. */
const NOT_EXECUTED: Piece = { unended: 'Could not execute: ' }
const BLANK = '--BLANK--'

/** A lead that `update_lead` found, as it was then. */
export interface FoundLead {
  readonly lead: Lead
  readonly entryList: number
}

/**
 * The list whose table has the custom fields of a lead: the one that first held custom fields of it, otherwise the lead's own.
 */
function customList({ lead, entryList }: FoundLead): number {
  return entryList || lead.list_id
}

export function hasCustomFields({ tables }: ApiCall, found: FoundLead): boolean {
  return tables.customTables.labels(customList(found)) !== undefined
}

/** Deletes the row of a lead that is deleted. */
export function* deleteCustomFields({ value, tables }: ApiCall, found: FoundLead): Generator<Piece> {
  const { lead, entryList } = found
  const listId = customList(found)
  const where = `${value('phone_number')}|${lead.lead_id}|${lead.list_id}`
  if (tables.customTables.labels(listId) === undefined) {
    yield noFields(where)
    return
  }
  const rows = tables.customTables.delete(listId, lead.lead_id)
  if (rows === 0) return
  yield `NOTICE: update_lead CUSTOM FIELDS ENTRY DELETED - ${where}|${entryList}|${listId}|${rows}`
}

/**
 * Updates the custom fields of one lead that `update_lead` found. It ignores labels that the list doesn't have.
 */
export function* updateCustomFields(call: ApiCall, found: FoundLead): Generator<Piece> {
  const { value, values, tables, query, connection } = call
  const { customTables } = tables
  const { lead, entryList } = found
  const listId = customList(found)
  const where = `${value('phone_number')}|${lead.lead_id}|${lead.list_id}`
  const labels = customTables.labels(listId)
  if (labels === undefined) {
    yield noFields(where)
    return
  }

  const request = requestText(values)
  const sent = labels.filter((label) => request.includes(`&${label}=`))
  if (sent.length === 0) return
  const write = () => {
    const texts = new Map(
      sent.map((label) => [label, readSqlText(cleanCustomValue(values.get(label) ?? ''))])
    )
    return customTables.update(listId, lead.lead_id, texts, connection)
  }
  const rows = query(write, undefined)
  if (rows === undefined) {
    yield NOT_EXECUTED
    throw new DatabaseError('custom fields that cannot be stored')
  }
  const lists = `${entryList}|${listId}`
  yield `NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - ${where}|${lists}|${rows}`
  if (rows === 0) return
  const remembered = query(() => tables.leads.update([lead.lead_id], { entry_list_id: listId }), undefined)
  if (remembered === undefined) {
    yield NOT_EXECUTED
    throw new DatabaseError('a lead that cannot be written to')
  }
}

function noFields(where: string): string {
  return `NOTICE: update_lead CUSTOM FIELDS NOT ADDED, NO CUSTOM FIELDS DEFINED FOR THIS LIST - ${where}`
}

/** VICIdial looks for labels in this text, so one inside a value counts as sent, and the very first field does not. */
function requestText(values: ReadonlyMap<string, string>): string {
  const fields = [...values].map(([name, value]) => `${name}=${value}`)
  return fields.join('&').replace(/['"\\;]/g, '')
}

/** What VICIdial stores of a custom field's value. */
export function cleanCustomValue(value: string): string {
  const text = value.replaceAll('+', ' ').replace(/[;"]/g, '').replace(/\\$/, '')
  return text === BLANK ? '' : text
}
