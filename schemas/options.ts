import { Type } from 'typebox'
import { KEY_MATCH, ON_INVALID, ON_LOSSY, ON_MISSING, ON_MULTIPLE } from '../src/leads/update-options.ts'

export const OnMultipleSchema = Type.Enum([...ON_MULTIPLE], {
  $id: 'OnMultiple',
  description:
    'What to do if a key matches several leads. `reject`, the default: none is changed or read, and the result is `ambiguous`. ' +
    '`all`: every one of them. `newest`: only the newest.'
})

export const OnMissingSchema = Type.Enum([...ON_MISSING], {
  $id: 'OnMissing',
  description:
    'What to do if no lead has the key. `report`, the default: the result is `not_found`. `add`: add a lead, which ' +
    'needs `add`; the result is `added`.'
})

export const KeyMatchSchema = Type.Enum([...KEY_MATCH], {
  $id: 'KeyMatch',
  description:
    'Which codes a vendor_lead_code finds. `collation`: all that VICIdial treats as equal, like `6e1` and `6E1`. `exact`: ' +
    "only the code spelled the same. The default is the caller's, mostly `collation`."
})

export const OnLossySchema = Type.Enum([...ON_LOSSY], {
  $id: 'OnLossy',
  description:
    "Whether prose may lose characters, with a warning. The default is the caller's, mostly `accept`."
})

export const OnInvalidSchema = Type.Enum([...ON_INVALID], {
  $id: 'OnInvalid',
  description:
    'What a faulty value does. `reject_update`: nothing of its update is set. `drop_field`: the other fields are set, ' +
    'and the result has a warning `field_dropped`. `list_id`, a key and the last field are never dropped. The default ' +
    "is the caller's, mostly `reject_update`."
})

export const VerifySchema = Type.Union([Type.Boolean(), Type.Number({ minimum: 0, maximum: 1 })], {
  $id: 'Verify',
  description:
    'Reads the lead after the update, and compares it with what VICIdial should hold: the result is `verified`, or has ' +
    'warnings `stored_differs`. A share such as 0.01 does so for some of the updates. Each costs a call or more. The ' +
    "default is the caller's, mostly false."
})

/** Every named schema of this file, for registration. */
export const OPTION_SCHEMAS = [
  OnMultipleSchema,
  OnMissingSchema,
  KeyMatchSchema,
  OnLossySchema,
  OnInvalidSchema,
  VerifySchema
]
