import type { Fixture, User } from '../database/fixture.ts'

/** VICIdial doesn't check list ids below this one. */
const LOWEST_LIST_ID = 99

/** The lists whose leads a user may touch. */
export interface AllowedLists {
  /** Whether a lead in this list may be updated by a batch. */
  includes(listId: number): boolean
  /** Whether a call may name this list. VICIdial compares text, so `0101` is not list 101. Empty text passes. */
  permits(listIdText: string): boolean
}

const EVERY_LIST: AllowedLists = { includes: () => true, permits: () => true }

/** @returns undefined if the user's group does not exist and the user has restricted lists */
export function readAllowedLists(user: User, fixture: Fixture): AllowedLists | undefined {
  if (Number(user.api_list_restrict) < 1) return EVERY_LIST
  const ids = listsOfGroup(user, fixture)
  if (ids === undefined) return undefined
  const texts = new Set([...ids].map(String))
  return {
    // For a group without lists, VICIdial leaves the condition out of the statement.
    includes: (listId) => ids.size === 0 || ids.has(listId),
    permits: (listIdText) => Number(listIdText) < LOWEST_LIST_ID || texts.has(listIdText)
  }
}

/** @returns the ids of the lists of the campaigns that the user's group allows; undefined if there is no such group */
export function listsOfGroup(user: User, fixture: Fixture): ReadonlySet<number> | undefined {
  const group = fixture.user_groups.find(({ user_group }) => user_group === user.user_group)
  if (group === undefined) return undefined
  const campaigns = group.allowed_campaigns.split(' ')
  const allowed = fixture.lists.filter(
    ({ campaign_id }) => group.allowed_campaigns.includes('-ALL') || campaigns.includes(campaign_id)
  )
  return new Set(allowed.map(({ list_id }) => list_id))
}
