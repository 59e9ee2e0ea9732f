import { test } from 'tap'
import { batch, call, type Gateway, requestCalls, sharedGateway, startGateway } from '../../helper.ts'
import { ended, store } from '../jobs-of.ts'

const AT = '2030-01-02T10:00:00-05:00'
const CALLBACK = { at: AT, campaign_id: 'CAMPA' }

function callbacks({ sandbox }: Pick<Gateway, 'sandbox'>) {
  return sandbox.tables()['vicidial_callbacks'] ?? []
}

test('a lead is added, and its callback booked, though the comments of the callback lose something', async (t) => {
  const gateway = await startGateway(t)
  const { body } = await batch(gateway, {
    updates: [
      {
        vendor_lead_code: 'CRM-NEW',
        fields: { status: 'CB' },
        on_missing: 'add',
        add: { list_id: 101, phone_code: '44', phone_number: '+44 (0)20 7946 0000' },
        callback: { ...CALLBACK, comments: 'José' }
      },
      { lead_id: 1, fields: { status: 'SALE' } }
    ]
  })
  t.match(body.results, [
    {
      status: 'added',
      callback: 'added',
      warnings: [
        { field: 'phone_number', code: 'characters_dropped', stored: '442079460000' },
        { field: 'callback.comments', code: 'transliterated', stored: 'Jose' }
      ]
    },
    { lead_id: 1, status: 'updated' }
  ])
  t.match(callbacks(gateway), [{ comments: 'Jose' }])
})

test('a callback is booked, moved and removed, in the time of the dialer', async (t) => {
  const gateway = await sharedGateway(t)
  const booked = await batch(gateway, {
    updates: [
      {
        lead_id: 1,
        fields: { status: 'CBHOLD' },
        callback: { ...CALLBACK, user: 'api', status: 'CB1', comments: 'at home' }
      }
    ]
  })
  t.equal(booked.status, 200)
  t.match(booked.body.results, [{ lead_id: 1, status: 'updated', callback: 'added' }])
  t.match(callbacks(gateway), [
    {
      lead_id: 1,
      campaign_id: 'CAMPA',
      // The sandbox is on UTC.
      callback_time: '2030-01-02 15:00:00',
      recipient: 'USERONLY',
      user: 'api',
      lead_status: 'CB1',
      comments: 'at home'
    }
  ])
  t.equal(gateway.sandbox.leads()[1]?.status, 'CBHOLD')
  const moved = await batch(gateway, {
    updates: [{ lead_id: 1, callback: { ...CALLBACK, at: '2030-02-03T04:05:06Z', type: 'ANYONE' } }]
  })
  t.match(moved.body.results, [{ status: 'updated', callback: 'updated' }])
  t.match(callbacks(gateway), [{ callback_time: '2030-02-03 04:05:06', recipient: 'ANYONE' }])
  const removed = await batch(gateway, { lead_ids: [1, 2, 99_999], callback: 'remove' })
  t.match(removed.body.results, [
    { callback: 'removed' },
    { callback: 'not_there' },
    { status: 'not_found', error: { code: 'lead_not_found' } }
  ])
  t.match(callbacks(gateway), { length: 0 })
})

test('each lead has the reply of VICIdial to its own callback', async (t) => {
  const gateway = await sharedGateway(t)
  const { status, body } = await batch(gateway, {
    callback: CALLBACK,
    updates: [
      { lead_id: 1 },
      { lead_id: 2, callback: { ...CALLBACK, campaign_id: 'NONE' } },
      { lead_id: 3, callback: { ...CALLBACK, user: 'nobody' } },
      { lead_id: 99_999 },
      { lead_id: 4, fields: { status: 'SALE' }, callback: { ...CALLBACK, campaign_id: 'NONE' } }
    ]
  })
  t.equal(status, 207)
  t.match(body.results, [
    { status: 'updated', callback: 'added' },
    { status: 'updated', callback: 'campaign_unknown' },
    { status: 'updated', callback: 'user_unknown' },
    { status: 'not_found' },
    { status: 'updated', callback: 'campaign_unknown' }
  ])
  t.equal(callbacks(gateway).length, 1)
  const asked = requestCalls(gateway).filter(({ params }) => params['function'] === 'version')
  t.ok(asked.length <= 1, 'VICIdial is asked for its clock once')
})

test("the dialer's summer time counts at the time of the callback", async (t) => {
  const winter = Date.UTC(2026, 0, 15, 12)
  const summer = Date.UTC(2026, 6, 15, 12)
  const cases: [timeZone: string, now: number, at: string, local: string, assumed: boolean][] = [
    ['America/New_York', winter, '2026-01-20T10:00:00-05:00', '2026-01-20 10:00:00', false],
    ['America/New_York', winter, '2026-07-20T10:00:00-04:00', '2026-07-20 10:00:00', true],
    ['America/New_York', summer, '2026-07-20T10:00:00-04:00', '2026-07-20 10:00:00', false],
    ['America/New_York', summer, '2027-01-20T15:00:00Z', '2027-01-20 10:00:00', false],
    ['America/Phoenix', summer, '2026-07-20T17:00:00Z', '2026-07-20 10:00:00', false],
    ['Asia/Kolkata', winter, '2026-01-20T10:00:00+05:30', '2026-01-20 10:00:00', false]
  ]
  for (const [timeZone, now, at, local, assumed] of cases) {
    const gateway = await startGateway(t, {}, { timeZone, now: () => now, leads: 1 })
    const { body } = await batch(gateway, {
      updates: [{ lead_id: 1, callback: { at, campaign_id: 'CAMPA' } }]
    })
    const [{ warnings = [] }] = body.results
    t.match(callbacks(gateway), [{ callback_time: local }], `${timeZone} ${at}`)
    t.strictSame(
      warnings.map(({ code, stored }: { code: string; stored: string }) => [code, stored]),
      assumed ? [['time_zone_assumed', local]] : [],
      `${timeZone} ${at}`
    )
  }
})

test('with VICIDIAL_TIME_ZONE nothing is assumed, and a zone that VICIdial is not in books nothing', async (t) => {
  const sandbox = { timeZone: 'America/New_York', now: () => Date.UTC(2026, 0, 15), leads: 1 }
  const updates = [{ lead_id: 1, callback: { at: '2026-07-20T10:00:00-04:00', campaign_id: 'CAMPA' } }]
  const right = await startGateway(t, { VICIDIAL_TIME_ZONE: 'America/New_York' }, sandbox)
  const { body } = await batch(right, { updates })
  t.strictSame(body.results, [{ index: 0, lead_id: 1, status: 'updated', callback: 'added' }])
  t.match(callbacks(right), [{ callback_time: '2026-07-20 10:00:00' }])

  const wrong = await startGateway(t, { VICIDIAL_TIME_ZONE: 'Europe/Rome' }, sandbox)
  const refused = await batch(wrong, { updates })
  t.match(refused.body.results, [
    { status: 'failed', callback: 'failed', error: { detail: /VICIDIAL_TIME_ZONE/ } }
  ])
  t.match(callbacks(wrong), { length: 0 })
})

test('after each fault the result of a callback is true', async (t) => {
  const gateway = await sharedGateway(t)
  const { sandbox } = gateway
  for (const fault of ['reset_before', 'reset_after', '500', '500_after_success', 'truncate'] as const) {
    sandbox.reset()
    sandbox.fail(fault, { calls: 1, parameter: 'callback' })
    const { status, body } = await batch(gateway, { lead_ids: [1], callback: CALLBACK })
    t.equal(status, 200, fault)
    t.match(body.results, [{ status: 'updated', callback: /^(?:added|updated)$/ }], fault)
    t.match(callbacks(gateway), [{ callback_time: '2030-01-02 15:00:00' }], fault)
  }
  sandbox.reset()
  sandbox.fail('html', { calls: 4, parameter: 'callback' })
  const lost = await batch(gateway, {
    lead_ids: [1],
    fields: { status: 'A' },
    callback: CALLBACK,
    hopper: {}
  })
  t.match(lost.body.results, [
    {
      status: 'unknown',
      callback: 'unknown',
      hopper: 'failed',
      error: { detail: /^The update was made, except callback and hopper: / }
    }
  ])
  t.match(sandbox.tables()['vicidial_hopper'], { length: 0 }, 'a lead is not dialled after that')
})

test('stored callbacks are booked by a job, whose history has them', async (t) => {
  const gateway = await startGateway(t, { HISTORY_VALUES: '1' })
  const job = await ended(
    gateway,
    await store(gateway, { updates: [{ vendor_lead_code: 'CRM-1', callback: CALLBACK }] })
  )
  t.match(job, { status: 'completed', results: [{ lead_id: 1, status: 'updated', callback: 'added' }] })
  const { body } = await call(gateway, 'GET', '/v1/leads/1/history')
  t.match(body.entries, [{ fields: ['callback'], status: 'updated' }])
})

test('a text that is no date, a date that does not exist, and every other faulty part is refused', async (t) => {
  const gateway = await sharedGateway(t)
  const cases: [callback: unknown, pointer: string][] = [
    ['soon', '/callback'],
    [null, '/callback'],
    [{}, '/callback/at'],
    [{ ...CALLBACK, at: 'soon' }, '/callback/at'],
    [{ ...CALLBACK, at: '2030-02-30T10:00:00Z' }, '/callback/at'],
    [{ ...CALLBACK, at: '2030-01-02T24:00:00Z' }, '/callback/at'],
    [{ ...CALLBACK, at: '2030-01-02T10:00:00' }, '/callback/at'],
    [{ ...CALLBACK, at: '2030-01-02 10:00:00-05:00' }, '/callback/at'],
    [{ ...CALLBACK, at: 1_893_578_400 }, '/callback/at'],
    [{ ...CALLBACK, at: '9999-12-31T23:59:59-12:00' }, '/callback/at'],
    [{ at: AT }, '/callback/campaign_id'],
    [{ ...CALLBACK, campaign_id: 'A B' }, '/callback/campaign_id'],
    [{ ...CALLBACK, type: 'anyone' }, '/callback/type'],
    [{ ...CALLBACK, type: 'USERONLY' }, '/callback/type'],
    [{ ...CALLBACK, type: 'ANYONE', user: '1001' }, '/callback/type'],
    [{ ...CALLBACK, user: 'a b' }, '/callback/user'],
    [{ ...CALLBACK, user: null }, '/callback/user'],
    [{ ...CALLBACK, status: 'TOO-LONG' }, '/callback/status'],
    [{ ...CALLBACK, comments: '' }, '/callback/comments'],
    [{ ...CALLBACK, comments: 'x'.repeat(256) }, '/callback/comments'],
    [{ ...CALLBACK, nope: 1 }, '/callback/nope']
  ]
  for (const [callback, pointer] of cases) {
    const name = JSON.stringify(callback)
    const answer = await batch(gateway, { updates: [{ lead_id: 1, callback }] })
    t.equal(answer.status, 422, name)
    t.match(answer.body.errors, [{ pointer: `/updates/0${pointer}` }], name)
  }
  t.strictSame(requestCalls(gateway), [])
})

test('comments lose what VICIdial would lose, with a warning, or are refused', async (t) => {
  const gateway = await sharedGateway(t)
  const updates = [{ lead_id: 1, callback: { ...CALLBACK, comments: "José's, \\'; call" } }]
  const { body } = await batch(gateway, { updates })
  t.match(body.results, [
    {
      callback: 'added',
      warnings: [{ field: 'callback.comments', code: 'transliterated' }, { code: 'characters_dropped' }]
    }
  ])
  const [{ comments }] = callbacks(gateway) as [{ comments: string }]
  t.equal(comments, body.results[0].warnings[0].stored)
  const strict = await batch(gateway, { on_lossy: 'reject', updates })
  t.match(strict, { status: 422, body: { errors: [{ pointer: '/updates/0/callback/comments' }] } })
})

test('a dry run shows the call, with the time in UTC', async (t) => {
  const gateway = await sharedGateway(t)
  const { body } = await batch(gateway, { dry_run: true, lead_ids: [1], callback: CALLBACK })
  t.match(body.calls, [
    { function: 'update_lead', params: { callback: 'Y', callback_datetime: '2030-01-02T15:00:00.000Z' } }
  ])
  t.equal(body.calls.length, 1)
})
