import { FIELD_BY_NAME } from '../../src/leads/fields.ts'
import { alteration } from '../lead-values.ts'
import type { KeyedLead, RandomUpdate, TestLeads } from './random-updates.ts'
import { CUSTOM, type Row } from './rows.ts'

/** What a result claims about the lead table. */
export interface Judged {
  /** Untruths of the answer itself. */
  readonly faults: readonly string[]
  /** What it says is stored now, by lead. */
  readonly stored: readonly (readonly [lead: number, values: Row])[]
  /** Leads that may or may not be changed, after `unknown`. */
  readonly unsure: readonly number[]
}

interface Warning {
  readonly field: string
  readonly code: string
  readonly stored: string
  readonly lead_ids?: readonly number[]
}

/** Codes that VICIdial takes for the same number, whether spelt with `e` or with `E`. */
const WITH_EXPONENT = /^\d+e\d+$/i

/** The leads that VICIdial has for an update's key, newest first. */
function matches(update: RandomUpdate, { free, keyed }: TestLeads): number[] {
  const { lead_id, vendor_lead_code: code, phone_number, key_match } = update
  if (lead_id !== undefined)
    return [...free, ...keyed.map(({ lead }) => lead)].filter((lead) => lead === lead_id)
  const isRespelt = code !== undefined && WITH_EXPONENT.test(code) && key_match !== 'exact'
  const isFound = (one: KeyedLead) => {
    if (code === undefined) return one.phone === phone_number
    return isRespelt ? one.code.toLowerCase() === code.toLowerCase() : one.code === code
  }
  return keyed
    .filter(isFound)
    .map(({ lead }) => lead)
    .toSorted((one, other) => other - one)
}

/** What `matched` should be for the leads of an update: a code that is spelt otherwise than its key. */
function respeltCodes(
  { vendor_lead_code: key }: RandomUpdate,
  leads: readonly number[],
  { keyed }: TestLeads
) {
  if (key === undefined) return []
  const codes = keyed.filter(({ lead }) => leads.includes(lead)).map(({ code }) => code)
  return codes.filter((code) => code !== key)
}

const same = (one: readonly number[], other: readonly number[]) =>
  JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted())

/** Errors that are true of a server that works: the list, or the custom field, does not exist. */
const TRUE_FAILURES: ReadonlySet<string> = new Set(['list_not_found', 'field_unknown'])

/**
 * Judges the result of an update by the leads that there are, and by what a dry run said beforehand.
 * @param planned the dry run's result
 */
export function judge(update: RandomUpdate, planned: any, result: any, leads: TestLeads): Judged {
  const faults: string[] = []
  const found = matches(update, leads)
  const status: string = result.status
  const nothing = { faults, stored: [], unsure: [] }
  if ((planned.status === 'rejected') !== (status === 'rejected')) {
    faults.push(`the dry run says ${planned.status}, the result ${status}`)
  }
  if (status === 'rejected') return nothing
  if (status === 'not_found') {
    if (found.length > 0) faults.push(`not found, but there is ${found.join(', ')}`)
    return nothing
  }
  if (status === 'ambiguous') {
    if (found.length < 2 || !same(found, result.error.lead_ids)) faults.push(`ambiguous: ${found.join(', ')}`)
    return nothing
  }
  if (status === 'failed') {
    if (!TRUE_FAILURES.has(result.error.code))
      faults.push(`failed: ${result.error.code} ${result.error.detail}`)
    return nothing
  }
  if (status !== 'updated') {
    faults.push(`${status}: ${result.error?.code} ${result.error?.detail}`)
    return { faults, stored: [], unsure: found }
  }
  if (update['verify'] === true && result.verified !== true && !isUnreadable(result))
    faults.push(`verified is ${result.verified}`)
  const named: number[] = result.lead_ids ?? [result.lead_id]
  const { on_multiple = 'reject' } = update
  const meant =
    on_multiple === 'all' || found.length === 1 ? found : on_multiple === 'newest' ? found.slice(0, 1) : []
  if (!same(named, meant)) faults.push(`updated ${named.join(', ')}, not ${meant.join(', ')}`)
  const codes = respeltCodes(update, named, leads)
  if (codes.length === 0 ? 'matched' in result : !codes.includes(result.matched))
    faults.push(`matched is ${result.matched}, not ${codes.join(' or ') || 'absent'}`)
  faults.push(...alterations(update, planned))
  return { faults, stored: named.map((lead) => [lead, storedOf(lead, planned, result)]), unsure: [] }
}

/** Whether a lead was not verified because VICIdial reads none of its list: some updates move leads to a list that does not exist. */
function isUnreadable({ warnings = [] }: any): boolean {
  return warnings.some(({ code, detail }: { code: string; detail: string }) => {
    return code === 'not_verified' && detail.startsWith('VICIdial reads no lead of a list')
  })
}

/** Values that are said to be stored otherwise than they were sent, without a warning that says so. */
function alterations({ fields = {} }: RandomUpdate, { stored, warnings = [] }: any): string[] {
  return Object.entries(fields).flatMap(([name, given]) => {
    const field = FIELD_BY_NAME.get(name)
    const what = field && alteration(field, given, stored[name], warnings)
    return what === undefined ? [] : [`${name} ${what}: ${stored[name]}`]
  })
}

/** What a result says of one lead. */
function storedOf(lead: number, planned: any, { warnings = [], superseded = [] }: any): Row {
  const left = new Set<string>(superseded)
  for (const { code, field, lead_ids } of warnings as Warning[])
    if (code === 'custom_fields_not_stored' && (lead_ids?.includes(lead) ?? true)) left.add(field)
  const kept = Object.entries<string>(planned.stored).filter(([name]) => !left.has(name))
  return Object.fromEntries(kept)
}

/** The columns of a lead that are not as expected. A custom field that was never set has its column's own default. */
export function differences(expected: Row, actual: Row): string[] {
  return Object.entries(actual).flatMap(([column, value]) => {
    const should = expected[column]
    if (should === value || (should === undefined && column.startsWith(CUSTOM))) return []
    return [`${column} is ${JSON.stringify(value)}, not ${JSON.stringify(should)}`]
  })
}
