import { Problem } from '../errors.ts'
import { missingRight, type Rights } from '../leads/rights.ts'
import type { DeadLetter } from '../outbox/jobs.ts'

/** Who asks for a replay. */
export interface Replayer {
  readonly name: string
  /** The VICIdial account by which its own updates are delivered now, whichever they were for. */
  readonly account: string
  /** What it may ask for now; undefined for an operator, who answers for what others once were allowed. */
  readonly rights: Rights | undefined
}

/** What a replay needs to know of the gateway. */
export interface ReplayRules {
  /** Whether there is a VICIdial account of that name. */
  readonly hasAccount: (account: string) => boolean
  /** For how many more updates of an account there is room. */
  readonly roomOf: (account: string) => number
}

/** More dead letters are not looked at, or replayed, at once. */
const MAX_REPLAYED = 10_000

/** Chooses of dead letters those that can be replayed, and counts the others. */
export class ReplayChoice {
  readonly #by: Replayer
  readonly #rules: ReplayRules
  #refused = 0
  #withoutRoom = 0
  #fullAccount: string | undefined
  /** The last of a whole page. */
  #last: DeadLetter | undefined
  #problem: Problem | undefined

  constructor(by: Replayer, rules: ReplayRules) {
    this.#by = by
    this.#rules = rules
  }

  /** The dead letters to look at next, see `DeadLetterChoice`. */
  nextPage(): { readonly after?: number; readonly limit: number } {
    const after = this.#last ? { after: this.#last.id } : {}
    this.#last = undefined
    return { ...after, limit: MAX_REPLAYED }
  }

  /** Whether there may be more than those that were looked at. */
  get isUnfinished(): boolean {
    return this.#last !== undefined
  }

  /** Those that can be replayed, each with the account by which it will be delivered. */
  take(letters: readonly DeadLetter[]): DeadLetter[] {
    this.#last = letters[MAX_REPLAYED - 1]
    const rooms = new Map<string, number>()
    return letters.flatMap((letter) => {
      const account = letter.caller === this.#by.name ? this.#by.account : letter.account
      const problem = this.#refusal(letter, account)
      if (problem) {
        this.#refused++
        this.#problem ??= problem
        return []
      }
      const room = rooms.get(account) ?? this.#rules.roomOf(account)
      rooms.set(account, room - 1)
      if (room > 0) return [{ ...letter, account }]
      this.#withoutRoom++
      this.#fullAccount ??= account
      return []
    })
  }

  /** What is not taken, of `remaining` that were not looked at and those that were. */
  left(remaining: number): { readonly remaining: number; readonly refused?: number } {
    const refused = this.#refused > 0 ? { refused: this.#refused } : {}
    return { remaining: remaining + this.#withoutRoom, ...refused }
  }

  /** The account of the first that was not taken because there is no room. */
  get fullAccount(): string | undefined {
    return this.#fullAccount
  }

  /** Why the first of those that were refused was. */
  get problem(): Problem | undefined {
    return this.#problem
  }

  #refusal({ update }: DeadLetter, account: string): Problem | undefined {
    const { name, rights } = this.#by
    const missing = rights && missingRight(rights, update)
    if (missing !== undefined) return new Problem('permission_denied', `The caller ${name} lacks ${missing}.`)
    if (this.#rules.hasAccount(account)) return undefined
    return new Problem('conflict', `The VICIdial account ${account} is not configured any more.`)
  }
}
