import { type Static, Type } from 'typebox'
import { CAMPAIGN_PATTERN } from '../../leads/actions/campaign.ts'
import { CONTENT_TYPES } from '../../webhooks/payload.ts'
import { KEY_HASH, NAME, SOURCE } from '../patterns.ts'

/** Secrets of one endpoint: the one in use, and those being replaced. */
const MAX_SECRETS = 5
/** The one in use, and the next. Each costs a hash of the body. */
const MAX_PUBLIC_KEYS = 2
/** Longest public key, in characters. */
const MAX_PUBLIC_KEY = 10_000
/** Longest expression, in characters. */
const MAX_EXPRESSION = 10_000

const Expression = Type.String({ minLength: 1, maxLength: MAX_EXPRESSION })
const HeaderName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,99}$',
  patternErrorMessage: 'the name of a header: letters, digits and -'
})
/** Of a query or a form. */
const ParameterName = Type.String({
  pattern: '^[A-Za-z0-9_.-]{1,100}$',
  patternErrorMessage: 'letters, digits, _, . and -, up to 100'
})
/** Names of a payload, with dots between. */
const FieldPath = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,50}(?:\\.[A-Za-z0-9_-]{1,50}){0,7}$',
  patternErrorMessage: 'up to 8 names with dots between, like meta.key'
})
/** Of a header like `t=1,v1=abc`. */
const SignatureParameter = Type.String({
  pattern: '^[A-Za-z0-9_]{1,20}$',
  patternErrorMessage: 'letters, digits and _, up to 20'
})
const Literal = Type.Unsafe<string | number | null>({ type: ['string', 'number', 'null'] })
const Tolerance = Type.Integer({ minimum: 1, maximum: 86_400 })

const SECRETS = {
  secrets: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: MAX_SECRETS })),
  secret_files: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: MAX_SECRETS })
  )
}

const strict = { additionalProperties: false } as const
const exactlyOne = { ...strict, minProperties: 1, maxProperties: 1 } as const

const TimestampSchema = Type.Object(
  {
    header: Type.Optional(HeaderName),
    parameter: Type.Optional(SignatureParameter),
    unit: Type.Optional(Type.Enum(['seconds', 'milliseconds'])),
    tolerance_seconds: Type.Optional(Tolerance)
  },
  strict
)

const SIGNED_REQUEST = {
  header: HeaderName,
  encoding: Type.Optional(Type.Enum(['hex', 'base64'])),
  prefix: Type.Optional(Type.String({ minLength: 1, maxLength: 50 })),
  id: Type.Optional(Type.Object({ header: HeaderName }, strict)),
  signed: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  public_url: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s?#]*[^\\s?#/]$',
      patternErrorMessage: 'an http or https address without a query and without / at its end'
    })
  )
}

const HmacSchema = Type.Object(
  {
    ...SIGNED_REQUEST,
    algorithm: Type.Optional(Type.Enum(['sha1', 'sha256', 'sha512'])),
    signature_parameter: Type.Optional(SignatureParameter),
    timestamp: Type.Optional(TimestampSchema),
    ...SECRETS
  },
  strict
)

const PublicKeySchema = Type.Object(
  {
    ...SIGNED_REQUEST,
    timestamp: Type.Optional(
      Type.Object(
        {
          header: HeaderName,
          unit: Type.Optional(Type.Enum(['seconds', 'milliseconds'])),
          tolerance_seconds: Type.Optional(Tolerance)
        },
        strict
      )
    ),
    keys: Type.Array(Type.String({ minLength: 1, maxLength: MAX_PUBLIC_KEY }), {
      minItems: 1,
      maxItems: MAX_PUBLIC_KEYS,
      description: 'PEM, base64 of the DER form, or the 32 bytes of an Ed25519 key in hex or base64.'
    })
  },
  strict
)

const AuthSchema = Type.Object(
  {
    callers: Type.Optional(Type.Literal(true)),
    api_key: Type.Optional(
      Type.Object(
        {
          key_hashes: Type.Array(Type.String({ ...KEY_HASH }), {
            minItems: 1,
            maxItems: MAX_SECRETS
          })
        },
        strict
      )
    ),
    basic: Type.Optional(
      Type.Object(
        {
          user: Type.String({ pattern: '^[^:]+$', patternErrorMessage: 'a name without a colon' }),
          ...SECRETS
        },
        strict
      )
    ),
    header: Type.Optional(Type.Object({ header: HeaderName, ...SECRETS }, strict)),
    query_key: Type.Optional(Type.Object({ parameter: ParameterName, ...SECRETS }, strict)),
    body_key: Type.Optional(Type.Object({ field: FieldPath, ...SECRETS }, strict)),
    hmac: Type.Optional(HmacSchema),
    public_key: Type.Optional(PublicKeySchema),
    standard_webhooks: Type.Optional(
      Type.Object(
        {
          tolerance_seconds: Type.Optional(Tolerance),
          headers: Type.Optional(
            Type.Object({ id: HeaderName, timestamp: HeaderName, signature: HeaderName }, strict)
          ),
          ...SECRETS
        },
        strict
      )
    )
  },
  exactlyOne
)

const ValueTableSchema = Type.Object(
  {
    table: Type.Record(Type.String(), Literal),
    otherwise: Type.Optional(Type.Enum(['keep', 'reject', 'ignore']))
  },
  strict
)

const AddMappingSchema = Type.Object(
  {
    list_id: Type.Optional(Type.Integer({ minimum: 100 })),
    phone_code: Type.Optional(Type.String({ pattern: '^[0-9]{1,10}$' })),
    phone_number: Type.Optional(Expression),
    fields: Type.Optional(Type.Record(Type.String(), Expression)),
    custom_fields: Type.Optional(Type.Record(Type.String(), Expression)),
    fixed: Type.Optional(Type.Record(Type.String(), Literal))
  },
  { ...strict, description: 'What a lead that is added gets beyond the fields of the update.' }
)

const CampaignSchema = Type.String({ pattern: CAMPAIGN_PATTERN })

const HopperMappingSchema = Type.Object(
  {
    priority: Type.Optional(Type.Integer({ minimum: -99, maximum: 99 })),
    local_call_time_check: Type.Optional(Type.Boolean())
  },
  strict
)

const CallbackMappingSchema = Type.Object(
  {
    at: Expression,
    campaign_id: CampaignSchema,
    user: Type.Optional(Expression),
    status: Type.Optional(Type.String({ minLength: 1, maxLength: 6 })),
    comments: Type.Optional(Expression)
  },
  { ...strict, description: 'A callback for the lead, if `at` finds a time.' }
)

/** The `mapping` of an entry, or of a file of its own. */
export const MappingSchema = Type.Object(
  {
    each: Type.Optional(Expression),
    when: Type.Optional(Expression),
    lead: Type.Object(
      {
        lead_id: Type.Optional(Expression),
        vendor_lead_code: Type.Optional(Expression),
        phone_number: Type.Optional(Expression)
      },
      exactlyOne
    ),
    fields: Type.Optional(Type.Record(Type.String(), Expression)),
    custom_fields: Type.Optional(Type.Record(Type.String(), Expression)),
    values: Type.Optional(Type.Record(Type.String(), ValueTableSchema)),
    fixed: Type.Optional(Type.Record(Type.String(), Literal)),
    reset_called: Type.Optional(Type.Boolean()),
    on_missing: Type.Optional(
      Type.Enum(['report', 'add'], { description: 'Whether a lead that VICIdial lacks is added.' })
    ),
    add: Type.Optional(AddMappingSchema),
    hopper: Type.Optional(Type.Union([Type.Literal('remove'), HopperMappingSchema])),
    callback: Type.Optional(Type.Union([Type.Literal('remove'), CallbackMappingSchema])),
    dnc: Type.Optional(
      Type.Union([Type.Literal(true), Type.Object({ campaign_id: CampaignSchema }, strict)])
    ),
    empty_strings: Type.Optional(Type.Enum(['ignore', 'clear', 'reject'])),
    nulls: Type.Optional(Type.Enum(['ignore', 'clear', 'reject'])),
    null_words: Type.Optional(
      Type.Union([
        Type.Literal(true),
        Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 100 })
      ])
    )
  },
  strict
)

const VerificationSchema = Type.Object(
  {
    query: Type.Optional(
      Type.Object(
        { challenge: ParameterName, token: Type.Optional(ParameterName), ...SECRETS },
        { ...strict, description: 'A challenge in the address, sent back as text.' }
      )
    ),
    body: Type.Optional(
      Type.Object(
        { challenge: FieldPath, hmac: Type.Optional(ParameterName), ...SECRETS },
        {
          ...strict,
          description: 'A challenge in a JSON body, sent back as JSON, with its HMAC-SHA256 in hex as `hmac`.'
        }
      )
    ),
    get: Type.Optional(Type.Literal(true))
  },
  { ...strict, minProperties: 1 }
)

const EventIdSchema = Type.Object(
  { header: Type.Optional(HeaderName), expression: Type.Optional(Expression) },
  exactlyOne
)

/** One entry of `webhooks` in the gateway file. */
export const EndpointSchema = Type.Object(
  {
    name: Type.String({ ...NAME }),
    account: Type.Optional(Type.String()),
    source: Type.Optional(Type.String({ ...SOURCE })),
    on_lossy: Type.Optional(Type.Enum(['accept', 'reject'])),
    on_invalid: Type.Optional(Type.Enum(['reject_update', 'drop_field'])),
    on_multiple: Type.Optional(Type.Enum(['reject', 'all', 'newest'])),
    key_match: Type.Optional(Type.Enum(['collation', 'exact'])),
    verify: Type.Optional(Type.Union([Type.Boolean(), Type.Number({ minimum: 0, maximum: 1 })])),
    on_unmapped: Type.Optional(Type.Enum(['accept', 'refuse'])),
    auth: AuthSchema,
    verification: Type.Optional(VerificationSchema),
    answer_status: Type.Optional(Type.Literal(200)),
    content_types: Type.Optional(
      Type.Array(Type.Enum(CONTENT_TYPES), {
        minItems: 1,
        uniqueItems: true,
        description:
          'What a body may be. By default all; under a signature, which does not cover the Content-Type, only json, or ' +
          'form if there is a payload_field.'
      })
    ),
    payload_field: Type.Optional(ParameterName),
    store_payloads: Type.Optional(
      Type.Boolean({
        description:
          'Whether the gateway keeps the last payloads in memory, for the operations page. Default: that of the file.'
      })
    ),
    event_id: Type.Optional(EventIdSchema),
    mapping: MappingSchema
  },
  strict
)

export type EndpointEntry = Static<typeof EndpointSchema>
export type AuthEntry = Static<typeof AuthSchema>
export type VerificationEntry = Static<typeof VerificationSchema>
export type HmacEntry = Static<typeof HmacSchema>
export type PublicKeyEntry = Static<typeof PublicKeySchema>
export type MappingEntry = Static<typeof MappingSchema>
export interface SecretsEntry {
  readonly secrets?: readonly string[]
  readonly secret_files?: readonly string[]
}
