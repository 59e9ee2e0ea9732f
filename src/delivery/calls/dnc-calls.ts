import { dncOf } from '../../leads/actions/dnc.ts'
import type { Refused } from '../../vicidial/reply/reply.ts'
import type { Delivery, DncTask } from '../delivery.ts'
import { notDone, type Outcome } from '../outcome.ts'
import { type CallParts, unsent } from './call-parts.ts'
import { LeadQueues } from './lead-queues.ts'
import { leaveOutSuperseded, settleTask } from './settle-task.ts'

/** Changes of numbers that must not be called: a call each, and one number's in order. */
export class DncCalls {
  readonly #queues: LeadQueues<string, Delivery>
  readonly #parts: CallParts

  constructor(parts: CallParts) {
    this.#parts = parts
    this.#queues = new LeadQueues<string, Delivery>(parts.rules, (task) => {
      leaveOutSuperseded(task, parts)
    })
  }

  /** Adds a task. */
  add(task: DncTask): void {
    this.#queues.add(task)
  }

  /** Removes a task that is not wanted any more. */
  abandon(task: DncTask): void {
    this.#queues.abandon(task)
  }

  /**
   * Starts the next call. Returns false if no number waits.
   * @param refusal why VICIdial may not be called; then the task fails
   */
  startNext(refusal: Refused | undefined): boolean {
    const [task] = this.#queues.take()
    if (task === undefined) return false
    if (refusal !== undefined) this.#settle(task, notDone(unsent(refusal)))
    else {
      this.#send(task).catch((error: unknown) => {
        this.#settle(task, notDone({ ...this.#parts.failure(error), maybeMade: task.isSent }))
      })
    }
    return true
  }

  async #send(task: DncTask): Promise<void> {
    const { exchange, contextOf, onServed, onEnded } = this.#parts
    const dnc = dncOf(task.changes)
    if (dnc === undefined) return
    const exchanged = await exchange.actions.changeDnc(dnc, contextOf([task]))
    const { reply } = exchanged
    const outcome: Outcome =
      reply.kind === 'dnc'
        ? { status: 'updated', warnings: [], actions: { dnc: reply.result } }
        : notDone({ ...exchanged, reply })
    this.#settle(task, outcome)
    onServed(1)
    onEnded()
  }

  #settle(task: DncTask, outcome: Outcome): void {
    settleTask(task, outcome, this.#parts)
    this.#queues.release(task)
  }
}
