import { collate } from '../database/collation.ts'
import type { User } from '../database/fixture.ts'

const FAILURES_BEFORE_LOCK = 10
const LOCK_MS = 15 * 60 * 1000
/** The lowest `user_level` that may log in. Updates need a higher one. */
const LOGIN_LEVEL = 7

interface Failures {
  readonly count: number
  /** When counting began: VICIdial's `last_login_date`, in ms since the epoch. */
  readonly since: number
}

export type LoginAnswer = User | 'BAD' | 'LOCK'

/** VICIdial's users and their failed logins. */
export class Login {
  readonly #fixture: readonly User[]
  readonly #now: () => number
  #users: Map<string, User> = new Map()
  #failures: Map<string, Failures> = new Map()

  /** @param now the time in ms since the epoch */
  constructor(fixture: readonly User[], now: () => number) {
    this.#fixture = fixture
    this.#now = now
    this.reset()
  }

  /** Resets every user to the fixture, as if each had just logged in. */
  reset(): void {
    this.#users = new Map(this.#fixture.map((user) => [collate(user.user), user]))
    this.#failures = new Map()
    for (const name of this.#users.keys()) this.#failures.set(name, { count: 0, since: this.#now() })
  }

  /** @returns whether there is such a user */
  setPassword(name: string, pass: string): boolean {
    const user = this.#users.get(collate(name))
    if (user === undefined) return false
    this.#users.set(collate(name), { ...user, pass })
    return true
  }

  /**
   * Tries a login with cleaned values. Ten failures lock the user name until 15 minutes after the last good login.
   * The next failure after that counts as the first (measured).
   */
  attempt(name: string, pass: string): LoginAnswer {
    const user = this.#users.get(collate(name))
    const failures = this.#failures.get(collate(name))
    if (user === undefined || failures === undefined) return 'BAD'
    const isAtLimit = failures.count >= FAILURES_BEFORE_LOCK
    const now = this.#now()
    if (isAtLimit && now - failures.since <= LOCK_MS) return 'LOCK'
    const isGood =
      collate(user.pass) === collate(pass) && user.user_level >= LOGIN_LEVEL && user.active === 'Y'
    const counted = isAtLimit ? { count: 1, since: now } : { ...failures, count: failures.count + 1 }
    this.#failures.set(collate(name), isGood ? { count: 0, since: now } : counted)
    return isGood ? user : 'BAD'
  }
}
