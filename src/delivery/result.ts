import type { Result } from '../../schemas/batch.ts'
import type { LeadKey } from '../leads/lead-key.ts'
import type { Warning } from '../leads/refusal.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import type { Outcome } from './outcome.ts'

/** The result of a delivered update. */
export function outcomeResult({ index, key }: Update, outcome: Outcome): Result {
  const result: Result =
    key.by === 'lead_id'
      ? { index, lead_id: key.value, status: outcome.status }
      : { index, [key.by]: key.value, ...leadIds(outcome.leads), status: outcome.status }
  if (outcome.warnings.length > 0) result.warnings = outcome.warnings.map(wireWarning)
  if (outcome.matched !== undefined) result.matched = outcome.matched
  if (outcome.superseded) result.superseded = [...outcome.superseded]
  if (outcome.error) {
    const { code, detail, retryable, leadIds: matched } = outcome.error
    result.error = { code, detail, retryable, ...(matched ? { lead_ids: [...matched] } : {}) }
  }
  return result
}

function wireWarning({ leads, ...warning }: Warning): NonNullable<Result['warnings']>[number] {
  return leads === undefined ? warning : { ...warning, lead_ids: [...leads] }
}

function leadIds(leads: readonly number[] = []): Pick<Result, 'lead_id' | 'lead_ids'> {
  const [lead] = leads
  if (lead === undefined) return {}
  return leads.length === 1 ? { lead_id: lead } : { lead_ids: [...leads] }
}

/** Most errors listed in the result of one update. */
const MAX_ERRORS_OF_AN_UPDATE = 10

/** The result of an update that the gateway rejected. */
export function rejectedResult({ index, key, refusals }: RejectedUpdate): Result {
  const errors = refusals.map(({ code, field, detail }) => ({
    code,
    ...(field === undefined ? {} : { field }),
    detail,
    retryable: false
  }))
  const [error] = errors
  return {
    index,
    ...(key ? named(key) : {}),
    status: 'rejected',
    ...(error ? { error } : {}),
    ...(errors.length > 1 ? { errors: errors.slice(0, MAX_ERRORS_OF_AN_UPDATE) } : {})
  }
}

function named(key: LeadKey): Partial<Pick<Result, 'lead_id' | 'vendor_lead_code' | 'phone_number'>> {
  return { [key.by]: key.value }
}
