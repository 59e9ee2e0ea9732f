import { parseJson } from '../http/body/json-body.ts'
import { isObject } from '../leads/is-object.ts'
import { echo } from '../leads/refusal.ts'
import { type AddedLead, addedLead, readAdd, withoutDuplicateCheck } from './addition.ts'
import { withoutDefaults } from './defaults.ts'
import { isYes, readRequestedChanges, type RequestedChanges } from './fields.ts'
import { type Parameters, textOf } from './parameters.ts'
import { refusal, VicidialProblem } from './problem.ts'
import { readSource } from './source.ts'

/** A call in the form of VICIdial's API, or of the tutorials about it, and the batch requests that mean the same. */
export interface CompatCall {
  readonly function: CompatFunction
  /** How the leads are identified; `search` is the way of `update_lead`. */
  readonly form: 'leads_data' | 'lead_ids' | 'search' | 'add'
  /** The keys that a search uses, each in its place: lead id, vendor code, phone number. */
  readonly searched?: readonly string[]
  /** How many of the leads that a search finds are updated, the newest first. */
  readonly records?: number
  /** Whether the call has a phone number that stays unchanged, as VICIdial changes it only if asked. */
  readonly keepsPhone?: boolean
  readonly source: string | undefined
  /** Bodies of batch requests, without `source`: each is tried only if the one before found no lead. */
  readonly requests: readonly BatchRequest[]
  /** The lead to add if it is new, in place of requests. */
  readonly newLead?: Readonly<Record<string, unknown>>
  /** Present if the call may add a lead. */
  readonly added?: AddedLead
}

type BatchRequest = (RequestedChanges & { readonly lead_ids: readonly unknown[] }) | LongRequest
interface LongRequest {
  readonly updates: readonly unknown[]
  readonly reset_called?: unknown
  readonly allow_undefined_list?: unknown
}

export type CompatFunction = 'batch_update_lead' | 'update_lead' | 'add_lead'
export const FUNCTIONS: readonly CompatFunction[] = ['batch_update_lead', 'update_lead', 'add_lead']

/** Parameters about the caller and the response; all others are about leads. */
const ENVELOPE: ReadonlySet<string> = new Set(['function', 'user', 'pass', 'source', 'format'])
const LEAD_ID = 'LEAD_ID'
/** The ways to search and their keys. VICIdial tries those of a call in this order, however `search_method` has them. */
const KEYS: ReadonlyMap<string, string> = new Map([
  [LEAD_ID, 'lead_id'],
  ['VENDOR_LEAD_CODE', 'vendor_lead_code'],
  ['PHONE_NUMBER', 'phone_number']
])
const SEARCH_METHOD = /^(?:(?:LEAD_ID|VENDOR_LEAD_CODE|PHONE_NUMBER)[-_ ,|+]?)+$/
/** VICIdial takes a shorter one for its default. */
const SHORTEST_SEARCH_METHOD = 6
/** VICIdial takes less than this, in digits and as a number, for no list. */
const SHORTEST_LIST_ID = 3
const LOWEST_LIST_ID = 99

/**
 * Reads a call.
 * @param user the caller's name, for the text of VICIdial's refusals
 * @throws Problem invalid_json, invalid_request
 */
export function readCall(called: CompatFunction, parameters: Parameters, user: string): CompatCall {
  const source = readSource(textOf(parameters, 'source'))
  const rest = new Map([...parameters].filter(([name]) => !ENVELOPE.has(name)))
  if (called === 'update_lead') return { function: called, source, ...readSearch(rest, user) }
  if (called === 'add_lead') return { function: called, source, ...readNewLead(rest, user) }
  const ids = readIds(rest.get('lead_ids'))
  const leads = readLeadsData(rest.get('leads_data'))
  if (ids.length > 0 && leads.length > 0)
    throw refusal('Give either lead_ids or leads_data, not both.', 'leads_data')
  if (ids.length === 0 && leads.length === 0) {
    const detail = 'lead_ids, or leads_data, must name at least one lead.'
    throw new VicidialProblem(`batch_update_lead NO LEADS DEFINED - ${user}|`, detail)
  }
  refuseSmallLimit(rest.get('records'), ids.length + leads.length)
  for (const name of ['lead_ids', 'leads_data', 'records']) rest.delete(name)
  if (ids.length === 0)
    return { function: called, form: 'leads_data', source, requests: [readElements(leads, rest)] }
  if (rest.has('list_id') && rest.get('list_id') !== '')
    throw refusal('list_id moves no lead; list_id_field does.', 'list_id')
  const requests = [{ lead_ids: ids, ...readForm(rest) }] as const
  return { function: called, form: 'lead_ids', source, keepsPhone: keepsPhone(rest), requests }
}

/** @throws Problem invalid_request */
function readIds(value: unknown): readonly unknown[] {
  if (value === undefined || value === null || value === '') return []
  if (Array.isArray(value)) return [...new Set<unknown>(value)]
  if (typeof value !== 'string' && typeof value !== 'number')
    throw refusal('lead_ids must be lead ids with commas between them.', 'lead_ids')
  const ids = String(value)
    .split(',')
    .map((id) => id.trim())
  return [...new Set(ids)]
}

/** @throws VicidialProblem if it isn't an array */
function readLeadsData(value: unknown): readonly unknown[] {
  if (value === undefined || value === null || value === '') return []
  const leads = typeof value === 'string' ? parseJson(Buffer.from(value), 'leads_data') : value
  if (Array.isArray(leads)) return leads
  const detail = 'leads_data must be a JSON array of objects, each with lead_id and what to change.'
  throw new VicidialProblem('INVALID JSON FORMAT', detail, 'invalid_json')
}

/** VICIdial would silently skip the leads beyond `records`. */
function refuseSmallLimit(records: unknown, leads: number): void {
  if (records === undefined || records === '' || (isCount(records) && Number(records) >= leads)) return
  const detail = `records must be a number of at least ${leads}: the call names that many leads.`
  throw refusal(detail, 'records')
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) || (typeof value === 'string' && /^[0-9]{1,9}$/.test(value))
}

/** The changes of a form, the same for each of its leads. Like VICIdial it changes a phone number only if asked. */
function readForm(rest: ReadonlyMap<string, unknown>): RequestedChanges {
  const members = new Map(rest)
  members.delete('update_phone_number')
  if (readOption(rest, 'update_phone_number') !== true) members.delete('phone_number')
  return readChangesOf(members, readOption(rest, 'custom_fields') === true)
}

/** Whether a form has a phone number, and does not say whether to change it. */
function keepsPhone(rest: ReadonlyMap<string, unknown>): boolean {
  return (rest.get('phone_number') ?? '') !== '' && readOption(rest, 'update_phone_number') === undefined
}

function readChangesOf(members: Map<string, unknown>, hasCustomFields: boolean): RequestedChanges {
  members.delete('custom_fields')
  return checkOptions(readRequestedChanges(withoutDefaults(members), 'form', hasCustomFields))
}

/**
 * One of VICIdial's options; undefined if it is not given.
 * @throws Problem invalid_request if it is neither Y nor N
 */
function readOption(rest: ReadonlyMap<string, unknown>, name: string): boolean | undefined {
  const value = rest.get(name) ?? ''
  if (value === '') return undefined
  const yes = isYes(value)
  if (yes === undefined) throw refusal(`${name} must be Y or N.`, name)
  return yes
}

function checkOptions(changes: RequestedChanges): RequestedChanges {
  const { reset_called: reset = true, allow_undefined_list: undefinedList = true } = changes
  if (typeof reset !== 'boolean') throw refusal('reset_lead must be Y or N.', 'reset_lead')
  if (typeof undefinedList !== 'boolean')
    throw refusal('list_exists_check must be Y or N.', 'list_exists_check')
  return changes
}

/** The elements of `leads_data` as updates. Other parameters may only be options for all of them. */
function readElements(leads: readonly unknown[], rest: ReadonlyMap<string, unknown>): LongRequest {
  const hasCustomFields = readOption(rest, 'custom_fields') === true
  const { fields, ...options } = readChangesOf(new Map(rest), false)
  const [stray] = Object.keys(fields)
  if (stray !== undefined) {
    const detail = `${echo(stray)} is beside leads_data; put the changes into its elements.`
    throw refusal(detail, echo(stray))
  }
  return { updates: leads.map((lead) => readElement(lead, hasCustomFields)), ...options }
}

/** A wrong element is not refused here: reading the updates refuses it without stopping the others. */
function readElement(element: unknown, hasCustomFields: boolean): unknown {
  if (!isObject(element)) return element
  const { lead_id, custom_fields: custom, update_phone_number: phone, ...rest } = element
  const members = withoutDefaults(new Map(Object.entries(rest)))
  const changesPhone = phone === undefined ? true : isYes(phone)
  if (changesPhone === false) members.delete('phone_number')
  const hasCustom = custom === undefined ? hasCustomFields : isYes(custom)
  return {
    ...(lead_id === undefined ? {} : { lead_id }),
    ...readRequestedChanges(members, 'element', hasCustom === true),
    ...(hasCustom === undefined ? { custom_fields: custom } : {}),
    ...(changesPhone === undefined ? { update_phone_number: phone } : {})
  }
}

/** The update of `update_lead`, once for each key that the lead may be found by. */
function readSearch(
  rest: ReadonlyMap<string, unknown>,
  user: string
): Pick<CompatCall, 'form' | 'searched' | 'records' | 'keepsPhone' | 'requests' | 'added'> {
  const { keys, searched, isByPhoneOnly } = searchOf(rest, user)
  const [first, ...others] = keys
  if (isByPhoneOnly && readOption(rest, 'update_phone_number') === true)
    throw refusal('phone_number cannot be the key and be changed.', 'update_phone_number')
  const adds = readOption(rest, 'insert_if_not_found') === true
  if (adds && keys.every((key) => key === 'lead_id')) {
    const detail =
      'insert_if_not_found adds a lead under a vendor_lead_code or phone_number: name one in search_method.'
    throw refusal(detail, 'insert_if_not_found')
  }
  const members = new Map(rest)
  for (const name of ['search_method', 'records', ...(adds ? ['insert_if_not_found'] : [])])
    members.delete(name)
  if (searchesEverywhere(rest)) members.delete('search_location')
  // VICIdial reads it for search_location=LIST or CAMPAIGN only, which are refused by their name.
  members.delete('list_id')
  return {
    form: 'search',
    records: readRecords(rest.get('records')),
    keepsPhone: !adds && !keys.includes('phone_number') && keepsPhone(rest),
    searched: adds ? [...KEYS.values()].map((key) => textOf(rest, key) ?? '') : searched,
    requests: adds
      ? withAddition(keys, members, rest)
      : [readSearched(first, members), ...others.map((by) => readSearched(by, members))],
    ...(adds && { added: addedLead(rest) })
  }
}

/** The updates of a call that adds its lead if none has any of the keys: it is added under its code, if it has one. */
function withAddition(
  keys: readonly string[],
  members: ReadonlyMap<string, unknown>,
  call: Parameters
): LongRequest[] {
  const by = keys.includes('vendor_lead_code') ? 'vendor_lead_code' : 'phone_number'
  const before = keys.at(-1) === by ? keys.slice(0, -1) : keys
  const { updates, ...options } = readSearched(by, members)
  const adding = updates.map((update) => {
    const { fields } = update as { readonly fields: Readonly<Record<string, unknown>> }
    return { ...(update as object), ...readAdd(call, by, fields) }
  })
  return [...before.map((key) => readSearched(key, members)), { updates: adding, ...options }]
}

/** The lead that `add_lead` adds, if it is new. */
function readNewLead(
  rest: Parameters,
  user: string
): Pick<CompatCall, 'form' | 'requests' | 'newLead' | 'added'> {
  const members = withoutDuplicateCheck(rest, user)
  const list = members.get('list_id')
  members.delete('list_id')
  const { fields, custom_fields: custom } = readChangesOf(members, readOption(rest, 'custom_fields') === true)
  const newLead = {
    ...fields,
    ...(fields['list_id'] === undefined && (list ?? '') !== '' && { list_id: list }),
    ...(custom && { custom_fields: custom })
  }
  return { form: 'add', requests: [], newLead, added: addedLead(rest) }
}

/**
 * The keys by which a call searches for its lead, in VICIdial's order, and how the response repeats them.
 * @throws Problem invalid_request
 */
export function searchOf(
  rest: ReadonlyMap<string, unknown>,
  user: string
): {
  readonly keys: readonly [string, ...string[]]
  readonly searched: readonly string[]
  readonly isByPhoneOnly: boolean
} {
  const given = textOf(rest, 'search_method') ?? ''
  const method = given.length < SHORTEST_SEARCH_METHOD ? LEAD_ID : given
  const named = SEARCH_METHOD.test(method) ? [...KEYS].filter(([name]) => method.includes(name)) : []
  const keys = named.map(([, key]) => key).filter((key) => textOf(rest, key) !== undefined)
  const [first, ...others] = keys
  if (first === undefined) {
    const values = [...KEYS.values()].map((key) => textOf(rest, key) ?? '').join('|')
    const ways = [...KEYS.keys()].join(', ')
    const detail = `search_method must be one of ${ways}, or several with _ between, and the call needs a key.`
    throw new VicidialProblem(`update_lead NO VALID SEARCH METHOD - ${user}|${method}|${values}`, detail)
  }
  if (!named.some(([name]) => name === LEAD_ID) && textOf(rest, 'lead_id') !== undefined)
    throw refusal(`search_method=${method} does not use lead_id.`, 'lead_id')
  return {
    keys: [first, ...others],
    searched: [...KEYS.values()].map((key) => (keys.includes(key) ? (textOf(rest, key) ?? '') : '')),
    isByPhoneOnly: named.length === 1 && first === 'phone_number'
  }
}

/** The update of the lead that `by` finds. As in VICIdial, the other keys are values to set, a phone number if asked. */
function readSearched(by: string, rest: ReadonlyMap<string, unknown>): LongRequest {
  const members = new Map(rest)
  for (const name of ['lead_id', by]) members.delete(name)
  if (by === 'phone_number') members.delete('update_phone_number')
  return { updates: [{ [by]: textOf(rest, by), on_multiple: 'newest', ...readForm(members) }] }
}

/** Whether VICIdial would look in every list: for any other place than a list or its campaign, or without a list. */
function searchesEverywhere(rest: ReadonlyMap<string, unknown>): boolean {
  const list = (textOf(rest, 'list_id') ?? '').replaceAll(/\D/g, '')
  const hasList = list.length >= SHORTEST_LIST_ID && Number(list) >= LOWEST_LIST_ID
  return !hasList || !/LIST|CAMPAIGN/i.test(textOf(rest, 'search_location') ?? '')
}

/** How many of the leads with a key are updated; one, the newest, if the call doesn't say. */
function readRecords(value: unknown): number {
  if (value === undefined || value === '') return 1
  if (isCount(value) && Number(value) >= 1) return Number(value)
  throw refusal('records must be the number of leads to update, at least 1.', 'records')
}
