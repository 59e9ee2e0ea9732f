import type { Call, LeadChanges } from '../vicidial/wire.ts'
import { type CallRules, Flows, type Owner, DeliveryTask } from './delivery-task.ts'
import { LeadQueues } from './lead-queues.ts'

// Stryker disable next-line all: nobody asks a planned row whose it is
const NOBODY: Owner = { caller: '', source: '', taskSettled: () => {} }

/**
 * The calls that entries make on an idle gateway, in order: the same changes share a call, and a lead that stands
 * again takes effect in the order given. Linear in the number of entries.
 */
export function planCalls<Lead extends number | string>(
  entries: readonly LeadChanges<Lead>[],
  rules: CallRules
): Call<Lead>[] {
  const waiting = new LeadQueues<Lead, Owner>(rules)
  const flows = new Flows<Lead, Owner>(NOBODY, rules)
  for (const { lead, changes } of entries)
    waiting.admit(new DeliveryTask(lead, changes, NOBODY, 0, flows.of(changes)))
  const calls: Call<Lead>[] = []
  for (;;) {
    const rows = waiting.take()
    const [first] = rows
    if (first === undefined) return calls
    calls.push({ function: first.changes.function, leads: rows })
    for (const row of rows) waiting.release(row)
  }
}
