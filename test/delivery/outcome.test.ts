import { test } from 'tap'
import {
  ambiguous,
  combine,
  type LeadOutcome,
  notDone,
  notFound,
  type Outcome
} from '../../src/delivery/outcome.ts'

test('a lead that is not there, and a key that matches several', async (t) => {
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
      detail: 'The key matches 2 leads; name one by lead_id, or say on_multiple.',
      retryable: false,
      leadIds: [9, 8]
    }
  })
})

test('of many leads that a key matches, the first hundred are listed', async (t) => {
  const leads = Array.from({ length: 150 }, (_, n) => 1_000 - n)
  t.strictSame(ambiguous(leads).error?.leadIds, leads.slice(0, 100))
})

test('what was not done says whether it may have been, and whether trying later may help', async (t) => {
  const done = (reply: { kind: string; code?: string; detail?: string }, maybeMade: boolean) => {
    const { status, error } = notDone({ reply, maybeMade })
    return [status, error?.code, error?.retryable]
  }
  const refused = (code: string) => ({ kind: 'refused', code, detail: 'x' })
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
  t.strictSame(done({ kind: 'unanswered', code: 'upstream_timeout' }, true), [
    'unknown',
    'upstream_timeout',
    true
  ])
  t.strictSame(done({ kind: 'unanswered', code: 'upstream_timeout' }, false), [
    'failed',
    'upstream_timeout',
    true
  ])
  t.strictSame(done({ kind: 'not_made', detail: 'x' }, true), ['unknown', 'upstream_error', true])
})

const outcome = (status: Outcome['status'], ...leads: number[]): Outcome => ({ status, leads, warnings: [] })
const part = (lead: number, status: Outcome['status']): LeadOutcome => ({
  lead,
  outcome: { status, warnings: [] }
})

test('of several leads, none of them updated, the gravest outcome counts, with all the leads', async (t) => {
  const order = ['unknown', 'failed', 'ambiguous', 'not_found'] as const
  order.forEach((graver, place) => {
    for (const other of order.slice(place)) {
      t.strictSame(combine([part(1, other), part(2, graver)]), outcome(graver, 1, 2))
      t.strictSame(combine([part(1, graver), part(2, other)]), outcome(graver, 1, 2))
    }
  })
})

test('the outcome of one lead alone is its own, with its id', async (t) => {
  const error = { code: 'upstream_timeout', detail: 'x', retryable: true } as const
  const warnings = [{ field: 'city', code: 'characters_dropped', sent: 'a,b', stored: 'ab' } as const]
  for (const status of ['updated', 'unknown', 'failed', 'ambiguous', 'not_found'] as const) {
    const alone = { status, warnings, error }
    t.strictSame(combine([{ lead: 7, outcome: alone }]), { ...alone, leads: [7] })
    t.notOk('leads' in alone, 'the outcome itself, which other rows share, stays as it is')
  }
})

test('of leads whose updates failed, one that was sent says more than one that was not', async (t) => {
  const failed = (lead: number, isUnsent?: true): LeadOutcome => ({
    lead,
    outcome: { status: 'failed', warnings: [], ...(isUnsent ? { isUnsent } : {}) }
  })
  t.strictSame(combine([failed(1, true), failed(2)]), outcome('failed', 1, 2))
  t.strictSame(combine([failed(1, true), failed(2, true)]), { ...outcome('failed', 1, 2), isUnsent: true })
})

test('what was left to newer updates on one lead is said of the whole', async (t) => {
  const left = (lead: number, ...superseded: string[]): LeadOutcome => ({
    lead,
    outcome: { status: 'superseded', warnings: [], superseded }
  })
  t.strictSame(combine([left(1, 'status'), left(2, 'status', 'city')]), {
    ...outcome('superseded', 1, 2),
    superseded: ['status', 'city']
  })
  t.strictSame(combine([left(1, 'status'), part(2, 'updated')]), {
    ...outcome('updated', 2),
    superseded: ['status']
  })
  t.strictSame(combine([left(1, 'status'), part(2, 'not_found')]), {
    ...outcome('not_found', 1, 2),
    superseded: ['status']
  })
})

test('without any outcome there is nothing to combine', async (t) => {
  t.throws(() => combine([]))
  t.throws(() => combine([{ lead: 7, outcome: undefined }]))
})

test('of several leads those that VICIdial has not are left out of those that were updated', async (t) => {
  const [there, gone, more] = [part(1, 'updated'), part(2, 'not_found'), part(3, 'updated')]
  t.strictSame(combine([there, gone, more]), outcome('updated', 1, 3))
  t.strictSame(combine([gone, there]), outcome('updated', 1))
})

test('an update of which a part was made and a part not is of unknown fate, with all the leads', async (t) => {
  for (const other of ['failed', 'unknown'] as const) {
    const error = { code: 'upstream_timeout', detail: 'x', retryable: true } as const
    const lost: LeadOutcome = { lead: 2, outcome: { status: other, warnings: [], error } }
    t.strictSame(combine([part(1, 'updated'), lost]), { ...outcome('unknown', 1, 2), error })
    t.strictSame(combine([lost, part(1, 'updated')]), { ...outcome('unknown', 2, 1), error })
  }
})
