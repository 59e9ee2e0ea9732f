import { areSameActions } from '../../leads/actions/lead-actions.ts'
import type { DeliveryTask, TaskRequest } from '../delivery-task.ts'
import { FairQueue } from '../fair-queue.ts'
import type { CallRules } from './batch-key.ts'

/** Tasks until their calls have ended: each lead's are sent in order, one at a time; leads never wait for each other. */
export class LeadQueues<Lead extends number | string, Request extends TaskRequest> {
  readonly #rules: CallRules
  readonly #ready = new FairQueue<DeliveryTask<Lead, Request>>()
  /** Lead → its last task. */
  readonly #last = new Map<Lead, DeliveryTask<Lead, Request>>()
  readonly #beforeReady: (task: DeliveryTask<Lead, Request>) => void

  /** @param beforeReady called when no task of its lead is ahead of a task any more; it may change or settle the task */
  constructor(rules: CallRules, beforeReady: (task: DeliveryTask<Lead, Request>) => void = () => {}) {
    this.#rules = rules
    this.#beforeReady = beforeReady
  }

  /** Adds a task as its lead's last; coalesces it if the one before is not taken yet and makes the same changes. */
  add(task: DeliveryTask<Lead, Request>): void {
    const before = this.#last.get(task.lead)
    if (before !== undefined && before.state !== 'taken' && before.isWanted && isSame(before, task)) {
      before.coalesce(task)
      return
    }
    this.#last.set(task.lead, task)
    if (before === undefined) this.#startWith(task)
    else before.next = task
  }

  /** Takes the tasks of the next call, which share a batch key; an empty list if none is ready. */
  take(): DeliveryTask<Lead, Request>[] {
    const tasks = this.#ready.take(({ changes }) =>
      changes.function === 'batch_update_lead' && changes.condition === undefined
        ? this.#rules.maxLeadsPerCall
        : 1
    )
    for (const task of tasks) task.state = 'taken'
    return tasks
  }

  /** Removes a task that was taken; the next one of its lead becomes ready. */
  release(task: DeliveryTask<Lead, Request>): void {
    if (task.next === undefined) this.#last.delete(task.lead)
    else this.#startWith(task.next)
  }

  /** Removes a task that is not wanted any more, if it is ready; one that is blocked is skipped in its turn. */
  abandon(task: DeliveryTask<Lead, Request>): void {
    if (task.state !== 'ready') return
    task.state = 'taken'
    this.release(task)
  }

  /** Makes the first wanted one of a lead's tasks ready. */
  #startWith(first: DeliveryTask<Lead, Request>): void {
    for (let task: typeof first | undefined = first; task !== undefined; task = task.next) {
      if (task.isWanted) this.#beforeReady(task)
      if (task.isWanted) {
        task.state = 'ready'
        this.#ready.add(task)
        return
      }
    }
    this.#last.delete(first.lead)
  }
}

function isSame<Lead extends number | string, Request extends TaskRequest>(
  a: DeliveryTask<Lead, Request>,
  b: DeliveryTask<Lead, Request>
): boolean {
  return (
    a.changes.condition === undefined &&
    a.flow.batchKey === b.flow.batchKey &&
    a.changes.key === b.changes.key &&
    areSameActions(a.changes.actions, b.changes.actions) &&
    a.base === b.base
  )
}
