import { isReading } from '../../leads/reading/lead-read.ts'
import type { DncTask, LeadTask } from '../delivery.ts'
import { NOT_CHECKED, NOT_SENT_AFTER_UNKNOWN, type Outcome } from '../outcome.ts'
import type { CallParts } from './call-parts.ts'

/**
 * Leaves out what newer updates have set, before a stored task is sent. Settles a task of which nothing is left, or that
 * cannot be checked now.
 */
export function leaveOutSuperseded(
  task: LeadTask | DncTask,
  { recentWrites, rules, log }: Pick<CallParts, 'recentWrites' | 'rules' | 'log'>
): void {
  if (task.request.sequencing?.isStored !== true) return
  try {
    const fields = recentWrites.supersededFields(task)
    if (fields.length > 0) task.leaveOut(fields, rules)
  } catch (error) {
    log.error({ err: error }, 'newer updates of a lead cannot be read')
    task.settle(NOT_CHECKED)
  }
}

/** Settles a task, and the tasks of its lead that wait for it if its outcome is unknown. */
export function settleTask(
  task: LeadTask | DncTask,
  outcome: Outcome,
  { recentWrites }: Pick<CallParts, 'recentWrites'>
): void {
  if (outcome.status === 'updated' && task.made === undefined) recentWrites.add(task)
  task.settle(outcome)
  // A call with an unknown outcome may still take effect, and would undo what comes after it.
  if (outcome.status === 'unknown') {
    for (let { next } = task; next !== undefined; next = next.next) {
      if (!isReading(next.changes)) next.settle(NOT_SENT_AFTER_UNKNOWN)
    }
  }
}
