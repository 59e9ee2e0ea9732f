import type { Fixture, User } from '../database/fixture.ts'

/** VICIdial doesn't check list ids below this one. */
const LOWEST_LIST_ID = 99

/** The lists whose leads a user may touch. */
export interface AllowedLists {
  /** Whether the user has restricted lists. */
  readonly isRestricted: boolean
  /** Whether a lead in this list may be updated by a batch. */
  includes(listId: number): boolean
  /** Whether a call may name this list. VICIdial compares text, so `0101` is not list 101. Empty text passes. */
  permits(listIdText: string): boolean
  /** As `permits`, without exceptions. */
  names(listIdText: string): boolean
}

const EVERY_LIST: AllowedLists = {
  isRestricted: false,
  includes: () => true,
  permits: () => true,
  names: () => true
}

/** @returns undefined if the user's group does not exist and the user has restricted lists */
export function readAllowedLists(user: User, fixture: Fixture): AllowedLists | undefined {
  if (Number(user.api_list_restrict) < 1) return EVERY_LIST
  const ids = readGroupLists(user, fixture)?.lists
  if (ids === undefined) return undefined
  const texts = new Set([...ids].map(String))
  return {
    isRestricted: true,
    // For a group without lists, VICIdial leaves the condition out of the statement.
    includes: (listId) => ids.size === 0 || ids.has(listId),
    permits: (listIdText) => Number(listIdText) < LOWEST_LIST_ID || texts.has(listIdText),
    names: (listIdText) => texts.has(listIdText)
  }
}

/** What a user's group allows. */
export interface GroupLists {
  readonly hasAllCampaigns: boolean
  /** The lists of the campaigns that the group allows. */
  readonly lists: ReadonlySet<number>
}

/** @returns undefined if there is no such group */
export function readGroupLists(user: User, fixture: Fixture): GroupLists | undefined {
  const group = fixture.user_groups.find(({ user_group }) => user_group === user.user_group)
  if (group === undefined) return undefined
  const campaigns = group.allowed_campaigns.split(' ')
  const hasAllCampaigns = group.allowed_campaigns.includes('-ALL')
  const allowed = fixture.lists.filter(
    ({ campaign_id }) => hasAllCampaigns || campaigns.includes(campaign_id)
  )
  return { hasAllCampaigns, lists: new Set(allowed.map(({ list_id }) => list_id)) }
}
