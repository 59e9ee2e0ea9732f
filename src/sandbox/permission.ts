import type { User } from './fixture.ts'

const UPDATE_LEVEL = 8

/** The rights that a function asks for besides a login. */
export interface Right {
  /** The `modify_leads` settings that suffice. */
  readonly modifyLeads: readonly string[]
  /** What the refusal says is not permitted. */
  readonly refused: string
}

export const UPDATE_LEADS: Right = {
  modifyLeads: ['1', '2', '3', '4'],
  refused: 'UPDATE LEADS IN THE SYSTEM'
}

export const SEARCH_LEADS: Right = { modifyLeads: ['1', '2', '3', '4', '5'], refused: 'SEARCH FOR LEADS' }

/** Whether the user's allowed functions have this one. */
export function mayCall(user: User, functionName: string): boolean {
  const allowed = user.api_allowed_functions
  return allowed.includes('ALL_FUNCTIONS') || allowed.includes(` ${functionName} `)
}

export function hasRight(user: User, right: Right): boolean {
  return (
    user.user_level >= UPDATE_LEVEL &&
    user.vdc_agent_api_access === '1' &&
    right.modifyLeads.includes(user.modify_leads)
  )
}
