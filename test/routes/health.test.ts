import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { PATHS } from '../docs/page.ts'
import { isShownJson } from '../docs/shown.ts'
import { batch, call, startGateway } from '../helper.ts'

const noKey = { authorization: '' }
const change = { lead_ids: [1], fields: { status: 'SALE' } }
const env = { VICIDIAL_TIMEOUT_MS: '1000', REQUEST_DEADLINE_MS: '1000' }

test('/livez needs no key and no VICIdial', async (t) => {
  const gateway = await startGateway(t)
  await gateway.sandbox.close()
  const { status, body } = await call(gateway, 'GET', '/livez', undefined, noKey)

  t.equal(status, 200)
  t.same(body, { status: 'alive' })
  gateway.sandbox.close = async () => {}
})

test('/readyz needs no key, and does not know VICIdial before the first call', async (t) => {
  const gateway = await startGateway(t)
  const { status, body } = await call(gateway, 'GET', '/readyz', undefined, noKey)

  t.equal(status, 200)
  t.same(body, { status: 'ready', vicidial: { state: 'unknown' }, outbox: { waiting: 0, dead_letters: 0 } })
})

test('/readyz reports whether VICIdial answers, and stays ready either way', async (t) => {
  const gateway = await startGateway(t, env)
  await batch(gateway, change)
  const reachable = await call(gateway, 'GET', '/readyz', undefined, noKey)
  t.equal(reachable.status, 200)
  t.match(reachable.body, { status: 'ready', vicidial: { state: 'reachable', since: /Z$/ } })
  const shown = PATHS.flatMap(
    (path) => readFileSync(path, 'utf8').match(/\{"status":"ready".*\}(?=[`\n])/g) ?? []
  )
  t.ok(shown.length > 1)
  for (const text of shown)
    t.ok(isShownJson(JSON.parse(text), reachable.body), `pages show it whole: ${text}`)

  gateway.sandbox.fail('refuse', { calls: 1_000 })
  let unreachable = reachable
  for (let tries = 0; tries < 20 && unreachable.body.vicidial.state === 'reachable'; tries++) {
    await batch(gateway, change)
    unreachable = await call(gateway, 'GET', '/readyz', undefined, noKey)
  }
  t.equal(unreachable.status, 200)
  t.match(unreachable.body, { status: 'ready', vicidial: { state: 'unreachable', since: /Z$/ } })
})

test('/readyz reports that VICIdial refused the login', async (t) => {
  const gateway = await startGateway(t, { ...env, VICIDIAL_PASS: 'wrong' })
  await batch(gateway, change)
  const { body } = await call(gateway, 'GET', '/readyz', undefined, noKey)

  t.match(body, { status: 'ready', vicidial: { state: 'login_refused' } })
})

test('/readyz reports that VICIdial locked the account out', async (t) => {
  const gateway = await startGateway(t, env)
  gateway.sandbox.fail('locked_out', { calls: 1 })
  await batch(gateway, change)
  const { body } = await call(gateway, 'GET', '/readyz', undefined, noKey)

  t.match(body, { status: 'ready', vicidial: { state: 'locked_out' } })
})

test('a refused login stops the calls of all callers, and later responses say why', async (t) => {
  const gateway = await startGateway(t, { ...env, VICIDIAL_PASS: 'wrong' })
  await batch(gateway, change)
  const { status, body } = await batch(gateway, change)

  t.equal(status, 502)
  t.match(body, { code: 'upstream_login_failed', summary: { failed: 1, upstream_calls: 0 } })
  t.match(body.detail, /^VICIdial refused the gateway's login; .*\d+ s/)
  t.equal(gateway.sandbox.calls().length, 1)
})
