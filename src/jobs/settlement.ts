import type { Result } from '../../schemas/batch.ts'
import type { Outcome, OutcomeError } from '../delivery/outcome.ts'
import { deliveredFields } from '../delivery/delivered-fields.ts'
import { outcomeResult } from '../delivery/result.ts'
import { namesSet } from '../leads/changes.ts'
import type { Update } from '../leads/update.ts'
import type { Attempt } from '../outbox/attempts.ts'
import type { Claimed, Settlement } from '../outbox/queue.ts'
import { type RetrySchedule, retryPauseMs, shortestMs } from './retry-schedule.ts'

/** VICIdial refused the update itself. Any other error may be the server's or the operator's fault, and be fixed soon. */
const FINAL: ReadonlySet<OutcomeError['code']> = new Set([
  'lead_not_found',
  'lead_ambiguous',
  'lead_unreadable',
  'list_not_found',
  'list_not_allowed',
  'field_unknown',
  'characters_lost',
  'unsafe_characters'
])
/** Errors about the lead itself: they hold for all of its updates. */
const OF_LEAD: ReadonlySet<OutcomeError['code']> = new Set(['lead_not_found', 'lead_ambiguous'])
/** VICIdial refused the login. That is no attempt: nothing is sent until it accepts the login again. */
const LOGIN_REFUSED: ReadonlySet<OutcomeError['code']> = new Set([
  'upstream_login_failed',
  'upstream_locked_out'
])
/** A refusal that may be wrong is final once it was repeated for this long, in milliseconds. */
const ASK_AGAIN_MS = 5 * 60_000
/** Pause before an update that was not attempted is claimed again, in milliseconds. */
const REQUEUE_MS = 250
/** Most of the text of an error that is kept of an attempt, in characters. */
const MAX_DETAIL = 200

/**
 * How a claimed update is settled by the outcome of its delivery.
 * @param sent what was sent: the claimed update without the fields that newer updates have set
 * @param now the steady clock's time
 * @param at the system's time, which people read; both in milliseconds since the epoch
 */
export function settlementOf(
  claimed: Claimed,
  sent: Update,
  outcome: Outcome,
  schedule: RetrySchedule,
  now: number,
  at = Date.now()
): Settlement {
  const result: Result = outcomeResult(sent, outcome)
  const superseded = [...claimed.superseded, ...(outcome.superseded ?? [])]
  if (superseded.length > 0) result.superseded = superseded
  const { error, isUnsent, isProvisional } = outcome
  const delivered = deliveredFields(sent, outcome)
  const isTooSoon =
    isProvisional && shortestMs(claimed.attempts, schedule) < Math.min(ASK_AGAIN_MS, schedule.forMs)
  const isFinal = error === undefined || FINAL.has(error.code)
  if (isFinal && !isTooSoon) {
    const isFirst = claimed.attempts === 0
    const attempt = isFirst || isUnsent ? {} : { attempt: attemptOf(claimed, outcome, at) }
    return { claimed, ...attempt, disposition: 'delivered', result, delivered }
  }
  if (isUnsent || (error && LOGIN_REFUSED.has(error.code))) {
    const requeued = notAttempted(claimed, now)
    // Until there is an attempt, why it is not made is all that there is to say.
    return claimed.attempts > 0 ? requeued : { ...requeued, result }
  }
  const attempts = claimed.attempts + 1
  const attempt = attemptOf(claimed, outcome, at)
  const pauseMs = retryPauseMs(attempts, schedule)
  if (pauseMs === undefined) return { claimed, attempt, disposition: 'dead_lettered', result, delivered }
  return { claimed, attempt, disposition: 'retry', result, attempts, dueAt: Math.round(now + pauseMs) }
}

/** What is kept of an attempt. */
function attemptOf({ attempts }: Claimed, { status, error }: Outcome, at: number): Attempt {
  const number = attempts + 1
  if (error === undefined) return { number, at, status }
  const { code, detail, said } = error
  const words = said === undefined ? {} : { said }
  return { number, at, status, code, detail: detail.slice(0, MAX_DETAIL), ...words }
}

/**
 * How an update that was folded into `newest` is settled by the outcome of `newest`.
 * @param settled how `newest` is settled
 * @param now the steady clock's time
 * @param at the system's time, which people read; both in milliseconds since the epoch
 */
export function foldedSettlement(
  claimed: Claimed,
  outcome: Outcome,
  settled: Settlement,
  now: number,
  at = Date.now()
): Settlement {
  const { update } = claimed
  const { error, isUnsent, leads } = outcome
  if (error === undefined) {
    const superseded = namesSet(update.changes)
    const ended: Outcome = { status: 'superseded', warnings: [], superseded, ...(leads ? { leads } : {}) }
    return { claimed, disposition: 'delivered', result: outcomeResult(update, ended), delivered: [] }
  }
  if (OF_LEAD.has(error.code) && settled.disposition !== 'retry')
    return { claimed, disposition: 'delivered', result: outcomeResult(update, outcome), delivered: [] }
  const requeued = notAttempted(claimed, now)
  if (isUnsent || LOGIN_REFUSED.has(error.code)) return requeued
  // This counts as an attempt, so that it is sent alone next time: the newest may have failed because of its own values.
  return {
    ...requeued,
    result: outcomeResult(update, outcome),
    attempt: attemptOf(claimed, outcome, at),
    attempts: claimed.attempts + 1,
    dueAt: settled.disposition === 'retry' ? settled.dueAt : requeued.dueAt
  }
}

/** Settles an update that was not sent to VICIdial: it is due again soon, and uses up no attempt. @param now the steady clock's time */
export function notAttempted(claimed: Claimed, now: number): Settlement & { readonly disposition: 'retry' } {
  return { claimed, disposition: 'retry', attempts: claimed.attempts, dueAt: now + REQUEUE_MS }
}

/** Settles an update whose fields have all been set by newer ones. */
export function fullySuperseded(claimed: Claimed): Settlement {
  const { index, key } = claimed.update
  const superseded = [...claimed.superseded]
  const result: Result = { index, [key.by]: key.value, status: 'superseded', superseded }
  return { claimed, disposition: 'delivered', result, delivered: [] }
}
