/** A VICIdial account with which the gateway makes calls, and how many of them. */
export interface Account {
  /** How callers name it; `DEFAULT_ACCOUNT` for the one of the environment. */
  readonly name: string
  readonly user: string
  readonly pass: string
  /** Calls in flight. */
  readonly maxConcurrency: number
  /** 0: no limit. */
  readonly maxCallsPerSecond: number
}

/** The account of `VICIDIAL_USER`, which callers and webhooks have that name no other. */
export const DEFAULT_ACCOUNT = 'default'

/** A user's name as VICIdial compares it: it strips all but letters, digits, `-` and `_`, and case counts for nothing. */
export function userName(user: string): string {
  return user.replaceAll(/[^-_0-9A-Za-z]/g, '').toLowerCase()
}
