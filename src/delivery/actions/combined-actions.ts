import {
  type ActionName,
  type ActionResults,
  CALLBACK_RESULTS,
  DNC_RESULTS,
  HOPPER_RESULTS
} from '../../leads/actions/lead-actions.ts'
import type { Warning } from '../../leads/refusal.ts'

/** The ends of each action, from good to bad. */
const ENDS: Readonly<Record<ActionName, readonly string[]>> = {
  hopper: HOPPER_RESULTS,
  callback: CALLBACK_RESULTS,
  dnc: DNC_RESULTS
}

/** How the actions ended with one of an update's leads. */
export interface ActionsOfLead {
  readonly lead: number
  readonly actions: ActionResults
}

/**
 * Combines how the actions of an update ended with its leads: each as with the lead where it ended worst. A warning names the
 * leads with which it ended otherwise.
 */
export function combinedActions(leads: readonly ActionsOfLead[]): {
  readonly actions: ActionResults
  readonly warnings: readonly Warning[]
} {
  const actions: Partial<Record<ActionName, string>> = {}
  const warnings: Warning[] = []
  for (const [name, ends] of Object.entries(ENDS) as [ActionName, readonly string[]][]) {
    const byEnd = Map.groupBy(
      leads.filter((one) => one.actions[name] !== undefined),
      (one) => one.actions[name] ?? ''
    )
    const [worst, ...others] = [...byEnd.keys()].toSorted((a, b) => ends.indexOf(b) - ends.indexOf(a))
    if (worst === undefined) continue
    actions[name] = worst
    for (const end of others) {
      const ofEnd = byEnd.get(end) ?? []
      warnings.push({ field: name, code: 'other_result', detail: end, leads: ofEnd.map(({ lead }) => lead) })
    }
  }
  return { actions: actions as ActionResults, warnings }
}
