import type { LeadKey } from '../leads/lead-key.ts'
import { isReading } from '../leads/reading/lead-read.ts'
import { isAbout, type Warning } from '../leads/refusal.ts'
import type { Update } from '../leads/update.ts'
import type { Admission } from './admission.ts'
import type { DeliveryTask, Sequencing, TaskRequest } from './delivery-task.ts'
import { type Outcome, READ_TIMED_OUT, TIMED_OUT } from './outcome.ts'
import { combinedOutcome } from './combined-outcome.ts'
import { steadyNow } from '../steady-clock.ts'

/** The request that updates come from, and how long it waits for their outcomes. */
export interface DeliveryContext {
  readonly caller: string
  /** VICIdial's `source`; updates of different sources never share a call. */
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
  readonly requestId: string
  /** Aborted when nobody waits for the response any more; updates that are not sent yet are given up then. */
  readonly signal?: AbortSignal
  /** Required if older or newer updates can be in the outbox. */
  readonly sequencing?: Sequencing | undefined
  /**
   * Records in the outbox what was set, and calls `noted` when that is on disk; until then the dispatcher makes sure that
   * nothing older undoes it. The delivery ends when it resolves. Required with `sequencing`.
   */
  readonly note?: (outcomes: readonly Outcome[], noted: () => void) => Promise<void>
  /** Called with each outcome as soon as it is known; `calls` as in `Delivered.upstreamCalls`, so far. */
  readonly onOutcome?: (index: number, outcome: Outcome, calls: number) => void
}

/** What the delivery of a request's updates returns. */
export interface Delivered {
  /** One outcome per update, in the same order. */
  readonly outcomes: readonly Outcome[]
  /** Calls to VICIdial that served the request, repeats included. */
  readonly upstreamCalls: number
}

export type LeadTask = DeliveryTask<number, Delivery>
/** A number that must not be called, by the name of its key. */
export type DncTask = DeliveryTask<string, Delivery>

/** An update that waits until its lead is added. */
export interface WaitingForLead {
  readonly index: number
  /** Whether VICIdial may have received a call that adds its lead. */
  readonly isSent: boolean
  /** Its outcome so far, if its lead is added and is being read to verify it. */
  readonly made: Outcome | undefined
  giveUp(): void
}

/** The tasks of an update whose key matches several leads. */
interface MatchedTasks {
  readonly tasks: readonly LeadTask[]
  /** See `Outcome.matched`. */
  readonly matched: Outcome['matched']
  /** How many have no outcome yet. */
  unsettled: number
}

/** Statuses that say that an update was not made. */
const NOT_MADE: ReadonlySet<Outcome['status']> = new Set(['failed', 'not_found', 'ambiguous'])

/** One request's updates until each has its outcome. */
export class Delivery implements TaskRequest {
  readonly caller: string
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
  readonly requestId: string
  /** Milliseconds since the epoch. */
  readonly receivedAt = steadyNow()
  readonly sequencing: Sequencing | undefined
  /** Calls to VICIdial that served it. */
  calls = 0
  readonly done: Promise<Outcome[]>
  readonly #finish: (outcomes: Outcome[]) => void
  readonly #updates: readonly Update[]
  /** Each update's task or, once the leads of its key are known, tasks. */
  readonly #tasks: (LeadTask | DncTask | MatchedTasks | undefined)[]
  readonly #outcomes: (Outcome | undefined)[]
  /** Updates that wait until their lead is added, by their index. */
  readonly #waiting = new Map<number, WaitingForLead>()
  /** Warnings that delivery gave rise to, by the update's index. */
  readonly #warnings = new Map<number, readonly Warning[]>()
  /** The outcomes of lost calls that may have made an update, by its index. */
  readonly #lost = new Map<number, Outcome>()
  readonly #admission: Pick<Admission, 'settle'>
  readonly #onOutcome: DeliveryContext['onOutcome']
  #unsettled: number

  /** @param admission counts the updates, which are admitted after this */
  constructor(updates: readonly Update[], context: DeliveryContext, admission: Pick<Admission, 'settle'>) {
    const { promise, resolve } = Promise.withResolvers<Outcome[]>()
    this.caller = context.caller
    this.source = context.source
    this.deadline = context.deadline
    this.requestId = context.requestId
    this.sequencing = context.sequencing
    this.done = promise
    this.#finish = resolve
    this.#updates = updates
    this.#tasks = new Array<undefined>(updates.length).fill(undefined)
    this.#outcomes = new Array<undefined>(updates.length).fill(undefined)
    this.#admission = admission
    this.#onOutcome = context.onOutcome
    this.#unsettled = updates.length
    if (this.#unsettled === 0) resolve([])
  }

  get isDone(): boolean {
    return this.#unsettled === 0
  }

  /** Adds the task of an update that names its lead by id, or of one that is about a number. */
  addTask(task: LeadTask | DncTask): void {
    this.#tasks[task.index] = task
  }

  /** Adds the tasks of an update that names its leads by a key. */
  addMatchedTasks(index: number, tasks: readonly LeadTask[], matched?: Outcome['matched']): void {
    this.#tasks[index] = { tasks, matched, unsettled: tasks.length }
  }

  /**
   * The phone number of the lead of the update at `index`, as far as the update says.
   * @param isAdded whether the update has added the lead
   */
  phoneNumberOf(index: number, isAdded: boolean): string | undefined {
    const { key, addition } = this.#updates[index] ?? {}
    if (isAdded && addition !== undefined) return addition.stored['phone_number']
    return key?.by === 'phone_number' ? key.value : undefined
  }

  /** Adds an update that waits until its lead is added. */
  addWaiting(waiting: WaitingForLead): void {
    this.#waiting.set(waiting.index, waiting)
  }

  /** The update at `index` need not wait any more: it has a lead. */
  removeWaiting(index: number): void {
    this.#waiting.delete(index)
  }

  /** Whether the update at `index` waits until its lead is added. */
  isWaiting(index: number): boolean {
    return this.#waiting.has(index)
  }

  /** Adds warnings to the outcome that the update at `index` will have, if it is made. */
  warn(index: number, warnings: readonly Warning[]): void {
    this.#warnings.set(index, warnings)
  }

  /** A call that may have made the update at `index` was lost, with this outcome: so it can't end as not made any more. */
  noteLost(index: number, outcome: Outcome): void {
    this.#lost.set(index, outcome)
  }

  /** Gives the update at `index` its outcome, unless it has one. */
  settle(index: number, outcome: Outcome): void {
    if (this.#outcomes[index] !== undefined) return
    const complete = this.#completed(index, outcome)
    this.#waiting.delete(index)
    this.#outcomes[index] = complete
    const tasks = this.#tasks[index]
    this.#admission.settle(tasks !== undefined && 'tasks' in tasks ? tasks.tasks.length : 1)
    this.#onOutcome?.(index, complete, this.calls)
    if (--this.#unsettled === 0) this.#finish(this.#outcomes as Outcome[])
  }

  /** An outcome as the update has it: with its own warnings. That of a reading is never unknown, as it changes nothing. */
  #completed(index: number, last: Outcome): Outcome {
    const update = this.#updates[index]
    const outcome = withLost(last, this.#lost.get(index))
    if (outcome.status === 'unknown' && update && isReading(update.changes))
      return { ...outcome, status: 'failed' }
    const warnings = this.#warningsOf(index, outcome.status)
    return warnings.length > 0 ? withWarnings(outcome, warnings) : outcome
  }

  /** The warnings about the values that an update with this outcome has set. */
  #warningsOf(index: number, status: Outcome['status']): readonly Warning[] {
    const update = this.#updates[index]
    if (status === 'added') return update?.addition?.warnings ?? []
    if (status !== 'updated') return []
    const { warnings = [] } = update?.changes ?? {}
    const more = this.#warnings.get(index)
    return more === undefined ? warnings : [...warnings, ...more]
  }

  taskSettled(index: number): void {
    const tasks = this.#tasks[index]
    if (tasks === undefined) return
    if ('tasks' in tasks) {
      if (--tasks.unsettled > 0) return
      const outcome = combinedOutcome(tasks.tasks)
      this.settle(index, tasks.matched === undefined ? outcome : { ...outcome, matched: tasks.matched })
    } else if (tasks.outcome) this.settle(index, tasks.outcome)
  }

  /**
   * Gives up every update without an outcome. Returns the tasks that are not wanted any more.
   * @param isSearched whether VICIdial was asked for the leads of a key
   * @param keepsSent leaves out updates that are sent, whose outcomes are still of interest
   */
  giveUp(isSearched: (key: LeadKey) => boolean, keepsSent: boolean): (LeadTask | DncTask)[] {
    const unwanted: (LeadTask | DncTask)[] = []
    for (const [index, { key, changes }] of this.#updates.entries()) {
      if (this.#outcomes[index] !== undefined) continue
      const timedOut = isReading(changes) ? READ_TIMED_OUT : TIMED_OUT
      const waiting = this.#waiting.get(index)
      if (waiting !== undefined) {
        if (keepsSent && waiting.isSent) continue
        // Nobody waits for a stored update, so its verification may take longer.
        if (waiting.made !== undefined && this.sequencing?.isStored) continue
        this.settle(index, waiting.made ?? (waiting.isSent ? timedOut.sent : timedOut.unsent))
        waiting.giveUp()
        continue
      }
      const tasks = this.#tasksOf(index)
      if (tasks.length === 0) this.settle(index, isSearched(key) ? timedOut.searching : timedOut.unsent)
      for (const task of tasks) {
        const leader = task.leader ?? task
        if (keepsSent && leader.isSent && !isReading(changes)) continue
        if (leader.made !== undefined && this.sequencing?.isStored) continue
        task.settleAlone(leader.made ?? (leader.isSent ? timedOut.sent : timedOut.unsent))
        if (!leader.isWanted) unwanted.push(leader)
      }
    }
    return unwanted
  }

  #tasksOf(index: number): readonly (LeadTask | DncTask)[] {
    const tasks = this.#tasks[index]
    if (tasks === undefined) return []
    return 'tasks' in tasks ? tasks.tasks : [tasks]
  }
}

/** The outcome of an update after a lost call: what may have been made is unknown, unless a later call has made it. */
function withLost(outcome: Outcome, lost: Outcome | undefined): Outcome {
  if (lost === undefined || !NOT_MADE.has(outcome.status)) return outcome
  if (!outcome.isUnsent) return { ...outcome, status: 'unknown' }
  const { isUnsent: _, ...known } = outcome
  return { ...known, status: 'unknown', ...(lost.error && { error: lost.error }) }
}

/** Adds the update's own warnings about what was set. */
function withWarnings(outcome: Outcome, warnings: readonly Warning[]): Outcome {
  const { superseded = [] } = outcome
  const ofWhatIsSet = warnings.filter((warning) => !isAbout(warning, superseded))
  return { ...outcome, warnings: [...ofWhatIsSet, ...outcome.warnings] }
}
