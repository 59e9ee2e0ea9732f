import type { Warning } from '../leads/refusal.ts'
import { combinedActions } from './actions/combined-actions.ts'
import { MAX_LISTED_LEADS, type Outcome, type OutcomeError } from './outcome.ts'

/** Statuses of a lead, the worst first. */
const WORST_FIRST: readonly Outcome['status'][] = [
  'unknown',
  'failed',
  'ambiguous',
  'not_found',
  'incomplete',
  'updated',
  'read',
  'superseded'
]

/** The outcome of one of an update's leads. */
export interface LeadOutcome {
  readonly lead: number
  readonly outcome: Outcome | undefined
}

/**
 * Combines the outcomes of an update's leads into one, with their ids. It is `updated`, and lists the updated leads, if
 * no other failed for another reason than custom fields that its list lacks: a warning names those leads. It is `unknown`
 * if some were updated and others failed; otherwise the worst of them. Fields that one lead left out are listed for the
 * whole update.
 * @throws Error if there are no outcomes
 */
export function combinedOutcome(leads: readonly LeadOutcome[]): Outcome {
  const withStatus = (...statuses: readonly Outcome['status'][]) =>
    leads.filter(({ outcome }) => outcome !== undefined && statuses.includes(outcome.status))
  const updated = withStatus('updated')
  const [first] = updated
  const failed = withStatus('failed', 'unknown')
  const fields = new Set(leads.flatMap(({ outcome }) => outcome?.superseded ?? []))
  const acted = leads.flatMap(({ lead, outcome }) =>
    outcome?.actions === undefined ? [] : [{ lead, actions: outcome.actions }]
  )
  const { actions, warnings: ofActions } = combinedActions(acted)
  const isProvisional = leads.some(({ outcome }) => outcome?.isProvisional)
  const common = {
    ...(fields.size > 0 ? { superseded: [...fields] } : {}),
    ...(isProvisional ? { isProvisional: true as const } : {}),
    ...verifiedOf(updated),
    ...(acted.length > 0 ? { actions } : {})
  }
  if (first?.outcome && failed.every(({ outcome }) => outcome?.notStored)) {
    const warnings = [...warningsOf(withStatus('updated', 'failed', 'unknown')), ...ofActions]
    return { ...first.outcome, ...common, warnings, leads: ids(updated) }
  }
  const readings = leads.flatMap(({ outcome }) => outcome?.readings ?? [])
  // A lead that is gone by now does not hide the others of its key.
  if (readings.length > 0 && failed.length === 0) {
    const status = readings.some(({ unread }) => Object.keys(unread).length > 0) ? 'incomplete' : 'read'
    return { status, warnings: [], readings, leads: readings.map(({ lead }) => lead) }
  }
  const worst = WORST_FIRST.map((status) => mostTelling(withStatus(status))).find(
    (lead) => lead !== undefined
  )
  if (worst?.outcome === undefined) throw new Error('an update without leads has no outcome')
  const warnings = [...worst.outcome.warnings, ...ofActions]
  const combined = { ...worst.outcome, ...common, warnings, leads: ids(leads) }
  if (first === undefined) return combined
  const made = { ...combined, status: 'unknown', updated: ids(updated) } as const
  return combined.error ? { ...made, error: partlyMade(combined.error, updated) } : made
}

/** Several leads are verified if each of them is. */
function verifiedOf(updated: readonly LeadOutcome[]): Pick<Outcome, 'verified'> {
  const each = updated.flatMap(({ outcome }) => (outcome?.verified === undefined ? [] : [outcome.verified]))
  return each.length === 0 ? {} : { verified: each.every(Boolean) }
}

function ids(leads: readonly LeadOutcome[]): number[] {
  return leads.map(({ lead }) => lead)
}

/** The warnings about leads, each with those that it is about unless it is about all. */
function warningsOf(leads: readonly LeadOutcome[]): Warning[] {
  const groups = new Map<string, { readonly warning: Warning; readonly leads: number[] }>()
  for (const { lead, outcome } of leads) {
    for (const warning of outcome?.notStored ?? outcome?.warnings ?? []) {
      const key = JSON.stringify(warning)
      const group = groups.get(key) ?? { warning, leads: [] }
      group.leads.push(lead)
      groups.set(key, group)
    }
  }
  return [...groups.values()].map((group) =>
    group.leads.length === leads.length ? group.warning : { ...group.warning, leads: group.leads }
  )
}

/** The error of an update that was made on some leads only. Repeating it is safe, and may help with the others. */
function partlyMade(error: OutcomeError, updated: readonly LeadOutcome[]): OutcomeError {
  const made = ids(updated.slice(0, MAX_LISTED_LEADS)).join(', ')
  const detail = `Made on ${updated.length} of its leads (${made}), not or perhaps not on the others: ${error.detail}`
  return { ...error, detail, retryable: true }
}

/** The lead whose outcome says most: one that was sent, and that a repeat may help. */
function mostTelling(leads: readonly LeadOutcome[]): LeadOutcome | undefined {
  const sent = leads.filter(({ outcome }) => outcome?.isUnsent === undefined)
  return sent.find(({ outcome }) => outcome?.notStored === undefined) ?? sent[0] ?? leads[0]
}
