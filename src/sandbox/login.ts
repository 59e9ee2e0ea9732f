import { collate } from './collation.ts'
import type { User } from './fixture.ts'

const FAILURES_BEFORE_LOCK = 10
const LOCK_MS = 15 * 60 * 1000
/** The lowest `user_level` that may log in; updating needs more. */
const LOGIN_LEVEL = 7

interface Failures {
  readonly count: number
  /** When the last counted one happened, in ms since the epoch. */
  readonly at: number
}

export type LoginAnswer = User | 'BAD' | 'LOCK'

/** VICIdial's users and their failed logins (CONTRACT.md, "Login and permission"). */
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

  /** Puts every user back to what the fixture says and forgets the failed logins. */
  reset(): void {
    this.#users = new Map(this.#fixture.map((user) => [collate(user.user), user]))
    this.#failures = new Map()
  }

  /** @returns whether there is such a user */
  setPassword(name: string, pass: string): boolean {
    const user = this.#users.get(collate(name))
    if (user === undefined) return false
    this.#users.set(collate(name), { ...user, pass })
    return true
  }

  /**
   * Tries a login with cleaned values. Ten failures lock the user, known by name, for 15 minutes from the tenth;
   * tries during that time prolong nothing.
   */
  attempt(name: string, pass: string): LoginAnswer {
    const user = this.#users.get(collate(name))
    if (user === undefined) return 'BAD'
    const failures = this.#currentFailures(name)
    if (failures >= FAILURES_BEFORE_LOCK) return 'LOCK'
    if (collate(user.pass) === collate(pass) && user.user_level >= LOGIN_LEVEL && user.active === 'Y') {
      this.#failures.delete(collate(name))
      return user
    }
    this.#failures.set(collate(name), { count: failures + 1, at: this.#now() })
    return 'BAD'
  }

  #currentFailures(name: string): number {
    const failures = this.#failures.get(collate(name))
    if (failures === undefined) return 0
    const lockIsOver = failures.count >= FAILURES_BEFORE_LOCK && this.#now() - failures.at >= LOCK_MS
    return lockIsOver ? 0 : failures.count
  }
}
