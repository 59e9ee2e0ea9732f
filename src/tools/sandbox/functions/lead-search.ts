import type { ApiCall } from '../api/api-call.ts'
import { PHONE_NUMBER_LENGTH } from '../database/column-types.ts'
import { DatabaseError, readSqlText } from '../database/sql-text.ts'
import type { Lead } from '../database/fixture.ts'
import { readRecordsLimit, searchedLeads } from '../api/common-parameters.ts'
import type { Php } from '../api/php.ts'

const DEFAULT_RECORDS = 1000
const DEFAULT_SEARCH_METHOD = 'PHONE_NUMBER'
const SHORTEST_SEARCH_METHOD = 6
const SHORTEST_PHONE_NUMBER = 6
const HEADER = 'search_keyrecords_foundlead_ids'

/**
 * The API function `lead_search`: the lead ids of many keys. It finds leads in all lists, even for a user with restricted
 * lists.
 */
export function leadSearch(call: ApiCall): string[] {
  const { value, userName, lists, php } = call
  const method =
    value('search_method').length < SHORTEST_SEARCH_METHOD ? DEFAULT_SEARCH_METHOD : value('search_method')
  const leadId = value('lead_id')
  const codes = value('vendor_lead_code')
  const phones = value('phone_number')
  const byLeadId = method.includes('LEAD_ID') && leadId !== ''
  const byCode = method.includes('VENDOR_LEAD_CODE') && codes !== ''
  const byPhone = method.includes('PHONE_NUMBER') && phones.length >= SHORTEST_PHONE_NUMBER
  if (!byLeadId && !byCode && !byPhone) {
    return [
      `ERROR: lead_search NO VALID SEARCH METHOD - ${userName}|${method}|${leadId}(0)|${codes}(0)|${phones}(0)`
    ]
  }
  if (value('list_id') !== '' && !lists.permits(value('list_id'))) {
    return [`ERROR: lead_search NOT AN ALLOWED LIST ID - ${phones}|${value('list_id')}`]
  }

  const codeKeys = byCode ? codes.split(',').filter((key) => key !== '') : []
  const phoneKeys = byPhone ? phones.split(',').filter(isPhoneKey) : []
  const rows = findRows(call, byLeadId, byCode ? codeKeys : undefined, byPhone ? phoneKeys : undefined)
  if (rows.length === 0) {
    return [`ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM: |${userName}|${leadId}|${codes}|${phones}`]
  }
  const header = value('header') === 'YES' ? [HEADER] : []
  const lines = [...header, ...keyLines([...phoneKeys, ...codeKeys], rows, php)]
  return lines.length > 0 ? [lines.join('\n')] : []
}

/** A lead that was found, with the key that found it. */
type Row = readonly [key: string, leadId: number]

function isPhoneKey(key: string): boolean {
  return key.length >= SHORTEST_PHONE_NUMBER && key.length <= PHONE_NUMBER_LENGTH
}

/** Tries each kind of key only if the one before found nothing. */
function findRows(
  call: ApiCall,
  byLeadId: boolean,
  codes: readonly string[] | undefined,
  phones: readonly string[] | undefined
): Row[] {
  const { value, build, connection, query } = call
  const leads = searchedLeads(call)
  const select = (find: () => Lead[], keyOf: (lead: Lead) => string) =>
    query((): Row[] => {
      const limit = readRecordsLimit(value('records'), DEFAULT_RECORDS)
      const newest = find().sort((one, other) => other.lead_id - one.lead_id)
      return newest.slice(0, limit).map((lead) => [keyOf(lead), lead.lead_id])
    }, [])
  let rows: Row[] = []
  if (byLeadId) {
    const find = () => {
      const ids = [...new Set(required(value('lead_ids').split(',')).map(Number))]
      return ids.map((id) => leads.get(id)).filter((lead) => lead !== undefined)
    }
    rows = select(find, ({ lead_id }) => String(lead_id))
  }
  if (rows.length === 0 && codes !== undefined) {
    const quote = build.quotesKeysDouble ? '"' : "'"
    const find = () => {
      const texts = required(codes).map((code) => readSqlText(code, quote))
      return leads.find('vendor_lead_code', texts, connection)
    }
    rows = select(find, ({ vendor_lead_code }) => vendor_lead_code)
  }
  if (rows.length === 0 && phones !== undefined) {
    const find = () => leads.find('phone_number', required(phones), connection)
    rows = select(find, ({ phone_number }) => phone_number)
  }
  return rows
}

/** @throws {DatabaseError} for an empty list, or one with an empty item: both break the SELECT */
function required(keys: readonly string[]): readonly string[] {
  if (keys.length === 0 || keys.includes('')) throw new DatabaseError('an empty item in the list of keys')
  return keys
}

function keyLines(keys: readonly string[], rows: readonly Row[], php: Php): string[] {
  const idsByKey = Map.groupBy(rows, ([key]) => looseKey(key, php))
  return keys.map((key) => {
    const ids = (idsByKey.get(looseKey(key, php)) ?? []).map(([, leadId]) => leadId)
    return `${key}|${ids.length}|${ids.join('-')}`
  })
}

const NUMBER = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i

/**
 * The form of a key that VICIdial groups by. As with PHP's `==`, two numbers are one key if they are equal (`1001` and
 * `01001`), and other texts only if they are identical, including case. To PHP 7, a number with a space after it is a
 * text.
 */
export function looseKey(text: string, php: Php): string {
  const isNumber = NUMBER.test(text) && (php === 8 || !/\s$/.test(text))
  return isNumber && Number.isSafeInteger(Math.trunc(Number(text)))
    ? `number ${Number(text)}`
    : `text ${text}`
}
