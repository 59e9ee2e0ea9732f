import { addedLead, readAdd } from './addition.ts'
import type { CompatCall, LongRequest } from './compat-call.ts'
import { isCount, keepsPhone, readForm, readOption } from './form.ts'
import { type Parameters, textOf } from './parameters.ts'
import { refusal, VicidialProblem } from './problem.ts'

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
/** VICIdial takes an id of fewer digits for no list. */
const SHORTEST_LIST_ID = 3
/** It takes a lower number for no list, too. */
const LOWEST_LIST_ID = 99

/** The update of `update_lead`, once for each key that the lead may be found by. */
export function readSearch(
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
