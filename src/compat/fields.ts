import { BLANK } from '../leads/cleaning/sendable-text.ts'
import { FIELDS, type Field } from '../leads/fields.ts'
import { RESERVED_PARAMETERS } from '../vicidial/reserved-parameters.ts'

/** The changes that a call asks for, in the API's words. */
export interface RequestedChanges {
  readonly fields: Readonly<Record<string, unknown>>
  readonly custom_fields?: Readonly<Record<string, unknown>>
  readonly reset_called?: unknown
  readonly allow_undefined_list?: unknown
}

const BY_PARAMETER: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.parameter, field]))
const BY_EITHER_NAME: ReadonlyMap<string, Field> = new Map([
  ...FIELDS.map((field): [string, Field] => [field.name, field]),
  ...BY_PARAMETER
])
/** VICIdial's options, and the API's for each. */
const OPTIONS = {
  reset_lead: { name: 'reset_called', Y: true, N: false },
  list_exists_check: { name: 'allow_undefined_list', Y: false, N: true }
} as const
const NO = /^(?:n|no|0|false|off)$/i
const NUMBER = /^[+-]?\d{1,2}(\.\d{1,2})?$/

/** VICIdial's parameter for a column. */
export function parameterOf(column: string): string {
  return BY_EITHER_NAME.get(column)?.parameter ?? column
}

/** Reads one of VICIdial's options; undefined if it is neither Y nor a word for N. For VICIdial only Y switches one on. */
export function isYes(value: unknown): boolean | undefined {
  if (value === 'Y') return true
  if (value === false || value === 0) return false
  return typeof value === 'string' && NO.test(value) ? false : undefined
}

/**
 * Translates the parameters of a form, or the members of an element of `leads_data`, that say what to change. Unknown
 * ones stay unchanged; reading the update refuses them by name.
 * @param members without those that identify the lead
 * @param kind an element's fields may also have the API's names, and its empty texts are refused; in a form an empty
 *   parameter counts as missing, as in VICIdial
 * @param hasCustomFields whether names that VICIdial has no meaning for are labels of custom fields
 */
export function readRequestedChanges(
  members: Iterable<readonly [string, unknown]>,
  kind: 'element' | 'form',
  hasCustomFields: boolean
): RequestedChanges {
  const names = kind === 'form' ? BY_PARAMETER : BY_EITHER_NAME
  const fields = new Map<string, unknown>()
  const custom = new Map<string, unknown>()
  const options = new Map<string, unknown>()
  for (const [name, value] of members) {
    if (kind === 'form' && value === '') continue
    if (name === 'reset_lead' || name === 'list_exists_check') {
      const option = OPTIONS[name]
      const yes = isYes(value)
      options.set(option.name, yes === undefined ? value : option[yes ? 'Y' : 'N'])
      continue
    }
    const field = names.get(name)
    const given = value === BLANK ? null : value
    if (field !== undefined && !fields.has(field.name)) fields.set(field.name, readValue(field, given))
    else if (hasCustomFields && !RESERVED_PARAMETERS.has(name)) custom.set(name, given)
    // An element can have a field under both of its names. The second one is refused.
    else fields.set(field?.parameter ?? name, given)
  }
  return {
    fields: Object.fromEntries(fields),
    ...(custom.size > 0 ? { custom_fields: Object.fromEntries(custom) } : {}),
    ...Object.fromEntries(options)
  }
}

/** A form has no numbers, but the API takes the time zone only as one. */
function readValue(field: Field, value: unknown): unknown {
  return field.type === 'number' && typeof value === 'string' && NUMBER.test(value) ? Number(value) : value
}
