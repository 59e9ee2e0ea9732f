import { Problem } from '../errors.ts'
import { missingRight } from '../leads/missing-right.ts'
import type { Rights } from '../leads/rights.ts'
import type { DeadLetter, NewJob } from '../outbox/jobs.ts'
import { steadyNow } from '../steady-clock.ts'

/** A request's id, and the id of the key that it was sent with, see `Caller.keyId`. */
export interface RequestRef {
  readonly requestId: string
  readonly keyId?: string
}

/** The caller or operator who asks for a replay. */
export interface ReplayRequester {
  readonly name: string
  /** The VICIdial account that delivers its own updates now, even those accepted for another one. */
  readonly account: string
  /** The caller's permissions now; undefined for an operator, who may replay everything. */
  readonly rights: Rights | undefined
}

/** The gateway's limits on a replay. */
export interface ReplayRules {
  /** Whether a VICIdial account of that name is configured. */
  readonly hasAccount: (account: string) => boolean
  /** How many more updates of an account fit. */
  readonly roomOf: (account: string) => number
}

/** Most dead letters that one request looks at or replays. */
export const MAX_REPLAY_LETTERS = 10_000

/** Selects the dead letters that can be replayed, and counts the others. */
export class ReplaySelection {
  readonly #by: ReplayRequester
  readonly #rules: ReplayRules
  #refused = 0
  #withoutRoom = 0
  #fullAccount: string | undefined
  /** The last letter of a full page. */
  #last: DeadLetter | undefined
  #problem: Problem | undefined

  constructor(by: ReplayRequester, rules: ReplayRules) {
    this.#by = by
    this.#rules = rules
  }

  /** The page to look at next, see `DeadLetterChoice`. */
  nextPage(): { readonly after?: number; readonly limit: number } {
    const after = this.#last ? { after: this.#last.id } : {}
    this.#last = undefined
    return { ...after, limit: MAX_REPLAY_LETTERS }
  }

  /** Whether there may be another page. */
  get isUnfinished(): boolean {
    return this.#last !== undefined
  }

  /** The letters that can be replayed, each with the account that will deliver it. */
  select(letters: readonly DeadLetter[]): DeadLetter[] {
    this.#last = letters[MAX_REPLAY_LETTERS - 1]
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

  /** How many letters are left, `remaining` of which were not looked at. */
  left(remaining: number): { readonly remaining: number; readonly refused?: number } {
    const refused = this.#refused > 0 ? { refused: this.#refused } : {}
    return { remaining: remaining + this.#withoutRoom, ...refused }
  }

  /** The account of the first letter that did not fit. */
  get fullAccount(): string | undefined {
    return this.#fullAccount
  }

  /** Why the first refused letter was refused. */
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

/**
 * The job that replays dead letters of one caller, account and source.
 * @param isForced also sets fields that newer updates have set since
 * @param by the name of the requester
 * @throws RangeError without letters
 */
export function replayJob(
  id: string,
  letters: readonly DeadLetter[],
  isForced: boolean,
  ref: RequestRef,
  by: string
): NewJob {
  const [first] = letters
  if (first === undefined) throw new RangeError('no dead letter to replay')
  const { caller, account, source } = first
  return {
    id,
    caller,
    ...ref,
    ...(by === caller ? {} : { replayedBy: by }),
    account,
    source,
    origin: 'replay',
    acceptedAt: Date.now(),
    dueAt: steadyNow(),
    updates: letters.map(({ update, sequence }, index) => ({
      ...update,
      index,
      ...(isForced ? {} : { sequence })
    })),
    rejected: [],
    replays: letters.map((letter) => letter.id)
  }
}
