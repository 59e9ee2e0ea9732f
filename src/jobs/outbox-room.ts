import { overloaded, type Problem, StorageError } from '../errors.ts'
import type { Outbox } from '../outbox/outbox.ts'

/** In seconds. Most faults end soon: the disk is cleared, or the backlog shrinks. */
const RETRY_AFTER_SECONDS = 30
const NOT_ACCEPTED = 'The updates cannot be stored now; nothing was accepted.'

/** The room that each VICIdial account has for stored updates. */
export class OutboxRoom {
  readonly #queue: Pick<Outbox['queue'], 'pendingByAccount'>
  readonly #maxPending: number

  /** @param maxPending most pending updates of each account */
  constructor(queue: Pick<Outbox['queue'], 'pendingByAccount'>, maxPending: number) {
    this.#queue = queue
    this.#maxPending = maxPending
  }

  /** How many more updates of an account fit; with none pending, a request of any size does. */
  of(account: string): number {
    const pending = this.#pending(account)
    return pending === 0 ? Infinity : this.#maxPending - pending
  }

  /** The refusal of updates for which an account has no room. */
  refusal(account: string): Problem {
    const detail = `${this.#pending(account)} updates wait for VICIdial; further ones cannot be stored now.`
    return overloaded(detail, RETRY_AFTER_SECONDS)
  }

  #pending(account: string): number {
    return this.#queue.pendingByAccount.get(account) ?? 0
  }
}

/**
 * Refuses a request because the database failed.
 * @param maybe what to say if the database may have stored it
 * @throws Problem overloaded; the error itself if it is another one
 */
export function throwNotStored(error: unknown, maybe: string = NOT_ACCEPTED): never {
  if (!(error instanceof StorageError)) throw error
  throw overloaded(error.mayBeStored ? maybe : NOT_ACCEPTED, RETRY_AFTER_SECONDS)
}
