/** The ids of VICIdial's campaigns; it would cut a longer one. */
export const CAMPAIGN_PATTERN = '^[0-9A-Za-z_-]{1,8}$'
const CAMPAIGN = new RegExp(CAMPAIGN_PATTERN)

/** What a campaign's id must be, as a sentence. */
export const CAMPAIGN_RULE = 'campaign_id must be 1 to 8 letters, digits, - and _'

export function isCampaign(value: unknown): value is string {
  return typeof value === 'string' && CAMPAIGN.test(value)
}
