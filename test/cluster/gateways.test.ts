import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { freePort } from '../../src/tools/demo/cluster/free-port.ts'
import {
  type Answer,
  API_KEY,
  batch,
  call,
  type Gateway,
  requestCalls,
  startGateway,
  type Tester
} from '../helper.ts'
import { newDatabase, newPool } from '../postgres.ts'
import { scrape } from '../telemetry/metrics/scrape.ts'
import { until } from '../until.ts'

const UPDATE = { updates: [{ lead_id: 1, fields: { comments: 'Sold' } }] }

/** Long enough that no gateway loses the lease because the machine is slow. */
const PATIENT = { CLUSTER_LEASE_MS: '120000', DATABASE_TIMEOUT_MS: '60000' }

/** Starts gateways on one database and one VICIdial, until the test ends; the first one is the owner. */
async function startGateways(t: Tester, count: number, env: Record<string, string> = {}) {
  const DATABASE_URL = await newDatabase()
  const gateways: Gateway[] = []
  for (let n = 0; n < count; n++) {
    const [first] = gateways
    const gateway = await startGateway(t, {
      DATABASE_URL,
      CLUSTER_NAME: `gateway-${n + 1}`,
      CLUSTER_URL: `http://127.0.0.1:${await freePort()}`,
      ...PATIENT,
      ...(first ? { VICIDIAL_URL: first.sandbox.url } : {}),
      ...env
    })
    gateways.push(gateway)
    await until('it knows the owner', async () => (await ready(gateway)).owner === 'gateway-1')
    if (first === undefined) await until('it is the owner', () => isOwner(gateway))
  }
  const [first] = gateways
  if (first === undefined) throw new Error('no gateway')
  return { pool: newPool(t, DATABASE_URL), first, others: gateways.slice(1), gateways }
}

async function isOwner(gateway: Gateway): Promise<boolean> {
  return (await scrape(gateway)).value('cluster_owner') === 1
}

async function ready(gateway: Gateway) {
  return (await call(gateway, 'GET', '/readyz')).body.cluster
}

test('the metrics of each gateway show its place in the cluster', async (t) => {
  const { first, others } = await startGateways(t, 2)
  const [second] = others
  if (second === undefined) return
  t.equal((await batch(second, UPDATE)).body.results[0].status, 'updated')
  await until('both know two members', async () => {
    const all = await Promise.all([first, second].map(ready))
    return all.every(({ members }) => members.length === 2)
  })
  const [owner, other] = [await scrape(first), await scrape(second)]
  const prefixed = (name: string) => `vicidial_gateway_cluster_${name}`
  for (const [name, type] of [
    ['owner', 'gauge'],
    ['term', 'gauge'],
    ['members', 'gauge'],
    ['lease_age_seconds', 'gauge'],
    ['takeovers_total', 'counter'],
    ['relay_duration_seconds', 'histogram']
  ] as const)
    t.equal(owner.types.get(prefixed(name)), type, name)
  const valuesOf = ({ value }: typeof owner) =>
    ['owner', 'term', 'members', 'takeovers_total'].map((name) => value(`cluster_${name}`))
  t.same(valuesOf(owner), [1, 1, 2, 1])
  t.same(valuesOf(other), [0, 1, 2, 0])
  const age = owner.value('cluster_lease_age_seconds')
  t.ok(age >= 0, `${age} s`)
  t.ok(Number.isNaN(other.value('cluster_lease_age_seconds')))
  t.equal(owner.value('cluster_relay_duration_seconds_count'), 0)
  t.equal(other.value('cluster_relay_duration_seconds_count'), 1)
  t.ok(other.value('cluster_relay_duration_seconds_sum') > 0)
})

test('a request with one Idempotency-Key at two gateways at once has one effect and one answer', async (t) => {
  const { first, gateways } = await startGateways(t, 2)
  for (const headers of [{}, { prefer: 'respond-async' }]) {
    const key = { 'idempotency-key': `key-${Object.keys(headers).length}`, ...headers }
    const before = requestCalls(first).length
    const early = await Promise.all([...gateways, ...gateways].map((gateway) => batch(gateway, UPDATE, key)))
    const isDone = ({ status }: Answer) => status === 200 || status === 202
    t.ok(early.some(isDone))
    for (const { status, body } of early.filter((answer) => !isDone(answer)))
      t.match({ status, body }, { status: 409, body: { code: 'conflict' } })
    const late = []
    for (const gateway of gateways)
      late.push(
        await until('it answers the repeat', async () => {
          const answer = await batch(gateway, UPDATE, key)
          return isDone(answer) && answer
        })
      )
    t.equal(new Set([...early.filter(isDone), ...late].map(({ body }) => JSON.stringify(body))).size, 1)
    await until('the update is made', () => requestCalls(first).length > before)
    t.equal(requestCalls(first).length, before + 1)
  }
})

test('what a caller may do in a minute is counted over three gateways under load', async (t) => {
  const key = 'key-of-shop-which-is-long-enough'
  const file = t.testdir({
    'gateway.yaml': `callers:
  - { name: shop, key_hashes: ["sha256:${hashKey(key)}"], permissions: "*", rate_limit: { updates_per_minute: 200 } }
`
  })
  const { pool, gateways } = await startGateways(t, 3, { GATEWAY_CONFIG: `${file}/gateway.yaml`, API_KEY })
  const send = (gateway: Gateway) => batch(gateway, UPDATE, { authorization: `Bearer ${key}` })
  const [one] = gateways
  if (one === undefined) return
  const began = await send(one)
  // The minute does not end, however slow the machine is.
  await pool.query("UPDATE quotas SET ends_at = ends_at + interval '1 day'")
  const answers = [
    began,
    ...(await Promise.all(Array.from({ length: 300 }, (_, n) => send(gateways[n % 3] ?? one))))
  ]
  const count = (status: number) => answers.filter((answer) => answer.status === status).length
  t.equal(count(200) + count(429), answers.length)
  t.ok(count(200) <= 200 && count(200) >= 190, `${count(200)} of 200`)
})

test('the next owner knows that the login was refused, and does not try it at once', async (t) => {
  const { first, others } = await startGateways(t, 2, { VICIDIAL_PASS: 'canary-wrong' })
  const [second] = others
  if (second === undefined) return
  const refused = { code: 'upstream_login_failed' }
  t.match((await batch(first, UPDATE)).body.results[0].error, refused)
  const logins = () => first.sandbox.calls().filter(({ function: name }) => name !== 'version').length
  const { length } = first.sandbox.calls()
  const before = logins()
  await first.app.close()
  await until('the other one is the owner', () => isOwner(second))
  t.match((await batch(second, UPDATE)).body.results[0].error, refused)
  t.match((await call(second, 'GET', '/readyz')).body.vicidial, { state: 'login_refused' })
  t.equal(logins(), before)
  t.ok(first.sandbox.calls().length >= length)
})
