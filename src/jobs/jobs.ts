import { monotonicFactory } from 'ulid'
import type { Accepted, JobAnswer } from '../../schemas/job.ts'
import { seqOfDeadLetter } from './dead-letter-response.ts'
import { refusedResult } from '../delivery/result.ts'
import { overloaded, type Problem, StorageError } from '../errors.ts'
import { type IdempotencyKey, type IdempotencyRecord, refuseOther } from '../http/idempotency-record.ts'
import { acceptedAnswer, jobSummary } from './job-response.ts'
import type { RefusedUpdate, Update } from '../leads/update.ts'
import type { DeadLetter, NewJob } from '../outbox/jobs.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { ReplayChoice, type Replayer } from './replay.ts'

/** The request with which something came, and the key of that, see `Caller.keyId`. */
export interface Asked {
  readonly requestId: string
  readonly keyId?: string
}

/** What is to be delivered, and for whom. */
export interface JobRequest extends Asked {
  readonly caller: string
  /** The VICIdial account by which it is delivered. */
  readonly account: string
  /** VICIdial's `source`. */
  readonly source: string
  /** `batch` or `webhook:NAME`. */
  readonly origin: string
  readonly entries: readonly (Update | RefusedUpdate)[]
  /** What makes a repeat of the request known. */
  readonly repeat?: IdempotencyKey
}

export interface JobsOptions {
  readonly outbox: Outbox
  /** Called when there is something to deliver. */
  readonly onAccepted: () => void
  /** Updates of each account that may wait in the outbox. */
  readonly maxPending: number
  /** The VICIdial accounts, by name. */
  readonly accounts: ReadonlySet<string>
}

/** Which dead letters are to be replayed: of whom, of which job, and which; absent: all. */
export interface ReplayWish {
  readonly caller?: string
  readonly jobId?: string
  readonly ids?: readonly string[]
}

/** What could not be stored now can mostly be stored soon: the disk is cleared, or the backlog gets shorter. */
const RETRY_AFTER_SECONDS = 30
const JSON_TYPE = 'application/json; charset=utf-8'

/** Accepts updates for delivery, and tells and changes what became of them. */
export class Jobs {
  readonly #options: JobsOptions
  // An id, not a secret: it needs no cryptographic chance.
  readonly #ulid = monotonicFactory(Math.random)

  constructor(options: JobsOptions) {
    this.#options = options
  }

  /**
   * Stores updates for delivery; resolves when they are on disk.
   * @returns the answer, of the earlier request if this is a repeat of one
   * @throws Problem overloaded, if they cannot be stored; idempotency_key_reused, if the key is that of another request
   */
  async accept(request: JobRequest): Promise<{ id: string; answer: IdempotencyRecord; isRepeat: boolean }> {
    const { caller, requestId, keyId, account, source, origin, entries, repeat } = request
    const updates = entries.filter((entry): entry is Update => 'changes' in entry)
    const refused = entries.filter((entry): entry is RefusedUpdate => 'refusals' in entry).map(refusedResult)
    const id = this.#newId()
    const answer = answer202(acceptedAnswer(id, entries.length), repeat)
    const asked = { requestId, ...(keyId === undefined ? {} : { keyId }) }
    const job = { id, caller, ...asked, account, source, origin, acceptedAt: answer.at, updates, refused }
    const known = await this.#store(repeat ? { ...job, answer } : job)
    if (known === undefined) return { id, answer, isRepeat: false }
    if (repeat) refuseOther(known, repeat)
    const { id: knownId } = JSON.parse(known.body) as Accepted
    return { id: knownId ?? id, answer: known, isRepeat: true }
  }

  async #store(job: NewJob): Promise<IdempotencyRecord | undefined> {
    const { outbox, maxPending, onAccepted } = this.#options
    const open = this.#open(job.account)
    if (open > 0 && open + job.updates.length > maxPending) throw full(open)
    const known = await outbox.jobs.accept(job).catch(answerFault)
    if (known === undefined) onAccepted()
    return known
  }

  /** The job with its results; undefined if there is none that `caller` may see. Without a caller all are seen. */
  async find(id: string, caller: string | undefined): Promise<JobAnswer | undefined> {
    const { outbox } = this.#options
    const job = await outbox.jobs.find(id)
    if (job === undefined || (caller !== undefined && job.caller !== caller)) return undefined
    return { ...jobSummary(job), results: await outbox.jobs.results(id) }
  }

  /** The job once it has ended; undefined if it has not within `ms`. */
  async ended(id: string, ms: number): Promise<JobAnswer | undefined> {
    if (ms <= 0) return undefined
    const { outbox } = this.#options
    const { promise: end, resolve } = Promise.withResolvers<undefined>()
    const wake = () => {
      resolve(undefined)
    }
    // Before it is looked at, or its end could be missed.
    const stop = outbox.jobs.onEnd(id, wake)
    const timer = setTimeout(wake, ms)
    try {
      const job = await outbox.jobs.find(id)
      if (job !== undefined && job.finishedAt === undefined) await end
      const isEnded = (await outbox.jobs.find(id))?.finishedAt !== undefined
      return isEnded ? await this.find(id, undefined) : undefined
    } finally {
      clearTimeout(timer)
      stop()
    }
  }

  /** Ends what is not yet on its way. Returns how many updates. */
  cancel(id: string): Promise<number> {
    return this.#options.outbox.jobs.cancel(id, Date.now())
  }

  /**
   * Accepts dead letters anew, as one job for each caller, account and source: the oldest of those that are wanted and
   * may be replayed, as many as there is room for.
   * @param by who asks; what it has no right to any more stays a dead letter
   * @param isForced also sets fields that newer updates have set since
   * @param answerOf the body of the answer, from the jobs, oldest first, and how many dead letters were not taken
   * @returns the answer, of the earlier request if this is a repeat of one; undefined if there are no such dead letters
   * @throws Problem permission_denied, conflict or overloaded, if none of them can be taken; idempotency_key_reused
   */
  async replay(
    wish: ReplayWish,
    by: Replayer,
    isForced: boolean,
    { repeat, ...asked }: Asked & { readonly repeat?: IdempotencyKey },
    answerOf: (accepted: Accepted[], left: ReturnType<ReplayChoice['left']>) => object
  ): Promise<{ answer: IdempotencyRecord; isRepeat: boolean } | undefined> {
    const { outbox, accounts, onAccepted } = this.#options
    const { ids, ...which } = wish
    const chosen = ids && { ids: ids.map(seqOfDeadLetter).filter((id) => id !== undefined) }
    const choice = new ReplayChoice(by, {
      hasAccount: (account) => accounts.has(account),
      roomOf: (account) => this.#roomOf(account)
    })
    let made: IdempotencyRecord | undefined
    const toJobs = (letters: readonly DeadLetter[], remaining: () => number) => {
      const taken = choice.take(letters)
      if (taken.length === 0) return undefined
      const groups = Map.groupBy(taken, ({ account, source, caller }) => `${account} ${source} ${caller}`)
      const jobs = [...groups.values()].map((of) => this.#replayJob(of, isForced, asked, by.name))
      const accepted = jobs.map(({ id, updates }) => acceptedAnswer(id, updates.length))
      made = answer202(answerOf(accepted, choice.left(remaining())), repeat)
      return { jobs, answer: made }
    }
    let answer: IdempotencyRecord | undefined
    do {
      const page = { ...which, ...chosen, ...choice.nextPage() }
      answer = await outbox.jobs.replay(page, toJobs, repeat).catch(answerFault)
    } while (answer === undefined && choice.isUnfinished)
    if (answer === undefined) {
      const { fullAccount, problem } = choice
      if (fullAccount !== undefined) throw full(this.#open(fullAccount))
      if (problem) throw problem
      return undefined
    }
    const isRepeat = answer !== made
    if (isRepeat && repeat) refuseOther(answer, repeat)
    if (!isRepeat) onAccepted()
    return { answer, isRepeat }
  }

  #replayJob(letters: readonly DeadLetter[], isForced: boolean, asked: Asked, by: string): NewJob {
    const [first] = letters
    if (first === undefined) throw new RangeError('no dead letter to replay')
    return {
      id: this.#newId(),
      caller: first.caller,
      ...asked,
      ...(by === first.caller ? {} : { replayedBy: by }),
      account: first.account,
      source: first.source,
      origin: 'replay',
      acceptedAt: Date.now(),
      updates: letters.map(({ update, sequence, superseded }, index) => ({
        ...update,
        index,
        ...(isForced ? {} : { sequence, superseded })
      })),
      refused: [],
      replays: letters.map(({ id }) => id)
    }
  }

  /** For how many more updates of an account there is room; with none stored, for any request. */
  #roomOf(account: string): number {
    const open = this.#open(account)
    return open === 0 ? Infinity : this.#options.maxPending - open
  }

  #open(account: string): number {
    return this.#options.outbox.queue.pendingByAccount.get(account) ?? 0
  }

  #newId(): string {
    return `job_${this.#ulid()}`
  }
}

/** The answer that something was accepted; without `repeat` it is known to nobody. */
function answer202(
  body: object,
  repeat: IdempotencyKey = { caller: '', key: '', fingerprint: '' }
): IdempotencyRecord {
  return {
    ...repeat,
    httpStatus: 202,
    contentType: JSON_TYPE,
    body: JSON.stringify(body),
    at: Date.now()
  }
}

function full(open: number): Problem {
  const detail = `${open} updates wait for VICIdial; no more can be stored now.`
  return overloaded(detail, RETRY_AFTER_SECONDS)
}

function answerFault(error: unknown): never {
  if (!(error instanceof StorageError)) throw error
  throw overloaded('The updates cannot be stored now; nothing was accepted.', RETRY_AFTER_SECONDS)
}
