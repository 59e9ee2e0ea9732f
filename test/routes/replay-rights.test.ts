import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { call, dataDir, type Gateway, startGateway, type Tester } from '../helper.ts'
import { as, ended, store } from './jobs-of.ts'
import { SHORT_RETRY, scriptedVicidial } from './scripted-vicidial.ts'

const ALL = 'fields: "*", statuses: "*", lists: "*", look_ups: "*"'

/** The caller `crm` with these rights and this account, and the operator `ops`; keys `crm-key` and so on. */
function fileWith(rights: string, { account = 'default' } = {}): string {
  const key = (name: string) => `key_hashes: ["sha256:${hashKey(`${name}-key`)}"]`
  return `
accounts: [{ name: sales, user: salesapi, pass: s3cret }]
callers:
  - { name: crm, ${key('crm')}, permissions: { routes: [batch, jobs, dead_letters], ${rights} }, account: ${account} }
  - { name: ops, ${key('ops')}, permissions: "*" }
`
}

/** A gateway whose caller `crm` has all rights at first; `withdraw` changes that. */
async function startWith(t: Tester) {
  const path = join(dataDir(t), 'gateway.yaml')
  writeFileSync(path, fileWith(ALL))
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, GATEWAY_CONFIG: path, ...SHORT_RETRY })
  const change = (file: string) => {
    writeFileSync(path, file)
    gateway.app.reload()
  }
  return { gateway, vicidial, change }
}

/** Makes dead letters of updates with these statuses, of the leads 1, 2 and so on. */
async function give(gateway: Gateway, statuses: readonly string[]): Promise<string> {
  const updates = statuses.map((status, n) => ({ lead_id: n + 1, fields: { status } }))
  const id = await store(gateway, { updates }, as('crm-key'))
  await ended(gateway, id)
  return id
}

function replay(gateway: Gateway, what: string, key: string, body?: unknown) {
  return call(gateway, 'POST', `/v1/${what}/replay`, body, as(key))
}

async function leadsOfDeadLetters(gateway: Gateway): Promise<number[]> {
  const { body } = await call(gateway, 'GET', '/v1/dead-letters', undefined, as('ops-key'))
  return body.dead_letters.map(({ result }: any) => result.lead_id)
}

test('a caller replays what it still has the rights for; the rest stays, and is counted', async (t) => {
  const { gateway, vicidial, change } = await startWith(t)
  vicidial.denies()
  await give(gateway, ['DNC', 'SALE', 'DNC'])
  const byJob = await give(gateway, ['SALE', 'DNC'])
  change(fileWith('fields: [status], statuses: [SALE]'))
  vicidial.makes()

  const job = await replay(gateway, `jobs/${byJob}`, 'crm-key')
  t.match([job.status, job.body], [202, { updates: 1, remaining: 0, refused: 1 }])
  await ended(gateway, job.body.id)
  const all = await replay(gateway, 'dead-letters', 'crm-key')
  t.match([all.status, all.body], [202, { jobs: [{ updates: 1 }], remaining: 0, refused: 3 }])
  await ended(gateway, all.body.jobs[0].id)
  t.same(vicidial.made, ['1 status=SALE', '2 status=SALE'])
  t.same(await leadsOfDeadLetters(gateway), [2, 3, 1])

  const forced = await replay(gateway, 'dead-letters', 'crm-key', { force: true })
  t.same(
    [forced.status, forced.body.code, forced.body.detail],
    [403, 'permission_denied', 'The caller crm lacks "DNC" (permissions.statuses).']
  )
  t.equal((await replay(gateway, `jobs/${byJob}`, 'crm-key')).status, 403)
  t.same(await leadsOfDeadLetters(gateway), [2, 3, 1])
})

test('an operator replays updates whose callers have lost the right', async (t) => {
  const { gateway, vicidial, change } = await startWith(t)
  vicidial.denies()
  await give(gateway, ['DNC', 'SALE'])
  change(fileWith('fields: [], statuses: []'))
  vicidial.makes()
  const { status, body } = await replay(gateway, 'dead-letters', 'ops-key')
  t.match([status, body.jobs[0].updates], [202, 2])
  t.notOk('refused' in body)
})

test("refused dead letters don't hide later ones, however many they are", async (t) => {
  const { gateway, vicidial, change } = await startWith(t)
  vicidial.denies()
  const DNC = { fields: { status: 'DNC' } }
  for (let start = 1; start < 10_002; start += 1_000) {
    const leads = Array.from({ length: Math.min(1_000, 10_002 - start) }, (_, n) => start + n)
    await ended(gateway, await store(gateway, { lead_ids: leads, ...DNC }, as('crm-key')))
  }
  await give(gateway, ['SALE'])
  change(fileWith('fields: [status], statuses: [SALE]'))
  vicidial.makes()
  const { status, body } = await replay(gateway, 'dead-letters', 'crm-key')
  t.match([status, body], [202, { jobs: [{ updates: 1 }], remaining: 0, refused: 10_001 }])
})

test("a caller's replay uses the caller's current account, an operator's the dead letter's", async (t) => {
  for (const key of ['crm-key', 'ops-key']) {
    const { gateway, vicidial, change } = await startWith(t)
    vicidial.denies()
    await give(gateway, ['SALE'])
    change(fileWith(ALL, { account: 'sales' }))
    const users: (string | undefined)[] = []
    vicidial.denies(({ user }) => {
      users.push(user)
      return false
    })
    const { body } = await replay(gateway, 'dead-letters', key)
    t.match(await ended(gateway, body.jobs[0].id), { status: 'completed' })
    t.same(users, [key === 'crm-key' ? 'salesapi' : 'api'])
  }
})
