import { dncOf } from '../leads/actions/dnc.ts'
import { type Condition, hasOnlyActions } from '../leads/changes.ts'
import { isReading, readOf } from '../leads/reading/lead-read.ts'
import type { Exchange } from '../vicidial/exchange/exchange.ts'
import type { CallContext } from '../vicidial/exchange/call-runner.ts'
import type { Guard } from '../vicidial/guard.ts'
import type { Refused } from '../vicidial/reply/reply.ts'
import { ActionRunner, withActionsUnsent } from './actions/action-runner.ts'
import type { KeyLines } from './adding/key-lines.ts'
import type { WaitingUpdate } from './adding/waiting-update.ts'
import type { Admission } from './admission.ts'
import type { Delivery, DncTask, LeadTask } from './delivery.ts'
import type { CallRules } from './delivery-task.ts'
import { FairQueue } from './fair-queue.ts'
import { LeadQueues } from './lead-queues.ts'
import {
  CHANGED_SINCE,
  type FailedExchange,
  NOT_CHECKED,
  NOT_SENT_AFTER_UNKNOWN,
  notDone,
  type Outcome,
  TIMED_OUT
} from './outcome.ts'
import { meets } from './reading/lead-of-reading.ts'
import { type CallItem, LeadReader, type Reader } from './reading/lead-reader.ts'
import { readOutcome } from './reading/read-lead.ts'
import type { RecentWrites } from './recent-writes.ts'
import { namedMissing, outcomesOf } from './reply-outcomes.ts'
import { SearchQueue } from './searching/search-queue.ts'
import { expectedOf, notVerified, verifiedOutcome, verifyingRead } from './reading/verification.ts'
import { steadyNow } from '../steady-clock.ts'

export interface CallSchedulerOptions {
  readonly exchange: Exchange
  readonly guard: Guard
  readonly rules: CallRules
  readonly lines: KeyLines
  /** The name of the time zone of VICIdial's server, if the operator has given it. */
  readonly timeZone?: string | undefined
  /** How long the first update waits for others to share its call, in milliseconds; 0: not at all. */
  readonly lingerMs: number
  readonly log: {
    child(bindings: Record<string, unknown>): CallContext['log']
    error(members: object, message: string): void
  }
}

/** What is done of an update that has only actions, before these. */
const FOUND: Outcome = { status: 'updated', warnings: [] }
/** A call is sent again without the leads that VICIdial names as missing, up to this many times in all. */
const MAX_ROUNDS = 3

/**
 * Decides when calls are made and what goes into each. A call starts at once if the guard has a free place; what
 * arrives meanwhile gathers, across requests and callers, and shares the next call.
 */
export class CallScheduler {
  readonly tasks: LeadQueues<number, Delivery>
  /** Changes of numbers that must not be called, a call each. */
  readonly numbers: LeadQueues<string, Delivery>
  readonly searches: SearchQueue
  /** Updates whose leads are to be added, a call each. */
  readonly additions = new FairQueue<WaitingUpdate>()
  readonly #reader: LeadReader
  readonly #runner: ActionRunner
  readonly #options: CallSchedulerOptions
  readonly #admission: Admission
  readonly #recentWrites: RecentWrites<Delivery>
  #lingering: NodeJS.Timeout | undefined
  #isScheduled = false
  #isStarting = false
  /** Each starts a call of its kind; in the order in which they have their next turns. */
  #kinds: ((refusal: Refused | undefined) => boolean)[] = [
    (refusal) => this.#startSearch(refusal),
    (refusal) => this.#startUpdate(refusal),
    (refusal) => this.#startAddition(refusal),
    (refusal) => this.#startDnc(refusal),
    (refusal) => this.#reader.startNext(refusal),
    (refusal) => this.#runner.startHopper(refusal)
  ]

  constructor(options: CallSchedulerOptions, admission: Admission, recentWrites: RecentWrites<Delivery>) {
    this.#options = options
    this.#admission = admission
    this.#recentWrites = recentWrites
    const beforeReady = (task: LeadTask | DncTask) => {
      if (task.request.sequencing?.isStored === true) this.#leaveOutSuperseded(task)
    }
    this.tasks = new LeadQueues<number, Delivery>(options.rules, beforeReady)
    this.numbers = new LeadQueues<string, Delivery>(options.rules, beforeReady)
    this.searches = new SearchQueue(options.exchange, options.lines)
    this.#reader = new LeadReader({
      exchange: options.exchange,
      contextOf: (items) => this.contextOf(items),
      onWaiting: () => {
        this.#startCalls()
      }
    })
    this.#runner = new ActionRunner({
      exchange: options.exchange,
      reader: this.#reader,
      timeZone: options.timeZone,
      // Not at once: other leads of the same call may share the next one.
      onWaiting: () => {
        this.scheduleSoon()
      },
      onEnded: () => {
        this.#startCalls()
      },
      failure: (error) => this.#failure(error)
    })
    // Not at once: the call that left the place settles its tasks first, and those they blocked may share the next call.
    options.guard.onPlace(() => {
      setImmediate(() => {
        this.#startCalls()
      })
    })
  }

  /** Leaves out what newer updates have set; ends a task of which nothing is left, or that cannot be checked now. */
  #leaveOutSuperseded(task: LeadTask | DncTask): void {
    try {
      const fields = this.#recentWrites.supersededFields(task)
      if (fields.length > 0) task.leaveOut(fields, this.#options.rules)
    } catch (error) {
      this.#options.log.error({ err: error }, 'newer updates of a lead cannot be read')
      task.settle(NOT_CHECKED)
    }
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

  /** Returns false if no task is ready. */
  #startUpdate(refusal: Refused | undefined): boolean {
    const tasks = this.tasks.take()
    if (tasks.length === 0) return false
    if (refusal !== undefined) this.#fail(tasks, unsent(refusal))
    else {
      this.#send(tasks).catch((error: unknown) => {
        this.#fail(tasks, this.#failure(error))
      })
    }
    return true
  }

  /** Returns false if no lead is to be added. */
  #startAddition(refusal: Refused | undefined): boolean {
    const [waiting] = this.additions.take(() => 1)
    if (waiting === undefined) return false
    if (refusal !== undefined) waiting.end(unsent(refusal))
    else {
      this.#sendAddition(waiting).catch((error: unknown) => {
        waiting.end({ ...this.#failure(error), maybeMade: waiting.isSent })
      })
    }
    return true
  }

  /** Returns false if no number is to be changed. */
  #startDnc(refusal: Refused | undefined): boolean {
    const [task] = this.numbers.take()
    if (task === undefined) return false
    if (refusal !== undefined) this.#settleNumber(task, notDone(unsent(refusal)))
    else {
      this.#sendDnc(task).catch((error: unknown) => {
        this.#settleNumber(task, notDone({ ...this.#failure(error), maybeMade: task.isSent }))
      })
    }
    return true
  }

  async #sendDnc(task: DncTask): Promise<void> {
    const dnc = dncOf(task.changes)
    if (dnc === undefined) return
    const exchanged = await this.#options.exchange.actions.changeDnc(dnc, this.contextOf([task]))
    const { reply } = exchanged
    const outcome: Outcome =
      reply.kind === 'dnc'
        ? { status: 'updated', warnings: [], actions: { dnc: reply.result } }
        : notDone({ ...exchanged, reply })
    this.#settleNumber(task, outcome)
    this.#admission.drainRate.count(1)
    this.#startCalls()
  }

  async #sendAddition(waiting: WaitingUpdate): Promise<void> {
    const { exchange, lines } = this.#options
    const { key, update } = waiting
    if (update.addition === undefined) return
    const ended = lines.beginCall()
    try {
      waiting.end(await exchange.add(key.by, update.addition, this.contextOf([waiting])))
    } finally {
      ended()
      this.#admission.drainRate.count(1)
    }
    this.#startCalls()
  }

  #fail(tasks: readonly LeadTask[], exchanged: FailedExchange): void {
    for (const task of tasks) this.#settle(task, notDone({ ...exchanged, maybeMade: task.isSent }))
  }

  /** A fault of the gateway: fails only the updates of the call that it hit. */
  #failure(error: unknown): FailedExchange {
    this.#options.log.error({ err: error }, 'dispatcher failed')
    const detail = 'The gateway failed. Its log says more.'
    return { reply: { kind: 'refused', code: 'upstream_error', detail }, maybeMade: false }
  }

  async #send(taken: readonly LeadTask[], round = 1): Promise<void> {
    const tasks = taken.filter((task) => !this.#isRefused(task))
    const [first] = tasks
    if (first === undefined) return
    if (hasOnlyActions(first.changes)) {
      for (const task of tasks) this.#finish(task, task.base ?? FOUND)
      this.#admission.drainRate.count(tasks.length)
      return
    }
    const read = readOf(first.changes)
    if (read !== undefined) {
      const end = await this.#reader.read(first.lead, read, first)
      this.#settle(first, 'outcome' in end ? end.outcome : readOutcome(end.reading))
      this.#admission.drainRate.count(1)
      this.#startCalls()
      return
    }
    const { condition } = first.changes
    if (condition !== undefined && !(await this.#isMet(first, condition))) return
    const call = { function: first.changes.function, leads: tasks }
    const exchanged = await this.#options.exchange.update(call, this.contextOf(tasks))
    const isNaming = this.#options.rules.dialect === 'leads_data' && round < MAX_ROUNDS
    const missing = new Set(isNaming ? namedMissing(tasks, exchanged) : [])
    const outcomeOf = outcomesOf(first.changes, exchanged)
    for (const task of missing.size > 0 ? missing : tasks) {
      const outcome = outcomeOf(task.lead)
      const isFinished = !task.isVerified && task.changes.actions === undefined
      if (outcome.status !== 'updated' || isFinished) this.#settle(task, outcome)
      else this.#finish(task, outcome)
    }
    this.#admission.drainRate.count(tasks.length)
    if (missing.size > 0) {
      const others = tasks.filter((task) => !missing.has(task))
      await this.#send(others, round + 1)
    }
    this.#startCalls()
  }

  /** Verifies an update that is made, and does its actions, before the next update of its lead is sent; and settles it. */
  #finish(task: LeadTask, made: Outcome): void {
    this.#recentWrites.add(task)
    task.made = withActionsUnsent(task, made)
    void this.#verify(task, made)
      .then((outcome) => this.#runner.perform(task, outcome))
      .catch((error: unknown) => ({ ...notDone(this.#failure(error)), status: 'unknown' as const }))
      .then((outcome) => {
        this.#settle(task, outcome)
        this.#startCalls()
      })
  }

  /** Reads the lead of an update that is made, if it is to be verified. */
  async #verify(task: LeadTask, updated: Outcome): Promise<Outcome> {
    if (!task.isVerified || hasOnlyActions(task.changes)) return updated
    task.made = withActionsUnsent(task, notVerified(updated))
    const expected = expectedOf(task.changes)
    return verifiedOutcome(
      updated,
      expected,
      await this.#reader.read(task.lead, verifyingRead(expected), task)
    )
  }

  /** Reads a lead that was added. Returns the outcome of its update with what was found. Never throws. */
  async verifyAdded(waiting: WaitingUpdate, lead: number, added: Outcome): Promise<Outcome> {
    const expected = waiting.update.addition?.stored ?? {}
    waiting.made = notVerified(added)
    try {
      return verifiedOutcome(added, expected, await this.#reader.read(lead, verifyingRead(expected), waiting))
    } catch (error) {
      return notVerified(added, this.#failure(error).reply.detail)
    }
  }

  /** Reads the lead of a conditional update in its turn. Settles the update, and returns false, if it must not be made. */
  async #isMet(task: LeadTask, condition: Condition): Promise<boolean> {
    const reader: Reader = {
      request: task.request,
      get isWanted() {
        return task.isWanted
      },
      // That its lead is read does not change it.
      isSent: false,
      addRequests: (requests) => {
        task.addRequests(requests)
      }
    }
    const end = await this.#reader.read(task.lead, condition, reader)
    const isMet = 'reading' in end && meets(end.reading, condition)
    if (isMet && task.isWanted) return true
    this.#settle(task, 'outcome' in end ? end.outcome : isMet ? TIMED_OUT.unsent : CHANGED_SINCE)
    this.#admission.drainRate.count(1)
    this.#startCalls()
    return false
  }

  /** Settles a task that must not be sent. */
  #isRefused(task: LeadTask): boolean {
    const reply = this.#options.exchange.changesRefusal(task.changes)
    if (reply !== undefined) this.#settle(task, notDone({ reply, maybeMade: false }))
    return reply !== undefined
  }

  #settle(task: LeadTask, outcome: Outcome): void {
    this.#settleTask(task, outcome)
    this.tasks.release(task)
  }

  #settleNumber(task: DncTask, outcome: Outcome): void {
    this.#settleTask(task, outcome)
    this.numbers.release(task)
  }

  #settleTask(task: LeadTask | DncTask, outcome: Outcome): void {
    if (outcome.status === 'updated' && task.made === undefined) this.#recentWrites.add(task)
    task.settle(outcome)
    // A call with an unknown outcome may still take effect, and would undo what comes after it.
    if (outcome.status === 'unknown') {
      for (let { next } = task; next !== undefined; next = next.next) {
        if (!isReading(next.changes)) next.settle(NOT_SENT_AFTER_UNKNOWN)
      }
    }
  }

  /** Removes a task that is not wanted any more. */
  abandon(task: LeadTask | DncTask): void {
    if (isOfLead(task)) this.tasks.abandon(task)
    else this.numbers.abandon(task)
  }

  /** The context of a call, which is of use until the last of its requests ends and counts for each of them. */
  contextOf(items: readonly CallItem[]): CallContext {
    const deliveries = new Set<Delivery>()
    for (const item of items) item.addRequests(deliveries)
    const [first] = deliveries
    const { requestId = '', source = '' } = first ?? {}
    let deadline = 0
    let since = steadyNow()
    for (const delivery of deliveries) {
      deadline = Math.max(deadline, delivery.deadline)
      since = Math.min(since, delivery.receivedAt)
    }
    return {
      source,
      deadline,
      since,
      requests: deliveries,
      log: this.#options.log.child({ request_id: requestId, requests: deliveries.size }),
      onSent: () => {
        for (const item of items) item.isSent = true
        for (const delivery of deliveries) {
          delivery.calls++
          this.#admission.markSent(delivery)
        }
      }
    }
  }
}

function isOfLead(task: LeadTask | DncTask): task is LeadTask {
  return typeof task.lead === 'number'
}

/** The end of a call that was not made, because VICIdial may not be called. */
function unsent(reply: Refused): FailedExchange {
  return { reply, maybeMade: false, isUnsent: true }
}
