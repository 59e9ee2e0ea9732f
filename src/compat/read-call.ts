import { COLUMN_BY_NAME, LEAD_COLUMNS } from '../leads/reading/lead-columns.ts'
import { echo } from '../leads/refusal.ts'
import { searchOf } from './search-call.ts'
import { withoutDefaults } from './defaults.ts'
import { isYes } from './fields.ts'
import { type Parameters, textOf } from './parameters.ts'
import { refusal, VicidialProblem } from './problem.ts'
import { readSource } from './source.ts'
import { whyUnsupported } from './unsupported.ts'

/** A call in the form of VICIdial's API that reads leads and changes nothing. */
export interface ReadCall {
  readonly function: ReadFunction
  readonly source: string | undefined
  /** The keys to look for, each only if the one before found no lead. */
  readonly keys: readonly Readonly<Record<string, string>>[]
  /** How the response repeats the keys: lead id, vendor code, phone number. */
  readonly searched: readonly string[]
  /** The columns to read. */
  readonly fields: readonly string[]
  readonly customFields: boolean
  /** `lead_field_info`: what it prints. */
  readonly field?: string
  readonly hasHeader: boolean
  /** What separates the values of a lead. */
  readonly separator: string
}

/** `update_lead` reads with `no_update=Y`. */
export type ReadFunction = (typeof READ_FUNCTIONS)[number] | 'update_lead'
export const READ_FUNCTIONS = ['lead_all_info', 'lead_field_info'] as const

const ENVELOPE = ['function', 'user', 'pass', 'source', 'format', 'records']
const OF_FUNCTION: Readonly<Record<(typeof READ_FUNCTIONS)[number], readonly string[]>> = {
  lead_all_info: ['lead_id', 'phone_number', 'header', 'stage', 'custom_fields'],
  lead_field_info: ['lead_id', 'field_name', 'custom_fields']
}
/** Parameters that are off at this value, as clients send them with every call. */
const OFF = ['archived_lead', 'DB']
const SEPARATORS: ReadonlyMap<string, string> = new Map([
  ['pipe', '|'],
  ['csv', ','],
  ['tab', '\t'],
  ['newline', '\n']
])
/** The columns that `lead_all_info` prints, before `lead_id`. */
export const ROW = LEAD_COLUMNS.filter(({ isInRow }) => isInRow).map(({ name }) => name)
const SHORTEST_PHONE_NUMBER = 6

/** Whether an `update_lead` only looks for leads. @throws Problem invalid_request */
export function asksOnly(parameters: Parameters): boolean {
  return isYes(textOf(parameters, 'no_update')) === true
}

/**
 * Reads a call.
 * @param user the caller's name, for the text of VICIdial's refusals
 * @throws Problem invalid_request
 */
export function readReadCall(called: ReadFunction, parameters: Parameters, user: string): ReadCall {
  const source = readSource(textOf(parameters, 'source'))
  if (called === 'update_lead') return readSearchCall(parameters, user, source)
  refuseOthers(called, parameters)
  const leadId = textOf(parameters, 'lead_id')
  const hasCustomFields = isYes(textOf(parameters, 'custom_fields')) === true
  if (called === 'lead_field_info') {
    const field = textOf(parameters, 'field_name')
    if (leadId === undefined || field === undefined) {
      const words = `lead_field_info INVALID SEARCH PARAMETERS: ${user}|${leadId ?? ''}|${field ?? ''}`
      throw new VicidialProblem(words, 'lead_id and field_name must be given.')
    }
    const isColumn = field === 'lead_id' || COLUMN_BY_NAME.has(field)
    if (!hasCustomFields && !isColumn)
      throw refusal(
        `A lead has no column ${echo(field)}. A custom field needs custom_fields=Y.`,
        'field_name'
      )
    const fields = hasCustomFields ? ['lead_id'] : [field]
    return {
      ...DEFAULTS,
      function: called,
      source,
      keys: [{ lead_id: leadId }],
      searched: [leadId],
      fields,
      field,
      customFields: hasCustomFields
    }
  }
  const phone = textOf(parameters, 'phone_number') ?? ''
  const key = leadId === undefined ? { phone_number: phone } : { lead_id: leadId }
  const isFindable = leadId !== undefined || phone.length >= SHORTEST_PHONE_NUMBER
  const stage = textOf(parameters, 'stage') ?? 'pipe'
  const separator = SEPARATORS.get(stage)
  if (separator === undefined)
    throw refusal(`stage must be one of ${[...SEPARATORS.keys()].join(', ')}.`, 'stage')
  return {
    function: called,
    source,
    keys: isFindable ? [key] : [],
    searched: [leadId ?? '', phone],
    fields: ROW,
    customFields: hasCustomFields,
    hasHeader: textOf(parameters, 'header') === 'YES',
    separator
  }
}

const ADDS_NOTHING =
  'With no_update=Y the gateway only looks for the lead: leave insert_if_not_found out, or at its default.'
const DEFAULTS = { hasHeader: false, separator: '|', customFields: false }

function readSearchCall(parameters: Parameters, user: string, source: string | undefined): ReadCall {
  // VICIdial ignores values to set here, but not what it would do besides.
  for (const [name] of withoutDefaults(parameters)) {
    if (name === 'no_update') continue
    const why = name === 'insert_if_not_found' ? ADDS_NOTHING : whyUnsupported(name)
    if (why !== undefined) throw refusal(why, name)
  }
  const { keys, searched } = searchOf(parameters, user)
  return {
    ...DEFAULTS,
    function: 'update_lead',
    source,
    keys: keys.map((by) => ({ [by]: textOf(parameters, by) ?? '' })),
    searched,
    fields: ['list_id', 'entry_list_id']
  }
}

/** @throws Problem invalid_request for a parameter that the function has not, or that is not kept */
function refuseOthers(called: (typeof READ_FUNCTIONS)[number], parameters: Parameters): void {
  for (const [name, value] of parameters) {
    const isKnown = ENVELOPE.includes(name) || OF_FUNCTION[called].includes(name)
    const isOff = OFF.includes(name) && (isYes(value) === false || String(value) === '')
    if (isKnown || isOff) continue
    throw refusal(whyUnsupported(name) ?? `${called} has no parameter ${echo(name)}.`, echo(name))
  }
}
