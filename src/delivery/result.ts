import type { Result } from '../../schemas/batch.ts'
import type { LeadKey } from '../leads/lead-key.ts'
import { readOf } from '../leads/reading/lead-read.ts'
import type { Warning } from '../leads/refusal.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import { leadOf } from './reading/lead-of-reading.ts'
import type { Outcome, Reading } from './outcome.ts'

/** The result of a delivered update, or of a reading. */
export function outcomeResult(update: Update, outcome: Outcome): Result {
  const { index, key } = update
  const result: Result =
    key.by === 'lead_id'
      ? { index, lead_id: key.value, status: outcome.status }
      : { index, [key.by]: key.value, ...leadIds(outcome.leads), status: outcome.status }
  if (outcome.warnings.length > 0) result.warnings = outcome.warnings.map(wireWarning)
  if (outcome.matched !== undefined) result.matched = outcome.matched
  if (outcome.verified !== undefined) result.verified = outcome.verified
  if (outcome.readings !== undefined) addLeads(result, update, outcome.readings)
  if (outcome.actions !== undefined) Object.assign(result, outcome.actions)
  if (outcome.superseded) result.superseded = [...outcome.superseded]
  if (outcome.error) {
    const { code, detail, retryable, leadIds: matched } = outcome.error
    result.error = { code, detail, retryable, ...(matched ? { lead_ids: [...matched] } : {}) }
  }
  return result
}

/** Adds what was read: the values of a lead or, if the key may have several, each lead. */
function addLeads(result: Result, update: Update, readings: readonly Reading[]): void {
  const { key, onMultiple, newest = 1, changes } = update
  const read = readOf(changes)
  if (read === undefined) return
  const leads = readings.map((reading) => leadOf(reading, read))
  const [lead] = leads
  if (key.by !== 'lead_id' && (onMultiple === 'all' || newest > 1)) result.leads = leads
  else if (lead !== undefined) Object.assign(result, lead)
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
