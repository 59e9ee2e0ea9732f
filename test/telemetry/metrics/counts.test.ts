import { test } from 'tap'
import { hashKey } from '../../../src/callers/key.ts'
import { generateFixture } from '../../../src/tools/sandbox/database/generate-fixture.ts'
import { batch, call, type FileTester, type Gateway, startGateway, startStandIn } from '../../helper.ts'
import { as, ended, store } from '../../routes/jobs-of.ts'
import { LONG_RETRY, SHORT_RETRY, scriptedVicidial } from '../../routes/scripted-vicidial.ts'
import { until } from '../../until.ts'
import { scrape, type Scraped } from './scrape.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'x-secret': 'of-the-form' }
const FILE = `
accounts: [{ name: sales, user: salesapi, pass: of-sales }]
callers:
  - name: sales
    account: sales
    key_hashes: ["sha256:${hashKey('sales-key')}"]
    permissions: { routes: [batch, jobs], fields: "*", statuses: "*", look_ups: "*" }
webhooks:
  - { name: form, auth: { header: { header: X-Secret, secrets: [of-the-form] } }, mapping: { lead: { lead_id: lead }, fields: { status: stage } } }
`

function fileOf(t: FileTester) {
  return { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml` }
}

function sets(...leads: number[]) {
  return { lead_ids: leads, fields: { status: 'SALE' } }
}

/** The metrics once so many updates are counted: a job may be seen to end a moment earlier. */
function counted(gateway: Pick<Gateway, 'origin'>, updates: number): Promise<Scraped> {
  return until(`${updates} updates are counted`, async () => {
    const scraped = await scrape(gateway)
    return scraped.value('updates_total') >= updates && scraped
  })
}

test('every counter agrees with what was done', async (t) => {
  const fixture = generateFixture(20)
  const [api] = fixture.users
  if (api === undefined) throw new Error('no user')
  const users = [api, { ...api, user: 'salesapi', pass: 'of-sales' }]
  const gateway = await startGateway(t, fileOf(t), { fixture: { ...fixture, users } })
  await batch(gateway, {
    updates: [
      { lead_id: 1, fields: { status: 'SALE' } },
      { lead_id: 2, fields: { status: 'SALE' } },
      { vendor_lead_code: 'none', fields: { status: 'SALE' } },
      { lead_id: 3, fields: { status: 'FAR-TOO-LONG' } }
    ]
  })
  await batch(gateway, { ...sets(5), dry_run: true })
  await call(gateway, 'PATCH', '/v1/leads/4', { status: 'SALE' }, as('sales-key'))
  await ended(gateway, await store(gateway, sets(6, 7, 8)))
  await call(gateway, 'POST', '/v1/webhooks/form?wait=10', 'lead=9&stage=SALE', FORM)
  await call(gateway, 'GET', '/v1/fields', undefined, { authorization: 'Bearer wrong' })
  await call(gateway, 'GET', '/v1/nowhere/12345')

  const { value } = await counted(gateway, 9)
  const updates = (caller: string, status: string) => value('updates_total', { caller, status })
  t.same(
    {
      made: updates('api_key', 'updated'),
      missed: updates('api_key', 'not_found'),
      refused: updates('api_key', 'rejected'),
      ofSales: updates('sales', 'updated'),
      ofTheForm: updates('webhook:form', 'updated'),
      all: value('updates_total'),
      notFound: value('update_errors_total', { code: 'lead_not_found' }),
      tooLong: value('update_errors_total', { code: 'field_too_long' }),
      stored: value('outbox_duration_seconds_count')
    },
    {
      made: 5,
      missed: 1,
      refused: 1,
      ofSales: 1,
      ofTheForm: 1,
      all: 9,
      notFound: 1,
      tooLong: 1,
      stored: 4
    }
  )
  t.same(
    {
      batches: value('request_duration_seconds_count', { route: '/v1/leads/batch-update', method: 'POST' }),
      partly: value('request_duration_seconds_count', { route: '/v1/leads/batch-update', status: '207' }),
      stored: value('request_duration_seconds_count', { route: '/v1/leads/batch-update', status: '202' }),
      patches: value('request_duration_seconds_count', { route: '/v1/leads/:lead_id', method: 'PATCH' }),
      webhooks: value('request_duration_seconds_count', { route: '/v1/webhooks/:source' }),
      nowhere: value('request_duration_seconds_count', { route: 'none', status: '404' }),
      withoutKey: value('request_problems_total', { code: 'unauthenticated' }),
      notFound: value('request_problems_total', { code: 'not_found' })
    },
    {
      batches: 3,
      partly: 1,
      stored: 1,
      patches: 1,
      webhooks: 1,
      nowhere: 1,
      withoutKey: 1,
      notFound: 1
    }
  )
  const looked = { account: 'default', function: 'lead_search' }
  const updated = { function: 'batch_update_lead', outcome: 'updated' }
  t.equal(
    value('vicidial_calls_total', looked),
    2,
    'no key was found, so it was asked for again after a check'
  )
  t.equal(value('vicidial_calls_total', { ...updated, account: 'sales' }), 1)
  t.equal(value('vicidial_call_leads_sum', { function: 'batch_update_lead' }), 7, 'leads that were sent')
  t.equal(value('vicidial_call_leads_count'), value('vicidial_calls_total') - 1, 'a check is for no lead')
  t.equal(value('vicidial_call_duration_seconds_count'), value('vicidial_calls_total'))
  t.equal(value('queue_duration_seconds_count'), value('vicidial_calls_total') - 2, 'one check, one repeat')
  t.equal(value('vicidial_state', { account: 'sales', state: 'reachable' }), 1)
  t.equal(value('vicidial_state'), 2, 'each account has one state')
})

test('the waiting updates are shown, and for how long', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, VICIDIAL_MAX_CONCURRENCY: '1' })
  await batch(gateway, sets(1))
  vicidial.holds()
  const first = batch(gateway, sets(1))
  await until('the first call', () => vicidial.held.length === 1)
  const second = batch(gateway, sets(2, 3))
  const { value } = await until('both wait', async () => {
    const scraped = await scrape(gateway)
    return scraped.value('waiting_updates') === 3 && scraped.value('oldest_waiting_seconds') > 0 && scraped
  })
  t.ok(value('oldest_waiting_seconds') < 10)
  vicidial.makes()
  await Promise.all([first, second])
  const after = await scrape(gateway)
  t.equal(after.value('waiting_updates'), 0)
  t.equal(after.value('oldest_waiting_seconds'), 0)
  t.ok(after.value('queue_duration_seconds_sum') > 0)
})

test('the outbox is shown: pending updates, their age, and dead letters', async (t) => {
  const vicidial = await scriptedVicidial(t)
  vicidial.denies()
  const env = { VICIDIAL_URL: vicidial.url, ...LONG_RETRY }
  const gateway = await startGateway(t, env)
  const empty = await scrape(gateway)
  t.equal(empty.value('outbox_oldest_seconds'), 0)
  await store(gateway, sets(1, 2))
  const { value } = await until('it has an age', async () => {
    const scraped = await scrape(gateway)
    return scraped.value('outbox_oldest_seconds') > 0 && scraped
  })
  t.equal(value('outbox_updates', { account: 'default' }), 2)
  t.equal(value('dead_letters'), 0)
  t.equal(value('outbox_failing'), 0)
  t.ok(value('outbox_size_bytes') >= 4_096)
})

test('an update that becomes a dead letter counts once', async (t) => {
  const vicidial = await scriptedVicidial(t)
  vicidial.denies()
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  await store(gateway, sets(1, 2))
  const { value } = await counted(gateway, 2)
  t.equal(value('updates_total', { caller: 'api_key', status: 'dead_lettered' }), 2)
  t.equal(value('updates_total'), 2)
  t.equal(value('update_errors_total', { code: 'upstream_permission_denied' }), 2)
  t.equal(value('dead_letters'), 2)
  t.equal(value('outbox_updates'), 0)
  t.ok(value('vicidial_calls_total', { outcome: 'refused: upstream_permission_denied' }) > 0)
})

test('a refused login is shown', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_PASS: 'wrong-pass' })
  await batch(gateway, sets(1))
  const { value } = await scrape(gateway)
  t.equal(value('vicidial_state', { state: 'login_refused' }), 1)
  t.equal(value('vicidial_state'), 1)
  t.equal(value('vicidial_calls_total', { outcome: 'refused: upstream_login_failed' }), 1)
  t.equal(value('request_problems_total', { code: 'upstream_login_failed' }), 1)
})

test('an open circuit is shown, as are the probes that close it', async (t) => {
  let isUp = false
  const url = await startStandIn(t, (params, response) => {
    if (!isUp) response.destroy()
    else if (params['function'] === 'version') response.end('VERSION: 2.14-1|BUILD: 1|DATE: x|EPOCH: 1|\n')
    else response.end(`SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|${params['lead_ids']}\n`)
  })
  const gateway = await startGateway(t, { VICIDIAL_URL: url })
  await Promise.all([1, 2, 3].map((lead) => batch(gateway, sets(lead))))
  const { value } = await scrape(gateway)
  t.equal(value('vicidial_state', { state: 'unreachable' }), 1)
  t.equal(value('vicidial_calls_total', { outcome: 'unanswered: upstream_unavailable' }), 5)
  isUp = true
  const after = await until('the circuit is closed', async () => {
    const scraped = await scrape(gateway)
    return scraped.value('vicidial_state', { state: 'reachable' }) === 1 && scraped
  })
  t.equal(after.value('vicidial_calls_total', { function: 'version', outcome: 'probe: alive' }), 1)
  t.equal(after.value('vicidial_call_leads_count'), 5, 'a probe has no leads')
})
