import { Type } from 'typebox'
import { CAMPAIGN_PATTERN } from '../src/leads/actions/campaign.ts'
import { CALLBACK_RESULTS, DNC_RESULTS, HOPPER_RESULTS } from '../src/leads/actions/lead-actions.ts'
import { TIME_PATTERN } from './rfc3339.ts'
import { ref } from './ref.ts'

/** How leads go into the hopper. */
const HopperSchema = Type.Object(
  {
    priority: Type.Optional(
      Type.Integer({
        minimum: -99,
        maximum: 99,
        description: 'A higher one is dialled earlier. Default: 0.',
        examples: [50]
      })
    ),
    local_call_time_check: Type.Optional(
      Type.Boolean({
        description: 'Refuses a lead that must not be called at this time of its day. Default: false.'
      })
    )
  },
  { $id: 'Hopper', additionalProperties: false, description: 'How a lead goes into the hopper.' }
)

const CampaignSchema = Type.String({ pattern: CAMPAIGN_PATTERN, examples: ['CAMPA'] })

const CallbackTypeSchema = Type.Enum(['ANYONE', 'USERONLY'], {
  $id: 'CallbackType',
  description: 'Who calls. Default: `USERONLY` with a user, otherwise `ANYONE`.'
})

/** A callback to book. */
const CallbackSchema = Type.Object(
  {
    at: Type.String({
      pattern: TIME_PATTERN,
      description:
        "When to call, with its offset from UTC (RFC 3339). It is converted to the dialer's time zone.",
      examples: ['2027-01-31T09:00:00-05:00']
    }),
    campaign_id: CampaignSchema,
    type: Type.Optional(ref(CallbackTypeSchema)),
    user: Type.Optional(Type.String({ description: 'The agent who calls.', examples: ['1001'] })),
    status: Type.Optional(
      Type.String({ description: 'The status of the lead once it is due. Default: CALLBK.' })
    ),
    comments: Type.Optional(Type.String({ description: 'What the agent sees; at most 255 characters.' }))
  },
  { $id: 'Callback', additionalProperties: false, description: 'A callback to book for a lead.' }
)

const HopperActionSchema = Type.Union([ref(HopperSchema), Type.Literal('remove')], {
  $id: 'HopperAction',
  description:
    "Puts the lead into the hopper of its list's campaign, so that it is dialled soon; `remove` takes it out. An update " +
    'needs no fields then.'
})

const CallbackActionSchema = Type.Union([ref(CallbackSchema), Type.Literal('remove')], {
  $id: 'CallbackAction',
  description:
    'Books a callback for the lead, or moves the one that it has; `remove` deletes it. The status of the lead is not ' +
    'changed. An update needs no fields then.'
})

const DncCampaignOfLeadSchema = Type.Object(
  { campaign_id: CampaignSchema },
  {
    $id: 'DncCampaign',
    additionalProperties: false,
    description: 'The campaign that must not call the number.'
  }
)

const DncActionSchema = Type.Union([Type.Boolean(), ref(DncCampaignOfLeadSchema)], {
  $id: 'DncAction',
  description:
    "`true` adds the lead's own phone number to those that must not be called; with a campaign_id, to those of that " +
    'campaign. An update needs no fields then.'
})

/** What is done with a lead once its fields are set, in a request or in an update. */
export const actionMembers = {
  hopper: Type.Optional(ref(HopperActionSchema)),
  callback: Type.Optional(ref(CallbackActionSchema)),
  dnc: Type.Optional(ref(DncActionSchema))
}

const HopperResultSchema = Type.Enum([...HOPPER_RESULTS], {
  $id: 'HopperResult',
  description:
    'How `hopper` ended. `being_called`: VICIdial keeps a lead in the hopper that it is calling. `failed`: not done; ' +
    '`unknown`: it may have been. `error` or a warning says why.'
})

const CallbackResultSchema = Type.Enum([...CALLBACK_RESULTS], {
  $id: 'CallbackResult',
  description:
    'How `callback` ended, as VICIdial says. `failed`: not done; `unknown`: it may have been. `error` says why.'
})

const DncResultSchema = Type.Enum([...DNC_RESULTS], {
  $id: 'DncResult',
  description:
    'What VICIdial did with a number that must not be called. `failed`: nothing; `unknown`: it may have been added or ' +
    'removed. `error` says why.'
})

/** How that ended, in a result. */
export const actionResultMembers = {
  hopper: Type.Optional(ref(HopperResultSchema)),
  callback: Type.Optional(ref(CallbackResultSchema)),
  dnc: Type.Optional(ref(DncResultSchema))
}

/** Every named schema of this file, for registration. */
export const ACTION_SCHEMAS = [
  HopperSchema,
  CallbackTypeSchema,
  CallbackSchema,
  HopperActionSchema,
  CallbackActionSchema,
  DncCampaignOfLeadSchema,
  DncActionSchema,
  HopperResultSchema,
  CallbackResultSchema,
  DncResultSchema
]
