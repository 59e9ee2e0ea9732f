import { test } from 'tap'
import type { UpstreamCode } from '../../src/vicidial/reply/reply.ts'
import { UPDATED, updatedByKey, updates } from './updates.ts'
import {
  ambiguous,
  type FailedExchange,
  notDone,
  notFound,
  type Outcome
} from '../../src/delivery/outcome.ts'
import { combinedOutcome, type LeadOutcome } from '../../src/delivery/combined-outcome.ts'
import { deliveredFields } from '../../src/delivery/delivered-fields.ts'

test('a missing lead is not_found, a key that matches several is ambiguous', async (t) => {
  t.strictSame(notFound('gone'), {
    status: 'not_found',
    warnings: [],
    error: { code: 'lead_not_found', detail: 'gone', retryable: false }
  })
  t.strictSame(ambiguous([9, 8]), {
    status: 'ambiguous',
    warnings: [],
    error: {
      code: 'lead_ambiguous',
      detail: 'The key matches 2 leads; name one by lead_id, or send on_multiple.',
      retryable: false,
      leadIds: [9, 8]
    }
  })
})

test('an ambiguous outcome lists at most 100 leads', async (t) => {
  const leads = Array.from({ length: 150 }, (_, n) => 1_000 - n)
  t.strictSame(ambiguous(leads).error?.leadIds, leads.slice(0, 100))
})

test('a failed call tells whether the change may have been made, and whether a retry may help', async (t) => {
  const done = (reply: FailedExchange['reply'], maybeMade: boolean) => {
    const { status, error } = notDone({ reply, maybeMade })
    return [status, error?.code, error?.retryable]
  }
  const refused = (code: UpstreamCode) => ({ kind: 'refused', code, detail: 'x' }) as const
  const unanswered = {
    kind: 'unanswered',
    sent: 'maybe',
    code: 'upstream_timeout',
    detail: 'x',
    isHasty: false
  } as const
  t.strictSame(done(refused('list_not_found'), false), ['failed', 'list_not_found', false])
  t.strictSame(done(refused('list_not_allowed'), false), ['failed', 'list_not_allowed', false])
  t.strictSame(done(refused('field_unknown'), false), ['failed', 'field_unknown', false])
  t.strictSame(done(refused('upstream_permission_denied'), false), [
    'failed',
    'upstream_permission_denied',
    false
  ])
  t.strictSame(done(refused('upstream_login_failed'), false), ['failed', 'upstream_login_failed', true])
  t.strictSame(done(refused('upstream_locked_out'), false), ['failed', 'upstream_locked_out', true])
  t.strictSame(done({ kind: 'not_made', detail: 'x' }, false), ['failed', 'upstream_error', true])
  t.strictSame(done({ kind: 'unclear', detail: 'x' }, true), ['unknown', 'upstream_error', true])
  t.strictSame(done(unanswered, true), ['unknown', 'upstream_timeout', true])
  t.strictSame(done(unanswered, false), ['failed', 'upstream_timeout', true])
  t.strictSame(done({ kind: 'not_made', detail: 'x' }, true), ['unknown', 'upstream_error', true])
})

const outcome = (status: Outcome['status'], ...leads: number[]): Outcome => ({ status, leads, warnings: [] })
const part = (lead: number, status: Outcome['status']): LeadOutcome => ({
  lead,
  outcome: { status, warnings: [] }
})

test('if none of several leads is updated, the worst outcome counts and lists all of them', async (t) => {
  const order = ['unknown', 'failed', 'ambiguous', 'not_found'] as const
  order.forEach((worse, index) => {
    for (const other of order.slice(index)) {
      t.strictSame(combinedOutcome([part(1, other), part(2, worse)]), outcome(worse, 1, 2))
      t.strictSame(combinedOutcome([part(1, worse), part(2, other)]), outcome(worse, 1, 2))
    }
  })
})

test('the outcome of a single lead is kept, with its id', async (t) => {
  const error = { code: 'upstream_timeout', detail: 'x', retryable: true } as const
  const warnings = [{ field: 'city', code: 'characters_dropped', sent: 'a,b', stored: 'ab' } as const]
  for (const status of ['updated', 'unknown', 'failed', 'ambiguous', 'not_found'] as const) {
    const alone = { status, warnings, error }
    t.strictSame(combinedOutcome([{ lead: 7, outcome: alone }]), { ...alone, leads: [7] })
    t.notOk('leads' in alone, 'the outcome itself, which other tasks share, is not changed')
  }
})

test('of several failed leads, one that was sent counts before one that was not', async (t) => {
  const failed = (lead: number, isUnsent?: true): LeadOutcome => ({
    lead,
    outcome: { status: 'failed', warnings: [], ...(isUnsent ? { isUnsent } : {}) }
  })
  t.strictSame(combinedOutcome([failed(1, true), failed(2)]), outcome('failed', 1, 2))
  t.strictSame(combinedOutcome([failed(1, true), failed(2, true)]), {
    ...outcome('failed', 1, 2),
    isUnsent: true
  })
})

test('fields that are superseded on one lead are listed for the whole update', async (t) => {
  const left = (lead: number, ...superseded: string[]): LeadOutcome => ({
    lead,
    outcome: { status: 'superseded', warnings: [], superseded }
  })
  t.strictSame(combinedOutcome([left(1, 'status'), left(2, 'status', 'city')]), {
    ...outcome('superseded', 1, 2),
    superseded: ['status', 'city']
  })
  t.strictSame(combinedOutcome([left(1, 'status'), part(2, 'updated')]), {
    ...outcome('updated', 2),
    superseded: ['status']
  })
  t.strictSame(combinedOutcome([left(1, 'status'), part(2, 'not_found')]), {
    ...outcome('not_found', 1, 2),
    superseded: ['status']
  })
})

test('an update is provisional if the reply for one of its leads is', async (t) => {
  const warned: LeadOutcome = { lead: 2, outcome: { ...UPDATED, isProvisional: true } }
  t.strictSame(combinedOutcome([part(1, 'updated'), warned]), {
    ...outcome('updated', 1, 2),
    isProvisional: true
  })
})

test('combining no outcomes throws', async (t) => {
  t.throws(() => combinedOutcome([]))
  t.throws(() => combinedOutcome([{ lead: 7, outcome: undefined }]))
})

test('leads that VICIdial does not have are left out of the updated ones', async (t) => {
  const [there, gone, more] = [part(1, 'updated'), part(2, 'not_found'), part(3, 'updated')]
  t.strictSame(combinedOutcome([there, gone, more]), outcome('updated', 1, 3))
  t.strictSame(combinedOutcome([gone, there]), outcome('updated', 1))
})

test('an update that is made on some leads only is unknown, says on which, and may be repeated', async (t) => {
  for (const other of ['failed', 'unknown'] as const) {
    for (const retryable of [true, false]) {
      const error = { code: 'upstream_error', detail: 'x', retryable } as const
      const detail = 'Made on 1 of its leads (1), not or perhaps not on the others: x'
      const made = { ...error, detail, retryable: true }
      const lost: LeadOutcome = { lead: 2, outcome: { status: other, warnings: [], error } }
      const partly = { error: made, updated: [1] }
      t.strictSame(combinedOutcome([part(1, 'updated'), lost]), { ...outcome('unknown', 1, 2), ...partly })
      t.strictSame(combinedOutcome([lost, part(1, 'updated')]), { ...outcome('unknown', 2, 1), ...partly })
    }
  }
})

const LOST = { field: 'custom_fields.a', code: 'custom_fields_not_stored', sent: 'x', stored: '' } as const
const lacking = (lead: number): LeadOutcome => {
  const error = { code: 'field_unknown', detail: 'x', retryable: false } as const
  return { lead, outcome: { status: 'failed', warnings: [], error, notStored: [LOST] } }
}

test('a lead whose list lacks the custom fields does not fail the others: a warning names it', async (t) => {
  const warned: LeadOutcome = { lead: 3, outcome: { status: 'updated', warnings: [LOST] } }
  t.strictSame(combinedOutcome([part(1, 'updated'), lacking(2)]), {
    ...outcome('updated', 1),
    warnings: [{ ...LOST, leads: [2] }]
  })
  t.strictSame(combinedOutcome([part(1, 'updated'), lacking(2), warned, part(4, 'not_found')]), {
    ...outcome('updated', 1, 3),
    warnings: [{ ...LOST, leads: [2, 3] }]
  })
  t.strictSame(combinedOutcome([lacking(2), warned]), { ...outcome('updated', 3), warnings: [LOST] })
  t.match(combinedOutcome([lacking(1), lacking(2)]), {
    status: 'failed',
    error: { code: 'field_unknown' },
    leads: [1, 2]
  })
})

test('of several failures, one that a repeat may help counts before custom fields that a list lacks', async (t) => {
  const error = { code: 'upstream_timeout', detail: 'x', retryable: true } as const
  const late: LeadOutcome = { lead: 9, outcome: { status: 'failed', warnings: [], error } }
  t.match(combinedOutcome([lacking(1), late]), { status: 'failed', error })
  t.match(combinedOutcome([lacking(1), late, part(3, 'updated')]), {
    status: 'unknown',
    error: { code: 'upstream_timeout' }
  })
})

test('an update has set its fields only if it was made, under its key and the ids of its leads', async (t) => {
  const [byId, byCode] = updates([
    { lead_id: 7, fields: { status: 'A' } },
    { vendor_lead_code: 'CRM-7', fields: { status: 'A' } }
  ])
  if (byId === undefined || byCode === undefined) throw new Error('no updates')
  t.same(deliveredFields(byId, UPDATED), [{ lead: 'lead_id:7', fields: ['status'] }])
  t.same(deliveredFields(byCode, updatedByKey(7, 8)), [
    { lead: 'lead_id:7', fields: ['status'] },
    { lead: 'lead_id:8', fields: ['status'] },
    { lead: 'vendor_lead_code:CRM-7', fields: ['status'] }
  ])
  for (const status of ['failed', 'not_found', 'unknown'] as const) {
    t.same(deliveredFields(byId, outcome(status)), [])
  }
  const partly = { ...outcome('unknown', 7, 8), updated: [8] }
  t.same(deliveredFields(byCode, partly), [{ lead: 'lead_id:8', fields: ['status'] }])
  // An older update of all leads of the key is still due to those that are not the newest.
  t.same(deliveredFields({ ...byCode, onMultiple: 'newest' }, updatedByKey(8)), [
    { lead: 'lead_id:8', fields: ['status'] }
  ])
})
