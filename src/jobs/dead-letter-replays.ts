import type { Accepted } from '../../schemas/job.ts'
import { type IdempotencyKey, type IdempotencyRecord, refuseOther } from '../http/idempotency-record.ts'
import type { DeadLetter, DeadLetterChoice } from '../outbox/jobs.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { parseDeadLetterId } from './dead-letter-response.ts'
import { acceptedRecord, acceptedResponse } from './job-response.ts'
import { type OutboxRoom, throwNotStored } from './outbox-room.ts'
import { previewOf, type ReplayPreview } from './replay-preview.ts'
import { replayJob, type ReplayRequester, ReplaySelection, type RequestRef } from './replay.ts'

/** Dead letters to replay; an absent property does not restrict. */
export interface ReplayFilter {
  readonly caller?: string
  readonly jobId?: string
  /** The code of their error. */
  readonly code?: string
  readonly ids?: readonly string[]
}

export interface DeadLetterReplaysOptions {
  readonly outbox: Pick<Outbox, 'jobs'>
  readonly room: OutboxRoom
  /** The VICIdial accounts, by name. */
  readonly accounts: ReadonlySet<string>
  /** Delivers what is stored. It is woken when there is something to deliver. */
  readonly owner: { wake(): void }
  /** Makes the id of a new job. */
  readonly newId: () => string
}

const MAY_BE_REPLAYED =
  'The database failed while the replay was being stored: it may have been accepted. Repeat the request: what was replayed ' +
  'is no dead letter any more.'

/** Makes new jobs of dead letters. */
export class DeadLetterReplays {
  readonly #options: DeadLetterReplaysOptions

  constructor(options: DeadLetterReplaysOptions) {
    this.#options = options
  }

  /**
   * Replays dead letters, as one job for each caller, account and source: the oldest that `filter` and the requester's
   * rights allow, as many as there is room for.
   * @param by the requester; updates that it may not ask for stay dead letters
   * @param isForced also sets fields that newer updates have set since
   * @param bodyOf makes the response body from the jobs, oldest first, and the number of dead letters left
   * @returns the response; that of the first request if this is a repeat; undefined if no dead letter matches
   * @throws Problem permission_denied, conflict or overloaded, if none can be replayed; idempotency_key_reused
   */
  async replay(
    filter: ReplayFilter,
    by: ReplayRequester,
    isForced: boolean,
    { repeat, ...ref }: RequestRef & { readonly repeat?: IdempotencyKey },
    bodyOf: (accepted: Accepted[], left: ReturnType<ReplaySelection['left']>) => object
  ): Promise<{ response: IdempotencyRecord; isRepeat: boolean } | undefined> {
    const { outbox, owner, newId } = this.#options
    const choice = choiceOf(filter)
    const selection = this.#select(by)
    let made: IdempotencyRecord | undefined
    const toJobs = (letters: readonly DeadLetter[], remaining: () => number) => {
      const selected = selection.select(letters)
      if (selected.length === 0) return undefined
      const groups = Map.groupBy(selected, ({ account, source, caller }) => `${account} ${source} ${caller}`)
      const jobs = [...groups.values()].map((group) => replayJob(newId(), group, isForced, ref, by.name))
      const accepted = jobs.map(({ id, updates }) => acceptedResponse(id, updates.length))
      made = acceptedRecord(bodyOf(accepted, selection.left(remaining())), repeat)
      return { jobs, record: made }
    }
    let response: IdempotencyRecord | undefined
    do {
      const page = { ...choice, ...selection.nextPage() }
      response = await outbox.jobs
        .replay(page, toJobs, repeat)
        .catch((error: unknown) => throwNotStored(error, MAY_BE_REPLAYED))
    } while (response === undefined && selection.isUnfinished)
    if (response === undefined) {
      this.#refuse(selection)
      return undefined
    }
    const isRepeat = response !== made
    if (isRepeat && repeat) refuseOther(response, repeat)
    if (!isRepeat) owner.wake()
    return { response, isRepeat }
  }

  /**
   * What `replay` would do now, without doing it.
   * @returns undefined if no dead letter matches
   * @throws Problem permission_denied, conflict or overloaded, if none can be replayed
   */
  async preview(filter: ReplayFilter, by: ReplayRequester): Promise<ReplayPreview | undefined> {
    const choice = choiceOf(filter)
    const selection = this.#select(by)
    do {
      const page = { ...choice, ...selection.nextPage() }
      const { letters, remaining } = await this.#options.outbox.jobs.choose(page)
      const selected = selection.select(letters)
      if (selected.length > 0) return previewOf(selected, selection.left(remaining))
    } while (selection.isUnfinished)
    this.#refuse(selection)
    return undefined
  }

  #select(by: ReplayRequester): ReplaySelection {
    const { accounts, room } = this.#options
    return new ReplaySelection(by, {
      hasAccount: (account) => accounts.has(account),
      roomOf: (account) => room.of(account)
    })
  }

  /** @throws Problem if letters were found, and none can be replayed */
  #refuse({ fullAccount, problem }: ReplaySelection): void {
    if (fullAccount !== undefined) throw this.#options.room.refusal(fullAccount)
    if (problem) throw problem
  }
}

function choiceOf({ ids, ...which }: ReplayFilter): Omit<DeadLetterChoice, 'limit'> {
  if (ids === undefined) return which
  return { ...which, ids: ids.map(parseDeadLetterId).filter((id) => id !== undefined) }
}
