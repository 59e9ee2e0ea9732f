import type { ApiCall, Piece } from '../api/api-call.ts'
import { readSqlText } from '../database/sql-text.ts'
import { cleanCustomValue } from './update-custom-fields.ts'

/** Labels that mean a column of the lead itself, so that VICIdial ignores a custom field of this name. */
const LEAD_COLUMNS = new Set(
  `lead_id vendor_lead_code source_id list_id gmt_offset_now called_since_last_reset phone_code phone_number title
  first_name middle_initial last_name address1 address2 address3 city state province postal_code country_code gender
  date_of_birth alt_phone email security_phrase comments called_count last_local_call_time rank owner`.split(
    /\s+/
  )
)

export function isCustomLabel(label: string): boolean {
  return !LEAD_COLUMNS.has(label)
}

/**
 * Adds the custom fields of a lead that was just inserted. Unlike an update, it writes every field of the list: one that
 * was not sent is empty.
 */
export function* insertCustomFields(call: ApiCall, leadId: number, listId: string): Generator<Piece> {
  const { value, values, tables, query, connection } = call
  const functionName = value('function')
  const where = `${value('phone_number')}|${leadId}|${listId}`
  const labels = tables.customTables.labels(Number(listId))
  const refused = `NOTICE: ${functionName} CUSTOM FIELDS NOT ADDED,`
  if (labels === undefined) {
    yield `${refused} NO CUSTOM FIELDS DEFINED FOR THIS LIST - ${where}`
    return
  }
  const written = labels.filter(isCustomLabel)
  if (written.length === 0) {
    yield `${refused} NO FIELDS DEFINED - ${where}`
    return
  }
  const write = () => {
    const texts = written.map(
      (label) => [label, readSqlText(cleanCustomValue(values.get(label) ?? ''))] as const
    )
    return tables.customTables.update(Number(listId), leadId, new Map(texts), connection)
  }
  if (query(write, 0) === 0) {
    const why = functionName === 'add_lead' ? 'NO FIELDS TO UPDATE DEFINED' : 'NO FIELDS DEFINED'
    yield `${refused} ${why} - ${where}`
    return
  }
  const remembered = query(() => tables.leads.update([leadId], { entry_list_id: Number(listId) }), -1)
  yield `NOTICE: ${functionName} CUSTOM FIELDS VALUES ADDED - ${where}|${remembered}`
}
