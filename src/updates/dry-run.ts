import type { BatchAnswer, Result } from '../../schemas/batch.ts'
import type { CallRules } from '../delivery/calls/batch-key.ts'
import { planCalls, planSearches } from '../delivery/plan.ts'
import { rejectedResult } from '../delivery/result.ts'
import type { SearchKey } from '../delivery/searching/lead-search.ts'
import { expectedOf, verifyingRead } from '../delivery/reading/verification.ts'
import { dncOf, isDnc } from '../leads/actions/dnc.ts'
import { hasOnlyActions } from '../leads/changes.ts'
import { COLUMN_BY_NAME } from '../leads/reading/lead-columns.ts'
import { keyName, orderName } from '../leads/lead-key.ts'
import { isReading, type LeadRead, readOf } from '../leads/reading/lead-read.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import { additionParams, dncParams } from '../vicidial/lead-params.ts'
import {
  callParams,
  type LeadChanges,
  type Params,
  readFieldParams,
  readLeadParams,
  searchParams
} from '../vicidial/wire.ts'
import { planActions } from './planned-actions.ts'
import { summarize } from './response.ts'

export interface DryRunSender {
  readonly requestId: string
  readonly source: string
  /** The VICIdial user that the calls would have. */
  readonly user: string
}

/**
 * Returns the results and calls that updates would have on an idle gateway. A lead that would have to be searched for
 * is in the calls as its key, like `vendor_lead_code:CRM-7`. If it may be added, both calls are listed: the one that changes
 * it, and the one that adds it.
 */
export function dryRunResponse(
  entries: readonly (Update | RejectedUpdate)[],
  { requestId, source, user }: DryRunSender,
  rules: CallRules
): BatchAnswer {
  const sound = entries.filter((entry): entry is Update => 'changes' in entry)
  const results = entries.map((entry) =>
    'refusals' in entry ? rejectedResult(entry) : plannedResult(entry, user)
  )
  const numbers = sound.flatMap(({ changes }) => dncOf(changes) ?? [])
  const ofLeads = numbers.length > 0 ? sound.filter(({ changes }) => !isDnc(changes)) : sound
  const keys = ofLeads.map((update) => update.key).filter((key): key is SearchKey => key.by !== 'lead_id')
  // Keys that VICIdial takes for the same are one lead, named by the last of them.
  const names = new Map(keys.map((key) => [orderName(key), keyName(key)]))
  const leads = ofLeads.map(({ key, changes }) => ({
    lead: key.by === 'lead_id' ? key.value : (names.get(orderName(key)) ?? keyName(key)),
    changes
  }))
  const calls = [
    ...planSearches(keys).map(({ by, values }) => searchParams(by, values)),
    ...planCalls<number | string>(leads, rules).flatMap((call) => [
      ...(call.leads.some(({ changes }) => isReading(changes) || hasOnlyActions(changes))
        ? []
        : [callParams(call, rules.dialect)]),
      ...call.leads.flatMap(readingCalls)
    ]),
    ...planAdditions(sound),
    ...planActions(leads),
    ...numbers.map(({ change, phoneNumber, campaign }) => dncParams(change, phoneNumber, campaign))
  ]
  return {
    id: requestId,
    status: 'planned',
    summary: summarize(results, 0),
    results,
    calls: calls.map((params) => ({ function: params.function, params: { source, ...params } }))
  }
}

/** The calls that read a lead, or read it after its update if that is verified. A lead with an apostrophe needs more. */
function readingCalls({ lead, changes }: LeadChanges<number | string>): Params[] {
  if (hasOnlyActions(changes)) return []
  const read = changes.isVerified ? verifyingRead(expectedOf(changes)) : readOf(changes)
  return read === undefined ? [] : callsThatRead(lead, read)
}

function callsThatRead(lead: number | string, { fields, customFields }: LeadRead): Params[] {
  const others = fields.filter((name) => COLUMN_BY_NAME.get(name)?.isInRow === false)
  const isRowRead = others.length < fields.length || fields.length === 0 || customFields.length > 0
  const ofFields = ['lead_id', ...others, 'lead_id'].map((name) => readFieldParams(lead, name))
  return [
    ...(isRowRead ? [readLeadParams(lead, customFields.length > 0)] : []),
    ...(others.length > 0 ? ofFields : [])
  ]
}

/** The calls that would add leads, if no lead has the keys of `updates`: of each key the first. */
function planAdditions(updates: readonly Update[]): Params[] {
  const byKey = new Map<string, Params>()
  for (const { key, addition } of updates) {
    if (addition === undefined || key.by === 'lead_id' || byKey.has(orderName(key))) continue
    byKey.set(orderName(key), additionParams(key.by, addition))
  }
  return [...byKey.values()]
}

/** @param user that VICIdial gives a new lead */
function plannedResult({ index, key, changes, addition }: Update, user: string): Result {
  const warnings = [...changes.warnings]
  for (const warning of addition?.warnings ?? []) if (!warnings.includes(warning)) warnings.push(warning)
  return {
    index,
    [key.by]: key.value,
    status: 'planned',
    ...(isReading(changes) ? {} : { stored: changes.stored }),
    ...(addition && { stored_if_added: { ...addition.stored, user } }),
    ...(warnings.length > 0 ? { warnings } : {})
  }
}
