import { type Static, Type } from 'typebox'
import {
  CUSTOM_FIELD_TYPES,
  type CustomField,
  lostCharacters,
  ownMaxLength,
  typeRules
} from '../leads/cleaning/custom-field.ts'
import { unsafeCharacter } from '../leads/cleaning/sendable-text.ts'
import type { Listed, NoteFault } from './config-error.ts'
import { LABEL } from './patterns.ts'
import { RESERVED_PARAMETERS } from '../vicidial/reserved-parameters.ts'

const TYPES_WITH_OPTIONS = CUSTOM_FIELD_TYPES.filter((type) => typeRules(type).options !== undefined)

export const CustomFieldSchema = Type.Object(
  {
    label: Type.String({ ...LABEL }),
    type: Type.Optional(
      Type.Enum([...CUSTOM_FIELD_TYPES], {
        description:
          "The field's type in VICIdial, by which the gateway checks values; NUMBER for a text that holds a number."
      })
    ),
    options: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
        minItems: 1,
        maxItems: 1_000,
        uniqueItems: true,
        description: `The values of ${TYPES_WITH_OPTIONS.join(', ')}, as VICIdial stores them.`
      })
    ),
    max_length: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description:
          'The longest value in characters, or in bytes if VICIDIAL_DB_CHARSET is latin1 and VICIDIAL_NON_LATIN is 0. ' +
          'Required without a type, and with TEXT, HIDDEN, READONLY and NUMBER.'
      })
    )
  },
  { additionalProperties: false }
)
type Entry = Static<typeof CustomFieldSchema>

const LABEL_SHAPE = new RegExp(LABEL.pattern)

/** Whether a custom field of this label can be listed in the gateway file. */
export function isUsableLabel(label: string): boolean {
  return LABEL_SHAPE.test(label) && !RESERVED_PARAMETERS.has(label)
}

/** Reads the section `custom_fields`, by label. */
export function readCustomFields(
  entries: readonly Listed<Entry>[],
  fault: NoteFault
): ReadonlyMap<string, CustomField> {
  return new Map(entries.map(({ pointer, entry }) => [entry.label, readCustomField(entry, pointer, fault)]))
}

function readCustomField(entry: Entry, pointer: string, fault: NoteFault): CustomField {
  const { type, options: values, max_length: maxLength } = entry
  const { options: choice } = typeRules(type)
  if (choice !== undefined && values === undefined) fault(pointer, `needs options, as its type is ${type}`)
  if (choice === undefined && values !== undefined)
    fault(`${pointer}/options`, `belongs to a type with options: ${TYPES_WITH_OPTIONS.join(', ')}`)
  for (const [index, option] of (values ?? []).entries()) {
    const what = unsoundOption(option, choice === 'several')
    if (what !== undefined) fault(`${pointer}/options/${index}`, what)
  }
  const field = { ...(type && { type }), ...(values && { options: new Set(values) }) }
  const longest = maxLength ?? ownMaxLength(field)
  if (longest === undefined)
    fault(pointer, `needs max_length${type === undefined ? '' : `, as its type is ${type}`}`)
  return { ...field, maxLength: longest ?? 0 }
}

/** Why no update could set an option; undefined if one can. */
function unsoundOption(option: string, isOneOfSeveral: boolean): string | undefined {
  if (option !== option.normalize('NFC').trim()) return 'has white space around it, or is not composed (NFC)'
  if (isOneOfSeveral && option.includes(',')) return 'has a comma, which separates options'
  const unsafe = unsafeCharacter(option, false)
  if (unsafe !== undefined) return `holds ${unsafe}`
  return lostCharacters(option) && `holds one of ${lostCharacters(option)}, which VICIdial would lose`
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
