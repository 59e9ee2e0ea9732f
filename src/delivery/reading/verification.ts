import { type Changes, CUSTOM } from '../../leads/changes.ts'
import { optionsOf } from '../../leads/compose-changes.ts'
import type { LeadRead } from '../../leads/reading/lead-read.ts'
import type { Warning } from '../../leads/refusal.ts'
import type { Outcome } from '../outcome.ts'
import type { ReadEnd } from './read-lead.ts'

const CALLED = 'called_since_last_reset'
/** What `reset_called` sets. */
const NOT_CALLED = 'N'

/** The texts that a lead should hold, by field; custom fields as `custom_fields.<label>`. */
export type Expected = Readonly<Record<string, string>>

/** What a lead should hold after an update. */
export function expectedOf(changes: Changes): Expected {
  return optionsOf(changes).resetCalled ? { ...changes.stored, [CALLED]: NOT_CALLED } : changes.stored
}

/** What has to be read to verify that a lead holds what is expected. */
export function verifyingRead(expected: Expected): LeadRead {
  const names = Object.keys(expected)
  return {
    fields: names.filter((name) => !name.startsWith(CUSTOM)),
    customFields: names.filter((name) => name.startsWith(CUSTOM)).map((name) => name.slice(CUSTOM.length))
  }
}

/**
 * The outcome of an update whose lead was read after it: verified if every field holds what the gateway had said that
 * VICIdial would store. Fields that VICIdial has refused to store are not compared.
 * @param made the outcome of the update itself: updated, or added
 */
export function verifiedOutcome(made: Outcome, expected: Expected, end: ReadEnd): Outcome {
  if ('outcome' in end) return notVerified(made, end.outcome.error?.detail ?? '')
  const { values, unread } = end.reading
  const notStored = new Set(made.warnings.map(({ field }) => field))
  const warnings: Warning[] = []
  for (const [field, text] of Object.entries(expected)) {
    const found = values[field]
    if (notStored.has(field) || found === text) continue
    if (found !== undefined) warnings.push({ field, code: 'stored_differs', expected: text, found })
    // A lead that never had a custom field has no row of them.
    else if (text !== '' || unread[field] !== undefined || !field.startsWith(CUSTOM))
      warnings.push({ field, code: 'not_verified', detail: unread[field] ?? NOT_PRINTED })
  }
  return { ...made, verified: warnings.length === 0, warnings: [...made.warnings, ...warnings] }
}

const NOT_PRINTED = 'VICIdial did not print it.'
const NO_TIME = 'The request reached its deadline before the lead could be read.'

/** The outcome of an update whose lead could not be read after it. */
export function notVerified(made: Outcome, detail = NO_TIME): Outcome {
  const warning = { field: 'lead_id', code: 'not_verified', detail } as const
  return { ...made, verified: false, warnings: [...made.warnings, warning] }
}
