import { type Static, Type } from 'typebox'
import { WARNING_CODES } from '../src/leads/refusal.ts'
import { actionMembers, actionResultMembers } from './actions.ts'
import { ErrorCodeSchema } from './codes.ts'
import { LeadFieldsSchema } from './fields.ts'
import { eitherForm } from './forms.ts'
import { LeadIdSchema } from './lead-id.ts'
import {
  KeyMatchSchema,
  OnInvalidSchema,
  OnLossySchema,
  OnMissingSchema,
  OnMultipleSchema,
  VerifySchema
} from './options.ts'
import { readMembers } from './read.ts'
import { ref } from './ref.ts'

const options = {
  on_multiple: Type.Optional(ref(OnMultipleSchema)),
  on_missing: Type.Optional(ref(OnMissingSchema)),
  key_match: Type.Optional(ref(KeyMatchSchema)),
  on_lossy: Type.Optional(ref(OnLossySchema)),
  on_invalid: Type.Optional(ref(OnInvalidSchema)),
  reset_called: Type.Optional(Type.Boolean({ description: 'Clears called-since-last-reset.' })),
  allow_undefined_list: Type.Optional(
    Type.Boolean({ description: 'Lets VICIdial move a lead to a list that does not exist.' })
  ),
  verify: Type.Optional(ref(VerifySchema)),
  ...actionMembers
}

const CustomFieldValueSchema = Type.Union([Type.String(), Type.Number(), Type.Null()], {
  $id: 'CustomFieldValue',
  description: 'The value of a custom field; `null` empties it. Only the type NUMBER takes a number.'
})

/** The values of a lead's custom fields, by their labels. */
const CustomFieldsSchema = Type.Record(Type.String(), ref(CustomFieldValueSchema), {
  $id: 'CustomFields',
  description: 'Custom fields of the list that the lead is in. The operator must have listed them.'
})

const changes = {
  fields: Type.Optional(ref(LeadFieldsSchema)),
  custom_fields: Type.Optional(ref(CustomFieldsSchema))
}

/** The columns that VICIdial must have of a new lead. */
const REQUIRED_OF_NEW = ['list_id', 'phone_code', 'phone_number'] as const

const NewListIdSchema = Type.Union(
  [Type.Integer({ minimum: 100 }), Type.String({ pattern: '^[0-9]{3,14}$' })],
  {
    $id: 'NewListId',
    description: 'The list of the new lead, unless `fields` has it. The list must exist.'
  }
)

/** The lead to add if none has the key. */
const AddSchema = Type.Object(
  {
    list_id: Type.Optional(ref(NewListIdSchema)),
    phone_code: Type.Optional(Type.String({ description: 'Unless `fields` has it.', examples: ['1'] })),
    phone_number: Type.Optional(
      Type.String({
        minLength: 6,
        description: 'Unless it is the key, or `fields` has it.',
        examples: ['2125550101']
      })
    ),
    ...changes
  },
  {
    $id: 'Add',
    additionalProperties: false,
    description:
      'With on_missing `add`: what a new lead gets beyond `fields` and `custom_fields` of its update, which it gets too. ' +
      'A lead that exists gets nothing of it.'
  }
)

/** A lead that must be new: its fields, and custom fields. */
export const NewLeadSchema = Type.Object(
  {
    ...LeadFieldsSchema.properties,
    ...Type.Required(Type.Pick(LeadFieldsSchema, [...REQUIRED_OF_NEW])).properties,
    custom_fields: changes.custom_fields
  },
  {
    $id: 'NewLead',
    additionalProperties: false,
    description: "Columns of VICIdial's lead table, and custom fields."
  }
)

const request = {
  source: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9]{2,20}$',
      description: "The sender's name in VICIdial's log. The default is the caller's, or the server's."
    })
  ),
  dry_run: Type.Optional(
    Type.Boolean({
      description: 'Sends nothing. The response says what would be stored and which calls would be made.'
    })
  )
}

/** One lead and its changes. Exactly one of the three keys. */
const UpdateSchema = Type.Object(
  {
    lead_id: Type.Optional(ref(LeadIdSchema)),
    vendor_lead_code: Type.Optional(
      Type.String({ minLength: 1, description: 'Finds the lead by its code; see `key_match`.' })
    ),
    phone_number: Type.Optional(
      Type.String({ minLength: 6, description: 'Finds the lead by the digits of its phone number.' })
    ),
    ...changes,
    ...options,
    add: Type.Optional(ref(AddSchema))
  },
  {
    $id: 'Update',
    additionalProperties: false,
    description: 'One lead, named by exactly one of lead_id, vendor_lead_code, phone_number, and its changes.'
  }
)

/** Each lead with its own changes in `updates`, or one set of changes for `lead_ids`. */
export const BatchRequestSchema = Type.Object(
  {
    updates: Type.Optional(
      Type.Array(ref(UpdateSchema), {
        minItems: 1,
        description: 'Long form: each lead with its own changes. They take effect in this order.'
      })
    ),
    lead_ids: Type.Optional(
      Type.Array(ref(LeadIdSchema), {
        minItems: 1,
        description: 'Short form: the leads that get `fields` and `custom_fields`.'
      })
    ),
    ...changes,
    add: Type.Optional(ref(AddSchema)),
    ...request,
    ...options
  },
  {
    $id: 'BatchRequest',
    additionalProperties: false,
    description:
      'Long form: each lead with its own changes, in `updates`. Short form: `lead_ids`, and one set of changes for all of them.',
    ...eitherForm(
      { has: 'lead_ids', without: ['updates', 'add'] },
      { has: 'updates', without: Object.keys(changes) }
    )
  }
)

const WarningCodeSchema = Type.Enum([...WARNING_CODES], {
  $id: 'WarningCode',
  description: 'The kind of the warning.'
})

const WarningSchema = Type.Object(
  {
    field: Type.String(),
    code: ref(WarningCodeSchema),
    sent: Type.Optional(Type.String({ description: 'Absent with `stored_differs` and `not_verified`.' })),
    expected: Type.Optional(
      Type.String({ description: '`stored_differs`: what VICIdial should hold, as the gateway believes.' })
    ),
    found: Type.Optional(Type.String({ description: '`stored_differs`: what VICIdial holds.' })),
    stored: Type.Optional(
      Type.String({
        description:
          'Absent with `field_dropped`: the field was not set; and if what VICIdial stores is not known.'
      })
    ),
    refusal: Type.Optional(ref(ErrorCodeSchema)),
    detail: Type.Optional(
      Type.String({
        description:
          'Why the value is refused, stored otherwise in a new lead, or (`not_verified`) could not be read.'
      })
    ),
    lead_ids: Type.Optional(
      Type.Array(Type.Integer(), {
        description: 'With on_multiple "all": the leads that it concerns; absent if it concerns all of them.'
      })
    )
  },
  {
    $id: 'Warning',
    additionalProperties: false,
    description:
      'A value that VICIdial does not store unchanged: as sent and as stored, or as expected and as found. With ' +
      '`field_dropped`, `refusal` is the code of the refusal.'
  }
)

const ResultErrorSchema = Type.Object(
  {
    code: ref(ErrorCodeSchema),
    field: Type.Optional(Type.String()),
    detail: Type.String(),
    retryable: Type.Boolean({ description: 'Whether the same update may succeed later.' }),
    lead_ids: Type.Optional(
      Type.Array(Type.Integer(), { description: 'Leads that the key matches; at most 100.' })
    )
  },
  { $id: 'ResultError', additionalProperties: false }
)

const RESULT_STATUSES = [
  'updated',
  'added',
  'not_found',
  'ambiguous',
  'rejected',
  'failed',
  'unknown',
  'planned',
  'queued',
  'cancelled',
  'superseded',
  'read',
  'incomplete'
] as const

export const ResultStatusSchema = Type.Enum(RESULT_STATUSES, {
  $id: 'ResultStatus',
  description:
    '`updated`: VICIdial found the lead and set the values. `added`: no lead had the key, and VICIdial added ' +
    'one. `not_found`: no such lead, or it is in a list that ' +
    'the gateway may not touch. `ambiguous`: the key matches several. `rejected`: refused before anything was ' +
    'sent. `failed`: not made. `unknown`: it may have been made; sending it again is safe. `planned`: dry run. ' +
    'In jobs also `queued`: not yet made; `cancelled`; `superseded`: newer updates of the lead have set all of ' +
    'its fields since. Of a reading: `read`, or `incomplete` if some fields could not be.'
})

/** The result of one update. */
export const ResultSchema = Type.Object(
  {
    index: Type.Integer({ description: 'Index of the update in the request, from 0.' }),
    lead_id: Type.Optional(Type.Integer()),
    lead_ids: Type.Optional(
      Type.Array(Type.Integer(), {
        description: 'With on_multiple "all": the updated leads of the key; all of them if some failed.'
      })
    ),
    vendor_lead_code: Type.Optional(Type.String()),
    phone_number: Type.Optional(Type.String()),
    matched: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description:
          "The lead's code, if it is spelled differently from the key; null if it may be, and could not be read."
      })
    ),
    status: ref(ResultStatusSchema),
    verified: Type.Optional(
      Type.Boolean({
        description:
          'Whether the lead was read after the update and holds what was set; warnings say what differs. Absent if `verify` ' +
          'did not ask for it.'
      })
    ),
    ...readMembers,
    ...actionResultMembers,
    superseded: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Jobs: fields that were left out because a newer update of the lead has set them since.'
      })
    ),
    warnings: Type.Optional(Type.Array(ref(WarningSchema))),
    error: Type.Optional(ref(ResultErrorSchema)),
    errors: Type.Optional(
      Type.Array(ref(ResultErrorSchema), { description: 'All errors, if there are several.' })
    ),
    stored: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'Dry run: the values as VICIdial would store them.'
      })
    ),
    stored_if_added: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'Dry run with on_missing `add`: the values of the new lead, if no lead has the key.'
      })
    )
  },
  { $id: 'Result', additionalProperties: false }
)
export type Result = Static<typeof ResultSchema>

/** Counts of the results by status. */
export const SummarySchema = Type.Object(
  {
    received: Type.Integer(),
    updated: Type.Integer(),
    added: Type.Integer({ description: 'Leads that were added, with on_missing `add`.' }),
    not_found: Type.Integer(),
    ambiguous: Type.Integer(),
    rejected: Type.Integer(),
    failed: Type.Integer(),
    unknown: Type.Integer(),
    planned: Type.Optional(Type.Integer({ description: 'Dry run only.' })),
    queued: Type.Optional(Type.Integer({ description: 'Jobs only: not yet made.' })),
    cancelled: Type.Optional(Type.Integer({ description: 'Jobs only.' })),
    superseded: Type.Optional(Type.Integer({ description: 'Jobs only.' })),
    read: Type.Optional(Type.Integer({ description: 'Readings only.' })),
    incomplete: Type.Optional(Type.Integer({ description: 'Readings only: some fields could not be read.' })),
    upstream_calls: Type.Integer({ description: 'Calls made to VICIdial, repeats included.' })
  },
  { $id: 'Summary', additionalProperties: false }
)
export type Summary = Static<typeof SummarySchema>

const BatchStatusSchema = Type.Enum(['completed', 'partial', 'failed', 'planned'], {
  $id: 'BatchStatus',
  description: '`completed`: all updated, added or read. `partial`: some. `failed`: none. `planned`: dry run.'
})

const PlannedCallSchema = Type.Object(
  { function: Type.String(), params: Type.Record(Type.String(), Type.String()) },
  {
    $id: 'PlannedCall',
    additionalProperties: false,
    description: 'A call to VICIdial as it would be sent, without user and pass.'
  }
)

export const BatchAnswerSchema = Type.Object(
  {
    id: Type.String({ description: 'The request id.' }),
    status: ref(BatchStatusSchema),
    summary: ref(SummarySchema),
    results: Type.Array(ref(ResultSchema), { description: 'One per update, in the same order.' }),
    calls: Type.Optional(
      Type.Array(ref(PlannedCallSchema), { description: 'Dry run: the calls as they would be sent.' })
    )
  },
  { $id: 'BatchAnswer', additionalProperties: false }
)
export type BatchAnswer = Static<typeof BatchAnswerSchema>

/** Every named schema of this file, for registration. */
export const BATCH_SCHEMAS = [
  CustomFieldValueSchema,
  CustomFieldsSchema,
  NewListIdSchema,
  AddSchema,
  NewLeadSchema,
  UpdateSchema,
  BatchRequestSchema,
  WarningCodeSchema,
  WarningSchema,
  ResultErrorSchema,
  ResultStatusSchema,
  ResultSchema,
  SummarySchema,
  BatchStatusSchema,
  PlannedCallSchema,
  BatchAnswerSchema
]
