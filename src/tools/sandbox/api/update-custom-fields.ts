import type { ApiCall, Piece } from './api-call.ts'
import { DatabaseError, readSqlText } from '../database/sql-text.ts'
import type { Lead } from '../database/fixture.ts'

/** The end of PHP 7's output, without the database's message. */
const NOT_EXECUTED: Piece = { unended: 'Could not execute: ' }
const BLANK = '--BLANK--'

/**
 * The list whose table has the custom fields of a lead: the one that first held custom fields of it, otherwise the lead's own.
 */
function customList({ tables }: ApiCall, lead: Lead): number {
  return tables.entryLists.get(lead.lead_id) || lead.list_id
}

export function hasCustomFields(call: ApiCall, lead: Lead): boolean {
  return call.tables.customTables.labels(customList(call, lead)) !== undefined
}

/**
 * Updates the custom fields of one lead that `update_lead` found. It ignores labels that the list doesn't have.
 */
export function* updateCustomFields(call: ApiCall, lead: Lead): Generator<Piece> {
  const { value, values, tables, query, connection } = call
  const { customTables, entryLists } = tables
  const entryList = entryLists.get(lead.lead_id)
  const listId = customList(call, lead)
  const where = `${value('phone_number')}|${lead.lead_id}|${lead.list_id}`
  const labels = customTables.labels(listId)
  if (labels === undefined) {
    yield `NOTICE: update_lead CUSTOM FIELDS NOT ADDED, NO CUSTOM FIELDS DEFINED FOR THIS LIST - ${where}`
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
  const remembered = query(() => tables.leads.update([lead.lead_id], {}), undefined)
  if (remembered === undefined) {
    yield NOT_EXECUTED
    throw new DatabaseError('a lead that cannot be written to')
  }
  entryLists.set(lead.lead_id, listId)
}

/** VICIdial looks for labels in this text, so one inside a value counts as sent, and the very first field does not. */
function requestText(values: ReadonlyMap<string, string>): string {
  const fields = [...values].map(([name, value]) => `${name}=${value}`)
  return fields.join('&').replace(/['"\\;]/g, '')
}

function cleanCustomValue(value: string): string {
  const text = value.replaceAll('+', ' ').replace(/[;"]/g, '').replace(/\\$/, '')
  return text === BLANK ? '' : text
}
