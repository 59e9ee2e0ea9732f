import type { Result } from '../../schemas/batch.ts'
import type { Update } from '../leads/update.ts'

/** An update claimed for delivery. Until it is settled, no other update of its lead is claimed, for any account. */
export interface Claimed {
  readonly id: number
  /** Its position in the order of all accepted updates; a replayed one keeps the position of its first acceptance. */
  readonly sequence: number
  readonly job: {
    readonly id: string
    readonly caller: string
    readonly requestId: string
    readonly keyId: string | undefined
    readonly replayedBy?: string
    readonly account: string
    readonly source: string
  }
  readonly update: Update
  /** Fields that newer updates of the lead have set since. */
  readonly superseded: readonly string[]
  /** Deliveries attempted before. */
  readonly attempts: number
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
}

/** The end of one delivery of a claimed update. */
export type Settlement = { readonly claimed: Claimed } & (
  | {
      readonly disposition: 'delivered' | 'dead_lettered'
      readonly result: Result
      readonly delivered: readonly DeliveredFields[]
    }
  /** It can be claimed again at `dueAt`; `result` is that of the last attempt. */
  | {
      readonly disposition: 'retry'
      readonly result?: Result
      readonly attempts: number
      readonly dueAt: number
    }
)

/** Fields of a lead that VICIdial has set. */
export interface DeliveredFields {
  /** The lead as an update names it, see `keyName`. */
  readonly lead: string
  readonly fields: readonly string[]
}

/** The accepted updates that have not ended, in the order of each lead. */
export interface UpdateQueue {
  /**
   * Claims due updates of an account, oldest first, at most one of each lead. A lead's later updates wait for the
   * account's earlier ones, and for another account's only while that is in flight.
   */
  claim(account: string, limit: number, now: number): Promise<Claimed[]>
  /**
   * Ends deliveries.
   * @param calls calls to VICIdial, by job id
   */
  settle(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): Promise<void>
  /** Calls `listener` with settled and cancelled updates once that is on disk. */
  onSettled(listener: (settlements: readonly Settlement[]) => void): void
  /** The position that the next accepted update gets. */
  readonly nextSequence: number
  /** Records what was delivered without the queue, so that updates before `sequence` do not undo it. */
  supersede(delivered: readonly DeliveredFields[], sequence: number): Promise<void>
  /** When an account's next claimable update is due, in milliseconds since the epoch; undefined without one. */
  nextDueAt(account: string): number | undefined
  /** Pending updates, those in flight included, and dead letters. */
  readonly size: { readonly pending: number; readonly deadLetters: number }
  /** Pending updates by account, those in flight included. */
  readonly pendingByAccount: ReadonlyMap<string, number>
  /**
   * When the oldest unfinished job was accepted, in milliseconds since the epoch; undefined without one.
   * @throws StorageError
   */
  readonly oldestPendingAt: number | undefined
}
