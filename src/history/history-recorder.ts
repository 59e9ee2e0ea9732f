import type { FastifyBaseLogger } from 'fastify'
import type { Result } from '../../schemas/batch.ts'
import { rejectedResult } from '../delivery/result.ts'
import { reportResults } from '../telemetry/updates-ended.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import type { Observer } from '../telemetry/observer.ts'
import {
  type HistoryPolicy,
  type HistoryRecord,
  type HistorySender,
  type HistoryStore,
  historyUpdate
} from '../outbox/history.ts'

/** What gathered is written after so long: a power cut loses no more of what was answered. */
const GATHER_MS = 100
/** Updates that are written in one go. */
const STEP = 500
/** So many refused updates of a request are kept: they cost their sender nothing, but each takes its place on the disk. */
const MAX_REJECTED = 100
/** With more updates unwritten, requests wait for the disk. */
const MAX_UNWRITTEN = 50_000

/**
 * Tells what became of the updates of requests, and keeps it in the outbox's database, without making the answers
 * wait.
 */
export class HistoryRecorder {
  readonly #store: Pick<HistoryStore, 'record'>
  readonly #keeps: HistoryPolicy
  readonly #observer: Observer
  readonly #log: Pick<FastifyBaseLogger, 'error'>
  #records: HistoryRecord[] = []
  #unwritten = 0
  #timer: NodeJS.Timeout | undefined

  constructor(
    store: Pick<HistoryStore, 'record'>,
    keeps: HistoryPolicy,
    observer: Observer,
    log: Pick<FastifyBaseLogger, 'error'>
  ) {
    this.#store = store
    this.#keeps = keeps
    this.#observer = observer
    this.#log = log
  }

  /** Updates that are not written yet. */
  get unwritten(): number {
    return this.#unwritten
  }

  /** Notes what became of a request's updates; resolves at once unless too much is unwritten. */
  async record(
    sender: HistorySender,
    entries: readonly (Update | RejectedUpdate)[],
    results: readonly Result[]
  ): Promise<void> {
    reportResults(this.#observer, sender, results)
    if (!this.#keeps.entries) return
    this.#note(sender, ...capRejected(entries, results))
    if (this.#unwritten > MAX_UNWRITTEN) await this.flush()
  }

  #note(
    sender: HistorySender,
    entries: readonly (Update | RejectedUpdate)[],
    results: readonly Result[]
  ): void {
    const at = Date.now()
    for (let start = 0; start < entries.length; start += STEP) {
      const updates = entries.slice(start, start + STEP).flatMap((entry, place) => {
        const result = results[start + place]
        return result ? [historyUpdate(entry, result, this.#keeps.values)] : []
      })
      this.#records.push({ ...sender, at, updates })
      this.#unwritten += updates.length
    }
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS)
  }

  /** Notes those updates that were refused, of a request whose others are stored and not ended yet. */
  recordRejected(sender: HistorySender, entries: readonly (Update | RejectedUpdate)[]): Promise<void> {
    const refused = entries.filter((entry): entry is RejectedUpdate => 'refusals' in entry)
    return refused.length === 0
      ? Promise.resolve()
      : this.record(sender, refused, refused.map(rejectedResult))
  }

  /** Hands what gathered to the outbox, at once; resolves when it is written. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const writing = inChunks(this.#records).map((records) => this.#write(records))
    this.#records = []
    await Promise.all(writing)
  }

  async #write(records: readonly HistoryRecord[]): Promise<void> {
    await this.#store.record(records).catch((error: unknown) => {
      // What was done is done, and was answered.
      const requests = records.map(({ requestId }) => requestId)
      this.#log.error({ err: error, requests }, 'history cannot be written')
    })
    this.#unwritten -= sizeOf(records)
  }
}

function sizeOf(records: readonly HistoryRecord[]): number {
  return records.reduce((size, { updates }) => size + updates.length, 0)
}

/** Records in the order given, about `STEP` updates together. */
function inChunks(records: readonly HistoryRecord[]): HistoryRecord[][] {
  const steps: HistoryRecord[][] = []
  let size = STEP
  for (const record of records) {
    if (size >= STEP) {
      steps.push([])
      size = 0
    }
    steps.at(-1)?.push(record)
    size += record.updates.length
  }
  return steps
}

/** All but the refused updates that are too many, with their results. */
function capRejected<Entry extends Update | RejectedUpdate>(
  entries: readonly Entry[],
  results: readonly Result[]
): [readonly Entry[], readonly Result[]] {
  let refused = 0
  const isKept = entries.map((entry) => !('refusals' in entry) || ++refused <= MAX_REJECTED)
  if (refused <= MAX_REJECTED) return [entries, results]
  return [entries.filter((_, place) => isKept[place]), results.filter((_, place) => isKept[place])]
}
