import type { User } from '../database/fixture.ts'

const UPDATE_LEVEL = 8
const READ_LEVEL = 7

/** What a function requires besides a login. */
export interface Right {
  /** The lowest `user_level`. */
  readonly level: number
  /** The accepted `modify_leads` settings. */
  readonly modifyLeads: readonly string[]
  /** What is not permitted, in the words of the refusal. */
  readonly refused: string
}

export const UPDATE_LEADS: Right = {
  level: UPDATE_LEVEL,
  modifyLeads: ['1', '2', '3', '4'],
  refused: 'UPDATE LEADS IN THE SYSTEM'
}

export const SEARCH_LEADS: Right = {
  level: UPDATE_LEVEL,
  modifyLeads: ['1', '2', '3', '4', '5'],
  refused: 'SEARCH FOR LEADS'
}

export const READ_LEADS: Right = {
  level: READ_LEVEL,
  modifyLeads: ['1', '2', '3', '4'],
  refused: 'GET LEAD INFO'
}

/** Needs `modify_lists` in VICIdial, which every user of the sandbox has. */
export const MODIFY_LISTS: Right = {
  level: UPDATE_LEVEL,
  modifyLeads: ['0', '1', '2', '3', '4', '5'],
  refused: 'MODIFY LISTS'
}

/** Whether the function is among the user's allowed functions. */
export function mayCall(user: User, functionName: string): boolean {
  const allowed = user.api_allowed_functions
  return allowed.includes('ALL_FUNCTIONS') || allowed.includes(` ${functionName} `)
}

export function hasRight(user: User, right: Right): boolean {
  return (
    user.user_level >= right.level &&
    user.vdc_agent_api_access === '1' &&
    right.modifyLeads.includes(user.modify_leads)
  )
}
