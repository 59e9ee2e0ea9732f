import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { generateFixture } from '../../src/tools/sandbox/database/generate-fixture.ts'
import { batch, call, dataDir, startGateway, startStandIn, type Tester } from '../helper.ts'
import { as, ended, store } from '../routes/jobs-of.ts'
import { until } from '../until.ts'

const CHANGE = { lead_ids: [1], fields: { status: 'SALE' } }

/** Callers `main`, of the default account, and `sales`, of an account of its own; keys `main-key` and so on. */
function fileWith(pass: string, more = ''): string {
  return `
accounts:
  - { name: sales, user: salesapi, pass: ${pass} }
${more}
callers:
  - { name: main, key_hashes: ["sha256:${hashKey('main-key')}"], permissions: "*" }
  - { name: sales, key_hashes: ["sha256:${hashKey('sales-key')}"], permissions: "*", account: sales }
`
}

/** VICIdial with the users `api` and `salesapi`, and a gateway that has an account of each. */
async function startWith(
  t: Tester,
  { pass = 's3cret', level = 9 }: { pass?: string; level?: number } = {},
  env: Record<string, string> = {}
) {
  const path = join(dataDir(t), 'gateway.yaml')
  writeFileSync(path, fileWith(pass))
  const fixture = generateFixture(20)
  const [api] = fixture.users
  if (api === undefined) throw new Error('no user')
  const users = [api, { ...api, user: 'salesapi', user_level: level }]
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path, ...env }, { fixture: { ...fixture, users } })
  const usersOfCalls = () => gateway.sandbox.calls().map(({ params }) => params['user'])
  return { ...gateway, path, usersOfCalls }
}

test('each caller uses its own VICIdial account', async (t) => {
  const gateway = await startWith(t)
  for (const key of ['main-key', 'sales-key']) t.equal((await batch(gateway, CHANGE, as(key))).status, 200)
  t.equal((await batch(gateway, CHANGE)).status, 200)
  t.same(gateway.usersOfCalls(), ['api', 'salesapi', 'api'])
  const { body } = await call(gateway, 'GET', '/readyz')
  t.match(body, { vicidial: { state: 'reachable' }, accounts: { sales: { state: 'reachable' } } })
})

test('two accounts never share a call, even with the same source and changes', async (t) => {
  const gateway = await startWith(t)
  const keys = ['main-key', 'sales-key']
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      batch(gateway, { lead_ids: [n + 1], fields: { status: 'SALE' } }, as(keys[n % 2] ?? ''))
    )
  )
  const leads = gateway.sandbox
    .calls()
    .map(({ params }) => [params['user'], params['lead_ids']?.split(',').map(Number)])
  for (const [user, ids] of leads as [string, number[]][])
    for (const id of ids) t.equal(id % 2 === 1, user === 'api', `${user} ${id}`)
})

test('a refused login stops the callers of that account only', async (t) => {
  const gateway = await startWith(t, { pass: 'wrong' })
  const refused = await batch(gateway, CHANGE, as('sales-key'))
  t.match([refused.status, refused.body.code], [502, 'upstream_login_failed'])
  for (let n = 0; n < 5; n++) {
    t.equal((await batch(gateway, CHANGE, as('main-key'))).status, 200)
    t.equal((await batch(gateway, CHANGE, as('sales-key'))).status, 502)
  }
  t.equal(gateway.usersOfCalls().filter((user) => user === 'salesapi').length, 1)
  const { body } = await call(gateway, 'GET', '/readyz')
  t.match(body, { vicidial: { state: 'reachable' }, accounts: { sales: { state: 'login_refused' } } })
  t.match(gateway.logged(), /"account":"sales".*vicidial is now login_refused/)
})

test('one account may do what another may not', async (t) => {
  const gateway = await startWith(t, { level: 7 })
  const denied = await batch(gateway, CHANGE, as('sales-key'))
  t.match([denied.status, denied.body.code], [502, 'upstream_permission_denied'])
  t.equal((await batch(gateway, CHANGE, as('main-key'))).status, 200)
})

test("while calls of one account hang, another's are answered at once", async (t) => {
  const hanging: (() => void)[] = []
  const url = await startStandIn(t, ({ user, lead_ids: ids = '' }, response) => {
    const count = ids.split(',').length
    const answer = () =>
      response.end(`SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - ${user}|${count}|${count}|${ids}\n`)
    if (user === 'salesapi') hanging.push(answer)
    else answer()
  })
  const gateway = await startWith(t, {}, { VICIDIAL_URL: url })
  const hung = Array.from({ length: 10 }, (_, n) =>
    batch(gateway, { ...CHANGE, lead_ids: [n + 1] }, as('sales-key'))
  )
  await until('a call hangs', () => hanging.length > 0)
  for (let n = 0; n < 10; n++) t.equal((await batch(gateway, CHANGE, as('main-key'))).status, 200)
  t.ok(hanging.length <= 2, 'no more calls hang than the account may have in flight')
  let isOver = false
  const answering = (async () => {
    while (!isOver) {
      hanging.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  t.same(new Set((await Promise.all(hung)).map(({ status }) => status)), new Set([200]))
  isOver = true
  await answering
})

test("stored updates are delivered by their caller's account, in order per lead, whichever accounts are down", async (t) => {
  const gateway = await startWith(t, { pass: 'wrong' })
  const waiting = await store(gateway, { lead_ids: [1, 2], fields: { status: 'A' } }, as('sales-key'))
  const done = await store(gateway, { lead_ids: [3], fields: { status: 'B' } }, as('main-key'))
  t.equal((await ended(gateway, done)).status, 'completed')
  const { body } = await call(gateway, 'GET', `/v1/jobs/${waiting}`, undefined, as('sales-key'))
  t.equal(body.summary.updated, 0)
  t.equal(gateway.sandbox.leads()[3]?.status, 'B')
  t.equal(gateway.sandbox.leads()[1]?.status, 'NEW')
})

test('a lead that two accounts update ends with the values accepted last', async (t) => {
  const gateway = await startWith(t)
  const jobs = []
  for (let n = 0; n < 10; n++) {
    const key = n % 2 === 0 ? 'main-key' : 'sales-key'
    jobs.push(await store(gateway, { lead_ids: [1], fields: { rank: n + 1 } }, as(key)))
  }
  for (const id of jobs) t.ok((await ended(gateway, id)).finished_at)
  t.equal(gateway.sandbox.leads()[1]?.rank, 10)
})

test("a locked-out account delays no other account's stored updates, not even for the same lead", async (t) => {
  const gateway = await startWith(t, { pass: 'wrong' })
  await store(gateway, { lead_ids: [1], fields: { status: 'A' } }, as('sales-key'))
  const newer = await store(gateway, { lead_ids: [1], fields: { status: 'B' } }, as('main-key'))
  t.equal((await ended(gateway, newer)).status, 'completed')
  t.equal(gateway.sandbox.leads()[1]?.status, 'B')
})

test("an update waiting for its retry doesn't overwrite another account's newer update", async (t) => {
  const made: string[] = []
  let isDenied = true
  const url = await startStandIn(t, ({ user, lead_ids: ids, status, rank }, response) => {
    if (user === 'salesapi' && isDenied) {
      response.end(
        'ERROR: batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS IN THE SYSTEM: |salesapi|0|\n'
      )
      return
    }
    made.push(`${user} ${status ?? '-'} ${rank ?? '-'}`)
    response.end(`SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - ${user}|1|1|${ids}\n`)
  })
  const retry = { RETRY_FIRST_PAUSE_MS: '50', RETRY_LONGEST_PAUSE_MS: '50' }
  const gateway = await startWith(t, {}, { VICIDIAL_URL: url, ...retry })
  const older = await store(gateway, { lead_ids: [1], fields: { status: 'A', rank: 1 } }, as('sales-key'))
  const newer = await store(gateway, { lead_ids: [1], fields: { status: 'B' } }, as('main-key'))
  t.equal((await ended(gateway, newer)).status, 'completed')
  isDenied = false
  const { status, results } = await ended(gateway, older)
  t.match([status, results], ['completed', [{ status: 'updated', superseded: ['status'] }]])
  t.same(made, ['api B -', 'salesapi - 1'])
})

test("one account's backlog takes no room from another", async (t) => {
  const gateway = await startWith(t, { pass: 'wrong' }, { OUTBOX_MAX_WAITING: '3' })
  const leads = { lead_ids: [1, 2, 3], fields: { status: 'A' } }
  const ask = (key: string) =>
    call(gateway, 'POST', '/v1/leads/batch-update', leads, { prefer: 'respond-async', ...as(key) })
  t.equal((await ask('sales-key')).status, 202)
  const full = await ask('sales-key')
  t.match([full.status, full.body.code], [503, 'overloaded'])
  t.equal((await ask('main-key')).status, 202)
})

test('a caller that names an account not yet loaded is ignored until the restart too', async (t) => {
  const gateway = await startWith(t)
  writeFileSync(
    gateway.path,
    `${fileWith('s3cret', '  - { name: late, user: lateapi, pass: x }')}  - { name: new, key_hashes: ["sha256:${hashKey('new-key')}"], permissions: "*", account: late }\n`
  )
  await until('it is refused', () => gateway.logged().includes('exists only from the next start on'))
  t.equal((await batch(gateway, CHANGE, as('new-key'))).status, 401)
  t.equal((await batch(gateway, CHANGE, as('sales-key'))).status, 200)

  writeFileSync(gateway.path, fileWith('other-pass').replace('salesapi', 'otherapi'))
  await until('it is said', () => gateway.logged().includes('changed accounts apply at the next start'))
  t.equal((await batch(gateway, CHANGE, as('sales-key'))).status, 200)
  t.notMatch(gateway.logged(), /other-pass|otherapi|lateapi/)

  writeFileSync(gateway.path, fileWith('wrong'))
  await until('it is said', () => gateway.logged().includes('passwords changed'))
  t.match(await batch(gateway, CHANGE, as('sales-key')), {
    status: 502,
    body: { code: 'upstream_login_failed' }
  })
  t.equal((await batch(gateway, CHANGE, as('main-key'))).status, 200)
})

test('updates of a removed account become dead letters, which another account can deliver', async (t) => {
  const fixture = generateFixture(20)
  const users = fixture.users.slice(0, 1).flatMap((api) => [api, { ...api, user: 'salesapi' }])
  const sandbox = { fixture: { ...fixture, users } }
  const DATA_DIR = dataDir(t)
  const path = join(dataDir(t), 'gateway.yaml')
  const env = { GATEWAY_CONFIG: path, DATA_DIR }
  const key = (name: string) => `key_hashes: ["sha256:${hashKey(`${name}-key`)}"]`
  const team = 'permissions: { routes: [batch, jobs, dead_letters], fields: "*", statuses: "*" }'
  const fileOf = (account: string, pass: string) => `
accounts: [{ name: ${account}, user: salesapi, pass: ${pass} }]
callers:
  - { name: sales, ${key('sales')}, ${team}, account: ${account} }
  - { name: ops, ${key('ops')}, permissions: "*" }
`
  writeFileSync(path, fileOf('sales', 'wrong'))
  const before = await startGateway(t, env, sandbox)
  const id = await store(before, CHANGE, as('sales-key'))
  await before.app.close()
  writeFileSync(path, fileOf('sales2', 's3cret'))
  const gateway = await startGateway(t, env, sandbox)

  const detail = 'The VICIdial account sales is not configured any more.'
  t.match(await ended(gateway, id), {
    status: 'failed',
    results: [{ error: { code: 'upstream_login_failed', detail } }]
  })
  const byOps = await call(gateway, 'POST', '/v1/dead-letters/replay', undefined, as('ops-key'))
  t.match([byOps.status, byOps.body], [409, { code: 'conflict', detail }])
  const replayed = await call(gateway, 'POST', '/v1/dead-letters/replay', undefined, as('sales-key'))
  t.equal(replayed.status, 202)
  t.equal((await ended(gateway, replayed.body.jobs[0].id)).status, 'completed')
  t.equal(gateway.sandbox.leads()[1]?.status, 'SALE')
  t.same(
    gateway.sandbox.calls().map(({ params }) => params['user']),
    ['salesapi']
  )
})
