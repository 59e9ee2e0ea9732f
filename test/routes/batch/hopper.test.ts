import { readFileSync } from 'node:fs'
import { test } from 'tap'
import {
  batch,
  call,
  type Gateway,
  requestCalls,
  sharedGateway,
  startGateway,
  type Tester
} from '../../helper.ts'
import { until } from '../../until.ts'
import { ended, store } from '../jobs-of.ts'
import { SHORT_RETRY } from '../scripted-vicidial.ts'

const fixture = JSON.parse(readFileSync('test/fixtures/sync-fixture.json', 'utf8'))
/** Leads 101 to 108 are in list 101, whose campaign calls all day; 109 and 110 in list 102, whose campaign never does. */
const withCampaigns = (t: Tester, env: Record<string, string> = {}) => startGateway(t, env, { fixture })

/** The leads of the hopper, with their priorities. */
function hopper({ sandbox }: Pick<Gateway, 'sandbox'>) {
  return (sandbox.tables()['vicidial_hopper'] ?? []).map(({ lead_id, priority }) => [
    Number(lead_id),
    Number(priority)
  ])
}

function functions(gateway: Gateway): string[] {
  return requestCalls(gateway).map((made) => made.params['function'] ?? '')
}

test('leads go into the hopper after their changes, many in one call, each with its result', async (t) => {
  const gateway = await sharedGateway(t)
  const leads = Array.from({ length: 40 }, (_, n) => n + 1)
  const { status, body } = await batch(gateway, {
    lead_ids: leads,
    fields: { status: 'HOT' },
    hopper: { priority: 50 }
  })
  t.equal(status, 200)
  t.strictSame(
    body.results,
    leads.map((lead_id, index) => ({ index, lead_id, status: 'updated', hopper: 'added' }))
  )
  t.strictSame(functions(gateway), ['batch_update_lead', 'hopper_bulk_insert'])
  t.strictSame(
    hopper(gateway),
    leads.map((lead) => [lead, 50])
  )
  t.equal(gateway.sandbox.leads()[40]?.status, 'HOT')

  const again = await batch(gateway, { lead_ids: [3], fields: { status: 'HOT' }, hopper: { priority: 7 } })
  t.match(again.body.results, [{ status: 'updated', hopper: 'already_there' }])
})

test('an update needs no fields to put its lead into the hopper, or to take it out', async (t) => {
  const gateway = await sharedGateway(t)
  const added = await batch(gateway, {
    hopper: {},
    updates: [{ lead_id: 1 }, { vendor_lead_code: 'CRM-2', hopper: { priority: -5 } }, { lead_id: 99_999 }]
  })
  t.equal(added.status, 207)
  t.match(added.body.results, [
    { lead_id: 1, status: 'updated', hopper: 'added' },
    { lead_id: 2, status: 'updated', hopper: 'added' },
    { lead_id: 99_999, status: 'not_found', error: { code: 'lead_not_found' } }
  ])
  t.equal(added.body.results[2].hopper, undefined)
  t.strictSame(hopper(gateway), [
    [1, 0],
    [2, -5]
  ])
  const removed = await batch(gateway, { lead_ids: [1, 3], hopper: 'remove' })
  t.match(removed.body.results, [{ hopper: 'removed' }, { hopper: 'not_there' }])
  t.strictSame(hopper(gateway), [[2, -5]])
})

test('a lead that its campaign may not call now, and one without a campaign, say so', async (t) => {
  const gateway = await startGateway(
    t,
    {},
    {
      fixture: { ...fixture, lists: [...fixture.lists, { list_id: 104, campaign_id: 'GONE' }] },
      now: () => Date.UTC(2026, 0, 5, 9)
    }
  )
  const { status, body } = await batch(gateway, {
    hopper: { local_call_time_check: true },
    updates: [
      { lead_id: 101, fields: { status: 'HOT' } },
      { lead_id: 109, fields: { status: 'HOT' } },
      { lead_id: 102, fields: { list_id: 104 } }
    ]
  })
  t.equal(status, 200)
  t.match(body.results, [
    { status: 'updated', hopper: 'added' },
    { status: 'updated', hopper: 'outside_call_time' },
    { status: 'updated', hopper: 'campaign_unknown' }
  ])
})

test('all leads of a key go into the hopper; a warning names those that did not', async (t) => {
  const gateway = await withCampaigns(t)
  await batch(gateway, { lead_ids: [111], hopper: {} })
  const { body } = await batch(gateway, {
    on_multiple: 'all',
    updates: [{ vendor_lead_code: 'CRM-DUP', hopper: {} }]
  })
  t.match(body.results, [
    {
      status: 'updated',
      lead_ids: [112, 111],
      hopper: 'already_there',
      warnings: [{ field: 'hopper', code: 'other_result', detail: 'added', lead_ids: [112] }]
    }
  ])
})

test('a lead that is added goes into the hopper', async (t) => {
  const gateway = await sharedGateway(t)
  const { body } = await batch(gateway, {
    on_missing: 'add',
    add: { list_id: 101, phone_code: '1', phone_number: '3125550188' },
    hopper: { priority: 9 },
    updates: [{ vendor_lead_code: 'CRM-HOT', fields: { first_name: 'Ann' } }]
  })
  const [{ lead_id }] = body.results
  t.strictSame(body.results, [
    { index: 0, vendor_lead_code: 'CRM-HOT', lead_id, status: 'added', hopper: 'added' }
  ])
  t.strictSame(hopper(gateway), [[lead_id, 9]])
})

test('what follows an update of a lead waits for its hopper, in the order of the updates', async (t) => {
  const gateway = await sharedGateway(t)
  const { body } = await batch(gateway, {
    updates: [
      { lead_id: 1, fields: { status: 'A' }, hopper: {} },
      { lead_id: 1, hopper: 'remove' },
      { lead_id: 1, fields: { status: 'B' }, hopper: { priority: 3 } }
    ]
  })
  t.match(body.results, [{ hopper: 'added' }, { hopper: 'removed' }, { hopper: 'added' }])
  t.strictSame(hopper(gateway), [[1, 3]])
})

test('after each fault of the hopper call the result is true', async (t) => {
  const gateway = await sharedGateway(t)
  const { sandbox } = gateway
  for (const fault of ['reset_before', 'reset_after', '500', '500_after_success', 'truncate'] as const) {
    sandbox.reset()
    sandbox.fail(fault, { calls: 1, function: 'hopper_bulk_insert' })
    const { status, body } = await batch(gateway, {
      lead_ids: [1, 2],
      fields: { status: 'HOT' },
      hopper: {}
    })
    t.equal(status, 200, fault)
    const [one, two] = body.results
    t.match(one, { status: 'updated', hopper: /^(?:added|already_there)$/ }, fault)
    t.match(two, { status: 'updated', hopper: /^(?:added|already_there)$/ }, fault)
    t.strictSame(
      hopper(gateway),
      [
        [1, 0],
        [2, 0]
      ],
      fault
    )
  }
  sandbox.reset()
  sandbox.fail('html', { calls: 4, function: 'hopper_bulk_insert' })
  const lost = await batch(gateway, { lead_ids: [1], fields: { status: 'HOT' }, hopper: {} })
  t.equal(lost.status, 502)
  t.match(lost.body.results, [
    {
      status: 'unknown',
      hopper: 'unknown',
      error: { code: 'upstream_error', retryable: true, detail: /^The update was made, except hopper: / }
    }
  ])
  sandbox.reset()
  sandbox.fail('500', { calls: 8, function: 'hopper_bulk_insert' })
  const made = await batch(gateway, { lead_ids: [1], fields: { status: 'HOT' }, hopper: {} })
  t.match(made.body.results, [{ status: 'unknown', hopper: 'failed' }])
  const nothing = await batch(gateway, { lead_ids: [1], hopper: {} })
  t.match(nothing.body.results, [{ status: 'failed', hopper: 'failed', error: { retryable: true } }])
})

test('an account that may not change campaigns: the fields are set, and the result says what is missing', async (t) => {
  const fixtureWithout = {
    ...fixture,
    users: fixture.users.map((user: object) => ({ ...user, modify_campaigns: '0' }))
  }
  const gateway = await startGateway(t, {}, { fixture: fixtureWithout })
  const { status, body } = await batch(gateway, { lead_ids: [101], fields: { status: 'HOT' }, hopper: {} })
  t.equal(status, 502)
  t.match(body.results, [
    { status: 'unknown', hopper: 'failed', error: { code: 'upstream_permission_denied' } }
  ])
  t.equal(gateway.sandbox.leads()[101]?.status, 'HOT')
})

test('a stored update that was made, but whose hopper call failed, is tried again', async (t) => {
  const gateway = await startGateway(t, { RETRY_FIRST_PAUSE_MS: '1', RETRY_LONGEST_PAUSE_MS: '1' })
  gateway.sandbox.fail('500', { calls: 4, function: 'hopper_bulk_insert' })
  const id = await store(gateway, { lead_ids: [1, 2], fields: { status: 'HOT' }, hopper: { priority: 4 } })
  const job = await ended(gateway, id)
  t.match(job, { status: 'completed', results: [{ hopper: 'added' }, { hopper: 'added' }] })
  t.strictSame(hopper(gateway), [
    [1, 4],
    [2, 4]
  ])
  const { entries } = await until('the history', async () => {
    const { body } = await call(gateway, 'GET', '/v1/leads/1/history')
    return body.entries.length > 0 && body
  })
  t.match(entries, [{ fields: ['status', 'hopper'], status: 'updated' }])
})

test('a lead that was taken out of the hopper is not put in by an older stored update', async (t) => {
  const gateway = await startGateway(t, SHORT_RETRY)
  gateway.sandbox.fail('500', { calls: 1_000, function: 'hopper_bulk_insert' })
  const id = await store(gateway, { updates: [{ lead_id: 1, fields: { city: 'Rome' }, hopper: {} }] })
  t.match(await ended(gateway, id), { status: 'failed', results: [{ status: 'unknown', hopper: 'failed' }] })
  gateway.sandbox.fail('500', { calls: 0, function: 'hopper_bulk_insert' })
  await until('VICIdial is back', async () => {
    const { body } = await batch(gateway, { lead_ids: [1], hopper: 'remove' })
    return body.results?.[0].hopper === 'not_there'
  })
  const replayed = await call(gateway, 'POST', `/v1/jobs/${id}/replay`)
  t.match(await ended(gateway, replayed.body.id), {
    results: [{ status: 'updated', superseded: ['hopper'] }]
  })
  t.strictSame(hopper(gateway), [])
})

test('a dry run shows the calls of the hopper', async (t) => {
  const gateway = await sharedGateway(t)
  const { body } = await batch(gateway, {
    dry_run: true,
    hopper: { priority: 5, local_call_time_check: true },
    updates: [{ lead_id: 1, fields: { status: 'HOT' } }, { lead_id: 2 }, { lead_id: 3, hopper: 'remove' }]
  })
  t.match(body.results, [{ status: 'planned' }, { status: 'planned' }, { status: 'planned' }])
  t.strictSame(
    body.calls.map(({ params }: { params: Record<string, string> }) => params),
    [
      { source: 'gateway', function: 'batch_update_lead', lead_ids: '1', status: 'HOT', records: '1' },
      {
        source: 'gateway',
        function: 'update_lead',
        lead_id: '3',
        no_update: 'Y',
        remove_from_hopper: 'Y',
        records: '1'
      },
      {
        source: 'gateway',
        function: 'hopper_bulk_insert',
        lead_ids: '1,2',
        hopper_priority: '5',
        hopper_local_call_time_check: 'Y',
        records: '2'
      }
    ]
  )
  t.strictSame(functions(gateway), [])
})

test('a faulty hopper is refused with the place that is wrong', async (t) => {
  const gateway = await sharedGateway(t)
  const cases: [hopper: unknown, pointer: string][] = [
    ['add', '/hopper'],
    [true, '/hopper'],
    [[], '/hopper'],
    [null, '/hopper'],
    [{ priority: 100 }, '/hopper/priority'],
    [{ priority: '5' }, '/hopper/priority'],
    [{ priority: 1.5 }, '/hopper/priority'],
    [{ local_call_time_check: 'Y' }, '/hopper/local_call_time_check'],
    [{ campaign_id: 'CAMPA' }, '/hopper/campaign_id']
  ]
  for (const [wrong, pointer] of cases) {
    const ofUpdate = await batch(gateway, { updates: [{ lead_id: 1, fields: {}, hopper: wrong }] })
    t.equal(ofUpdate.status, 422, pointer)
    t.match(ofUpdate.body.errors, [{ pointer: `/updates/0${pointer}` }], pointer)
    const ofRequest = await batch(gateway, { lead_ids: [1], hopper: wrong })
    t.match(ofRequest, { status: 400, body: { errors: [{ pointer }] } }, pointer)
  }
  t.strictSame(functions(gateway), [])
})
