import type { Warning } from '../leads/outcome.ts'
import type { Exchanged } from '../vicidial/exchange.ts'
import type { UpstreamCode } from '../vicidial/reply.ts'

/** Why an update was not made, or may not have been. */
export interface OutcomeError {
  readonly code: UpstreamCode | 'lead_not_found' | 'lead_ambiguous' | 'overloaded'
  readonly detail: string
  /** Whether the same update may succeed later. */
  readonly retryable: boolean
  /** The leads that a key matches, newest first; the first 100 of them. */
  readonly leadIds?: readonly number[]
}

/** What became of one update. */
export interface Outcome {
  readonly status: 'updated' | 'not_found' | 'ambiguous' | 'failed' | 'unknown'
  /** The leads that the update's key names, as far as they are known; absent if it names its lead by id. */
  readonly leads?: readonly number[]
  readonly warnings: readonly Warning[]
  readonly error?: OutcomeError
}

/** Codes that speak of VICIdial's state, not of the update: later it may succeed. */
const PASSING: ReadonlySet<UpstreamCode> = new Set([
  'upstream_login_failed',
  'upstream_locked_out',
  'upstream_unavailable',
  'upstream_timeout'
])
const MAX_LISTED_LEADS = 100

/** The outcome of a lead that VICIdial does not know, or that its account may not touch. */
export function notFound(detail: string): Outcome {
  return { status: 'not_found', warnings: [], error: { code: 'lead_not_found', detail, retryable: false } }
}

/** The outcome of a key that matches several leads. */
export function ambiguous(leads: readonly number[]): Outcome {
  const detail = `The key matches ${leads.length} leads; name one by lead_id, or say on_multiple.`
  const leadIds = leads.slice(0, MAX_LISTED_LEADS)
  return {
    status: 'ambiguous',
    warnings: [],
    error: { code: 'lead_ambiguous', detail, retryable: false, leadIds }
  }
}

/** The outcome of an update that was refused, or of whose call nothing certain was heard. */
export function notDone({
  reply,
  maybeMade
}: Exchanged<{ readonly kind: string; readonly detail?: string }>): Outcome {
  const code: UpstreamCode = 'code' in reply ? reply.code : 'upstream_error'
  const retryable = PASSING.has(code) || reply.kind !== 'refused'
  const error = { code, detail: reply.detail ?? 'VICIdial answered something else.', retryable }
  return { status: maybeMade ? 'unknown' : 'failed', warnings: [], error }
}

/** The outcome of an update whose key matches more leads than there is room for. */
export function tooManyLeads(leads: number): Outcome {
  const detail = `The key matches ${leads} leads or more, which is more than can wait now; nothing was sent for it.`
  return { status: 'failed', warnings: [], error: { code: 'overloaded', detail, retryable: true } }
}

/** The outcomes of updates whose request ended before VICIdial's answer. */
export const NOT_IN_TIME = {
  waiting: endOfTime('failed', 'The time of the request was over before the update could be sent.'),
  sent: endOfTime('unknown', 'VICIdial had not answered when the time of the request was over.')
} as const

/** The outcome of an update that waited behind one of the same lead whose fate is not known. */
export const NOT_SENT_AFTER_UNKNOWN: Outcome = endOfTime(
  'failed',
  'Not sent: an earlier update of this lead has no known outcome and could still take effect.'
)

function endOfTime(status: 'failed' | 'unknown', detail: string): Outcome {
  return { status, warnings: [], error: { code: 'upstream_timeout', detail, retryable: true } }
}

const SEVERITY: readonly Outcome['status'][] = ['unknown', 'failed', 'ambiguous', 'not_found', 'updated']

/** What became of one of an update's leads. */
export interface LeadOutcome {
  readonly lead: number
  readonly outcome: Outcome | undefined
}

/**
 * One outcome for an update whose key names several leads, with their ids. It is `updated` if VICIdial set the values
 * on those that it found, and names these; `unknown` if some were updated and others failed; otherwise the gravest of
 * theirs.
 */
export function combine(parts: readonly LeadOutcome[]): Outcome {
  const having = (...statuses: readonly Outcome['status'][]) =>
    parts.filter(({ outcome }) => outcome !== undefined && statuses.includes(outcome.status))
  const ids = (of: readonly LeadOutcome[]) => of.map(({ lead }) => lead)
  const updated = having('updated')
  const [first] = updated
  const isFailed = having('failed', 'unknown').length > 0
  if (first?.outcome && !isFailed) return { ...first.outcome, leads: ids(updated) }
  const gravest = SEVERITY.map((status) => having(status)[0]).find((part) => part !== undefined)
  if (gravest?.outcome === undefined) throw new Error('an update without leads has no outcome to combine')
  return { ...gravest.outcome, status: first ? 'unknown' : gravest.outcome.status, leads: ids(parts) }
}
