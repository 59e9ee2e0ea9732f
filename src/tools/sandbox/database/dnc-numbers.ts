import { collate } from './collation.ts'
import type { CampaignNumber } from './fixture.ts'
import { DatabaseError } from './sql-text.ts'

/** Instead of a campaign id: the whole system. */
export const SYSTEM = 'SYSTEM_INTERNAL'
const PHONE_NUMBER_LENGTH = 18
const CAMPAIGN_ID_LENGTH = 8

/** The tables `vicidial_dnc` and `vicidial_campaign_dnc`: phone numbers that must not be called. */
export class DncNumbers {
  readonly #fixture: readonly CampaignNumber[]
  #rows = new Map<string, CampaignNumber>()

  constructor(system: readonly string[] = [], campaign: readonly CampaignNumber[] = []) {
    this.#fixture = [...system.map((phone_number) => ({ phone_number, campaign_id: SYSTEM })), ...campaign]
    this.reset()
  }

  reset(): void {
    this.#rows = new Map()
    for (const { phone_number, campaign_id } of this.#fixture) this.add(phone_number, campaign_id)
  }

  has(phoneNumber: string, campaignId: string): boolean {
    return this.#rows.has(keyOf(phoneNumber, campaignId))
  }

  /** @throws {DatabaseError} if the number is there once it is cut to the column's length */
  add(phoneNumber: string, campaignId: string): void {
    const phone_number = phoneNumber.slice(0, PHONE_NUMBER_LENGTH)
    const campaign_id = campaignId === SYSTEM ? SYSTEM : campaignId.slice(0, CAMPAIGN_ID_LENGTH)
    const key = keyOf(phone_number, campaign_id)
    if (this.#rows.has(key)) throw new DatabaseError('a duplicate number')
    this.#rows.set(key, { phone_number, campaign_id })
  }

  remove(phoneNumber: string, campaignId: string): void {
    this.#rows.delete(keyOf(phoneNumber, campaignId))
  }

  /** The numbers of the system, sorted. */
  system(): { readonly phone_number: string }[] {
    return this.#sorted()
      .filter(isOfSystem)
      .map(({ phone_number }) => ({ phone_number }))
  }

  /** The numbers of campaigns, sorted. */
  campaigns(): CampaignNumber[] {
    return this.#sorted().filter((row) => !isOfSystem(row))
  }

  /** By number, then by campaign. */
  #sorted(): CampaignNumber[] {
    return [...this.#rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
  }
}

function keyOf(phoneNumber: string, campaignId: string): string {
  return `${phoneNumber} ${campaignId === SYSTEM ? SYSTEM : collate(campaignId)}`
}

function isOfSystem({ campaign_id }: CampaignNumber): boolean {
  return campaign_id === SYSTEM
}
