import type { ActionResults } from '../leads/actions/lead-actions.ts'
import type { Warning } from '../leads/refusal.ts'
import type { Exchanged } from '../vicidial/exchange/call-runner.ts'
import type { NotMade, Refused, Unclear, UpstreamCode } from '../vicidial/reply/reply.ts'

/** Why an update failed, or may have failed. */
export interface OutcomeError {
  readonly code:
    | UpstreamCode
    | 'lead_not_found'
    | 'lead_ambiguous'
    | 'lead_exists'
    | 'overloaded'
    | 'precondition_failed'
  readonly detail: string
  /** Whether the same update may succeed later. */
  readonly retryable: boolean
  /** VICIdial's own words, see `Exchanged.said`; not for callers. */
  readonly said?: string
  /** The leads that a key matches, newest first; the first 100 of them. */
  readonly leadIds?: readonly number[]
}

/** What was read of one lead. */
export interface Reading {
  readonly lead: number
  /** The texts in VICIdial's database, by field; custom fields as `custom_fields.<label>`. */
  readonly values: Readonly<Record<string, string>>
  /** Why fields could not be read, by field. */
  readonly unread: Readonly<Record<string, string>>
}

/** The outcome of one update, or of one reading. */
export interface Outcome {
  readonly status:
    | 'updated'
    | 'added'
    | 'not_found'
    | 'ambiguous'
    | 'failed'
    | 'unknown'
    | 'superseded'
    | 'read'
    | 'incomplete'
  /** What was read: one for each lead of the key. Some of the fields of one could not be, if `incomplete`. */
  readonly readings?: readonly Reading[]
  /** Whether the leads hold what was set, by a reading after it; absent if none was asked for. */
  readonly verified?: boolean
  /** The leads that the update's key matches, if known, or the one that was added; absent if the update names its lead by id. */
  readonly leads?: readonly number[]
  /** Those of `leads` that were updated, if others were not. */
  readonly updated?: readonly number[]
  /** The leads' code, if it is not spelt as the update's key; null if it may not be, and could not be read. */
  readonly matched?: string | null
  readonly warnings: readonly Warning[]
  readonly error?: OutcomeError
  /** Nothing else was to be changed than these custom fields, and the lead's list lacks them. */
  readonly notStored?: readonly Warning[]
  /** Nothing was sent, so the failure says nothing about the update. */
  readonly isUnsent?: true
  /** VICIdial's reply could not be checked; the same update may end differently in a few minutes. */
  readonly isProvisional?: true
  /** How the actions ended, of an update or of a number that must not be called. */
  readonly actions?: ActionResults
  /** Fields left out because newer updates of the lead have set them. */
  readonly superseded?: readonly string[]
}

/** Codes for VICIdial's state rather than the update: the same update may succeed later. */
const TRANSIENT: ReadonlySet<UpstreamCode> = new Set([
  'upstream_login_failed',
  'upstream_locked_out',
  'upstream_unavailable',
  'upstream_timeout'
])
/** Leads of one outcome that are listed. */
export const MAX_LISTED_LEADS = 100

/** The outcome for a lead that VICIdial doesn't have, or that its account may not change. */
export function notFound(detail: string): Outcome {
  return { status: 'not_found', warnings: [], error: { code: 'lead_not_found', detail, retryable: false } }
}

/** The outcome of an addition whose key has a lead already. */
export function leadExists(leads: readonly number[]): Outcome {
  const detail = `The key has ${leads.length === 1 ? 'a lead' : `${leads.length} leads`} already; nothing was added.`
  const leadIds = leads.slice(0, MAX_LISTED_LEADS)
  return { status: 'failed', warnings: [], error: { code: 'lead_exists', detail, retryable: false, leadIds } }
}

/** The outcome of an addition whose key another program gave a lead at the same moment. */
export function changedInstead(leads: readonly number[]): Outcome {
  const detail =
    'Another program added a lead with this key at the same moment. VICIdial has added no other, and has set the fields on that one.'
  return {
    status: 'failed',
    warnings: [],
    error: { code: 'lead_exists', detail, retryable: false, leadIds: leads }
  }
}

/** The outcome for a key that matches several leads. */
export function ambiguous(
  leads: readonly number[],
  detail = `The key matches ${leads.length} leads; name one by lead_id, or send on_multiple.`
): Outcome {
  const leadIds = leads.slice(0, MAX_LISTED_LEADS)
  return {
    status: 'ambiguous',
    warnings: [],
    error: { code: 'lead_ambiguous', detail, retryable: false, leadIds }
  }
}

/**
 * The outcome of an update with `keyMatch` exact whose lead's code could not be read.
 * @param refusal what VICIdial refused, if it did
 */
export function codeUnread(refusal: Refused | undefined): Outcome {
  const code = refusal?.code ?? 'upstream_error'
  const detail =
    'VICIdial found a lead, but its code, which may have another spelling, could not be read (lead_field_info).'
  const retryable = refusal === undefined || TRANSIENT.has(code)
  return { status: 'failed', warnings: [], error: { code, detail, retryable } }
}

/** The outcome of an update with `keyMatch` exact whose key matches too many leads to read the code of each. */
export function tooManyCodes(leads: readonly number[]): Outcome {
  const detail = `The key matches ${leads.length} leads, too many to compare exactly; name one by lead_id.`
  return ambiguous(leads, detail)
}

/** A call that failed, or was not made. */
export type FailedExchange = Exchanged<Refused | NotMade | Unclear>

/**
 * The outcome of an update whose call failed: `unknown` if VICIdial may have made the change all the same, or if its
 * reply proves nothing.
 */
export function notDone({ reply, maybeMade, isUnsent, isProvisional, said }: FailedExchange): Outcome {
  const code = 'code' in reply ? reply.code : 'upstream_error'
  const retryable = TRANSIENT.has(code) || reply.kind !== 'refused'
  const error = { code, detail: reply.detail, retryable, ...(said === undefined ? {} : { said }) }
  const status = maybeMade || reply.kind === 'unproven' ? 'unknown' : 'failed'
  return {
    status,
    warnings: [],
    error,
    ...(isUnsent ? { isUnsent } : {}),
    ...(isProvisional ? { isProvisional } : {})
  }
}

/** The outcome of an update whose lead is not as its condition wants it. */
export const CHANGED_SINCE: Outcome = {
  status: 'failed',
  warnings: [],
  error: {
    code: 'precondition_failed',
    detail: 'The lead has changed since it was read; this request changed nothing.',
    retryable: false
  }
}

/** The outcome for a key that matches more leads than there is room for. */
export function tooManyLeads(leads: number): Outcome {
  const detail = `The key matches ${leads} leads or more, more than the gateway has room for now; nothing was sent for it.`
  return { status: 'failed', warnings: [], error: { code: 'overloaded', detail, retryable: true } }
}

/** The outcomes of readings that are given up: their request's deadline has passed, or its client has gone. */
export const READ_TIMED_OUT = {
  unsent: {
    ...timeout('failed', 'The request reached its deadline before the lead could be read.'),
    isUnsent: true
  },
  searching: timeout('failed', 'The request reached its deadline before VICIdial had found the lead.'),
  sent: timeout('failed', 'The request reached its deadline before VICIdial had printed the whole lead.')
} as const satisfies Record<string, Outcome>

/** The outcomes of updates that are given up: their request's deadline has passed, or its client has gone. */
export const TIMED_OUT = {
  unsent: {
    ...timeout('failed', 'The request reached its deadline before the update could be sent.'),
    isUnsent: true
  },
  /** VICIdial was asked for the leads of the update's key. */
  searching: timeout('failed', 'The request reached its deadline before VICIdial had found the lead.'),
  sent: timeout('unknown', 'The request reached its deadline before VICIdial answered.')
} as const satisfies Record<string, Outcome>

/** The outcome of an update that waited behind another of its lead whose outcome is unknown. */
export const NOT_SENT_AFTER_UNKNOWN: Outcome = {
  ...timeout(
    'failed',
    'Not sent: an earlier update of this lead has no known outcome and could still take effect.'
  ),
  isUnsent: true
}

/** The outcome of a stored update if the database cannot say whether newer ones have set its fields. */
export const NOT_CHECKED: Outcome = {
  status: 'failed',
  warnings: [],
  error: {
    code: 'overloaded',
    detail: 'Not sent: the database, which knows of newer updates of this lead, cannot be read.',
    retryable: true
  },
  isUnsent: true
}

function timeout(status: 'failed' | 'unknown', detail: string): Outcome {
  return { status, warnings: [], error: { code: 'upstream_timeout', detail, retryable: true } }
}
