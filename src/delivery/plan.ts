import type { Call, LeadChanges } from '../vicidial/wire.ts'
import { type CallRules, groupOf, type Owner, Row, type Waiter } from './row.ts'
import { WaitingRows } from './waiting-rows.ts'

const NOBODY: Owner = { caller: '', source: '' }
const PATIENT: Waiter<Owner> = { request: NOBODY, isWaiting: true, settle: () => {} }

/**
 * The calls that entries make on an idle gateway, in order: the same changes share a call, and a lead that stands
 * again takes effect in the order given. Linear in the number of entries.
 */
export function planCalls<Lead extends number | string>(
  entries: readonly LeadChanges<Lead>[],
  rules: CallRules
): Call<Lead>[] {
  const waiting = new WaitingRows<Lead, Owner>(rules)
  for (const { lead, changes } of entries) {
    waiting.admit(new Row(lead, changes, NOBODY, groupOf(changes, NOBODY.source, rules))).await(PATIENT)
  }
  const calls: Call<Lead>[] = []
  for (;;) {
    const rows = waiting.take()
    const [first] = rows
    if (first === undefined) return calls
    calls.push({ function: first.changes.function, rows })
    for (const row of rows) waiting.release(row)
  }
}
