import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { FAULT_NAMES, type FaultName } from '../../src/tools/sandbox/server/faults.ts'
import { batch, type Gateway, startGateway, type Tester } from '../helper.ts'

const fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
/** The timeout of a call, and the deadline after which there are no retries, in milliseconds. */
const env = { VICIDIAL_TIMEOUT_MS: '500', REQUEST_DEADLINE_MS: '4000' }

/** Faults that no answer shows, and one that only an insert has. */
const UNSEEN: readonly FaultName[] = ['values_cut', 'values_changed', 'insert_late']
const FAULTS = FAULT_NAMES.filter((fault) => !UNSEEN.includes(fault))

const UPDATES = {
  batch_update_lead: { lead_id: 1, fields: { status: 'SALE' } },
  update_lead: { lead_id: 1, fields: { status: 'SALE', phone_number: '2125559999' } },
  lead_search: { vendor_lead_code: 'CRM-1', fields: { status: 'SALE' } }
}
type Called = keyof typeof UPDATES

interface Outcome {
  readonly http: number
  readonly code: string | undefined
  readonly status: string
  readonly error: string | undefined
  readonly retryable: boolean | undefined
  readonly isChanged: boolean
}

/** Starts a gateway whose VICIdial has this fault. */
async function failing(t: Tester, fault: FaultName, called: Called, calls: number): Promise<Gateway> {
  // Only calls that hang get a short timeout: on a busy machine a reply may be slow.
  const VICIDIAL_TIMEOUT_MS = fault.startsWith('hang') ? env.VICIDIAL_TIMEOUT_MS : env.REQUEST_DEADLINE_MS
  const gateway = await startGateway(t, { ...env, VICIDIAL_TIMEOUT_MS })
  gateway.sandbox.fail(fault, { calls, function: called })
  return gateway
}

async function outcome(gateway: Gateway, called: Called): Promise<Outcome> {
  const { status, body } = await batch(gateway, { updates: [UPDATES[called]] })
  const [result] = body.results
  return {
    http: status,
    code: body.code,
    status: result.status,
    error: result.error?.code,
    retryable: result.error?.retryable,
    isChanged: gateway.sandbox.leads()[1]?.status === 'SALE'
  }
}

/** Tries every fault of every function at once, as most of the time is waiting; the gateways start one by one. */
async function outcomes(t: Tester, calls: number): Promise<Record<Called, Record<string, Outcome>>> {
  const seen: Record<Called, Record<string, Outcome>> = {
    batch_update_lead: {},
    update_lead: {},
    lead_search: {}
  }
  const asked: Promise<void>[] = []
  for (const called of Object.keys(seen) as Called[]) {
    for (const fault of FAULTS) {
      const gateway = await failing(t, fault, called, calls)
      asked.push(outcome(gateway, called).then((ended) => void (seen[called][fault] = ended)))
    }
  }
  await Promise.all(asked)
  return seen
}

const updated: Outcome = {
  http: 200,
  code: undefined,
  status: 'updated',
  error: undefined,
  retryable: undefined,
  isChanged: true
}

function ended(status: 'failed' | 'unknown', http: number, code: string, isChanged: boolean): Outcome {
  return { http, code, status, error: code, retryable: true, isChanged }
}

const loginRefused = ended('failed', 502, 'upstream_login_failed', false)
const lockedOut = ended('failed', 503, 'upstream_locked_out', false)
const upstreamFailed = ended('failed', 502, 'upstream_error', false)

test('a retry recovers from one fault, but a refused login is never retried', async (t) => {
  const expected = {
    refuse: updated,
    reset_before: updated,
    reset_after: updated,
    hang: updated,
    hang_after: updated,
    500: updated,
    '500_after_success': updated,
    html: updated,
    truncate: updated,
    truncate_clean: updated,
    wrong_login: loginRefused,
    locked_out: lockedOut,
    database_down: updated,
    database_lost: updated,
    settings_gone: updated,
    leads_gone: updated,
    leads_read_only: updated,
    api_log_unwritable: updated
  }
  const seen = await outcomes(t, 1)
  t.same(seen.batch_update_lead, expected, 'batch_update_lead')
  t.same(seen.update_lead, expected, 'update_lead')
  t.same(seen.lead_search, expected, 'lead_search')
})

test('a lasting fault is "failed" only if nothing was changed, and never "updated"', async (t) => {
  const expected = {
    refuse: ended('unknown', 503, 'upstream_unavailable', false),
    reset_before: ended('unknown', 503, 'upstream_unavailable', false),
    reset_after: ended('unknown', 503, 'upstream_unavailable', true),
    hang: ended('unknown', 504, 'upstream_timeout', false),
    hang_after: ended('unknown', 504, 'upstream_timeout', true),
    500: ended('failed', 502, 'upstream_error', false),
    '500_after_success': updated,
    html: ended('unknown', 502, 'upstream_error', false),
    truncate: ended('unknown', 503, 'upstream_unavailable', true),
    truncate_clean: ended('unknown', 502, 'upstream_error', true),
    wrong_login: loginRefused,
    locked_out: lockedOut,
    database_down: upstreamFailed,
    database_lost: upstreamFailed,
    settings_gone: upstreamFailed,
    leads_gone: upstreamFailed,
    leads_read_only: upstreamFailed,
    api_log_unwritable: updated
  }
  const seen = await outcomes(t, 1_000)
  t.same(seen.batch_update_lead, expected, 'batch_update_lead')
  t.same(seen.update_lead, expected, 'update_lead')
  // A lead that wasn't found wasn't changed.
  t.same(
    seen.lead_search,
    {
      refuse: ended('failed', 503, 'upstream_unavailable', false),
      reset_before: ended('failed', 503, 'upstream_unavailable', false),
      reset_after: ended('failed', 503, 'upstream_unavailable', false),
      hang: ended('failed', 504, 'upstream_timeout', false),
      hang_after: ended('failed', 504, 'upstream_timeout', false),
      500: ended('failed', 502, 'upstream_error', false),
      '500_after_success': updated,
      html: ended('failed', 502, 'upstream_error', false),
      truncate: ended('failed', 503, 'upstream_unavailable', false),
      truncate_clean: ended('failed', 502, 'upstream_error', false),
      wrong_login: loginRefused,
      locked_out: lockedOut,
      database_down: upstreamFailed,
      database_lost: upstreamFailed,
      settings_gone: upstreamFailed,
      leads_gone: upstreamFailed,
      leads_read_only: updated,
      api_log_unwritable: updated
    },
    'lead_search'
  )
})

function statuses(body: { results: { status: string; error?: { code: string } }[] }): string[] {
  return body.results.map(({ status, error }) => (error ? `${status} ${error.code}` : status))
}

function changed(gateway: Gateway): number[] {
  return Object.values(gateway.sandbox.leads())
    .filter((lead) => lead.status !== 'NEW')
    .map((lead) => lead.lead_id)
}

test("if only one function's calls fail, its leads fail and the others are updated", async (t) => {
  const request = {
    updates: [
      { lead_id: 1, fields: { status: 'A' } },
      { lead_id: 2, fields: { status: 'B', phone_number: '2125559999' } },
      { vendor_lead_code: 'CRM-3', fields: { status: 'A' } },
      { lead_id: 9999, fields: { status: 'A' } },
      { lead_id: 4, fields: { status: '' } }
    ]
  }
  const tried = async (fault: FaultName, called: Called) => {
    const gateway = await startGateway(t, env)
    gateway.sandbox.fail(fault, { calls: 1_000, function: called })
    const { status, body } = await batch(gateway, request)
    return { status, statuses: statuses(body), changed: changed(gateway) }
  }
  const refused = 'rejected field_invalid'
  const [search, single, whole, cut] = await Promise.all([
    tried('html', 'lead_search'),
    tried('500', 'update_lead'),
    tried('reset_after', 'batch_update_lead'),
    tried('truncate_clean', 'update_lead')
  ])
  t.same(search, {
    status: 207,
    statuses: ['updated', 'updated', 'failed upstream_error', 'not_found lead_not_found', refused],
    changed: [1, 2]
  })
  t.same(single, {
    status: 207,
    statuses: ['updated', 'failed upstream_error', 'updated', 'not_found lead_not_found', refused],
    changed: [1, 3]
  })
  const lost = 'unknown upstream_unavailable'
  t.same(whole, { status: 207, statuses: [lost, 'updated', lost, lost, refused], changed: [1, 2, 3] })
  t.same(cut, {
    status: 207,
    statuses: ['updated', 'unknown upstream_error', 'updated', 'not_found lead_not_found', refused],
    changed: [1, 2, 3]
  })
})

test('a login that is refused in the middle of a batch fails the rest, and no more calls are made', async (t) => {
  const gateway = await startGateway(t, { ...env, VICIDIAL_MAX_CONCURRENCY: '1' })
  gateway.sandbox.fail('wrong_login', { calls: 1, function: 'update_lead' })
  const updates = [
    { lead_id: 1, fields: { status: 'A' } },
    { lead_id: 2, fields: { status: 'B', phone_number: '2125559999' } },
    { lead_id: 3, fields: { status: 'C' } }
  ]
  const { status, body } = await batch(gateway, { updates })

  t.equal(status, 207)
  t.same(statuses(body), ['updated', 'failed upstream_login_failed', 'failed upstream_login_failed'])
  t.equal(body.summary.upstream_calls, 2)
  t.same(changed(gateway), [1])
})

test("an update isn't sent after one of the same lead with an unknown outcome", async (t) => {
  const gateway = await startGateway(t, { ...env, REQUEST_DEADLINE_MS: '3000' })
  gateway.sandbox.fail('hang_after', { calls: 1_000, function: 'update_lead' })
  const updates = [
    { lead_id: 1, fields: { status: 'A', phone_number: '2125559999' } },
    { lead_id: 1, fields: { status: 'B' } },
    { lead_id: 2, fields: { status: 'B' } }
  ]
  const { status, body } = await batch(gateway, { updates })

  t.equal(status, 207)
  t.same(statuses(body), ['unknown upstream_timeout', 'failed upstream_timeout', 'updated'])
  t.same([gateway.sandbox.leads()[1]?.status, gateway.sandbox.leads()[2]?.status], ['A', 'B'])
})

test(`with on_multiple "all" the worst outcome of the leads is the update's`, async (t) => {
  const gateway = await startGateway(t, {
    ...env,
    VICIDIAL_MAX_LEADS_PER_CALL: '1',
    VICIDIAL_MAX_CONCURRENCY: '1'
  })
  await batch(gateway, { lead_ids: [1, 2], fields: { vendor_lead_code: 'SHARED' } })
  gateway.sandbox.fail('wrong_login', { calls: 1, function: 'batch_update_lead' })
  const { status, body } = await batch(gateway, {
    on_multiple: 'all',
    updates: [{ vendor_lead_code: 'SHARED', fields: { status: 'SALE' } }]
  })

  t.equal(status, 502)
  t.match(body.results, [{ index: 0, lead_ids: [2, 1], status: 'failed' }])
  t.same(changed(gateway), [])
})

test('an unreachable VICIdial is a 503 with "failed", because nothing was sent', async (t) => {
  const gateway = await startGateway(t, {
    ...env,
    VICIDIAL_URL: 'http://127.0.0.1:1/api.php',
    REQUEST_DEADLINE_MS: '500'
  })
  const { status, headers, body } = await batch(gateway, { updates: Object.values(UPDATES) })

  t.equal(status, 503)
  t.equal(headers.get('retry-after'), '60')
  t.equal(body.code, 'upstream_unavailable')
  t.same(statuses(body), [
    'failed upstream_unavailable',
    'failed upstream_unavailable',
    'failed upstream_unavailable'
  ])
})

test('half a reply to custom fields leaves their outcome unknown, so the call is retried', async (t) => {
  const file = { 'gateway.yaml': 'custom_fields: [{ label: favorite_color, max_length: 20 }]' }
  const gateway = await startGateway(t, { ...env, GATEWAY_CONFIG: `${t.testdir(file)}/gateway.yaml` })
  gateway.sandbox.fail('truncate_clean', { calls: 1, function: 'update_lead' })
  const { status, body } = await batch(gateway, {
    updates: [{ lead_id: 1, fields: { status: 'SALE' }, custom_fields: { favorite_color: 'blue' } }]
  })

  t.equal(status, 200)
  t.same(body.results, [{ index: 0, lead_id: 1, status: 'updated' }])
})

test("a function that VICIdial doesn't permit the account is a 502, and isn't retried", async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_USER: 'api7', VICIDIAL_PASS: 's3cret7' }, { fixture })
  const { status, body } = await batch(gateway, { lead_ids: [101], fields: { status: 'SALE' } })

  t.equal(status, 502)
  t.match(body, {
    code: 'upstream_permission_denied',
    summary: { failed: 1, upstream_calls: 1 },
    results: [{ status: 'failed', error: { code: 'upstream_permission_denied', retryable: false } }]
  })
})
