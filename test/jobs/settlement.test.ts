import { test } from 'tap'
import { TIMED_OUT, type Outcome, type OutcomeError } from '../../src/delivery/outcome.ts'
import { foldedSettlement, fullySuperseded, notAttempted, settlementOf } from '../../src/jobs/settlement.ts'
import type { Claimed } from '../../src/outbox/queue.ts'
import { UPDATED, updates } from '../delivery/updates.ts'

const NOW = 1_000_000
/** The system's time then. */
const SYSTEM_NOW = 5_000_000
const SCHEDULE = { firstMs: 1_000, longestMs: 1_000, forMs: 600 }

function claim(attempts: number): Claimed {
  const [update] = updates([{ lead_id: 7, fields: { status: 'A' } }])
  if (update === undefined) throw new Error('no update')
  const job = {
    id: 'job_1',
    caller: 'crm',
    requestId: 'req',
    keyId: undefined,
    account: 'default',
    source: 'crm'
  }
  return { id: 1, sequence: 1, job, update, superseded: ['city'], attempts, acceptedAt: 0 }
}

test('an outcome decides whether an update is delivered, due again, or a dead letter', async (t) => {
  const failed = (code: 'upstream_unavailable' | 'list_not_found' | 'upstream_locked_out'): Outcome => ({
    status: 'failed',
    warnings: [],
    error: { code, detail: 'It failed.', retryable: true }
  })
  const inShort = (outcome: Outcome, attempts = 0) => {
    const claimed = claim(attempts)
    const settlement = settlementOf(claimed, claimed.update, outcome, SCHEDULE, NOW)
    const isKept = (outcome.isUnsent || outcome.error?.code === 'upstream_locked_out') && attempts > 0
    t.same(settlement.result?.superseded, isKept ? undefined : ['city'], "the last attempt's result stays")
    const { disposition } = settlement
    if (disposition !== 'retry') return [disposition, settlement.delivered.length]
    return [disposition, settlement.attempts, settlement.dueAt >= NOW + 500, settlement.dueAt]
  }
  t.same(inShort(UPDATED), ['delivered', 1])
  t.same(inShort(failed('list_not_found')), ['delivered', 0])
  t.same(inShort({ ...UPDATED, isProvisional: true }).slice(0, 3), ['retry', 1, true])
  t.same(inShort({ ...UPDATED, isProvisional: true }, 2), ['delivered', 1])
  t.same(inShort(failed('upstream_locked_out'), 1), ['retry', 1, false, NOW + 250])
  t.same(inShort(TIMED_OUT.unsent), ['retry', 0, false, NOW + 250])
  t.same(inShort(TIMED_OUT.unsent, 1), ['retry', 1, false, NOW + 250])
  t.same(inShort(failed('upstream_unavailable')).slice(0, 3), ['retry', 1, true])
  t.same(inShort(failed('upstream_unavailable'), 2), ['dead_lettered', 0])
})

test('an attempt is kept if an update did not succeed at once: each that was sent, and the last one', async (t) => {
  const long = 'x'.repeat(300)
  const error = {
    code: 'upstream_error',
    detail: long,
    retryable: true,
    said: 'NO FUNCTION SPECIFIED'
  } as const
  const failed: Outcome = { status: 'failed', warnings: [], error }
  const attemptOf = (outcome: Outcome, attempts: number) => {
    const claimed = claim(attempts)
    return settlementOf(claimed, claimed.update, outcome, SCHEDULE, NOW, SYSTEM_NOW).attempt
  }
  t.equal(attemptOf(UPDATED, 0), undefined)
  t.equal(attemptOf(TIMED_OUT.unsent, 1), undefined)
  const refused = { ...error, code: 'upstream_login_failed' } as const
  t.equal(attemptOf({ ...failed, error: refused }, 1), undefined)
  const missing = { ...error, code: 'lead_not_found' } as const
  t.equal(attemptOf({ ...failed, status: 'not_found', error: missing }, 0), undefined)
  const kept = {
    number: 1,
    at: SYSTEM_NOW,
    status: 'failed',
    code: 'upstream_error',
    detail: long.slice(0, 200)
  }
  t.strictSame(attemptOf(failed, 0), { ...kept, said: 'NO FUNCTION SPECIFIED' })
  t.strictSame(attemptOf(failed, 2), { ...kept, number: 3, said: 'NO FUNCTION SPECIFIED' })
  t.strictSame(attemptOf(UPDATED, 2), { number: 3, at: SYSTEM_NOW, status: 'updated' })
  t.notOk('said' in (settlementOf(claim(0), claim(0).update, failed, SCHEDULE, NOW).result?.error ?? {}))
})

test('a folded update is superseded if the newer one was made, and otherwise ends only with its lead', async (t) => {
  const failed = (code: OutcomeError['code'], more: Partial<Outcome> = {}): Outcome => ({
    status: 'failed',
    warnings: [],
    error: { code, detail: 'It failed.', retryable: true },
    ...more
  })
  const folded = claim(0)
  const newest = claim(0)
  const settle = (outcome: Outcome) =>
    foldedSettlement(
      folded,
      outcome,
      settlementOf(newest, newest.update, outcome, SCHEDULE, NOW),
      NOW,
      SYSTEM_NOW
    )
  const superseded = { index: 0, lead_id: 7, status: 'superseded', superseded: ['status'] }
  const ended = (result: object) => ({ claimed: folded, disposition: 'delivered', result, delivered: [] })

  t.strictSame(settle(UPDATED), ended(superseded))
  t.strictSame(settle({ ...UPDATED, superseded: ['status'] }), ended(superseded))
  t.strictSame(settle({ status: 'superseded', warnings: [] }), ended(superseded))
  for (const code of ['lead_not_found', 'lead_ambiguous'] as const) {
    const error = { code, detail: 'It failed.', retryable: true }
    t.strictSame(settle(failed(code)), ended({ index: 0, lead_id: 7, status: 'failed', error }))
  }
  for (const outcome of [TIMED_OUT.unsent, failed('upstream_login_failed')])
    t.strictSame(settle(outcome), notAttempted(folded, NOW))
  const attempt = (code: string) => ({
    number: 1,
    at: SYSTEM_NOW,
    status: 'failed',
    code,
    detail: 'It failed.'
  })
  const result = (code: OutcomeError['code']) => ({
    index: 0,
    lead_id: 7,
    status: 'failed',
    error: { code, detail: 'It failed.', retryable: true }
  })
  t.strictSame(settle(failed('list_not_found')), {
    ...notAttempted(folded, NOW),
    result: result('list_not_found'),
    attempt: attempt('list_not_found'),
    attempts: 1
  })
  const outcome = failed('upstream_unavailable')
  const settled = settlementOf(newest, newest.update, outcome, SCHEDULE, NOW)
  if (settled.disposition !== 'retry') throw new Error('it is not tried again')
  const { dueAt } = settled
  t.strictSame(foldedSettlement(folded, outcome, settled, NOW, SYSTEM_NOW), {
    claimed: folded,
    result: result('upstream_unavailable'),
    attempt: attempt('upstream_unavailable'),
    disposition: 'retry',
    attempts: 1,
    dueAt
  })
})

test('a folded update that names its lead by a key has the lead in its result', async (t) => {
  const [update] = updates([{ vendor_lead_code: 'x', fields: { status: 'A' } }])
  if (update === undefined) throw new Error('no update')
  const folded = { ...claim(0), update }
  const outcome = { ...UPDATED, leads: [5] }
  const settled = settlementOf(folded, update, outcome, SCHEDULE, NOW)
  t.strictSame(foldedSettlement(folded, outcome, settled, NOW).result, {
    index: 0,
    vendor_lead_code: 'x',
    lead_id: 5,
    status: 'superseded',
    superseded: ['status']
  })
})

test('an update whose fields are all superseded ends without being sent', async (t) => {
  const claimed = claim(0)
  t.strictSame(fullySuperseded(claimed), {
    claimed,
    disposition: 'delivered',
    result: { index: 0, lead_id: 7, status: 'superseded', superseded: ['city'] },
    delivered: []
  })
})
