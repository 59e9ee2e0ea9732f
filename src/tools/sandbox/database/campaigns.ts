import { collate } from './collation.ts'
import type { AreaCode, Campaign, Fixture, List } from './fixture.ts'
import { offsetHours } from './server-clock.ts'

const MS_PER_HOUR = 3_600_000

/** What VICIdial knows of lists, campaigns, and the times at which leads may be called. */
export class Campaigns {
  readonly lists: readonly List[]
  readonly #campaigns: ReadonlyMap<string, Campaign>
  readonly #areaCodes: readonly AreaCode[]

  constructor({ lists, campaigns, area_codes = [] }: Pick<Fixture, 'lists' | 'campaigns' | 'area_codes'>) {
    this.lists = lists
    const ofLists = lists.map(({ campaign_id }) => ({ campaign_id, call_from: 0, call_until: 2400 }))
    this.#campaigns = new Map(
      (campaigns ?? ofLists).map((campaign) => [collate(campaign.campaign_id), campaign])
    )
    this.#areaCodes = area_codes
  }

  list(listId: number): List | undefined {
    return this.lists.find(({ list_id }) => list_id === listId)
  }

  has(campaignId: string): boolean {
    return this.#campaigns.has(collate(campaignId))
  }

  /** The campaign that dials a list; undefined if the list or the campaign does not exist. */
  ofList(listId: number): Campaign | undefined {
    const list = this.list(listId)
    return list && this.#campaigns.get(collate(list.campaign_id))
  }

  hasAreaCode(phoneNumber: string): boolean {
    return this.#areaCodes.some((code) => code.country_code === '1' && isIn(code, phoneNumber))
  }

  /** The state of a phone number's area code. */
  stateOf(phoneCode: string, phoneNumber: string): string | undefined {
    return this.#areaCodes.find((code) => code.country_code === phoneCode && isIn(code, phoneNumber))?.state
  }

  /** The time offset that VICIdial gives a new lead, in hours; empty if nothing is known of the country. */
  offsetOf(phoneCode: string, phoneNumber: string, now: number): string {
    const ofCountry = this.#areaCodes.filter(({ country_code }) => country_code === phoneCode)
    const found = ofCountry.find((code) => isIn(code, phoneNumber)) ?? ofCountry[0]
    return found === undefined ? '' : String(offsetHours(now, found.time_zone))
  }
}

function isIn({ areacode }: AreaCode, phoneNumber: string): boolean {
  return phoneNumber.slice(0, 3) === areacode
}

/**
 * Whether a campaign may call a lead now. A campaign that doesn't exist may not.
 *
 * @param offset the lead's time offset in hours, like `-5.00`
 * @param now ms since the epoch
 */
export function isDialable(campaign: Campaign | undefined, offset: string, now: number): boolean {
  if (campaign === undefined) return false
  const local = new Date(now + Number(offset) * MS_PER_HOUR)
  const time = local.getUTCHours() * 100 + local.getUTCMinutes()
  return time >= campaign.call_from && time < campaign.call_until
}
