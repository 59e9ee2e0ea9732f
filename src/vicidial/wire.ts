import type { Changes } from '../leads/changes.ts'

/** VICIdial's `source`: the characters that it keeps, and the lengths that it takes. */
export const SOURCE_PATTERN = '^[A-Za-z0-9]{2,20}$'
export const SOURCE = new RegExp(SOURCE_PATTERN)

/** How a batch names its leads: VICIdial's own way, or the JSON parameter that some forks read. */
export type Dialect = 'lead_ids' | 'leads_data'

/** One lead and its changes. `lead` is its id or, in a dry run, the key that would be looked up. */
export interface LeadChanges<Lead extends number | string = number> {
  readonly lead: Lead
  readonly changes: Changes
}

/** One call to VICIdial. Each of its leads is in it once. */
export interface Call<Lead extends number | string = number> {
  readonly function: Changes['function']
  readonly leads: readonly LeadChanges<Lead>[]
}

/** A call's parameters in the order in which they are sent, without `source`, `user` and `pass`. */
export interface Params {
  readonly function: string
  readonly [name: string]: string
}

/** Rows that one `lead_search` may return. A reply that reaches the limit may be incomplete. */
export const SEARCH_LIMIT = 100_000

/**
 * Writes a planned call as VICIdial's parameters. `records` is always the last one: VICIdial writes the last form
 * field into its own log unescaped, and without `records` it drops all ids after the first 1,000.
 */
export function callParams(call: Call | Call<number | string>, dialect: Dialect): Params {
  const [first] = call.leads
  if (first === undefined) throw new RangeError('a call without leads')
  const records = String(call.leads.length)
  if (call.function === 'update_lead') {
    return { function: call.function, lead_id: String(first.lead), ...first.changes.params, records }
  }
  if (dialect === 'leads_data') {
    const leads = call.leads.map(({ lead, changes }) => ({ lead_id: String(lead), ...changes.params }))
    return { function: call.function, leads_data: JSON.stringify(leads), records }
  }
  const leadIds = call.leads.map(({ lead }) => lead).join(',')
  return { function: call.function, lead_ids: leadIds, ...first.changes.params, records }
}

/** Writes a look-up of many keys of one kind. Keys must not contain a comma. */
export function searchParams(by: 'vendor_lead_code' | 'phone_number', keys: readonly string[]): Params {
  return {
    function: 'lead_search',
    search_method: by.toUpperCase(),
    [by]: keys.join(','),
    records: String(SEARCH_LIMIT)
  }
}

/** Writes a look-up of a phone number in one list. */
export function listSearchParams(phoneNumber: string, list: string): Params {
  return {
    function: 'lead_search',
    search_method: 'PHONE_NUMBER',
    phone_number: phoneNumber,
    list_id: list,
    records: '1'
  }
}

/** Writes a call that reads the labels of custom fields, of one list or of all. */
export function listCustomFieldsParams(list: string): Params {
  const list_id = list === 'all' ? '---ALL---' : list
  return { function: 'list_custom_fields', list_id, stage: 'tab', header: 'NO', records: '1' }
}

/** Writes a call that reads a lead, in the format that shifts the fewest values. */
export function readLeadParams(lead: number | string, hasCustomFields: boolean): Params {
  const custom = hasCustomFields ? { custom_fields: 'Y' } : {}
  return {
    function: 'lead_all_info',
    lead_id: String(lead),
    ...custom,
    header: 'YES',
    stage: 'tab',
    records: '1'
  }
}

/** Writes a call that reads one column of a lead, or one of its custom fields. */
export function readFieldParams(lead: number | string, field: string, isCustom = false): Params {
  const custom = isCustom ? { custom_fields: 'Y' } : {}
  return { function: 'lead_field_info', lead_id: String(lead), ...custom, field_name: field, records: '1' }
}

/** Writes a call that sets fields of a lead, to `values` unchanged. */
export function writeFieldsParams(lead: number, values: Readonly<Record<string, string>>): Params {
  return { function: 'batch_update_lead', lead_ids: String(lead), ...values, records: '1' }
}

/** A call whose query fails, as its list of leads holds no id: it names no lead, and changes nothing. */
export const FAILING_QUERY: Params = { function: 'batch_update_lead', lead_ids: ',', records: '1' }

/**
 * Writes a call without the leads or keys that its function works on. VICIdial checks login and permission, and then
 * only says that nothing was asked.
 */
export function emptyCall(
  name:
    | 'batch_update_lead'
    | 'update_lead'
    | 'lead_search'
    | 'lead_all_info'
    | 'lead_field_info'
    | 'add_dnc_phone'
    | 'delete_dnc_phone'
): Params {
  return { function: name, records: '1' }
}

/**
 * Writes a call that finds leads and changes nothing, because it sets no values. VICIdial's reply is empty if it finds any of
 * them.
 */
export function findLeadsParams(leads: readonly number[]): Params {
  return { function: 'batch_update_lead', lead_ids: leads.join(','), records: String(leads.length) }
}

/**
 * Writes a call that finds a list and changes nothing: it would move lead 0, and ids begin with 1. VICIdial's reply is
 * that it finds no lead, unless it does not find the list.
 */
export function findListParams(list: string): Params {
  const check = { list_id_field: list, list_exists_check: 'Y' }
  return { function: 'batch_update_lead', lead_ids: '0', ...check, records: '1' }
}

/** Harmless calls. One needs no login; the other checks the login and, having no leads, changes nothing. */
export const PROBES = {
  version: { function: 'version', records: '1' },
  login: emptyCall('batch_update_lead')
} satisfies Readonly<Record<string, Params>>

/** The form body of one call: the account's parameters, then `params`. */
export function formBody(params: Params, account: { source: string; user: string; pass: string }): string {
  const { source, user, pass } = account
  return new URLSearchParams({ source, user, pass, ...params }).toString()
}
