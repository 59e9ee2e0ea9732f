import type { User } from '../database/fixture.ts'

const UPDATE_LEVEL = 8
const READ_LEVEL = 7

type RightColumn =
  | 'modify_leads'
  | 'modify_lists'
  | 'modify_campaigns'
  | 'delete_from_dnc'
  | 'vdc_agent_api_access'
  | 'view_reports'

/** What a function requires besides a login. */
export interface Right {
  /** The lowest `user_level`. */
  readonly level: number
  /** The accepted settings, by column. */
  readonly requires: Readonly<Partial<Record<RightColumn, readonly string[]>>>
  /** What is not permitted, in the words of the refusal. */
  readonly refused: string
  /** The end of the refusal, after the user's name. */
  readonly end: '|0|' | '|0'
}

const ON = ['1']
const SOME_LEADS = ['1', '2', '3', '4']
const API = { vdc_agent_api_access: ON }

export const UPDATE_LEADS: Right = {
  level: UPDATE_LEVEL,
  requires: { ...API, modify_leads: SOME_LEADS },
  refused: 'UPDATE LEADS IN THE SYSTEM',
  end: '|0|'
}

export const ADD_LEADS: Right = { ...UPDATE_LEADS, refused: 'ADD LEADS TO THE SYSTEM' }

export const SEARCH_LEADS: Right = {
  level: UPDATE_LEVEL,
  requires: { ...API, modify_leads: [...SOME_LEADS, '5'] },
  refused: 'SEARCH FOR LEADS',
  end: '|0|'
}

export const READ_FIELDS: Right = {
  level: READ_LEVEL,
  requires: { ...API, modify_leads: SOME_LEADS },
  refused: 'GET LEAD INFO',
  end: '|0|'
}

export const READ_LEADS: Right = {
  ...READ_FIELDS,
  requires: { ...API, modify_leads: [...SOME_LEADS, '5'], view_reports: ON }
}

export const READ_CALLBACKS: Right = { ...READ_FIELDS, requires: { ...API, view_reports: ON } }

export const ADD_TO_HOPPER: Right = {
  level: UPDATE_LEVEL,
  requires: { ...API, modify_campaigns: ON },
  refused: 'ADD LEADS TO THE HOPPER',
  end: '|0|'
}

export const MODIFY_LISTS: Right = {
  level: UPDATE_LEVEL,
  requires: { ...API, modify_lists: ON },
  refused: 'MODIFY LISTS',
  end: '|0'
}

export const ADD_DNC_NUMBERS: Right = {
  level: UPDATE_LEVEL,
  requires: { modify_lists: ON },
  refused: 'ADD DNC NUMBERS',
  end: '|0'
}

export const DELETE_DNC_NUMBERS: Right = {
  level: UPDATE_LEVEL,
  requires: { modify_lists: ON, delete_from_dnc: ON },
  refused: 'DELETE DNC NUMBERS',
  end: '|0'
}

/** Whether the function is among the user's allowed functions. */
export function mayCall(user: User, functionName: string): boolean {
  const allowed = user.api_allowed_functions
  return allowed.includes('ALL_FUNCTIONS') || allowed.includes(` ${functionName} `)
}

export function hasRight(user: User, { level, requires }: Right): boolean {
  return (
    user.user_level >= level &&
    Object.entries(requires).every(([column, accepted]) =>
      accepted.includes(user[column as RightColumn] ?? '1')
    )
  )
}
