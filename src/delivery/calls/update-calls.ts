import { type Condition, hasOnlyActions } from '../../leads/changes.ts'
import { readOf } from '../../leads/reading/lead-read.ts'
import type { Refused } from '../../vicidial/reply/reply.ts'
import { type ActionRunner, withActionsUnsent } from '../actions/action-runner.ts'
import type { Delivery, LeadTask } from '../delivery.ts'
import { CHANGED_SINCE, type FailedExchange, notDone, type Outcome, TIMED_OUT } from '../outcome.ts'
import { meets } from '../reading/lead-of-reading.ts'
import type { LeadReader, Reader } from '../reading/lead-reader.ts'
import { readOutcome } from '../reading/read-lead.ts'
import { expectedOf, notVerified, verifiedOutcome, verifyingRead } from '../reading/verification.ts'
import { namedMissing, outcomesOf } from '../reply-outcomes.ts'
import { type CallParts, unsent } from './call-parts.ts'
import { LeadQueues } from './lead-queues.ts'
import { leaveOutSuperseded, settleTask } from './settle-task.ts'

/** The outcome of an update that has only actions, before these are done. */
const FOUND: Outcome = { status: 'updated', warnings: [] }
/** A call is sent again without the leads that VICIdial names as missing, up to this many times in all. */
const MAX_ROUNDS = 3

/** Updates and readings of leads: many leads in a call where they share changes, and one lead's in order. */
export class UpdateCalls {
  readonly #queues: LeadQueues<number, Delivery>
  readonly #parts: CallParts
  readonly #reader: LeadReader
  readonly #runner: ActionRunner

  constructor(parts: CallParts, reader: LeadReader, runner: ActionRunner) {
    this.#parts = parts
    this.#reader = reader
    this.#runner = runner
    this.#queues = new LeadQueues<number, Delivery>(parts.rules, (task) => {
      leaveOutSuperseded(task, parts)
    })
  }

  /** Adds a task. */
  add(task: LeadTask): void {
    this.#queues.add(task)
  }

  /** Removes a task that is not wanted any more. */
  abandon(task: LeadTask): void {
    this.#queues.abandon(task)
  }

  /**
   * Starts the next call. Returns false if no task is ready.
   * @param refusal why VICIdial may not be called; then the tasks fail
   */
  startNext(refusal: Refused | undefined): boolean {
    const tasks = this.#queues.take()
    if (tasks.length === 0) return false
    if (refusal !== undefined) this.#fail(tasks, unsent(refusal))
    else {
      this.#send(tasks).catch((error: unknown) => {
        this.#fail(tasks, this.#parts.failure(error))
      })
    }
    return true
  }

  async #send(taken: readonly LeadTask[], round = 1): Promise<void> {
    const { exchange, rules, contextOf, onServed, onEnded } = this.#parts
    const tasks = taken.filter((task) => !this.#isRefused(task))
    const [first] = tasks
    if (first === undefined) return
    if (hasOnlyActions(first.changes)) {
      for (const task of tasks) this.#finish(task, task.base ?? FOUND)
      onServed(tasks.length)
      return
    }
    const read = readOf(first.changes)
    if (read !== undefined) {
      const end = await this.#reader.read(first.lead, read, first)
      this.#settle(first, 'outcome' in end ? end.outcome : readOutcome(end.reading))
      onServed(1)
      onEnded()
      return
    }
    const { condition } = first.changes
    if (condition !== undefined && !(await this.#isMet(first, condition))) return
    const call = { function: first.changes.function, leads: tasks }
    const exchanged = await exchange.update(call, contextOf(tasks))
    const isNaming = rules.dialect === 'leads_data' && round < MAX_ROUNDS
    const missing = new Set(isNaming ? namedMissing(tasks, exchanged) : [])
    const outcomeOf = outcomesOf(first.changes, exchanged)
    for (const task of missing.size > 0 ? missing : tasks) {
      const outcome = outcomeOf(task.lead)
      const isFinished = !task.isVerified && task.changes.actions === undefined
      if (outcome.status !== 'updated' || isFinished) this.#settle(task, outcome)
      else this.#finish(task, outcome)
    }
    onServed(tasks.length)
    if (missing.size > 0) {
      const others = tasks.filter((task) => !missing.has(task))
      await this.#send(others, round + 1)
    }
    onEnded()
  }

  /** Verifies an update that is made, and does its actions, before the next update of its lead is sent; and settles it. */
  #finish(task: LeadTask, made: Outcome): void {
    const { recentWrites, failure, onEnded } = this.#parts
    recentWrites.add(task)
    task.made = withActionsUnsent(task, made)
    void this.#verify(task, made)
      .then((outcome) => this.#runner.perform(task, outcome))
      .catch((error: unknown) => ({ ...notDone(failure(error)), status: 'unknown' as const }))
      .then((outcome) => {
        this.#settle(task, outcome)
        onEnded()
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
    this.#parts.onServed(1)
    this.#parts.onEnded()
    return false
  }

  /** Settles a task that must not be sent. */
  #isRefused(task: LeadTask): boolean {
    const reply = this.#parts.exchange.changesRefusal(task.changes)
    if (reply !== undefined) this.#settle(task, notDone({ reply, maybeMade: false }))
    return reply !== undefined
  }

  #fail(tasks: readonly LeadTask[], exchanged: FailedExchange): void {
    for (const task of tasks) this.#settle(task, notDone({ ...exchanged, maybeMade: task.isSent }))
  }

  #settle(task: LeadTask, outcome: Outcome): void {
    settleTask(task, outcome, this.#parts)
    this.#queues.release(task)
  }
}
