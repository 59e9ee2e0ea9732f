import { Type } from 'typebox'
import { CAMPAIGN_PATTERN } from '../src/leads/actions/campaign.ts'

/** The campaign whose numbers are meant. */
export const DncCampaignSchema = Type.String({
  pattern: CAMPAIGN_PATTERN,
  description:
    'The campaign that must not call the numbers. Absent: no campaign may. VICIdial does not check that the campaign exists.',
  examples: ['CAMPA']
})

/** Numbers to add to those that must not be called. */
export const DncRequestSchema = Type.Object(
  {
    phone_numbers: Type.Array(Type.String(), {
      minItems: 1,
      description: 'Digits, and `+ ( ) . -` and spaces between them, as VICIdial dials the numbers.',
      examples: [['2125550101']]
    }),
    campaign_id: Type.Optional(DncCampaignSchema),
    source: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9]{2,20}$',
        description: "The sender's name in VICIdial's log. The default is the caller's, or the server's."
      })
    ),
    dry_run: Type.Optional(
      Type.Boolean({ description: 'Sends nothing. The response says which calls would be made.' })
    )
  },
  { $id: 'DncRequest', additionalProperties: false, description: 'Numbers that must not be called.' }
)
