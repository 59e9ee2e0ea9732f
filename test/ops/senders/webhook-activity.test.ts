import { test } from 'tap'
import {
  LISTED,
  MAX_PAYLOAD,
  type Outcome,
  type ReceivedEvent,
  WebhookActivity
} from '../../../src/ops/senders/webhook-activity.ts'
import { why } from '../../../src/ops/senders/webhook-page.ts'

const CRM = { name: 'crm', storesPayloads: true }
const SHOP = { name: 'shop', storesPayloads: true }

function eventOf(outcome: Outcome, more: Partial<ReceivedEvent> = {}): ReceivedEvent {
  return {
    outcome,
    status: outcome === 'refused' ? 400 : 202,
    code: outcome === 'refused' ? 'invalid_request' : undefined,
    reasons: [],
    caller: undefined,
    jobId: undefined,
    updates: 1,
    ignored: 0,
    requestId: 'req_1',
    bytes: 10,
    ...more
  }
}

test('requests are counted by outcome and code, and listed newest first', (t) => {
  const activity = new WebhookActivity()
  activity.received(CRM, eventOf('accepted', { jobId: 'job_1' }), { id: 1 }, 1_000)
  activity.received(CRM, eventOf('refused', { code: 'invalid_json' }), undefined, 2_000)
  const { outcomes, refusals, strangers, events } = activity.of('crm', 2_000)
  t.match(outcomes, [
    { name: 'accepted', total: 1, lastHour: 1, lastAt: 1_000 },
    { name: 'refused', total: 1 }
  ])
  t.match(refusals, [{ name: 'invalid_json', total: 1 }])
  t.same(strangers, [])
  t.match(events, [
    { id: '2', outcome: 'refused', code: 'invalid_json', hasPayload: false, at: 2_000 },
    { id: '1', outcome: 'accepted', jobId: 'job_1', hasPayload: true, at: 1_000 }
  ])
  t.same(activity.of('shop'), { outcomes: [], refusals: [], strangers: [], events: [] })
  t.end()
})

test('a flood of one outcome hides no other, and strangers hide nothing', (t) => {
  const activity = new WebhookActivity()
  activity.received(CRM, eventOf('refused'), {}, 0)
  activity.received(CRM, eventOf('accepted'), {}, 0)
  for (let n = 0; n < 1_000; n++) {
    activity.received(CRM, eventOf('ignored', { reasons: Array(50).fill({ code: 'unwanted' }) }), {}, 0)
    activity.refusedStranger('crm', 'signature_wrong', 0)
  }
  const { events, strangers, outcomes } = activity.of('crm', 0)
  t.equal(events.length, LISTED + 2)
  t.same(
    events.slice(-2).map(({ outcome }) => outcome),
    ['accepted', 'refused']
  )
  t.equal(events[0]?.reasons.length, 5)
  t.match(strangers, [{ name: 'signature_wrong', total: 1_000 }])
  t.match(outcomes[0], { name: 'ignored', total: 1_000 })
  t.end()
})

test('a payload is kept only if its source keeps them, without secrets, and cut', (t) => {
  const activity = new WebhookActivity()
  activity.received({ ...CRM, storesPayloads: false }, eventOf('accepted'), { id: 1 }, 0)
  activity.received(CRM, eventOf('accepted'), { id: 1, token: 'x1' }, 0)
  activity.received(CRM, eventOf('accepted'), { text: 'x'.repeat(1_000_000) }, 0)
  t.match(activity.find('crm', '1'), { event: { hasPayload: false }, payload: undefined })
  t.same(activity.find('crm', '2')?.payload, { json: '{"id":1,"token":"[redacted]"}', isCut: false })
  const { json = '', isCut } = activity.find('crm', '3')?.payload ?? {}
  t.same([json.length, isCut], [MAX_PAYLOAD, true])
  t.equal(activity.find('crm', '4'), undefined)
  t.equal(activity.find('shop', '1'), undefined)
  t.end()
})

test('all payloads together have a limit: the source with the most loses its oldest', (t) => {
  const activity = new WebhookActivity(10 * (1_000 + 210))
  const payload = { text: 'x'.repeat(988) }
  activity.received(SHOP, eventOf('accepted'), payload, 0)
  for (let n = 0; n < 15; n++) activity.received(CRM, eventOf('accepted'), payload, 0)
  const kept = (name: string) => activity.of(name).events.map(({ hasPayload }) => hasPayload)
  t.same(kept('shop'), [true])
  t.same(kept('crm'), [...Array(9).fill(true), ...Array(6).fill(false)])
  for (let n = 0; n < LISTED; n++) activity.received(CRM, eventOf('accepted'), undefined, 0)
  for (let n = 0; n < 9; n++) activity.received(SHOP, eventOf('refused'), payload, 0)
  t.notOk(kept('crm').includes(true), 'what left the list takes no room')
  t.equal(kept('shop').filter(Boolean).length, 10)
  new WebhookActivity(1).received(CRM, eventOf('accepted'), payload, 0)
  t.end()
})

test('payloads are deleted one by one, or all of a source; the list stays', (t) => {
  const activity = new WebhookActivity()
  for (const source of [CRM, CRM, SHOP]) activity.received(source, eventOf('accepted'), { id: 1 }, 0)
  t.ok(activity.deletePayload('crm', '1'))
  t.notOk(activity.deletePayload('crm', '1'))
  t.notOk(activity.deletePayload('crm', '3'), "another source's")
  t.notOk(activity.deletePayload('nobody', '1'))
  activity.received(CRM, eventOf('refused'), { id: 1 }, 0)
  t.equal(activity.deletePayloads('crm'), 2)
  t.equal(activity.deletePayloads('crm'), 0)
  t.equal(activity.deletePayloads('nobody'), 0)
  t.same(
    activity.of('crm').events.map(({ hasPayload }) => hasPayload),
    [false, false, false]
  )
  t.ok(activity.of('shop').events[0]?.hasPayload)
  t.end()
})

test('a changed configuration ends what is no longer kept, at once', (t) => {
  const activity = new WebhookActivity()
  for (const source of [CRM, SHOP, { ...CRM, name: 'old' }])
    activity.received(source, eventOf('accepted'), { id: 1 }, 0)
  activity.keepOnly([CRM, { ...SHOP, storesPayloads: false }])
  t.ok(activity.of('crm').events[0]?.hasPayload)
  t.equal(activity.of('shop').events[0]?.hasPayload, false)
  t.same(activity.of('old').events, [])
  activity.keepOnly([CRM, SHOP])
  t.equal(activity.of('shop').events[0]?.hasPayload, false)
  t.end()
})

test('a challenge that anybody may send is only counted', (t) => {
  const activity = new WebhookActivity()
  activity.answered('crm', 0)
  t.match(activity.of('crm', 0), { outcomes: [{ name: 'answered', total: 1 }], events: { length: 0 } })
  t.end()
})

test('ignored events are explained in the words of `webhook try`', (t) => {
  const reasons = [
    { event: 0, code: 'unwanted', expression: 'when' },
    { event: 1, code: 'unchanged', expression: 'fields.status, fields.comments' }
  ]
  t.equal(
    why({ code: undefined, reasons }),
    'event 0: <code>when</code> is not true; event 1: nothing to set (<code>fields.status, fields.comments</code>)'
  )
  t.end()
})
