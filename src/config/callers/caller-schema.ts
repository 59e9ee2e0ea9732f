import { type Static, Type } from 'typebox'
import { TIME_PATTERN } from '../../../schemas/rfc3339.ts'
import { ROUTE_PERMISSIONS } from '../../callers/caller.ts'
import { KEY_HASH, LABEL, NAME, SOURCE, type TextForm } from '../patterns.ts'

const strict = { additionalProperties: false } as const

/** `*`, or a list. Default: nothing. */
const allowed = (form: TextForm, description: string) =>
  Type.Optional(
    Type.Union([Type.Literal('*'), Type.Array(Type.String({ ...form }))], {
      description: `${description} "*" is all. Default: none.`
    })
  )

const PermissionsSchema = Type.Object(
  {
    routes: allowed(
      {
        pattern: `^(${ROUTE_PERMISSIONS.join('|')}|webhook:[a-z0-9][a-z0-9_-]{0,63})$`,
        patternErrorMessage: `${ROUTE_PERMISSIONS.join(', ')} or webhook:NAME`
      },
      `What it may call: ${ROUTE_PERMISSIONS.join(', ')}, webhook:NAME.`
    ),
    fields: allowed(
      { pattern: '^[a-z][a-z0-9_]{0,49}$', patternErrorMessage: 'the name of a field' },
      'Fields that it may set, and reset_called.'
    ),
    statuses: allowed(
      { pattern: '^\\S{1,6}$', patternErrorMessage: '1 to 6 characters without spaces' },
      'Statuses that it may set.'
    ),
    custom_fields: allowed(LABEL, 'Labels of custom fields that it may set.'),
    lists: Type.Optional(
      Type.Union([Type.Literal('*'), Type.Array(Type.Integer({ minimum: 1 }))], {
        description: 'Lists that it may move leads to. "*" is all. Default: none.'
      })
    ),
    add_lists: Type.Optional(
      Type.Union([Type.Literal('*'), Type.Array(Type.Integer({ minimum: 1 }))], {
        description: 'Lists that it may add leads to, if routes has add. "*" is all. Default: none.'
      })
    ),
    read_fields: allowed(
      { pattern: '^[a-z][a-z0-9_]{0,49}$', patternErrorMessage: 'the name of a column' },
      'Columns of the lead table that it may read.'
    ),
    read_custom_fields: allowed(LABEL, 'Labels of custom fields that it may read.'),
    look_ups: allowed(
      {
        pattern: '^(vendor_lead_code|phone_number)$',
        patternErrorMessage: 'vendor_lead_code or phone_number'
      },
      'Keys by which it may look leads up.'
    ),
    sources: allowed(SOURCE, "Values of VICIdial's source that its requests may name besides its own."),
    max_batch: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'Most updates in one request. Default: MAX_UPDATES_PER_REQUEST.'
      })
    )
  },
  strict
)

const PER_MINUTE = { minimum: 1, maximum: 1_000_000_000 }

const RateLimitSchema = Type.Object(
  {
    requests_per_minute: Type.Optional(
      Type.Integer({ ...PER_MINUTE, description: 'Requests of any kind. Default: no limit.' })
    ),
    updates_per_minute: Type.Optional(
      Type.Integer({ ...PER_MINUTE, description: 'Updates in all requests. Default: no limit.' })
    )
  },
  { ...strict, description: 'How much it may do in a minute. Default: no limit.' }
)

const KeySchema = Type.Object(
  {
    hash: Type.String({ ...KEY_HASH, description: 'The SHA-256 of the key.' }),
    expires_at: Type.Optional(
      Type.String({
        pattern: TIME_PATTERN,
        patternErrorMessage: 'a time like 2027-06-30T00:00:00Z',
        description: 'When the key expires, as 2027-06-30T00:00:00Z.'
      })
    )
  },
  strict
)

/** One entry of `callers` in the gateway file. */
export const CallerSchema = Type.Object(
  {
    name: Type.String({ ...NAME, description: 'Its name in the log.' }),
    key_hashes: Type.Array(Type.Union([Type.String({ ...KEY_HASH }), KeySchema]), {
      minItems: 1,
      maxItems: 2,
      description: 'Hashes of one key, or of two while you change it. "key create" makes them.'
    }),
    permissions: Type.Union([Type.Literal('*'), PermissionsSchema], {
      description: 'What it may do; everything else is denied. "*" is everything, even other callers\' jobs.'
    }),
    account: Type.Optional(
      Type.String({
        description: 'The name of the VICIdial account for its calls. Default: the account of VICIDIAL_USER.'
      })
    ),
    source: Type.Optional(
      Type.String({
        ...SOURCE,
        description: "VICIdial's source of its calls. Default: VICIDIAL_SOURCE."
      })
    ),
    on_invalid: Type.Optional(
      Type.Enum(['reject_update', 'drop_field'], {
        description: 'Whether a faulty value rejects its update, or is left out of it with a warning.'
      })
    ),
    on_lossy: Type.Optional(
      Type.Enum(['accept', 'reject'], {
        description: 'Whether its text may lose characters, with a warning, or is refused.'
      })
    ),
    key_match: Type.Optional(
      Type.Enum(['collation', 'exact'], {
        description: 'Whether its vendor_lead_codes find only leads whose code matches exactly.'
      })
    ),
    verify: Type.Optional(
      Type.Union([Type.Boolean(), Type.Number({ minimum: 0, maximum: 1 })], {
        description:
          'Whether leads are read after its updates and compared: all of them, none, or a share such as 0.01.'
      })
    ),
    networks: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description: 'Addresses and networks (CIDR) that it may call from. Default: any.'
      })
    ),
    rate_limit: Type.Optional(RateLimitSchema)
  },
  strict
)

export type CallerEntry = Static<typeof CallerSchema>
