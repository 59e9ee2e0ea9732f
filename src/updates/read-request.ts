import { SOURCE } from '../vicidial/wire.ts'
import { MAX_REFUSALS } from '../leads/read-changes.ts'
import { isObject } from '../leads/is-object.ts'
import { KEY_NAMES, type LeadKey } from '../leads/lead-key.ts'
import { changesOfRead, readSelection } from '../leads/reading/lead-read.ts'
import { echo, jsonInText, type PointedRefusal, pointer } from '../leads/refusal.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import { KEY_MATCH, ON_MULTIPLE, readOneOf } from '../leads/update-options.ts'
import { readKeyAt } from '../leads/read-update.ts'
import type { Batch, BatchFault, BatchRules } from './batch.ts'

const PROPERTIES = [
  'leads',
  'lead_ids',
  'fields',
  'custom_fields',
  'on_multiple',
  'key_match',
  'source',
  'dry_run'
] as const

/**
 * Reads the body of a request to read leads, as entries that change nothing. A fault outside its list of leads is the
 * request's; a fault in one lead's key is that entry's refusal. Never throws.
 */
export function readReadRequest(body: unknown, rules: BatchRules): Batch | BatchFault {
  if (!isObject(body)) {
    const detail = `The body must be a JSON object with leads, or with lead_ids.${jsonInText(body)}`
    return fault('', detail)
  }
  const isShort = body['lead_ids'] !== undefined
  const listName = isShort ? 'lead_ids' : 'leads'
  const list = body[listName]
  if (isShort && body['leads'] !== undefined)
    return fault('/leads', 'Give either leads or lead_ids, not both.')
  if (!Array.isArray(list))
    return fault(pointer(listName), `${listName} must be an array.${jsonInText(list)}`)
  if (list.length === 0) return fault(pointer(listName), `${listName} is empty: there is nothing to read.`)
  if (list.length > rules.maxUpdates) {
    const detail = `${list.length} leads in one request; ${rules.maxUpdates} are read. Send them in parts, or with "Prefer: respond-async".`
    return {
      code: 'payload_too_large',
      errors: [{ pointer: pointer(listName), code: 'payload_too_large', detail }]
    }
  }
  const refusals = unknownProperties(body)
  const onMultiple = readOneOf(body, 'on_multiple', ON_MULTIPLE, 'reject', refusals)
  const keyMatch = readOneOf(body, 'key_match', KEY_MATCH, rules.defaults.keyMatch, refusals)
  const { source, dry_run: dryRun = false } = body
  if (typeof dryRun !== 'boolean')
    refusals.push({ code: 'field_invalid', detail: 'dry_run must be true or false.', pointer: '/dry_run' })
  if (source !== undefined && !(typeof source === 'string' && SOURCE.test(source))) {
    const detail = 'source must be 2 to 20 letters and digits.'
    refusals.push({ code: 'field_invalid', detail, pointer: '/source' })
  }
  const selection = readSelection({ fields: body['fields'], customFields: body['custom_fields'] }, rules)
  if (Array.isArray(selection)) refusals.push(...selection)
  if (Array.isArray(selection) || refusals.length > 0)
    return {
      code: 'invalid_request',
      errors: refusals.map(({ code, detail, pointer }) => ({ pointer, code, detail }))
    }
  const changes = changesOfRead(selection)
  const exact = keyMatch === 'exact' && { keyMatch }
  const entries = list.map((element: unknown, index): Update | RejectedUpdate => {
    const refusalsOfKey: PointedRefusal[] = []
    const key = isShort
      ? readKeyAt('lead_id', element, ['lead_ids', index], rules, refusalsOfKey)
      : readKeyOf(element, index, rules, refusalsOfKey)
    if (key === undefined || refusalsOfKey.length > 0) return { index, key, refusals: refusalsOfKey }
    return { index, key, onMultiple, ...exact, changes }
  })
  return { entries, source: typeof source === 'string' ? source : undefined, dryRun: dryRun === true }
}

function readKeyOf(
  element: unknown,
  index: number,
  rules: BatchRules,
  refusals: PointedRefusal[]
): LeadKey | undefined {
  const names = isObject(element) ? Object.keys(element) : []
  const by = KEY_NAMES.find((name) => name === names[0])
  if (isObject(element) && by !== undefined && names.length === 1)
    return readKeyAt(by, element[by], ['leads', index, by], rules, refusals)
  const detail = `A lead is an object with exactly one of ${KEY_NAMES.join(', ')}, and nothing else.${jsonInText(element)}`
  refusals.push({ code: 'field_invalid', field: 'lead_id', detail, pointer: pointer('leads', index) })
  return undefined
}

function unknownProperties(body: Record<string, unknown>): PointedRefusal[] {
  const known: readonly string[] = PROPERTIES
  const unknown = Object.keys(body).filter((name) => !known.includes(name))
  return unknown.slice(0, MAX_REFUSALS).map((name) => ({
    code: 'field_unknown',
    field: echo(name),
    detail: `A request to read leads has no such property; it has ${PROPERTIES.join(', ')}.`,
    pointer: pointer(name)
  }))
}

function fault(pointer: string, detail: string): BatchFault {
  return { code: 'invalid_request', errors: [{ pointer, code: 'invalid_request', detail }] }
}
