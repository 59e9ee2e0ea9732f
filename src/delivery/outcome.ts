import type { Warning } from '../leads/refusal.ts'
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
  readonly status: 'updated' | 'not_found' | 'ambiguous' | 'failed' | 'unknown' | 'superseded'
  /** The leads that the update's key names, as far as they are known; absent if it names its lead by id. */
  readonly leads?: readonly number[]
  readonly warnings: readonly Warning[]
  readonly error?: OutcomeError
  /** Nothing was sent for it, so that its failure says nothing about the update. */
  readonly isUnsent?: true
  /** Fields that it left to newer updates of the lead. */
  readonly superseded?: readonly string[]
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
  maybeMade,
  isUnsent
}: Exchanged<{ readonly kind: string; readonly detail?: string }>): Outcome {
  const code: UpstreamCode = 'code' in reply ? reply.code : 'upstream_error'
  const retryable = PASSING.has(code) || reply.kind !== 'refused'
  const error = { code, detail: reply.detail ?? 'VICIdial answered something else.', retryable }
  const outcome = { status: maybeMade ? 'unknown' : 'failed', warnings: [], error } as const
  return isUnsent ? { ...outcome, isUnsent } : outcome
}

/** The outcome of an update whose key matches more leads than there is room for. */
export function tooManyLeads(leads: number): Outcome {
  const detail = `The key matches ${leads} leads or more, which is more than can wait now; nothing was sent for it.`
  return { status: 'failed', warnings: [], error: { code: 'overloaded', detail, retryable: true } }
}

/** The outcomes of updates whose request ended before VICIdial's answer. */
export const NOT_IN_TIME = {
  waiting: {
    ...endOfTime('failed', 'The time of the request was over before the update could be sent.'),
    isUnsent: true
  },
  lookedUp: endOfTime('failed', 'VICIdial had not found the lead when the time of the request was over.'),
  sent: endOfTime('unknown', 'VICIdial had not answered when the time of the request was over.')
} as const

/** The outcome of an update that waited behind one of the same lead whose fate is not known. */
export const NOT_SENT_AFTER_UNKNOWN: Outcome = {
  ...endOfTime(
    'failed',
    'Not sent: an earlier update of this lead has no known outcome and could still take effect.'
  ),
  isUnsent: true
}

function endOfTime(status: 'failed' | 'unknown', detail: string): Outcome {
  return { status, warnings: [], error: { code: 'upstream_timeout', detail, retryable: true } }
}

const SEVERITY: readonly Outcome['status'][] = [
  'unknown',
  'failed',
  'ambiguous',
  'not_found',
  'updated',
  'superseded'
]

/** What became of one of an update's leads. */
export interface LeadOutcome {
  readonly lead: number
  readonly outcome: Outcome | undefined
}

/**
 * One outcome for an update whose key names several leads, with their ids. It is `updated` if VICIdial set the values
 * on those that it found, and names these; `unknown` if some were updated and others failed; otherwise the gravest of
 * theirs. What one of them left to newer updates the whole did.
 */
export function combine(parts: readonly LeadOutcome[]): Outcome {
  const having = (...statuses: readonly Outcome['status'][]) =>
    parts.filter(({ outcome }) => outcome !== undefined && statuses.includes(outcome.status))
  const ids = (of: readonly LeadOutcome[]) => of.map(({ lead }) => lead)
  const updated = having('updated')
  const [first] = updated
  const isFailed = having('failed', 'unknown').length > 0
  const names = new Set(parts.flatMap(({ outcome }) => outcome?.superseded ?? []))
  const superseded = names.size > 0 ? { superseded: [...names] } : {}
  if (first?.outcome && !isFailed) return { ...first.outcome, ...superseded, leads: ids(updated) }
  const gravest = SEVERITY.map((status) => sentFirst(having(status))).find((part) => part !== undefined)
  if (gravest?.outcome === undefined) throw new Error('an update without leads has no outcome to combine')
  const status = first ? 'unknown' : gravest.outcome.status
  return { ...gravest.outcome, ...superseded, status, leads: ids(parts) }
}

/** One of `parts`, rather one that was sent: it says more. */
function sentFirst(parts: readonly LeadOutcome[]): LeadOutcome | undefined {
  return parts.find(({ outcome }) => outcome?.isUnsent === undefined) ?? parts[0]
}
