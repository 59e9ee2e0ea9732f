import type { ApiCall, Piece } from '../api/api-call.ts'
import type { ParameterName } from '../api/cleaning.ts'
import { PHONE_NUMBER_LENGTH, storeDecimal, storeInteger } from '../database/column-types.ts'
import type { Lead } from '../database/fixture.ts'
import { readSqlText } from '../database/sql-text.ts'
import { BIGINT_UNSIGNED, VALUE_PARAMETERS } from './value-changes.ts'

/** Parameters that an insert doesn't take; it sets their columns itself. */
const NOT_TAKEN: ReadonlySet<ParameterName> = new Set([
  'user_field',
  'list_id_field',
  'gmt_offset_now',
  'called_count'
])

const SHORTEST_ALT_PHONES = 6

/** What a new lead has beside its parameters. */
export interface NewLead {
  readonly listId: string
  /** Values that are not as they were sent. */
  readonly values: Partial<Record<ParameterName, string>>
  readonly entryListId: string
}

export interface Inserted {
  readonly leadId: number
  /** The time offset, as VICIdial prints it. */
  readonly offset: string
  readonly lead: Omit<Lead, 'lead_id'>
}

/**
 * Inserts a lead with the values of a call. Unlike an update, it stores `--BLANK--` and newlines as they are.
 *
 * @returns undefined if PHP 7 goes on after a failed INSERT
 * @throws {DatabaseError} when a value breaks the INSERT, with PHP 8
 */
export function insertLead(call: ApiCall, { listId, values, entryListId }: NewLead): Inserted | undefined {
  const { value, userName, tables, query, connection, clock } = call
  const sent = (name: ParameterName) => values[name] ?? value(name)
  const offset = tables.campaigns.offsetOf(sent('phone_code'), value('phone_number'), clock.now())
  const insert = () => {
    const columns: Record<string, string | number> = {}
    for (const { name, column, store } of VALUE_PARAMETERS) {
      if (!NOT_TAKEN.has(name)) columns[column] = store(readSqlText(sent(name)), connection)
    }
    const lead = {
      ...(columns as unknown as Lead),
      user: connection.store(userName, 20),
      list_id: storeInteger(listId, ...BIGINT_UNSIGNED),
      gmt_offset_now: storeDecimal(offset),
      called_since_last_reset: 'N',
      called_count: 0,
      phone_number: connection.store(value('phone_number'), PHONE_NUMBER_LENGTH),
      entry_list_id: storeInteger(entryListId, ...BIGINT_UNSIGNED)
    }
    return { leadId: tables.leads.insert(lead, clock.text()), offset, lead }
  }
  return query(insert, undefined)
}

/** Adds the further phone numbers of a new lead: `NUMBER_CODE_NOTE`, with `!` between them. */
export function* insertAltPhones(
  { value, userName, tables, connection }: ApiCall,
  leadId: number
): Generator<Piece> {
  const numbers = value('multi_alt_phones')
  if (numbers.length < SHORTEST_ALT_PHONES) return
  let printed = ''
  const parts = numbers.split('!')
  for (const [index, part] of parts.entries()) {
    const [number = '', code = '', note = ''] = part.split('_')
    printed += `${number}|${code}|${note}`
    tables.altPhones.add({
      lead_id: leadId,
      phone_code: connection.store(code || '1', 10),
      phone_number: connection.store(number, PHONE_NUMBER_LENGTH),
      alt_phone_note: connection.store(note, 30),
      alt_phone_count: index + 1,
      active: 'Y'
    })
  }
  const counts = `${parts.length}|${leadId}|${userName}`
  yield `${printed}NOTICE: ${value('function')} MULTI-ALT-PHONE NUMBERS LOADED - ${counts}`
}
