import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { batch, call, type Gateway, startGateway, startStandIn, type Tester } from '../helper.ts'
import { until } from '../until.ts'
import { as, ended, store } from './jobs-of.ts'

const FILE = `
accounts: [{ name: sales, user: salesapi, pass: wrong }]
callers:
  - name: crm
    key_hashes: ["sha256:${hashKey('crm-key')}"]
    permissions: { routes: [batch, history], fields: "*", statuses: "*", look_ups: "*" }
    source: crm2
  - name: web
    key_hashes: ["sha256:${hashKey('web-key')}"]
    permissions: { routes: [batch, jobs, history, "webhook:erp"], fields: [status], statuses: [SALE] }
  - name: sales
    account: sales
    key_hashes: ["sha256:${hashKey('sales-key')}"]
    permissions: { routes: [batch, history], fields: "*", statuses: "*" }
  - name: ops
    key_hashes: ["sha256:${hashKey('ops-key')}"]
    permissions: { routes: [history, operator] }
webhooks:
  - { name: erp, auth: { callers: true }, mapping: { lead: { lead_id: lead }, fields: { status: stage, email: mail } } }
`

function startWith(
  t: Tester & { testdir(files: Record<string, string>): string },
  env: Record<string, string> = {}
) {
  return startGateway(t, { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml`, ...env })
}

/** A caller's view of the history once it has `count` entries, without times. */
async function historyOf(gateway: Gateway, path: string, key: string, count: number): Promise<any[]> {
  const { entries } = await until(`${count} entries`, async () => {
    const { status, body } = await call(gateway, 'GET', path, undefined, as(key))
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
    return body.entries.length >= count && body
  })
  return entries.map(({ at: _, ...entry }: { at: string }) => entry)
}

test('each update of a request can be traced: caller, key, changes and result', async (t) => {
  const gateway = await startWith(t)
  const headers = { ...as('crm-key'), 'x-request-id': 'req-1' }
  const before = Date.now()
  await batch(
    gateway,
    {
      updates: [
        { lead_id: 1, fields: { status: 'SALE', email: 'a@example.com' } },
        { vendor_lead_code: 'CRM-2', fields: { rank: 7 }, reset_called: true },
        { lead_id: 99_999, fields: { status: 'SALE' } },
        { vendor_lead_code: 'none', fields: { status: 'SALE' } },
        { lead_id: 3, fields: { status: 'TOO-LONG', nope: 1 } },
        { lead: 3, fields: { status: 'SALE' } }
      ]
    },
    headers
  )
  const common = {
    caller: 'crm',
    key_id: hashKey('crm-key').slice(0, 8),
    request_id: 'req-1',
    account: 'default',
    source: 'crm2'
  }
  t.match((await historyOf(gateway, '/v1/history', 'crm-key', 6)).toReversed(), [
    { ...common, lead_id: 1, status: 'updated', fields: ['status', 'email'] },
    { ...common, lead_id: 2, vendor_lead_code: 'CRM-2', status: 'updated', fields: ['rank', 'reset_called'] },
    {
      ...common,
      lead_id: 99_999,
      status: 'not_found',
      fields: ['status'],
      error: { code: 'lead_not_found' }
    },
    { ...common, vendor_lead_code: 'none', status: 'not_found', error: { code: 'lead_not_found' } },
    {
      ...common,
      lead_id: 3,
      status: 'rejected',
      fields: ['status', 'nope'],
      error: { code: 'field_too_long' }
    },
    { ...common, status: 'rejected', error: { code: 'field_unknown' } }
  ])
  const { body } = await call(gateway, 'GET', '/v1/leads/1/history', undefined, as('crm-key'))
  t.equal(body.entries.length, 1)
  const at = Date.parse(body.entries[0].at)
  t.ok(at >= before && at <= Date.now())
  t.notOk('values' in body.entries[0], 'values are kept only if the operator wants them')
})

test('with HISTORY_VALUES values are recorded as VICIdial holds them', async (t) => {
  const gateway = await startWith(t, { HISTORY_VALUES: '1' })
  await batch(gateway, { lead_ids: [1], fields: { address1: '12 Elm St, #4' } }, as('crm-key'))
  await store(gateway, { lead_ids: [2], fields: { status: 'SALE' } }, as('web-key'))
  const entries = await historyOf(gateway, '/v1/history', 'ops-key', 2)
  t.same(
    new Set(entries.map(({ values }) => JSON.stringify(values))),
    new Set(['{"address1":"12 Elm St 4"}', '{"status":"SALE"}'])
  )
})

test('stored updates are recorded when they end, with their request; rejected ones at once', async (t) => {
  const gateway = await startWith(t)
  const updates = [
    { lead_id: 1, fields: { status: 'SALE' } },
    { lead_id: 2, fields: { status: 'DNC' } },
    { lead_id: 99_999, fields: { status: 'SALE' } }
  ]
  const id = await store(gateway, { updates }, { ...as('web-key'), 'x-request-id': 'req-7' })
  await ended(gateway, id)
  const entries = await historyOf(gateway, '/v1/history', 'web-key', 3)
  const common = { request_id: 'req-7', job_id: id, caller: 'web', key_id: hashKey('web-key').slice(0, 8) }
  const byLead = entries.toSorted((a, b) => a.lead_id - b.lead_id)
  t.match(byLead, [
    { ...common, lead_id: 1, status: 'updated', fields: ['status'] },
    { ...common, lead_id: 2, status: 'rejected', fields: ['status'], error: { code: 'field_not_allowed' } },
    { ...common, lead_id: 99_999, status: 'not_found' }
  ])
})

test('webhooks are traced to their caller, rejected ones too', async (t) => {
  const gateway = await startWith(t)
  const send = (body: unknown) => call(gateway, 'POST', '/v1/webhooks/erp', body, as('web-key'))
  t.equal((await send({ lead: 1, stage: 'SALE' })).status, 202)
  t.equal((await send({ lead: 2, stage: 'SALE', mail: 'a@example.com' })).status, 422)
  const entries = await historyOf(gateway, '/v1/history', 'web-key', 2)
  t.same(
    new Set(entries.map(({ lead_id: lead, status, caller }) => `${lead} ${status} ${caller}`)),
    new Set(['1 updated web', '2 rejected web'])
  )
})

test("VICIdial's reply is recorded, with the account that got it", async (t) => {
  const gateway = await startWith(t)
  await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } }, as('sales-key'))
  const [entry] = await historyOf(gateway, '/v1/history', 'sales-key', 1)
  t.match(entry, {
    account: 'sales',
    status: 'failed',
    error: { code: 'upstream_login_failed', detail: /login/ }
  })
  t.notMatch(JSON.stringify(entry), /wrong/)
})

test('an entry has the fields that were sent, without those that a newer update had set', async (t) => {
  const gateway = await startWith(t, { HISTORY_VALUES: '1', RETRY_FIRST_PAUSE_MS: '300' })
  gateway.sandbox.fail('500', { calls: 4 })
  const fields = { status: 'OLD', comments: 'kept' }
  const id = await store(gateway, { lead_ids: [1], fields }, as('crm-key'))
  await until('it was tried', () => gateway.sandbox.calls().length >= 4)
  await until('VICIdial takes it again', async () => {
    const { status } = await batch(gateway, { lead_ids: [1], fields: { status: 'NEW' } }, as('crm-key'))
    return status === 200
  })
  await ended(gateway, id)
  const entries = await historyOf(gateway, '/v1/leads/1/history', 'crm-key', 2)
  const stored = entries.find(({ job_id: job }) => job === id)
  t.match([stored.status, stored.fields, stored.values], ['updated', ['comments'], { comments: 'kept' }])
})

test("values aren't recorded unless configured, not even in the text of a refusal or failure", async (t) => {
  const gateway = await startWith(t)
  const secret = 'diagnosis, é'
  await batch(
    gateway,
    { lead_ids: [1], fields: { comments: `${secret}#` }, on_lossy: 'reject' },
    as('crm-key')
  )
  await batch(gateway, { lead_ids: [1], fields: { status: 'QQQQQQQQQ' } }, as('crm-key'))
  const entries = await historyOf(gateway, '/v1/history', 'crm-key', 2)
  t.notMatch(JSON.stringify(entries), /diagnosis|QQQQ/)
  t.same(
    entries.map(({ error }) => error),
    [
      { code: 'field_too_long', detail: 'The value is too long' },
      { code: 'characters_lost', detail: 'VICIdial would lose characters of the value' }
    ]
  )
  const valued = await startWith(t, { HISTORY_VALUES: '1' })
  await batch(valued, { lead_ids: [99_999], fields: { comments: secret } }, as('crm-key'))
  const [missing] = await historyOf(valued, '/v1/history', 'crm-key', 1)
  t.same([missing.status, missing.values], ['not_found', undefined])
})

test("of a request's rejected updates the first hundred are recorded, and all of the others", async (t) => {
  const gateway = await startWith(t)
  const updates = Array.from({ length: 300 }, (_, n) => ({
    lead_id: n + 1,
    fields: n < 250 ? { nope: 1 } : { status: 'SALE' }
  }))
  await batch(gateway, { updates }, as('crm-key'))
  await historyOf(gateway, '/v1/leads/300/history', 'crm-key', 1)
  const found = []
  let query = '?limit=100'
  while (query !== '') {
    const { body } = await call(gateway, 'GET', `/v1/history${query}`, undefined, as('crm-key'))
    found.push(...body.entries.map(({ status }: { status: string }) => status))
    query = body.next_cursor === undefined ? '' : `?limit=100&cursor=${body.next_cursor}`
  }
  t.equal(found.filter((status) => status === 'rejected').length, 100)
  t.equal(found.filter((status) => status === 'updated').length, 50)
})

test('the result of a call is recorded even if its client has gone', async (t) => {
  const calls: (() => void)[] = []
  const url = await startStandIn(t, ({ user, lead_ids: ids }, response) => {
    calls.push(() =>
      response.end(`SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - ${user}|1|1|${ids}\n`)
    )
  })
  const gateway = await startWith(t, { VICIDIAL_URL: url })
  const leaving = new AbortController()
  const asked = fetch(`${gateway.origin}/v1/leads/batch-update`, {
    method: 'POST',
    headers: { ...as('crm-key'), 'content-type': 'application/json' },
    body: JSON.stringify({ lead_ids: [1], fields: { status: 'SALE' } }),
    signal: leaving.signal
  })
  await until('VICIdial is called', () => calls.length > 0)
  leaving.abort()
  await asked.catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, 100))
  calls[0]?.()
  const [entry] = await historyOf(gateway, '/v1/history', 'crm-key', 1)
  t.equal(entry.status, 'updated')
})

test('a dry run changes nothing and leaves no trace', async (t) => {
  const gateway = await startWith(t)
  await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' }, dry_run: true }, as('crm-key'))
  await batch(gateway, { lead_ids: [2], fields: { status: 'SALE' } }, as('crm-key'))
  const entries = await historyOf(gateway, '/v1/history', 'ops-key', 1)
  t.same(
    entries.map(({ lead_id: lead }) => lead),
    [2]
  )
})

test("a caller sees its own updates, an operator everyone's, each entry once", async (t) => {
  const gateway = await startWith(t)
  for (const [key, lead] of [
    ['crm-key', 1],
    ['web-key', 1],
    ['crm-key', 2],
    ['web-key', 2],
    ['crm-key', 1]
  ] as const)
    await batch(gateway, { lead_ids: [lead], fields: { status: 'SALE' } }, as(key))
  const seen = async (path: string, key: string, count: number) =>
    (await historyOf(gateway, path, key, count)).map(({ caller, lead_id: lead }) => `${caller} ${lead}`)
  t.same(await seen('/v1/history', 'ops-key', 5), ['crm 1', 'web 2', 'crm 2', 'web 1', 'crm 1'])
  t.same(await seen('/v1/history', 'crm-key', 3), ['crm 1', 'crm 2', 'crm 1'])
  t.same(await seen('/v1/history?caller=web', 'ops-key', 2), ['web 2', 'web 1'])
  t.same(await seen('/v1/history?caller=web', 'web-key', 2), ['web 2', 'web 1'])
  t.same(await seen('/v1/leads/1/history', 'ops-key', 3), ['crm 1', 'web 1', 'crm 1'])
  t.same(await seen('/v1/leads/1/history', 'web-key', 1), ['web 1'])
  t.same(await seen('/v1/leads/7/history', 'ops-key', 0), [])
  t.same(await seen('/v1/history?since=2999-01-01T00:00:00Z', 'ops-key', 0), [])

  const refused = await call(gateway, 'GET', '/v1/history?caller=web', undefined, as('crm-key'))
  t.match(
    [refused.status, refused.body.detail],
    [403, 'The caller crm lacks "operator" (permissions.routes).']
  )

  const pages = []
  let query = '?limit=2'
  while (query !== '') {
    const { body } = await call(gateway, 'GET', `/v1/history${query}`, undefined, as('ops-key'))
    pages.push(body.entries.map(({ lead_id: lead }: any) => lead))
    query = body.next_cursor === undefined ? '' : `?limit=2&cursor=${body.next_cursor}`
  }
  t.same(pages, [[1, 2], [2, 1], [1]])
})

test('an invalid query is a 400', async (t) => {
  const gateway = await startWith(t)
  for (const query of [
    'since=yesterday',
    'since=2026-02-30T25:00:00Z',
    'since=2026-02-30T00:00:00Z',
    'since=2026-02-28T24:00:00Z',
    'limit=0',
    'limit=101',
    'cursor=x',
    'nope=1'
  ]) {
    const { status, body } = await call(gateway, 'GET', `/v1/history?${query}`, undefined, as('ops-key'))
    t.match([status, body.code], [400, 'invalid_request'], query)
  }
  const lead = await call(gateway, 'GET', '/v1/leads/x/history', undefined, as('ops-key'))
  t.equal(lead.status, 400)
})

test('with HISTORY_RETENTION_DAYS=0 nothing is recorded', async (t) => {
  const gateway = await startWith(t, { HISTORY_RETENTION_DAYS: '0' })
  await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } }, as('crm-key'))
  const id = await store(gateway, { lead_ids: [2], fields: { status: 'SALE' } }, as('web-key'))
  await ended(gateway, id)
  await gateway.app.close()
  const again = await startWith(t)
  t.same((await call(again, 'GET', '/v1/history', undefined, as('ops-key'))).body.entries, [])
})
