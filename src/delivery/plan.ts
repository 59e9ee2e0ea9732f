import { keyName } from '../leads/lead-key.ts'
import type { Call, LeadChanges } from '../vicidial/wire.ts'
import type { CallRules } from './calls/batch-key.ts'
import { LeadQueues } from './calls/lead-queues.ts'
import { DeliveryTask, Flows, type TaskRequest } from './delivery-task.ts'
import { searchBatchKey, type SearchKey } from './searching/lead-search.ts'
import { MAX_KEYS_PER_CALL } from './searching/search-queue.ts'

// Stryker disable next-line all: the request of a planned task is never looked at
const NO_REQUEST: TaskRequest = { caller: '', source: '', taskSettled: () => {} }

/**
 * The calls that updates make on an idle gateway, in order, without sending any. Leads with the same changes share a
 * call; a lead's updates take effect in the order given. Linear in the number of updates.
 */
export function planCalls<Lead extends number | string>(
  updates: readonly LeadChanges<Lead>[],
  rules: CallRules
): Call<Lead>[] {
  const queues = new LeadQueues<Lead, TaskRequest>(rules)
  const flows = new Flows<Lead, TaskRequest>(NO_REQUEST, rules)
  for (const { lead, changes } of updates)
    queues.add(new DeliveryTask(lead, changes, NO_REQUEST, 0, flows.of(changes)))
  const calls: Call<Lead>[] = []
  for (;;) {
    const tasks = queues.take()
    const [first] = tasks
    if (first === undefined) return calls
    calls.push({ function: first.changes.function, leads: tasks })
    for (const task of tasks) queues.release(task)
  }
}

/** The searches for `keys`, each key once, in as few calls as possible. */
export function planSearches(keys: readonly SearchKey[]): { by: SearchKey['by']; values: string[] }[] {
  const calls: { by: SearchKey['by']; values: string[] }[] = []
  const last = new Map<string, (typeof calls)[number]>()
  for (const key of new Map(keys.map((one) => [keyName(one), one])).values()) {
    const batchKey = searchBatchKey(key)
    let call = last.get(batchKey)
    if (call === undefined || call.values.length === MAX_KEYS_PER_CALL) {
      call = { by: key.by, values: [] }
      calls.push(call)
      last.set(batchKey, call)
    }
    call.values.push(key.value)
  }
  return calls
}
