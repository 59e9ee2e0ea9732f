import type { FastifyRequest } from 'fastify'
import type { BatchAnswer, Result } from '../../schemas/batch.ts'
import { summarize } from './response.ts'
import { rejectedResult } from '../delivery/result.ts'
import type { Dependencies } from '../app.ts'
import { callerOf } from '../http/authentication.ts'
import type { SearchKey } from '../delivery/search-queue.ts'
import type { Batch } from '../leads/batch.ts'
import { planCalls, planSearches } from '../delivery/plan.ts'
import { keyName } from '../leads/lead-key.ts'
import type { Update } from '../leads/update.ts'
import { callParams, searchParams } from '../vicidial/wire.ts'

/**
 * Answers what a batch would do, without sending anything. A lead that would have to be looked up stands in the
 * calls as its key, like `vendor_lead_code:CRM-7`.
 */
export function answerDryRun(batch: Batch, request: FastifyRequest, dependencies: Dependencies): BatchAnswer {
  const { rules } = dependencies
  const source = batch.source ?? callerOf(request).source ?? dependencies.source
  const sound = batch.entries.filter((entry): entry is Update => 'changes' in entry)
  const results = batch.entries.map((entry) =>
    'refusals' in entry ? rejectedResult(entry) : plannedResult(entry)
  )
  const keys = sound.map((update) => update.key).filter((key): key is SearchKey => key.by !== 'lead_id')
  const rows = sound.map(({ key, changes }) => ({
    lead: key.by === 'lead_id' ? key.value : keyName(key),
    changes
  }))
  const calls = [
    ...planSearches(keys).map(({ by, values }) => searchParams(by, values)),
    ...planCalls<number | string>(rows, rules).map((call) => callParams(call, rules.dialect))
  ]
  return {
    id: request.id,
    status: 'planned',
    summary: summarize(results, 0),
    results,
    calls: calls.map((params) => ({ function: params['function'] ?? '', params: { source, ...params } }))
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
