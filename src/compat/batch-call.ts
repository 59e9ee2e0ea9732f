import { parseJson } from '../http/body/json-body.ts'
import { isObject } from '../leads/is-object.ts'
import { echo } from '../leads/refusal.ts'
import type { CompatCall, LongRequest } from './compat-call.ts'
import { withoutDefaults } from './defaults.ts'
import { isYes, readRequestedChanges } from './fields.ts'
import { isCount, keepsPhone, readChangesOf, readForm, readOption } from './form.ts'
import type { Parameters } from './parameters.ts'
import { refusal, VicidialProblem } from './problem.ts'

/**
 * Reads the leads of `batch_update_lead`, and their changes.
 * @throws Problem invalid_json, invalid_request
 */
export function readBatch(
  call: Parameters,
  user: string
): Pick<CompatCall, 'form' | 'keepsPhone' | 'requests'> {
  const rest = new Map(call)
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
  if (ids.length === 0) return { form: 'leads_data', requests: [readElements(leads, rest)] }
  if (rest.has('list_id') && rest.get('list_id') !== '')
    throw refusal('list_id moves no lead; list_id_field does.', 'list_id')
  const requests = [{ lead_ids: ids, ...readForm(rest) }] as const
  return { form: 'lead_ids', keepsPhone: keepsPhone(rest), requests }
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
