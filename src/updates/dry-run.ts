import type { BatchAnswer, Result } from '../../schemas/batch.ts'
import type { CallRules } from '../delivery/delivery-task.ts'
import { planCalls, planSearches } from '../delivery/plan.ts'
import { rejectedResult } from '../delivery/result.ts'
import type { SearchKey } from '../delivery/lead-search.ts'
import { keyName, orderName } from '../leads/lead-key.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import { callParams, searchParams } from '../vicidial/wire.ts'
import { summarize } from './response.ts'

/**
 * Returns the results and calls that updates would have on an idle gateway. A lead that would have to be searched for
 * is in the calls as its key, like `vendor_lead_code:CRM-7`.
 */
export function dryRunResponse(
  entries: readonly (Update | RejectedUpdate)[],
  { requestId, source }: { readonly requestId: string; readonly source: string },
  rules: CallRules
): BatchAnswer {
  const sound = entries.filter((entry): entry is Update => 'changes' in entry)
  const results = entries.map((entry) => ('refusals' in entry ? rejectedResult(entry) : plannedResult(entry)))
  const keys = sound.map((update) => update.key).filter((key): key is SearchKey => key.by !== 'lead_id')
  // Keys that VICIdial takes for the same are one lead, named by the last of them.
  const names = new Map(keys.map((key) => [orderName(key), keyName(key)]))
  const leads = sound.map(({ key, changes }) => ({
    lead: key.by === 'lead_id' ? key.value : (names.get(orderName(key)) ?? keyName(key)),
    changes
  }))
  const calls = [
    ...planSearches(keys).map(({ by, values }) => searchParams(by, values)),
    ...planCalls<number | string>(leads, rules).map((call) => callParams(call, rules.dialect))
  ]
  return {
    id: requestId,
    status: 'planned',
    summary: summarize(results, 0),
    results,
    calls: calls.map((params) => ({ function: params.function, params: { source, ...params } }))
  }
}

function plannedResult({ index, key, changes }: Update): Result {
  return {
    index,
    [key.by]: key.value,
    status: 'planned',
    stored: changes.stored,
    ...(changes.warnings.length > 0 ? { warnings: [...changes.warnings] } : {})
  }
}
