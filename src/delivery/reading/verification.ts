import { type Changes, CUSTOM, optionsOf } from '../../leads/changes.ts'
import type { LeadRead } from '../../leads/lead-read.ts'
import type { Warning } from '../../leads/refusal.ts'
import type { Outcome } from '../outcome.ts'
import type { ReadEnd } from './read-lead.ts'

const CALLED = 'called_since_last_reset'
/** What `reset_called` sets. */
const NOT_CALLED = 'N'

/** What has to be read to verify changes. */
export function verifyingRead(changes: Changes): LeadRead {
  const names = Object.keys(expectedOf(changes))
  return {
    fields: names.filter((name) => !name.startsWith(CUSTOM)),
    customFields: names.filter((name) => name.startsWith(CUSTOM)).map((name) => name.slice(CUSTOM.length)),
    isWhole: false
  }
}

/**
 * The outcome of an update whose lead was read after it: verified if every field holds what the gateway had said that
 * VICIdial would store. Fields that VICIdial has refused to store are not compared.
 */
export function verifiedOutcome(updated: Outcome, changes: Changes, end: ReadEnd): Outcome {
  if ('outcome' in end) return notVerified(updated, end.outcome.error?.detail ?? '')
  const { values, unread } = end.reading
  const notStored = new Set(updated.warnings.map(({ field }) => field))
  const warnings: Warning[] = []
  for (const [field, expected] of Object.entries(expectedOf(changes))) {
    const found = values[field]
    if (notStored.has(field) || found === expected) continue
    if (found !== undefined) warnings.push({ field, code: 'stored_differs', expected, found })
    else warnings.push({ field, code: 'not_verified', detail: unread[field] ?? NOT_PRINTED })
  }
  return { ...updated, verified: warnings.length === 0, warnings: [...updated.warnings, ...warnings] }
}

const NOT_PRINTED = 'VICIdial did not print it.'
const NO_TIME = 'The time of the request was over before the lead could be read.'

/** The outcome of an update whose lead could not be read after it. */
export function notVerified(updated: Outcome, detail = NO_TIME): Outcome {
  const warning = { field: 'lead_id', code: 'not_verified', detail } as const
  return { ...updated, verified: false, warnings: [...updated.warnings, warning] }
}

function expectedOf(changes: Changes): Readonly<Record<string, string>> {
  return optionsOf(changes).resetCalled ? { ...changes.stored, [CALLED]: NOT_CALLED } : changes.stored
}
