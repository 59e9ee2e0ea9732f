import { hash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Result } from '../../../../schemas/batch.ts'
import type { RetrySchedule } from '../../../jobs/retry-schedule.ts'
import { pauseMs } from '../../../vicidial/backoff.ts'
import { SUCCEEDED } from '../checkpoint/totals.ts'
import type { RowUpdate } from '../columns/row-reader.ts'
import { PushStopped } from '../errors.ts'
import type { FileRow } from '../input/file-row.ts'
import type { Plan } from '../time-left.ts'
import type { GatewayApi, TimedResponse } from './gateway-api.ts'
import { LeadSet, type LeadRef } from './lead-set.ts'

/** A row that can be sent. */
export interface Entry {
  readonly row: FileRow
  readonly update: RowUpdate
  readonly lead: LeadRef
}

/** The results of entries, in their order. An entry without a result may succeed later, and has to wait. */
export interface Delivered {
  readonly results: readonly (Result | undefined)[]
  /** How many calls the gateway made to VICIdial. */
  readonly calls: number
  /** How many entries got an answer. The others, at the end, were not sent, or their answer is not known. */
  readonly answered: number
  /** What `onAnswered` was called with, in sum. */
  readonly shown: AnsweredRows
  /** Why the push cannot continue. */
  readonly stopped?: PushStopped
}

/** Counts of rows with an answer, before their batch is recorded. */
export interface AnsweredRows {
  readonly rows: number
  readonly updated: number
  /** Calls that the gateway made to VICIdial. */
  readonly calls: number
}

export interface SenderOptions {
  readonly gateway: GatewayApi
  /** The id of the push at this time, for idempotency keys. Undefined for a dry run. */
  readonly run: () => string | undefined
  /** Members of every request besides `updates`. */
  readonly request: Readonly<Record<string, unknown>>
  /** Maximum updates per request. */
  readonly limit: number
  /** How many calls to VICIdial the gateway permits; undefined: no limit. */
  readonly callsPerSecond: number | undefined
  /** Called when the gateway turns out to accept fewer. */
  readonly onLimit: (limit: number) => void
  /** Pauses between attempts, in addition to `Retry-After`. The push stops if nothing succeeds for `forMs`. */
  readonly retry: RetrySchedule
  /** Ends pauses and stops sending. Requests in flight get a moment to finish. */
  readonly signal: AbortSignal
  /** Called when entries are answered. */
  readonly onAnswered: (answered: AnsweredRows) => void
}

/** How often an update is resent while others of its batch succeed. */
const MAX_ATTEMPTS = 4
/** How many updates of a batch may wait when the push stops. If there are more, the next run sends them as new ones. */
const MAX_WAITING = 1_000
/** How many times longer each pause may be than the one before. */
const PAUSE_GROWTH = 2
/** A slow VICIdial makes requests smaller, down to this many updates. */
const MIN_LIMIT = 50
/** How long a request should take at most, in milliseconds, so that there is progress to see. */
const MAX_REQUEST_MS = 5_000
/** Requests with fewer calls for each update stay large: smaller ones would need more calls. */
const MIN_CALLS_FOR_EACH = 0.5

/** Sends entries to the gateway until each has a final result or has to wait. */
export class Sender {
  readonly #options: SenderOptions
  #limit: number
  #succeededAt = performance.now()

  constructor(options: SenderOptions) {
    this.#options = options
    this.#limit = options.limit
  }

  /**
   * Asks the gateway what the first entries need, before any is sent, and makes requests smaller if they would take long.
   * @returns undefined if nothing limits the calls, or if the gateway does not tell
   */
  async plan(entries: readonly Entry[]): Promise<Plan | undefined> {
    const { gateway, request, callsPerSecond, signal } = this.#options
    const some = entries.slice(0, this.#limit)
    if (callsPerSecond === undefined || some.length === 0) return undefined
    const body = JSON.stringify({ updates: some.map(({ update }) => update), ...request, dry_run: true })
    const response = await gateway.sendBatch(body, some.length, undefined, signal)
    if (response.kind !== 'results') return undefined
    const { results, calls } = response
    this.#adjustToTime(results.length, calls, (1_000 * calls) / callsPerSecond)
    return { rows: results.length, calls }
  }

  /** Delivers entries. Updates of one lead take effect in their order: resending one resends those after it. */
  async deliver(entries: readonly Entry[]): Promise<Delivered> {
    const results: (Result | undefined)[] = Array.from(entries, () => undefined)
    let calls = 0
    let answered = 0
    let shown: AnsweredRows = { rows: 0, updated: 0, calls: 0 }
    const onAnswer = (index: number, answer: readonly Result[], newCalls: number) => {
      calls += newCalls
      const isNew = index >= answered
      const updated = isNew ? answer.filter(({ status }) => SUCCEEDED.includes(status)).length : 0
      const rows = isNew ? index + 1 - answered : 0
      if (isNew) answered = index + 1
      shown = { rows: shown.rows + rows, updated: shown.updated + updated, calls }
      this.#options.onAnswered({ rows, updated, calls: newCalls })
    }
    try {
      let pending = entries.map((_, index) => index)
      for (let attempts = 0; pending.length > 0;) {
        const round = await this.#sendRound(entries, pending, results, onAnswer)
        const next = entriesToResend(entries, results)
        attempts = next.length < pending.length ? 1 : attempts + 1
        for (const index of next) results[index] = undefined
        pending = next
        if (pending.length === 0) break
        if (round.outage === undefined && attempts > MAX_ATTEMPTS) break
        await this.#pause(attempts, round.retryAfterMs, round.outage)
      }
      return { results, calls, answered: entries.length, shown }
    } catch (error) {
      if (!(error instanceof PushStopped)) throw error
      const resend = entriesToResend(entries.slice(0, answered), results)
      if (resend.length > MAX_WAITING) answered = resend[0] ?? answered
      for (const index of resend) results[index] = undefined
      return { results, calls, answered, shown, stopped: error }
    }
  }

  /** Sends entries once, in consecutive requests of at most the limit, and fills in their results. */
  async #sendRound(
    entries: readonly Entry[],
    pending: readonly number[],
    results: (Result | undefined)[],
    onAnswer: (lastIndex: number, answer: readonly Result[], calls: number) => void
  ): Promise<{ retryAfterMs: number; outage: string | undefined }> {
    let retryAfterMs = 0
    let outage: string | undefined
    for (let sent = 0; sent < pending.length && outage === undefined;) {
      const indexes = pending.slice(sent, sent + this.#limit)
      const response = await this.#request(indexes.map((index) => entries[index] as Entry))
      if (response.kind === 'too_large' && indexes.length > 1) {
        this.#lowerLimit(Math.ceil(indexes.length / 2))
        continue
      }
      const answer = response.kind === 'too_large' ? [TOO_LARGE] : response.results
      for (const [n, index] of indexes.entries()) results[index] = answer[n]
      onAnswer(indexes.at(-1) ?? 0, answer, response.kind === 'too_large' ? 0 : response.calls)
      if (response.kind === 'results') {
        retryAfterMs = Math.max(retryAfterMs, response.retryAfterMs)
        outage = response.outage
        this.#adjust(response.results)
        this.#adjustToTime(response.results.length, response.calls, response.ms)
      }
      sent += indexes.length
    }
    return { retryAfterMs, outage }
  }

  /** Makes requests smaller that take long and would share few calls anyway. */
  #adjustToTime(rows: number, calls: number, ms: number): void {
    if (ms <= MAX_REQUEST_MS || calls < rows * MIN_CALLS_FOR_EACH) return
    this.#lowerLimit(Math.max(MIN_LIMIT, Math.floor((rows * MAX_REQUEST_MS) / ms)))
  }

  /** Remembers when something succeeded. Lowers the limit if VICIdial ran out of time for some updates. */
  #adjust(results: readonly Result[]): void {
    const timedOut = results.filter(({ error }) => error?.code === 'upstream_timeout').length
    const final = results.filter((result) => !isTransient(result)).length
    if (final > 0) this.#succeededAt = performance.now()
    if (timedOut > 0 && final > 0) this.#lowerLimit(Math.max(MIN_LIMIT, final))
  }

  #lowerLimit(limit: number): void {
    if (limit >= this.#limit) return
    this.#limit = limit
    this.#options.onLimit(limit)
  }

  /** Makes one request, and repeats it until it has a final response. */
  async #request(
    entries: readonly Entry[]
  ): Promise<Extract<TimedResponse, { kind: 'results' | 'too_large' }>> {
    const { gateway, request } = this.#options
    const run = this.#options.run()
    const body = JSON.stringify({ updates: entries.map(({ update }) => update), ...request })
    const bodyHash = hash('sha256', body).slice(0, 32)
    const key = run === undefined ? undefined : `push-${run}-${entries[0]?.row.line}-${bodyHash}`
    for (let attempts = 1; ; attempts++) {
      if (this.#options.signal.aborted) throw interrupted()
      const response = await gateway.sendBatch(body, entries.length, key, this.#options.signal)
      if (response.kind === 'refused') throw new PushStopped(response.detail)
      if (response.kind !== 'later') return response
      await this.#pause(attempts, response.retryAfterMs, response.detail)
    }
  }

  /** @param outage why nothing succeeds; undefined if something does */
  async #pause(attempts: number, retryAfterMs: number, outage: string | undefined): Promise<void> {
    const { retry, signal } = this.#options
    if (outage !== undefined && performance.now() - this.#succeededAt > retry.forMs)
      throw new PushStopped(outage)
    const ms = retryAfterMs + pauseMs(attempts, { ...retry, growth: PAUSE_GROWTH })
    await pause(ms, undefined, { signal }).catch(() => {
      throw interrupted()
    })
  }
}

const TOO_LARGE: Result = {
  index: 0,
  status: 'rejected',
  error: {
    code: 'payload_too_large',
    detail: "The row alone exceeds the gateway's limit for a request.",
    retryable: false
  }
}

function interrupted(): PushStopped {
  return new PushStopped('It was interrupted.')
}

function isTransient({ error }: Result): boolean {
  return error?.retryable === true
}

/** Indexes of entries that may succeed later, were not sent yet, or must come after one of these. */
function entriesToResend(entries: readonly Entry[], results: readonly (Result | undefined)[]): number[] {
  const leads = new LeadSet()
  return entries.flatMap(({ lead }, index) => {
    const result = results[index]
    const isPending = result === undefined || isTransient(result)
    if (!isPending && (result.status === 'rejected' || !leads.mayContain(lead))) return []
    leads.add(lead)
    return [index]
  })
}
