import { type Static, Type } from 'typebox'
import {
  CUSTOM_FIELD_TYPES,
  type CustomField,
  type CustomFieldType,
  lostCharacters
} from '../leads/custom-field.ts'
import { unsafeCharacter } from '../leads/sendable-text.ts'
import type { NoteFault } from './config-error.ts'
import { LABEL_PATTERN } from './patterns.ts'

export const CustomFieldSchema = Type.Object(
  {
    label: Type.String({ pattern: LABEL_PATTERN }),
    type: Type.Optional(
      Type.Enum([...CUSTOM_FIELD_TYPES], {
        description:
          "The field's type in VICIdial, which checks no value itself; NUMBER for a text that holds a number."
      })
    ),
    options: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
        minItems: 1,
        maxItems: 1_000,
        uniqueItems: true,
        description: 'The values of SELECT, SOURCESELECT, RADIO, MULTI and CHECKBOX, as VICIdial stores them.'
      })
    ),
    max_length: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: 'The longest value. Required without a type, and with TEXT, HIDDEN, READONLY and NUMBER.'
      })
    )
  },
  { additionalProperties: false }
)
type Entry = Static<typeof CustomFieldSchema>

const ONE_OF: ReadonlySet<CustomFieldType | undefined> = new Set(['SELECT', 'SOURCESELECT', 'RADIO'])
const SEVERAL_OF: ReadonlySet<CustomFieldType | undefined> = new Set(['MULTI', 'CHECKBOX'])
/** What types hold at most, in characters. A TEXT column has 65,535 bytes, and a character up to three of them. */
const LENGTHS: Partial<Readonly<Record<CustomFieldType, number>>> = {
  DATE: 10,
  TIME: 8,
  AREA: 21_845,
  HIDEBLOB: 21_845
}

/** Reads the section `custom_fields`, by label. */
export function readCustomFields(
  entries: readonly Entry[],
  fault: NoteFault
): ReadonlyMap<string, CustomField> {
  return new Map(
    entries.map((entry, index) => [entry.label, readCustomField(entry, `/custom_fields/${index}`, fault)])
  )
}

function readCustomField(entry: Entry, pointer: string, fault: NoteFault): CustomField {
  const { type, options, max_length: maxLength } = entry
  const hasOptions = ONE_OF.has(type) || SEVERAL_OF.has(type)
  if (hasOptions && options === undefined) fault(pointer, `must have options, as its type is ${type}`)
  if (!hasOptions && options !== undefined)
    fault(`${pointer}/options`, `belongs to a type with options: ${[...ONE_OF, ...SEVERAL_OF].join(', ')}`)
  for (const [index, option] of (options ?? []).entries()) {
    const what = unsoundOption(option, SEVERAL_OF.has(type))
    if (what !== undefined) fault(`${pointer}/options/${index}`, what)
  }
  const longest = options === undefined ? type && LENGTHS[type] : lengthOf(options, SEVERAL_OF.has(type))
  if (maxLength === undefined && longest === undefined && !hasOptions)
    fault(pointer, `must have max_length${type === undefined ? '' : `, as its type is ${type}`}`)
  return {
    ...(type && { type }),
    maxLength: maxLength ?? longest ?? 0,
    ...(options && { options: new Set(options) })
  }
}

/** Why no update could set an option; undefined if one can. */
function unsoundOption(option: string, isOneOfSeveral: boolean): string | undefined {
  if (option !== option.normalize('NFC').trim()) return 'has white space around it, or is not composed (NFC)'
  if (isOneOfSeveral && option.includes(',')) return 'has a comma, which stands between options'
  const unsafe = unsafeCharacter(option, false)
  if (unsafe !== undefined) return `holds ${unsafe}`
  return lostCharacters(option) && `holds one of ${lostCharacters(option)}, which VICIdial would lose`
}

/** The longest value of these options, in characters. */
function lengthOf(options: readonly string[], areSeveral: boolean): number {
  return areSeveral ? options.join(',').length : Math.max(...options.map(({ length }) => length))
}

/** The warning about custom fields without a type. */
export function untypedWarnings(fields: ReadonlyMap<string, CustomField>): string[] {
  const labels = [...fields].filter(([, { type }]) => type === undefined).map(([label]) => label)
  if (labels.length === 0) return []
  return [
    `Custom fields without a type: ${labels.join(', ')}. Their values are not checked, and VICIdial stores a date or an ` +
      'option that it does not take as 0000-00-00 or nothing. Give each its type in custom_fields.'
  ]
}
