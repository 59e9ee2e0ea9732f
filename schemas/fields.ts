import { type Static, type TSchema, Type } from 'typebox'
import { CUSTOM_FIELD_TYPES } from '../src/leads/cleaning/custom-field.ts'
import { FIELDS, type Field } from '../src/leads/fields.ts'
import { ref } from './ref.ts'

function fieldSchema(field: Field): TSchema {
  const clearing = field.clearable ? ' `null` empties it.' : ' It cannot be emptied.'
  const description = `Keeps ${field.keeps}; at most ${field.maxLength} characters.${clearing}`
  const options = { description, examples: [field.example] }
  const range = { minimum: field.minimum ?? 0, maximum: field.maximum ?? 0 }
  if (field.type === 'integer') {
    const $id = field.name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const forms = [Type.Integer(range), Type.String({ pattern: '^[0-9]{1,16}$' })]
    return Type.Union(forms, { $id, ...options })
  }
  if (field.type === 'number') return Type.Number({ ...range, ...options })
  const text = Type.String({ minLength: 1, ...textPattern(field) })
  return field.clearable ? Type.Union([text, Type.Null()], options) : { ...text, ...options }
}

/** Space around a value is not counted: it is trimmed. */
function textPattern(field: Field): { pattern?: string } {
  if (field.choices) return { pattern: `^\\s*(?:${field.choices.join('|')})\\s*$` }
  return field.type === 'date' ? { pattern: '^\\s*\\d{4}-\\d{2}-\\d{2}\\s*$' } : {}
}

const VALUES = FIELDS.map((field) => ({ name: field.name, schema: fieldSchema(field) }))
/** Values with more than one form, which have names. */
const NAMED_VALUES = VALUES.map(({ schema }) => schema).filter((schema) => '$id' in schema)

/** The columns of a lead that an update may set. */
export const LeadFieldsSchema = Type.Object(
  Object.fromEntries(
    VALUES.map(({ name, schema }) => [name, Type.Optional('$id' in schema ? ref(schema) : schema)])
  ),
  { $id: 'LeadFields', additionalProperties: false, description: "Columns of VICIdial's lead table." }
)

const FieldTypeSchema = Type.Enum(['text', 'phone', 'integer', 'number', 'date', 'choice'], {
  $id: 'FieldType',
  description: 'What kind of value a field takes.'
})

const FieldKindSchema = Type.Enum(['identifier', 'prose'], {
  $id: 'FieldKind',
  description: 'Identifiers are never altered; prose may lose characters, with a warning.'
})

const LettersSchema = Type.Enum(['none', 'ascii', 'unicode'], {
  $id: 'Letters',
  description: 'Which letters VICIdial keeps.'
})

const FieldExampleSchema = Type.Union([Type.String(), Type.Number()], {
  $id: 'FieldExample',
  description: 'A value that the field takes.'
})

/** One row of the catalogue. */
const FieldSchema = Type.Object(
  {
    name: Type.String(),
    type: ref(FieldTypeSchema),
    kind: ref(FieldKindSchema),
    max_length: Type.Integer({ description: 'Longest text as VICIdial stores it; `counts` has the unit.' }),
    keeps: Type.String({ description: 'The characters that VICIdial keeps.' }),
    letters: ref(LettersSchema),
    clearable: Type.Boolean({ description: 'Whether null may empty it.' }),
    single_lead_call: Type.Boolean({ description: 'Whether changing it takes a call for each lead.' }),
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
    choices: Type.Optional(Type.Array(Type.String())),
    example: ref(FieldExampleSchema)
  },
  { $id: 'Field', additionalProperties: false }
)

const CountUnitSchema = Type.Enum(['characters', 'bytes'], {
  $id: 'CountUnit',
  description: "What `max_length` counts: bytes of UTF-8 if VICIdial's database is latin1."
})

const CustomFieldTypeSchema = Type.Enum([...CUSTOM_FIELD_TYPES], {
  $id: 'CustomFieldType',
  description: "The field's type in VICIdial. Without one, values are not checked against it."
})

const CustomFieldSchema = Type.Object(
  {
    label: Type.String(),
    type: Type.Optional(ref(CustomFieldTypeSchema)),
    max_length: Type.Integer({ description: 'Longest text, in the unit of `counts`.' }),
    options: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'The values of a type with options; MULTI and CHECKBOX take several, separated by commas.'
      })
    )
  },
  {
    $id: 'CustomField',
    additionalProperties: false,
    description: 'A custom field that the operator has listed.'
  }
)

const DeliveryLimitsSchema = Type.Object(
  {
    max_calls_per_second: Type.Integer({
      description: 'Most calls to VICIdial in a second, for all callers of your account; 0: no limit.'
    }),
    max_concurrency: Type.Integer({
      description: 'Most calls to VICIdial at once, for all callers of your account.'
    }),
    updates_per_minute: Type.Optional(
      Type.Integer({ description: 'Most updates that you may send in a minute; absent: no limit.' })
    )
  },
  {
    $id: 'DeliveryLimits',
    additionalProperties: false,
    description:
      'How fast updates can be delivered. A `dry_run` lists the calls that updates need, and so the least time that they take.'
  }
)

export const FieldsAnswerSchema = Type.Object(
  {
    fields: Type.Array(ref(FieldSchema)),
    counts: ref(CountUnitSchema),
    custom_fields: Type.Array(ref(CustomFieldSchema), {
      description: 'The custom fields that the operator has listed.'
    }),
    limits: ref(DeliveryLimitsSchema)
  },
  { $id: 'FieldsAnswer', additionalProperties: false }
)
export type FieldRow = Static<typeof FieldSchema>

/** Every named schema of this file, for registration. */
export const FIELD_SCHEMAS = [
  ...NAMED_VALUES,
  LeadFieldsSchema,
  FieldTypeSchema,
  FieldKindSchema,
  LettersSchema,
  FieldExampleSchema,
  FieldSchema,
  CountUnitSchema,
  CustomFieldTypeSchema,
  CustomFieldSchema,
  DeliveryLimitsSchema,
  FieldsAnswerSchema
]
