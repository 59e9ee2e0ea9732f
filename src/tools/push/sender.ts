import { hash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Result } from '../../../schemas/batch.ts'
import type { RetrySchedule } from '../../jobs/retry-schedule.ts'
import { pauseMs } from '../../vicidial/backoff.ts'
import { Footprint, type Trace } from './lead-set.ts'
import type { Gateway } from './gateway-api.ts'
import type { Reply } from './reply.ts'
import type { Row } from './row.ts'
import type { RowUpdate } from './row-reader.ts'
import { Stop } from './push-stopped.ts'

/** A row that can be sent. */
export interface Entry {
  readonly row: Row
  readonly update: RowUpdate
  readonly trace: Trace
}

/** What came of entries, in their order; without a result: it may succeed later, and is to wait. */
export interface Delivered {
  readonly results: readonly (Result | undefined)[]
  /** Calls that the gateway made to VICIdial. */
  readonly calls: number
}

export interface SendRules {
  readonly gateway: Gateway
  /** The id of the run: what it sends twice is made once. Undefined for a dry run. */
  readonly run: string | undefined
  /** What every request has beside its updates. */
  readonly request: Readonly<Record<string, unknown>>
  /** Updates a request at most; and what is to be done when the gateway takes fewer. */
  readonly limit: number
  readonly onLimit: (limit: number) => void
  /** Between tries; beside them the gateway's own `Retry-After` is kept. The push stops if nothing succeeds for `forMs`. */
  readonly retry: RetrySchedule
  /** Ends pauses and sends nothing more; what is on its way is waited for. */
  readonly signal: AbortSignal
}

/** So often in a row an update is sent again though others of its batch succeed. */
const MAX_TRIES = 4
/** How many times longer each pause may be than the one before. */
const PAUSE_GROWTH = 2
/** If VICIdial is slow a request gets smaller, but not smaller than this. */
const MIN_LEARNED = 50

/** Sends entries to the gateway until each has a result that stays, or is to wait. */
export class Sender {
  readonly #rules: SendRules
  #limit: number
  #succeededAt = performance.now()

  constructor(rules: SendRules) {
    this.#rules = rules
    this.#limit = rules.limit
  }

  /**
   * Updates of one lead take effect in the order of `entries`: if one is sent again, so are those after it.
   * @throws Stop if the push cannot go on; then nothing is known of these entries
   */
  async deliver(entries: readonly Entry[]): Promise<Delivered> {
    const results: (Result | undefined)[] = Array.from(entries, () => undefined)
    let calls = 0
    let open = entries.map((_, place) => place)
    for (let tries = 0; open.length > 0;) {
      const round = await this.#sendRound(entries, open, results)
      calls += round.calls
      const next = repeated(entries, results)
      tries = next.length < open.length ? 1 : tries + 1
      for (const place of next) results[place] = undefined
      open = next
      if (open.length === 0) break
      if (round.outage === undefined && tries > MAX_TRIES) break
      await this.#pause(tries, round.retryAfterMs, round.outage)
    }
    return { results, calls }
  }

  /** Sends entries in requests of what the gateway takes, one after the other, and notes their results. */
  async #sendRound(entries: readonly Entry[], open: readonly number[], results: (Result | undefined)[]) {
    let calls = 0
    let retryAfterMs = 0
    let outage: string | undefined
    for (let sent = 0; sent < open.length;) {
      const part = open.slice(sent, sent + this.#limit)
      const reply = await this.#request(part.map((place) => entries[place] as Entry))
      if (reply.kind === 'too_large') {
        if (part.length > 1) {
          this.#learn(Math.ceil(part.length / 2))
          continue
        }
        results[part[0] as number] = TOO_LARGE
      } else {
        for (const [n, place] of part.entries()) results[place] = reply.results[n]
        calls += reply.calls
        retryAfterMs = Math.max(retryAfterMs, reply.retryAfterMs)
        outage = reply.outage
        this.#watch(reply.results)
      }
      sent += part.length
      if (outage !== undefined) break
    }
    return { calls, retryAfterMs, outage }
  }

  /** Notes that something succeeded; asks for less at once if VICIdial did not get through it in time. */
  #watch(results: readonly Result[]): void {
    const late = results.filter(({ error }) => error?.code === 'upstream_timeout').length
    const settled = results.filter((result) => !isPassing(result)).length
    if (settled > 0) this.#succeededAt = performance.now()
    if (late > 0 && settled > 0) this.#learn(Math.max(MIN_LEARNED, settled))
  }

  #learn(limit: number): void {
    if (limit >= this.#limit) return
    this.#limit = limit
    this.#rules.onLimit(limit)
  }

  /** One request, sent again until it is answered for good. */
  async #request(part: readonly Entry[]): Promise<Extract<Reply, { kind: 'results' | 'too_large' }>> {
    const { gateway, run, request } = this.#rules
    const body = JSON.stringify({ updates: part.map(({ update }) => update), ...request })
    const key =
      run === undefined ? undefined : `push-${run}-${part[0]?.row.line}-${hash('sha256', body).slice(0, 32)}`
    for (let tries = 1; ; tries++) {
      if (this.#rules.signal.aborted) throw interrupted()
      const reply = await gateway.batch(body, part.length, key, this.#rules.signal)
      if (reply.kind === 'refused') throw new Stop(reply.detail)
      if (reply.kind !== 'later') return reply
      await this.#pause(tries, reply.retryAfterMs, reply.detail)
    }
  }

  async #pause(tries: number, retryAfterMs: number, why: string | undefined): Promise<void> {
    const { retry, signal } = this.#rules
    if (why !== undefined && performance.now() - this.#succeededAt > retry.forMs) throw new Stop(why)
    const ms = retryAfterMs + pauseMs(tries, { ...retry, growth: PAUSE_GROWTH })
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
    detail: 'The row alone is larger than a request to the gateway may be.',
    retryable: false
  }
}

function interrupted(): Stop {
  return new Stop('It was interrupted.')
}

function isPassing({ error }: Result): boolean {
  return error?.retryable === true
}

/** What is to be sent again: what may succeed later, what was not sent yet, and all that must come after it. */
function repeated(entries: readonly Entry[], results: readonly (Result | undefined)[]): number[] {
  const footprint = new Footprint()
  return entries.flatMap(({ trace }, place) => {
    const result = results[place]
    const isOpen = result === undefined || isPassing(result)
    if (!isOpen && (result.status === 'rejected' || !footprint.meets(trace))) return []
    footprint.add(trace)
    return [place]
  })
}
