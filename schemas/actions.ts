import { Type } from 'typebox'
import { CAMPAIGN_PATTERN } from '../src/leads/actions/campaign.ts'
import { CALLBACK_RESULTS, DNC_RESULTS, HOPPER_RESULTS } from '../src/leads/actions/lead-actions.ts'
import { TIME_PATTERN } from './rfc3339.ts'
import { ref } from './ref.ts'

/** How leads go into the hopper. */
export const HopperSchema = Type.Object(
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

/** A callback to book. */
export const CallbackSchema = Type.Object(
  {
    at: Type.String({
      pattern: TIME_PATTERN,
      description:
        "When to call, with its offset from UTC (RFC 3339). It is converted to the dialer's time zone.",
      examples: ['2027-01-31T09:00:00-05:00']
    }),
    campaign_id: CampaignSchema,
    type: Type.Optional(
      Type.Enum(['ANYONE', 'USERONLY'], {
        description: 'Who calls. Default: `USERONLY` with a user, otherwise `ANYONE`.'
      })
    ),
    user: Type.Optional(Type.String({ description: 'The agent who calls.', examples: ['1001'] })),
    status: Type.Optional(
      Type.String({ description: 'The status of the lead once it is due. Default: CALLBK.' })
    ),
    comments: Type.Optional(Type.String({ description: 'What the agent sees; at most 255 characters.' }))
  },
  { $id: 'Callback', additionalProperties: false, description: 'A callback to book for a lead.' }
)

/** What is done with a lead once its fields are set, in a request or in an update. */
export const actionMembers = {
  hopper: Type.Optional(
    Type.Union([ref(HopperSchema), Type.Literal('remove')], {
      description:
        "Puts the lead into the hopper of its list's campaign, so that it is dialled soon; `remove` takes it out. An update " +
        'needs no fields then.'
    })
  ),
  callback: Type.Optional(
    Type.Union([ref(CallbackSchema), Type.Literal('remove')], {
      description:
        'Books a callback for the lead, or moves the one that it has; `remove` deletes it. The status of the lead is not ' +
        'changed. An update needs no fields then.'
    })
  ),
  dnc: Type.Optional(
    Type.Union(
      [Type.Boolean(), Type.Object({ campaign_id: CampaignSchema }, { additionalProperties: false })],
      {
        description:
          "`true` adds the lead's own phone number to those that must not be called; with a campaign_id, to those of that " +
          'campaign. An update needs no fields then.'
      }
    )
  )
}

/** How that ended, in a result. */
export const actionResultMembers = {
  hopper: Type.Optional(
    Type.Enum([...HOPPER_RESULTS], {
      description:
        'How `hopper` ended. `being_called`: VICIdial keeps a lead in the hopper that it is calling. `failed`: not done; ' +
        '`unknown`: it may have been. `error` or a warning says why.'
    })
  ),
  callback: Type.Optional(
    Type.Enum([...CALLBACK_RESULTS], {
      description:
        'How `callback` ended, as VICIdial says. `failed`: not done; `unknown`: it may have been. `error` says why.'
    })
  ),
  dnc: Type.Optional(
    Type.Enum([...DNC_RESULTS], {
      description:
        'What VICIdial did with a number that must not be called. `failed`: nothing; `unknown`: it may have been added or ' +
        'removed. `error` says why.'
    })
  )
}
