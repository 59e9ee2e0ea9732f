import { test } from 'tap'
import { TIMED_OUT, type Outcome } from '../../src/delivery/outcome.ts'
import { fullySuperseded, settlementOf } from '../../src/jobs/settlement.ts'
import type { Claimed } from '../../src/outbox/queue.ts'
import { UPDATED, updates } from '../delivery/updates.ts'

const NOW = 1_000_000
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
    t.same(settlement.result?.superseded, ['city'])
    const { disposition } = settlement
    if (disposition !== 'retry') return [disposition, settlement.delivered.length]
    return [disposition, settlement.attempts, settlement.dueAt >= NOW + 500, settlement.dueAt]
  }
  t.same(inShort(UPDATED), ['delivered', 1])
  t.same(inShort(failed('list_not_found')), ['delivered', 0])
  t.same(inShort(failed('upstream_locked_out'), 1), ['retry', 1, false, NOW + 250])
  t.same(inShort(TIMED_OUT.unsent, 1), ['retry', 1, false, NOW + 250])
  t.same(inShort(failed('upstream_unavailable')).slice(0, 3), ['retry', 1, true])
  t.same(inShort(failed('upstream_unavailable'), 2), ['dead_lettered', 0])
})

test('an update whose fields are all superseded ends without being sent', async (t) => {
  t.match(fullySuperseded(claim(0)), {
    disposition: 'delivered',
    result: { index: 0, lead_id: 7, status: 'superseded', superseded: ['city'] },
    delivered: []
  })
})
