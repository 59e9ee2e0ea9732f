import type { Result } from '../../schemas/batch.ts'
import type { Update } from '../leads/update.ts'
import type { IdempotencyRecord } from '../http/idempotency-record.ts'
import type { UpdateAttempts } from './attempts.ts'

/** Updates accepted together for delivery. */
export interface NewJob {
  /** `job_` and a ULID. */
  readonly id: string
  readonly caller: string
  /** The request that it came with, and that request's key, see `Caller.keyId`. */
  readonly requestId: string
  readonly keyId?: string | undefined
  /** The caller who replays it, if another one sent it. */
  readonly replayedBy?: string
  /** The VICIdial account that delivers it. */
  readonly account: string
  /** VICIdial's `source`. */
  readonly source: string
  /** `batch`, `webhook:NAME` or `replay`. */
  readonly origin: string
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
  /** When its updates can be claimed, by the clock of those who claim; absent: at `acceptedAt`. */
  readonly dueAt?: number
  readonly updates: readonly NewUpdate[]
  /** Results of the updates rejected at once, by their index. */
  readonly rejected: readonly Result[]
  /** The response to repeats of the request, or of each of its events. */
  readonly records?: readonly IdempotencyRecord[]
  /** Ids of the dead letters that this job replays, see `JobStore.replay`. */
  readonly replays?: readonly number[]
}

/** An update to be delivered. */
export interface NewUpdate extends Update {
  /** A replayed update's position, see `Claimed.sequence`: a replay undoes nothing newer. */
  readonly sequence?: number
}

export type JobStatus = 'queued' | 'running' | 'completed' | 'partial' | 'failed'

/** A job and its progress. */
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
  /** Calls to VICIdial that carried updates of it. */
  readonly upstreamCalls: number
}

/** An update that is not tried any more: the retry schedule has ended. */
export interface DeadLetter {
  readonly id: number
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

/** Part of a list, newest first. `caller` undefined: every caller's. */
interface Page {
  readonly caller?: string
  readonly limit: number
  /** The last one of the previous page. */
  readonly after?: string
}

/** Part of the list of jobs; `source` is VICIdial's. */
export interface JobPage extends Page {
  readonly status?: JobStatus
  readonly source?: string
}

/** Part of the list of dead letters. */
export interface DeadLetterPage extends Page {
  readonly jobId?: string
  /** The code of the error. */
  readonly code?: string
}

/** Dead letters to replay, oldest first. An absent property does not restrict. */
export interface DeadLetterChoice {
  readonly caller?: string
  readonly jobId?: string
  /** The code of the error. */
  readonly code?: string
  readonly ids?: readonly number[]
  /** The last id of the previous page. */
  readonly after?: number
  readonly limit: number
}

/** The jobs that replay dead letters, and the response to the request. */
export interface Replay {
  readonly jobs: readonly NewJob[]
  readonly record: IdempotencyRecord
}

/** Accepted jobs, their results, and their dead letters. */
export interface JobStore {
  /** Stores a job and its responses. If one of their keys already has a response, returns that and stores nothing. */
  accept(job: NewJob): Promise<IdempotencyRecord | undefined>
  find(id: string): Promise<Job | undefined>
  list(page: JobPage): Promise<Job[]>
  /**
   * The results of a job in the order of its updates; `queued` for updates without one.
   * @param part skips `from` results; absent: all
   */
  results(id: string, part?: { readonly from: number; readonly limit: number }): Promise<Result[]>
  /** The attempts of those of a job's updates that did not succeed at once, in the order of the updates; see `results`. */
  attempts(id: string, part: { readonly from: number; readonly limit: number }): Promise<UpdateAttempts[]>
  /** Calls `listener` when a job has ended and that is on disk. Returns a function that removes the listener. */
  onEnd(id: string, listener: () => void): () => void
  /** Cancels the updates of a job that are not in flight. Returns how many. */
  cancel(id: string, now: number): Promise<number>
  deadLetters(page: DeadLetterPage): Promise<DeadLetter[]>
  /** The dead letters that a replay would find now, and how many there are beyond the limit. */
  choose(choice: DeadLetterChoice): Promise<{ readonly letters: DeadLetter[]; readonly remaining: number }>
  /**
   * Replays dead letters as new jobs, in one transaction: no newer update and no other replay can come in between.
   * @param replay makes the jobs from the letters found; `remaining` counts those beyond `limit`. Returns undefined to
   *   replay none. Not called if none is found
   * @param repeat the request's key; if it already has a response, that is returned and nothing is done
   * @returns the response; undefined if nothing was found, or replayed
   */
  replay(
    choice: DeadLetterChoice,
    replay: (letters: readonly DeadLetter[], remaining: () => number) => Replay | undefined,
    repeat?: Pick<IdempotencyRecord, 'caller' | 'key'>
  ): Promise<IdempotencyRecord | undefined>
  /**
   * Looks at the next jobs that ended before `before`, `limit` at most, and deletes about as many rows. Returns how many
   * rows.
   * @param hours those with dead letters are deleted only after the gateway has run for this many hours since it accepted
   *   them
   */
  purge(before: number, limit: number, hours?: number): Promise<number>
  /**
   * Notes that the gateway has run for one more hour.
   * @param at the time, in milliseconds since the epoch
   * @param hours the most that `purge` will ask for; older notes are deleted
   */
  noteHour(at: number, hours: number): Promise<void>
  /** When hours were noted, newest first, in milliseconds since the epoch. */
  lastHours(limit: number): Promise<readonly number[]>
}
