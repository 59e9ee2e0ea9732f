import { type Static, Type } from 'typebox'
import { FIELDS } from '../src/leads/fields.ts'
import { LEAD_COLUMNS, type LeadColumn } from '../src/leads/reading/lead-columns.ts'
import { eitherForm } from './forms.ts'
import { LeadIdSchema } from './lead-id.ts'
import { KeyMatchSchema, OnMultipleSchema } from './options.ts'
import { ref } from './ref.ts'

const EXAMPLES: ReadonlyMap<string, string | number> = new Map(
  FIELDS.map(({ name, example }) => [name, example])
)

function columnSchema({ name, type, isInRow }: LeadColumn) {
  const value = {
    text: Type.String(),
    date: Type.String(),
    time: Type.String(),
    integer: Type.Integer(),
    number: Type.Number()
  }
  const example = EXAMPLES.get(name)
  const description = isInRow ? '' : 'Only if `fields` names it.'
  return Type.Optional(
    Type.Union([value[type], Type.Null()], {
      ...(example === undefined ? {} : { examples: [example] }),
      ...(description === '' ? {} : { description })
    })
  )
}

/** The values of a lead's columns. */
const LeadValuesSchema = Type.Object(
  Object.fromEntries(LEAD_COLUMNS.map((column) => [column.name, columnSchema(column)])),
  {
    $id: 'LeadValues',
    additionalProperties: false,
    description:
      "Columns of VICIdial's lead table; null for an empty one. Times are the dialer's local ones, as it stores them."
  }
)

const UnreadSchema = Type.Object(
  {
    field: Type.String({ description: 'A custom field as `custom_fields.<label>`.' }),
    detail: Type.String()
  },
  { $id: 'Unread', additionalProperties: false, description: 'A field that could not be read for certain.' }
)

/** What was read of one lead. */
const values = {
  fields: Type.Optional(ref(LeadValuesSchema)),
  custom_fields: Type.Optional(
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
      description: "Custom fields of the lead's list that the operator has listed, if they were asked for."
    })
  ),
  unread: Type.Optional(
    Type.Array(ref(UnreadSchema), { description: 'Fields that could not be read. Absent if all could be.' })
  ),
  etag: Type.Optional(
    Type.String({
      description:
        'The entity tag of these fields, for If-Match of PATCH /v1/leads/{lead_id}; absent if a field could not be read.'
    })
  )
}

/** One lead as it was read. */
export const LeadSchema = Type.Object(
  { lead_id: Type.Integer(), ...values },
  { $id: 'Lead', additionalProperties: false, description: 'One lead as VICIdial holds it.' }
)
export type Lead = Static<typeof LeadSchema>

/** What the result of a reading has besides that of an update. */
export const readMembers = {
  ...values,
  leads: Type.Optional(
    Type.Array(ref(LeadSchema), { description: 'Readings with on_multiple "all": the leads, newest first.' })
  )
}

/** The leads of one key. */
export const FoundLeadsSchema = Type.Object(
  {
    leads: Type.Array(ref(LeadSchema), { description: 'Newest first; at most 1,000.' }),
    has_more: Type.Optional(
      Type.Literal(true, {
        description:
          'The key has older leads, too. POST /v1/leads/read with on_multiple "all" and `Prefer: respond-async` reads all.'
      })
    )
  },
  { $id: 'FoundLeads', additionalProperties: false }
)
export type FoundLeads = Static<typeof FoundLeadsSchema>

const LeadColumnSchema = Type.Enum(['lead_id', ...LEAD_COLUMNS.map(({ name }) => name)], {
  $id: 'LeadColumn',
  description: 'The name of a column of the lead table.'
})

const request = {
  fields: Type.Optional(
    Type.Array(ref(LeadColumnSchema), {
      minItems: 1,
      description:
        'Columns of the lead table. Absent: all that you may read, without those that take a call of their own.'
    })
  ),
  custom_fields: Type.Optional(
    Type.Boolean({ description: 'Whether custom fields are read, too. Default: false.' })
  ),
  on_multiple: Type.Optional(ref(OnMultipleSchema)),
  key_match: Type.Optional(ref(KeyMatchSchema)),
  dry_run: Type.Optional(
    Type.Boolean({ description: 'Reads nothing: the response has the calls that would be made.' })
  ),
  source: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9]{2,20}$',
      description: "The sender's name in VICIdial's log. The default is the caller's, or the server's."
    })
  )
}

const LeadKeySchema = Type.Object(
  {
    lead_id: Type.Optional(ref(LeadIdSchema)),
    vendor_lead_code: Type.Optional(Type.String({ minLength: 1 })),
    phone_number: Type.Optional(Type.String({ minLength: 6 }))
  },
  { $id: 'LeadKey', additionalProperties: false, description: 'One lead, by exactly one of its keys.' }
)

/** Leads to read, by any key or by their ids. */
export const ReadRequestSchema = Type.Object(
  {
    leads: Type.Optional(
      Type.Array(ref(LeadKeySchema), { minItems: 1, description: 'Long form: each lead by one of its keys.' })
    ),
    lead_ids: Type.Optional(
      Type.Array(ref(LeadIdSchema), { minItems: 1, description: 'Short form: the leads by their ids.' })
    ),
    ...request
  },
  {
    $id: 'ReadRequest',
    additionalProperties: false,
    description: 'The leads to read: each by one of its keys in `leads`, or all by their ids in `lead_ids`.',
    ...eitherForm({ has: 'lead_ids', without: ['leads'] }, { has: 'leads', without: [] })
  }
)

/** Every named schema of this file, for registration. */
export const READ_SCHEMAS = [
  LeadValuesSchema,
  UnreadSchema,
  LeadSchema,
  FoundLeadsSchema,
  LeadColumnSchema,
  LeadKeySchema,
  ReadRequestSchema
]
