import type { Exchange } from '../../vicidial/exchange/exchange.ts'
import type { CallContext } from '../../vicidial/exchange/call-runner.ts'
import type { Guard } from '../../vicidial/guard.ts'
import type { Refused } from '../../vicidial/reply/reply.ts'
import { ActionRunner } from '../actions/action-runner.ts'
import type { KeyLines } from '../adding/key-lines.ts'
import type { Admission } from '../admission.ts'
import type { Delivery, DncTask, LeadTask } from '../delivery.ts'
import type { FailedExchange } from '../outcome.ts'
import { type CallItem, LeadReader } from '../reading/lead-reader.ts'
import type { RecentWrites } from '../recent-writes.ts'
import { SearchQueue } from '../searching/search-queue.ts'
import { AdditionCalls } from './addition-calls.ts'
import type { CallRules } from './batch-key.ts'
import { callContext, type CallLog } from './call-context.ts'
import { type CallParts, unsent } from './call-parts.ts'
import { DncCalls } from './dnc-calls.ts'
import { UpdateCalls } from './update-calls.ts'

export interface CallSchedulerOptions {
  readonly exchange: Exchange
  readonly guard: Guard
  readonly rules: CallRules
  readonly lines: KeyLines
  /** The name of the time zone of VICIdial's server, if the operator has given it. */
  readonly timeZone?: string | undefined
  /** How long the first update waits for others to share its call, in milliseconds; 0: not at all. */
  readonly lingerMs: number
  readonly log: CallLog & CallParts['log']
}

/**
 * Decides when calls are made. A call starts at once if the guard has a free place; what arrives meanwhile gathers, across
 * requests and callers, and shares the next call. `batchKeyOf` says which updates may share one; `UpdateCalls` and the
 * others make the calls of their kinds.
 */
export class CallScheduler {
  readonly updates: UpdateCalls
  readonly numbers: DncCalls
  readonly searches: SearchQueue
  readonly additions: AdditionCalls
  readonly #options: CallSchedulerOptions
  readonly #admission: Admission
  #lingering: NodeJS.Timeout | undefined
  #isScheduled = false
  #isStarting = false
  /** Each starts a call of its kind; in the order in which they have their next turns. */
  #kinds: ((refusal: Refused | undefined) => boolean)[]

  constructor(options: CallSchedulerOptions, admission: Admission, recentWrites: RecentWrites<Delivery>) {
    const { exchange, guard, rules, lines, timeZone, log } = options
    this.#options = options
    this.#admission = admission
    const onEnded = () => {
      this.#startCalls()
    }
    const failure = (error: unknown) => this.#failure(error)
    const contextOf = (items: readonly CallItem[]) => this.contextOf(items)
    const reader = new LeadReader({ exchange, contextOf, onWaiting: onEnded })
    const runner = new ActionRunner({
      exchange,
      reader,
      timeZone,
      // Not at once: other leads of the same call may share the next one.
      onWaiting: () => {
        this.scheduleSoon()
      },
      onEnded,
      failure
    })
    const onServed = (tasks: number) => {
      admission.drainRate.count(tasks)
    }
    const parts: CallParts = { exchange, rules, recentWrites, contextOf, onServed, onEnded, failure, log }
    this.updates = new UpdateCalls(parts, reader, runner)
    this.numbers = new DncCalls(parts)
    this.searches = new SearchQueue(exchange, lines)
    this.additions = new AdditionCalls(parts, lines, reader)
    this.#kinds = [
      (refusal) => this.#startSearch(refusal),
      (refusal) => this.updates.startNext(refusal),
      (refusal) => this.additions.startNext(refusal),
      (refusal) => this.numbers.startNext(refusal),
      (refusal) => reader.startNext(refusal),
      (refusal) => runner.startHopper(refusal)
    ]
    // Not at once: the call that left the place settles its tasks first, and those they blocked may share the next call.
    guard.onPlace(() => {
      setImmediate(onEnded)
    })
  }

  /** Starts calls for what waits, at once or after the linger. */
  schedule(): void {
    const { lingerMs } = this.#options
    if (lingerMs === 0) {
      this.#startCalls()
      return
    }
    this.#lingering ??= setTimeout(() => {
      this.#lingering = undefined
      this.#startCalls()
    }, lingerMs)
  }

  /** Starts calls for what waits, once all that is due now is added to it. */
  scheduleSoon(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.schedule()
    })
  }

  /** Starts calls while there are places for them; while VICIdial may not be called, fails all that waits. */
  #startCalls(): void {
    const { guard } = this.#options
    // What starts a call may add another one, which the same loop starts.
    if (this.#lingering !== undefined || this.#isStarting) return
    this.#isStarting = true
    try {
      for (;;) {
        const refusal = guard.refusal()
        if (refusal === undefined && !guard.hasPlace()) return
        const started = this.#kinds.findIndex((start) => start(refusal))
        if (started === -1) return
        this.#kinds = [...this.#kinds.slice(started + 1), ...this.#kinds.slice(0, started + 1)]
      }
    } finally {
      this.#isStarting = false
    }
  }

  /** Returns false if no search waits. */
  #startSearch(refusal: Refused | undefined): boolean {
    const searches = this.searches.take()
    if (searches.length === 0) return false
    if (refusal !== undefined) this.searches.fail(searches, unsent(refusal))
    else {
      this.searches.send(searches, this.contextOf(searches)).catch((error: unknown) => {
        this.searches.fail(searches, this.#failure(error))
      })
    }
    return true
  }

  #failure(error: unknown): FailedExchange {
    this.#options.log.error({ err: error }, 'dispatcher failed')
    const detail = 'The gateway failed. Its log says more.'
    return { reply: { kind: 'refused', code: 'upstream_error', detail }, maybeMade: false }
  }

  /** Removes a task that is not wanted any more. */
  abandon(task: LeadTask | DncTask): void {
    if (isOfLead(task)) this.updates.abandon(task)
    else this.numbers.abandon(task)
  }

  /** See `callContext`. */
  contextOf(items: readonly CallItem[]): CallContext {
    return callContext(items, this.#options.log, (request) => {
      this.#admission.markSent(request)
    })
  }
}

function isOfLead(task: LeadTask | DncTask): task is LeadTask {
  return typeof task.lead === 'number'
}
