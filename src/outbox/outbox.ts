import type { Result } from '../../schemas/batch.ts'
import { IDEMPOTENCY_KEY_TTL_MS, type IdempotencyRecord } from '../http/idempotency-record.ts'
import type { Update } from '../leads/update.ts'
import type { HistoryEntry, HistoryPage, HistoryRecord } from './history.ts'

/** Updates that were accepted together, to be delivered whatever happens. */
export interface NewJob {
  /** `job_` and a ULID. */
  readonly id: string
  readonly caller: string
  /** The request that it came with, and the key of that, see `Caller.keyId`. */
  readonly requestId: string
  readonly keyId?: string
  /** Who asked for it, and has that key, if it replays what another caller sent. */
  readonly replayedBy?: string
  /** The VICIdial account by which it is delivered. */
  readonly account: string
  /** VICIdial's `source`. */
  readonly source: string
  /** How it came: `batch`, `webhook:NAME` or `replay`. */
  readonly origin: string
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
  readonly updates: readonly NewUpdate[]
  /** Results of the updates that were refused at once, by their index. */
  readonly refused: readonly Result[]
  /** What the same request will be answered again. */
  readonly answer?: IdempotencyRecord
  /** Dead letters that this job takes over, by `DeadLetter.seq`, see `Outbox.replay`. */
  readonly replays?: readonly number[]
}

/** An update to be delivered. */
export interface NewUpdate extends Update {
  /** Its place in the order of all accepted updates, if it was accepted before: a replay undoes nothing newer. */
  readonly sequence?: number
  /** Fields that newer updates of the lead have set since. */
  readonly superseded?: readonly string[]
}

/** An update that was given out for delivery; none other of its lead is until it is settled, of whichever account. */
export interface Claimed {
  readonly seq: number
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
  readonly superseded: readonly string[]
  /** Deliveries that were tried before. */
  readonly attempts: number
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
}

/** What became of a claimed update. */
export type Settlement = { readonly claimed: Claimed } & (
  | {
      readonly disposition: 'delivered' | 'dead_lettered'
      readonly result: Result
      readonly delivered: readonly DeliveredFields[]
    }
  /** To be claimed again at `dueAt`; `result` is what happened last. */
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

export type JobStatus = 'queued' | 'running' | 'completed' | 'partial' | 'failed'

/** A job as it stands. */
export interface Job {
  readonly id: string
  readonly caller: string
  readonly source: string
  readonly origin: string
  readonly status: JobStatus
  readonly acceptedAt: number
  readonly finishedAt: number | undefined
  /** How many of its updates have a result of each status; those without one are `queued`. */
  readonly counts: Readonly<Record<string, number>>
  /** Calls to VICIdial in which it had a part. */
  readonly upstreamCalls: number
}

/** An update that is given up: it was tried for as long as the schedule says. */
export interface DeadLetter {
  readonly seq: number
  readonly sequence: number
  readonly jobId: string
  readonly caller: string
  readonly account: string
  readonly source: string
  readonly update: Update
  readonly superseded: readonly string[]
  readonly attempts: number
  readonly result: Result
  readonly diedAt: number
}

/** Part of a list, newest first. `caller` undefined: everybody's. */
export interface Page {
  readonly caller?: string
  readonly limit: number
  /** The last one of the page before. */
  readonly after?: string
}

/** So long an event is known by its id: senders repeat for up to three days. */
export const EVENT_ID_TTL_MS = 7 * IDEMPOTENCY_KEY_TTL_MS

/** Part of the list of dead letters. */
export interface DeadLetterPage extends Page {
  readonly jobId?: string
}

/** Dead letters to be delivered anew, the oldest first; absent: of everybody, of every job, whichever. */
export interface DeadLetterChoice {
  readonly caller?: string
  readonly jobId?: string
  readonly seqs?: readonly number[]
  /** The last of those that were looked at before: none up to it. */
  readonly after?: number
  readonly limit: number
}

/** What becomes of dead letters. */
export interface Replay {
  /** Each takes over some of them, see `NewJob.replays`. */
  readonly jobs: readonly NewJob[]
  readonly answer: IdempotencyRecord
}

/** Part of the list of jobs; `source` is VICIdial's. */
export interface JobPage extends Page {
  readonly status?: JobStatus
  readonly source?: string
}

/**
 * What was accepted and has to arrive. Whatever resolves is on disk. Every method may reject with a StorageError,
 * and has then done nothing.
 */
export interface Outbox {
  /** Stores a job; or gives the answer that is known for its key, and stores nothing. */
  accept(job: NewJob): Promise<IdempotencyRecord | undefined>
  /**
   * Stores jobs that take over dead letters, all in one step: whatever `replay` is given of them, above all what newer
   * updates have set since, is as it is when they are taken over, and nobody else takes them over too.
   * @param replay makes jobs of those that were found, if any were; `remaining` counts how many more there are than `limit`.
   *   Gives undefined to take none of them over
   * @param repeat what makes the request known; its answer is kept then, or if one is known nothing is done
   * @returns the answer; undefined if nothing was found, or taken over
   */
  replay(
    choice: DeadLetterChoice,
    replay: (letters: readonly DeadLetter[], remaining: () => number) => Replay | undefined,
    repeat?: Pick<IdempotencyRecord, 'caller' | 'key'>
  ): Promise<IdempotencyRecord | undefined>
  /** The answer that is known for a caller's key, if it was given at `since` or later. */
  findAnswer(caller: string, key: string, since: number): Promise<IdempotencyRecord | undefined>
  /** Keeps an answer. */
  saveAnswer(answer: IdempotencyRecord): Promise<void>

  /**
   * Gives out due updates of an account, oldest first, at most one of each lead; later ones of a lead wait for the
   * account's earlier ones, and for one of another account only while that is being delivered.
   */
  claim(account: string, limit: number, now: number): Promise<Claimed[]>
  /** Ends deliveries. `calls`: calls to VICIdial by job id. */
  settle(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): Promise<void>
  /** The place that the next accepted update gets in the order of all. */
  readonly nextSequence: number
  /**
   * Notes what was delivered past the outbox, so that updates of these leads with a place before `order` do not undo
   * it.
   */
  supersede(delivered: readonly DeliveredFields[], order: number): Promise<void>
  /**
   * When the next update of an account is due, in milliseconds since the epoch; undefined if none waits that could be
   * claimed.
   */
  nextDueAt(account: string): number | undefined

  job(id: string): Promise<Job | undefined>
  /** Calls `listener` when a job has ended and that is on disk. Returns what ends the listening. */
  onEnd(id: string, listener: () => void): () => void
  /** Calls `listener` with whatever is settled or cancelled, once that is on disk. */
  onSettled(listener: (settlements: readonly Settlement[]) => void): void
  /**
   * The results of a job in the order of its updates; those without one yet as `queued`.
   * @param part those from a place on, counted from 0; absent: all
   */
  results(id: string, part?: { readonly from: number; readonly limit: number }): Promise<Result[]>
  jobs(page: JobPage): Promise<Job[]>
  /** Ends the updates of a job that are not being delivered. Returns how many. */
  cancel(id: string, now: number): Promise<number>
  deadLetters(page: DeadLetterPage): Promise<DeadLetter[]>

  /** Keeps what became of updates that were not stored as a job's. */
  record(records: readonly HistoryRecord[]): Promise<void>
  /** What became of updates, newest first; those of jobs are kept as they are settled. */
  history(page: HistoryPage): Promise<HistoryEntry[]>
  /** Deletes history from before `before`, about `limit` entries at once. Returns how many. */
  purgeHistory(before: number, limit: number): Promise<number>

  /**
   * Deletes what ended before `before`, at most about `limit` rows at once. Returns how many rows. While there is a
   * fault it also tries whether something can be written again.
   */
  purge(before: number, answersBefore: number, limit: number): Promise<number>
  /** Updates that wait or are being delivered, and dead letters. */
  readonly size: { readonly open: number; readonly dead: number }
  /** Updates that wait or are being delivered, by account. */
  readonly pendingByAccount: ReadonlyMap<string, number>
  /**
   * When the oldest job with updates that wait or are being delivered was accepted, in milliseconds since the epoch;
   * undefined if there is none.
   * @throws StorageError
   */
  readonly oldestPendingAt: number | undefined
  /**
   * The size of what is stored, in bytes.
   * @throws StorageError
   */
  readonly bytes: number
  /** Why nothing can be stored; undefined if all is well. */
  readonly fault: string | undefined
  close(): Promise<void>
}
