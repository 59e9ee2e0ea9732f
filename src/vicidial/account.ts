/** A VICIdial account that the gateway calls with, and its limits. */
export interface Account {
  /** The name that callers refer to; `DEFAULT_ACCOUNT` for the account of the environment. */
  readonly name: string
  readonly user: string
  readonly pass: string
  /** Calls in flight at once. */
  readonly maxConcurrency: number
  /** 0: no limit. */
  readonly maxCallsPerSecond: number
}

/** The account of `VICIDIAL_USER`, used by callers and webhooks that name no other. */
export const DEFAULT_ACCOUNT = 'default'

/** Characters that VICIdial strips from user and password before it compares them. */
const STRIPPED = /[^-_0-9A-Za-z]/g

/** A user's name as VICIdial compares it: stripped, and without regard to case. */
export function userName(user: string): string {
  return user.replaceAll(STRIPPED, '').toLowerCase()
}

/** Whether VICIdial strips characters from this user or password. */
export function isStripped(text: string): boolean {
  return text.search(STRIPPED) !== -1
}
