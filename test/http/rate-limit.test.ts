import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { type Answer, batch, call, dataDir, startGateway, type Tester } from '../helper.ts'
import { until } from '../until.ts'

const AS_SHOP = { authorization: 'Bearer key-of-shop' }
const AS_FREE = { authorization: 'Bearer key-of-free' }
const FIELDS = { status: 'SALE' }
const WEBHOOKS = `
webhooks:
  - name: crm
    auth: { callers: true }
    mapping: { lead: { lead_id: id }, fields: { status: status } }
`

function file(limit: string): string {
  return `
callers:
  - { name: shop, key_hashes: ["sha256:${hashKey('key-of-shop')}"], permissions: "*", rate_limit: ${limit} }
  - { name: free, key_hashes: ["sha256:${hashKey('key-of-free')}"], permissions: "*" }
${WEBHOOKS}`
}

async function start(t: Tester, limit: string) {
  const path = join(dataDir(t), 'gateway.yaml')
  writeFileSync(path, file(limit))
  return { ...(await startGateway(t, { GATEWAY_CONFIG: path })), path }
}

/** What is left, as the answer says it: requests, updates. */
function left({ headers }: Answer): number[] {
  const text = headers.get('ratelimit') ?? ''
  return [...text.matchAll(/"[a-z]+";r=(\d+);t=(?:[1-9]|[1-5]\d|60)(?:,|$)/g)].map(([, rest]) => Number(rest))
}

function checkRefused(t: Test, answer: Answer, detail: string): void {
  t.equal(answer.status, 429)
  t.match(answer.body, { code: 'rate_limited', detail })
  const seconds = Number(answer.headers.get('retry-after'))
  t.ok(seconds >= 1 && seconds <= 60, `Retry-After: ${seconds}`)
}

test('every response to a limited caller shows its remaining quota, errors included; other callers have no limit', async (t) => {
  const gateway = await start(t, '{ requests_per_minute: 6, updates_per_minute: 100 }')
  const answers = [
    await batch(gateway, { lead_ids: [1, 2, 3], fields: FIELDS }, AS_SHOP),
    await batch(gateway, '{"updates', AS_SHOP),
    await call(gateway, 'PATCH', '/v1/leads/1', FIELDS, AS_SHOP),
    await call(gateway, 'GET', '/v1/jobs/none', undefined, AS_SHOP),
    await batch(gateway, { lead_ids: [1, 2], fields: FIELDS, dry_run: true }, AS_SHOP),
    await call(gateway, 'GET', '/v1/fields?a=b', undefined, AS_SHOP),
    await call(gateway, 'GET', '/v1/fields', undefined, AS_SHOP)
  ]
  t.same(
    answers.map((answer) => [answer.status, ...left(answer)]),
    [
      [200, 5, 97],
      [400, 4, 97],
      [200, 3, 96],
      [404, 2, 96],
      [200, 1, 96],
      [400, 0, 96],
      [429, 0, 96]
    ]
  )
  for (const { headers } of answers)
    t.equal(headers.get('ratelimit-policy'), '"requests";q=6;w=60, "updates";q=100;w=60')
  checkRefused(t, answers[6] as Answer, 'The caller shop is limited: 0 of 6 requests a minute are left.')
  for (const headers of [AS_FREE, {}]) {
    const free = await call(gateway, 'GET', '/v1/fields', undefined, headers)
    t.same(
      [free.status, free.headers.has('ratelimit'), free.headers.has('ratelimit-policy')],
      [200, false, false]
    )
  }
})

test('a request over the update limit does nothing and uses nothing; one that fits succeeds', async (t) => {
  const gateway = await start(t, '{ updates_per_minute: 5 }')
  const first = await batch(gateway, { lead_ids: [1, 2, 3], fields: FIELDS }, AS_SHOP)
  t.same(
    [first.status, first.headers.get('ratelimit-policy'), ...left(first)],
    [200, '"updates";q=5;w=60', 2]
  )
  const calls = gateway.sandbox.calls().length

  const body = { lead_ids: [4, 5, 6], fields: FIELDS }
  const repeatable = { ...AS_SHOP, 'idempotency-key': 'first' }
  const detail = 'The caller shop is limited: 2 of 5 updates a minute are left.'
  checkRefused(t, await batch(gateway, body, AS_SHOP), detail)
  checkRefused(t, await batch(gateway, body, { ...AS_SHOP, prefer: 'respond-async' }), detail)
  checkRefused(t, await batch(gateway, body, repeatable), detail)
  t.equal(gateway.sandbox.calls().length, calls)
  t.equal((await call(gateway, 'GET', '/v1/jobs')).body.jobs.length, 0)

  const fitting = await batch(gateway, { lead_ids: [4, 5], fields: FIELDS }, AS_SHOP)
  t.same([fitting.status, ...left(fitting)], [200, 0])
  checkRefused(
    t,
    await call(gateway, 'PATCH', '/v1/leads/1', FIELDS, AS_SHOP),
    'The caller shop is limited: 0 of 5 updates a minute are left.'
  )
})

test("a repeat with the same Idempotency-Key doesn't get the earlier rate_limited response", async (t) => {
  const { path, ...gateway } = await start(t, '{ updates_per_minute: 2 }')
  const repeatable = { ...AS_SHOP, 'idempotency-key': 'one' }
  await batch(gateway, { lead_ids: [1], fields: FIELDS }, AS_SHOP)
  const body = { lead_ids: [2, 3], fields: FIELDS }
  t.equal((await batch(gateway, body, repeatable)).status, 429)

  writeFileSync(path, file('{ updates_per_minute: 9 }'))
  gateway.app.reload()
  const done = await batch(gateway, body, repeatable)
  t.same([done.status, done.headers.has('idempotency-replayed'), ...left(done)], [200, false, 6])
  const replayed = await batch(gateway, body, repeatable)
  t.same([replayed.status, replayed.headers.get('idempotency-replayed'), ...left(replayed)], [200, 'true', 6])
})

test('a request that can never fit is too large, and the detail says what fits', async (t) => {
  const gateway = await start(t, '{ updates_per_minute: 5 }')
  const { status, body } = await batch(gateway, { lead_ids: [1, 2, 3, 4, 5, 6], fields: FIELDS }, AS_SHOP)
  t.equal(status, 413)
  t.match(body, {
    code: 'payload_too_large',
    detail: '6 updates in one request; 5 are taken. Send them in parts.'
  })
  t.same(gateway.sandbox.calls(), [])
})

test("a caller's webhooks count like its batches", async (t) => {
  const gateway = await start(t, '{ requests_per_minute: 3, updates_per_minute: 3 }')
  const hook = (ids: number[]) =>
    call(
      gateway,
      'POST',
      '/v1/webhooks/crm',
      ids.map((id) => ({ id, status: 'SALE' })),
      AS_SHOP
    )
  const answers = [await hook([1, 2]), await hook([3, 4]), await hook([3]), await hook([])]
  t.same(
    answers.map((answer) => [answer.status, ...left(answer)]),
    [
      [202, 2, 1],
      [429, 1, 1],
      [202, 0, 0],
      [429, 0, 0]
    ]
  )
  const { body } = await call(gateway, 'GET', '/v1/jobs')
  t.equal(body.jobs.length, 2)
})

test('reloading the file changes the limits, not the used quota', async (t) => {
  const { path, ...gateway } = await start(t, '{ requests_per_minute: 4 }')
  const ask = () => call(gateway, 'GET', '/v1/fields', undefined, AS_SHOP)
  t.same(left(await ask()), [3])
  t.same(left(await ask()), [2])
  writeFileSync(path, file('{ requests_per_minute: 9 }'))
  await until('the file is read', () => gateway.logged().includes('configuration reloaded'))
  t.same(left(await ask()), [6])
  writeFileSync(path, file('{ requests_per_minute: 2 }'))
  gateway.app.reload()
  t.equal((await ask()).status, 429)
})
