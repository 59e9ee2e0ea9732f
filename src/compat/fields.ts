import { BLANK } from '../leads/clean.ts'
import { FIELDS, type Field } from '../leads/fields.ts'

/** What a lead's part of a call asks for, as an update of the API says it. */
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
/** VICIdial's options, and what they are in the API. */
const OPTIONS = {
  reset_lead: { name: 'reset_called', Y: true, N: false },
  list_exists_check: { name: 'allow_undefined_list', Y: false, N: true }
} as const
const NUMBER = /^[+-]?\d{1,2}(\.\d{1,2})?$/

/** The name in VICIdial's form of a column. */
export function parameterOf(column: string): string {
  return BY_EITHER_NAME.get(column)?.parameter ?? column
}

/** What an option of VICIdial's says; `undefined` if it is neither Y nor N. */
export function isYes(value: unknown): boolean | undefined {
  return value === 'Y' ? true : value === 'N' ? false : undefined
}

/**
 * Translates the members of a call, or of an element of `leads_data`, that say what is to be changed. What is not
 * known stays as it is, for the reading of updates to refuse by its name.
 * @param members without those that name the lead
 * @param place an element's fields may have the API's names too, and its empty texts are refused; in a form an empty
 * one is not given, as VICIdial has it
 * @param hasCustomFields whether names that are no fields of the lead table are labels of custom fields
 */
export function readRequestedChanges(
  members: Iterable<readonly [string, unknown]>,
  place: 'element' | 'form',
  hasCustomFields: boolean
): RequestedChanges {
  const names = place === 'form' ? BY_PARAMETER : BY_EITHER_NAME
  const fields = new Map<string, unknown>()
  const custom = new Map<string, unknown>()
  const options = new Map<string, unknown>()
  for (const [name, value] of members) {
    if (place === 'form' && value === '') continue
    if (name === 'reset_lead' || name === 'list_exists_check') {
      const option = OPTIONS[name]
      options.set(option.name, value === 'Y' || value === 'N' ? option[value] : value)
      continue
    }
    const field = names.get(name)
    const meant = value === BLANK ? null : value
    if (field !== undefined && !fields.has(field.name)) fields.set(field.name, readValue(field, meant))
    else if (field === undefined && hasCustomFields) custom.set(name, meant)
    // By its other name a field stands twice in an element: as that it is refused.
    else fields.set(field?.parameter ?? name, meant)
  }
  return {
    fields: Object.fromEntries(fields),
    ...(custom.size > 0 ? { custom_fields: Object.fromEntries(custom) } : {}),
    ...Object.fromEntries(options)
  }
}

/** A form has no numbers, and the API takes that of the time zone as one only. */
function readValue(field: Field, value: unknown): unknown {
  return field.type === 'number' && typeof value === 'string' && NUMBER.test(value) ? Number(value) : value
}
