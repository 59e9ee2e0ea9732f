import type { BaseLogger } from 'pino'
import type { Result } from '../../schemas/batch.ts'
import { rejectedResult } from '../delivery/result.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import { reportResults, type ResultObserver } from '../telemetry/observer.ts'
import {
  type HistoryPolicy,
  type HistoryRecord,
  type HistorySender,
  type HistoryStore,
  type HistoryUpdate,
  historyUpdate
} from '../outbox/history.ts'

/** How long records gather before they are written, in milliseconds: a power cut loses no more. */
const GATHER_MS = 100
/** Updates written in one transaction. */
const STEP = 500
/** Most rejected updates of a request that are kept: they cost their sender nothing, but fill the disk. */
const MAX_REJECTED = 100
/** With more updates unwritten, requests wait for the disk. */
const MAX_UNWRITTEN = 50_000

/**
 * Reports the results of requests' updates, and stores them in the history without delaying the responses.
 */
export class HistoryRecorder {
  readonly #store: Pick<HistoryStore, 'record'>
  readonly #policy: HistoryPolicy
  readonly #observer: ResultObserver
  readonly #log: Pick<BaseLogger, 'error'>
  #records: HistoryRecord[] = []
  #unwritten = 0
  #timer: NodeJS.Timeout | undefined

  constructor(
    store: Pick<HistoryStore, 'record'>,
    policy: HistoryPolicy,
    observer: ResultObserver,
    log: Pick<BaseLogger, 'error'>
  ) {
    this.#store = store
    this.#policy = policy
    this.#observer = observer
    this.#log = log
  }

  /** Updates that are not written yet. */
  get unwritten(): number {
    return this.#unwritten
  }

  /** Records the results of a request's updates. Resolves at once unless too much is unwritten. */
  async record(
    sender: HistorySender,
    entries: readonly (Update | RejectedUpdate)[],
    results: readonly Result[]
  ): Promise<void> {
    reportResults(this.#observer, sender, results)
    if (!this.#policy.entries) return
    const at = Date.now()
    let rejected = 0
    let updates: HistoryUpdate[] = []
    for (const [index, entry] of entries.entries()) {
      const result = results[index]
      if (result === undefined || ('refusals' in entry && ++rejected > MAX_REJECTED)) continue
      if (updates.length === 0 || updates.length === STEP) {
        updates = []
        this.#records.push({ sender, at, updates })
      }
      updates.push(historyUpdate(entry, result, this.#policy.values))
      this.#unwritten++
    }
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS)
    if (this.#unwritten > MAX_UNWRITTEN) await this.flush()
  }

  /** Records the rejected updates of a request whose other updates are stored as a job. */
  recordRejected(sender: HistorySender, entries: readonly (Update | RejectedUpdate)[]): Promise<void> {
    const refused = entries.filter((entry): entry is RejectedUpdate => 'refusals' in entry)
    return refused.length === 0
      ? Promise.resolve()
      : this.record(sender, refused, refused.map(rejectedResult))
  }

  /** Writes the gathered records; resolves when they are on disk. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const writing = inChunks(this.#records).map((records) => this.#write(records))
    this.#records = []
    await Promise.all(writing)
  }

  async #write(records: readonly HistoryRecord[]): Promise<void> {
    await this.#store.record(records).catch((error: unknown) => {
      // The updates are made and answered, so only the history lacks them.
      const requests = records.map(({ sender }) => sender.requestId)
      this.#log.error({ err: error, requests }, 'history cannot be written')
    })
    for (const { updates } of records) this.#unwritten -= updates.length
  }
}

/** Splits records into chunks of about `STEP` updates, in order. */
function inChunks(records: readonly HistoryRecord[]): HistoryRecord[][] {
  const chunks: HistoryRecord[][] = []
  let size = STEP
  for (const record of records) {
    if (size >= STEP) {
      chunks.push([])
      size = 0
    }
    chunks.at(-1)?.push(record)
    size += record.updates.length
  }
  return chunks
}
