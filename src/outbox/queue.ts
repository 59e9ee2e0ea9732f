import type { Result } from '../../schemas/batch.ts'
import type { Update } from '../leads/update.ts'
import type { Attempt } from './attempts.ts'

/**
 * Updates of a lead are folded into the newest of them if this many set the same fields in a row. Fewer are all sent, so
 * that VICIdial's log has each of them.
 */
export const MIN_FOLDED = 10
/** Most updates that one claim folds into others: few enough that reading them blocks nothing else. */
export const MAX_FOLDED = 500

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
  /**
   * Updates of its lead that were accepted right before it and set the same fields, oldest first: it is sent in place of
   * them. Each has to be settled, too.
   */
  readonly folded?: readonly Claimed[]
}

/** The end of one delivery of a claimed update. */
export type Settlement = {
  readonly claimed: Claimed
  /** The last one, to be kept and counted; absent if the update succeeded at once, or was not sent. */
  readonly attempt?: Attempt
} & (
  | {
      readonly disposition: 'delivered' | 'dead_lettered'
      readonly result: Result
      readonly delivered: readonly DeliveredFields[]
    }
  /** It can be claimed again at `dueAt`; `result` is that of the last attempt, if absent the one before. */
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
   * Claims due updates of an account, oldest first, at most one of each lead; if many right after it set the same
   * fields, they are folded into the last of them. A lead's later updates wait for earlier ones of the same account. They
   * wait for another account's only while those are in flight.
   * @param limit not counting those that are folded
   * @param maxFolded most that are folded; absent, or more than that: MAX_FOLDED
   */
  claim(account: string, limit: number, now: number, maxFolded?: number): Promise<Claimed[]>
  /**
   * Ends deliveries.
   * @param calls calls to VICIdial, by job id
   */
  settle(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): Promise<void>
  /** Calls `listener` with settled and cancelled updates once that is on disk. */
  onSettled(listener: (settlements: readonly Settlement[]) => void): void
  /** Calls `listener` when updates were found that can be claimed and that another gateway may have accepted. */
  onArrived(listener: () => void): void
  /**
   * The position of a request that begins now: updates accepted before have lower ones, and those accepted later don't.
   * Undefined if no update accepted before could undo what it writes: none is pending, and there is no dead letter.
   */
  nextSequence(): Promise<number | undefined>
  /** Records what was delivered without the queue, so that updates before `sequence` do not undo it. */
  supersede(delivered: readonly DeliveredFields[], sequence: number): Promise<void>
  /**
   * The fields of a lead that updates after `sequence` have set, so that the one at `sequence` may not set them any more.
   * The lead is named as in updates, see `keyName`.
   * Complete only for the sequence number of an update that has not ended.
   * @throws StorageError
   */
  writtenSince(lead: string, sequence: number): readonly string[]
  /** Deletes about `limit` of the notes for `writtenSince` that no update needs any more. Returns how many. */
  forgetWrites(limit: number): Promise<number>
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
