import type { Call, LeadChanges } from '../vicidial/wire.ts'
import { type CallRules, Lots, type Owner, Row } from './delivery-task.ts'
import { WaitingRows } from './lead-queues.ts'

// Stryker disable next-line all: nobody asks a planned row whose it is
const NOBODY: Owner = { caller: '', source: '', rowSettled: () => {} }

/**
 * The calls that entries make on an idle gateway, in order: the same changes share a call, and a lead that stands
 * again takes effect in the order given. Linear in the number of entries.
 */
export function planCalls<Lead extends number | string>(
  entries: readonly LeadChanges<Lead>[],
  rules: CallRules
): Call<Lead>[] {
  const waiting = new WaitingRows<Lead, Owner>(rules)
  const lots = new Lots<Lead, Owner>(NOBODY, rules)
  for (const { lead, changes } of entries) waiting.admit(new Row(lead, changes, NOBODY, 0, lots.of(changes)))
  const calls: Call<Lead>[] = []
  for (;;) {
    const rows = waiting.take()
    const [first] = rows
    if (first === undefined) return calls
    calls.push({ function: first.changes.function, rows })
    for (const row of rows) waiting.release(row)
  }
}
