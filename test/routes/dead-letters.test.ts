import { test } from 'tap'
import { call, type Gateway, startGateway } from '../helper.ts'
import { as, ended, store, withCallers } from './jobs-of.ts'
import { SHORT_RETRY, scriptedVicidial } from './scripted-vicidial.ts'

/** Makes a dead letter of a status update for each lead. */
async function give(gateway: Gateway, leads: readonly number[], headers: Record<string, string> = {}) {
  const id = await store(gateway, { lead_ids: leads, fields: { status: 'A', owner: 'a' } }, headers)
  await ended(gateway, id)
  return id
}

function list(gateway: Gateway, query = '', key?: string) {
  return call(gateway, 'GET', `/v1/dead-letters${query}`, undefined, key === undefined ? {} : as(key))
}

function replay(gateway: Gateway, body?: unknown, key?: string) {
  return call(gateway, 'POST', '/v1/dead-letters/replay', body, key === undefined ? {} : as(key))
}

test('dead letters are listed newest first, with their changes and why they failed', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  t.same((await list(gateway)).body, { dead_letters: [] })
  vicidial.denies()
  const first = await give(gateway, [1, 2])
  const second = await give(gateway, [3])
  const { status, body } = await list(gateway)

  t.equal(status, 200)
  t.equal(body.next_cursor, undefined)
  const [newest] = body.dead_letters
  t.match(newest.id, /^dl_\d{12}$/)
  t.match(newest.died_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.same(newest, {
    id: newest.id,
    job_id: second,
    caller: 'api_key',
    tries: newest.tries,
    died_at: newest.died_at,
    fields: ['status', 'owner'],
    result: {
      index: 0,
      lead_id: 3,
      status: 'failed',
      error: newest.result.error
    }
  })
  t.match(newest.result.error, { code: 'upstream_permission_denied', detail: /./ })
  t.same(
    body.dead_letters.map(({ job_id, result }: any) => [job_id, result.lead_id]),
    [
      [second, 3],
      [first, 2],
      [first, 1]
    ]
  )
  const ofFirst = await list(gateway, `?job_id=${first}`)
  t.same(ofFirst.body.dead_letters, body.dead_letters.slice(1))
  t.same((await list(gateway, '?job_id=job_x')).body.dead_letters, [])
  const denied = await list(gateway, `?code=upstream_permission_denied&job_id=${first}`)
  t.same(denied.body.dead_letters, ofFirst.body.dead_letters)
  t.same((await list(gateway, '?code=upstream_error')).body.dead_letters, [])
  t.match((await call(gateway, 'GET', '/readyz')).body.outbox, { waiting: 0, dead_letters: 3 })
})

test('dead letters are listed page by page', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  vicidial.denies()
  await give(gateway, [1, 2, 3, 4])
  const pages: number[][] = []
  let cursor = ''
  for (;;) {
    const { body } = await list(gateway, `?limit=2${cursor}`)
    pages.push(body.dead_letters.map(({ result }: any) => result.lead_id))
    if (body.next_cursor === undefined) break
    cursor = `&cursor=${body.next_cursor}`
  }
  t.same(pages, [
    [4, 3],
    [2, 1]
  ])
  for (const query of ['limit=0', 'limit=1000', 'cursor=x', 'cursor=-1', 'caller=web']) {
    const { status, body } = await list(gateway, `?${query}`)
    t.same([status, body.code], [400, 'invalid_request'], query)
  }
})

test('dead letters are replayed by their ids, by their code, or all; a job is made for each', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  vicidial.denies()
  await give(gateway, [1, 2, 3])
  const letters = (await list(gateway)).body.dead_letters
  vicidial.makes()

  const one = await replay(gateway, { ids: [letters[1].id, 'dl_999999999999', 'nonsense'] })
  t.equal(one.status, 202)
  t.match(one.body, { jobs: [{ status: 'queued', updates: 1 }], remaining: 0 })
  t.match(await ended(gateway, one.body.jobs[0].id), {
    origin: 'replay',
    status: 'completed',
    results: [{ index: 0, lead_id: 2, status: 'updated' }]
  })
  t.same(vicidial.made, ['2 status=A owner=a'])

  t.equal((await replay(gateway, { code: 'upstream_error' })).status, 409)
  t.equal((await replay(gateway, { code: 'upstream_error', ids: [letters[0].id] })).status, 409)
  const all = await replay(gateway, { code: 'upstream_permission_denied' })
  t.match(all.body, { jobs: [{ updates: 2 }], remaining: 0 })
  t.match(await ended(gateway, all.body.jobs[0].id), {
    status: 'completed',
    results: [{ lead_id: 1 }, { lead_id: 3 }]
  })
  t.same((await list(gateway)).body.dead_letters, [])
  for (const body of [undefined, {}, { ids: [letters[1].id] }]) {
    const none = await replay(gateway, body)
    t.same([none.status, none.body.detail], [409, 'There are no such dead letters.'])
  }
})

test('the oldest of many dead letters can be replayed by its id; without ids the oldest go first, and the rest is counted', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const env = { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY, MAX_UPDATES_PER_REQUEST: '10002' }
  const gateway = await startGateway(t, env)
  vicidial.denies()
  const leads = Array.from({ length: 10_002 }, (_, n) => n + 1)
  const id = await give(gateway, leads)
  const [oldest] = (await list(gateway, '?cursor=2')).body.dead_letters
  t.equal(oldest.result.lead_id, 1)
  vicidial.holds()

  const one = await replay(gateway, { ids: [oldest.id] })
  t.match(one.body, { jobs: [{ updates: 1 }], remaining: 0 })
  t.same((await call(gateway, 'GET', `/v1/jobs/${one.body.jobs[0].id}`)).body.results[0].lead_id, 1)
  const most = await call(gateway, 'POST', `/v1/jobs/${id}/replay`)
  t.match(most.body, { updates: 10_000, remaining: 1 })
  t.same(
    (await list(gateway)).body.dead_letters.map(({ result }: any) => result.lead_id),
    [10_002]
  )
  t.match((await replay(gateway)).body, { jobs: [{ updates: 1 }], remaining: 0 })
  vicidial.makes()
})

test('a replay takes only as many as there is room for', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const env = { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY, OUTBOX_MAX_WAITING: '3' }
  const gateway = await startGateway(t, env)
  vicidial.denies()
  await give(gateway, [1, 2, 3])
  vicidial.holds()
  await store(gateway, { lead_ids: [4], fields: { status: 'B' } })
  t.match((await replay(gateway)).body, { jobs: [{ updates: 2 }], remaining: 1 })
  const full = await replay(gateway)
  t.same([full.status, full.body.code], [503, 'overloaded'])
  vicidial.makes()
})

test('a replay that fails is a dead letter again', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  vicidial.denies()
  await give(gateway, [1])
  const [before] = (await list(gateway)).body.dead_letters
  const { body } = await replay(gateway)
  await ended(gateway, body.jobs[0].id)
  const [after, ...more] = (await list(gateway)).body.dead_letters
  t.same(more, [])
  t.match(after, { job_id: body.jobs[0].id, result: { lead_id: 1 } })
  t.not(after.id, before.id)
})

test('fields that newer updates have set are reported and left out, or set if the replay is forced', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  for (const [force, made] of [
    [false, ['1 owner=a']],
    [true, ['1 status=A owner=a']]
  ] as const) {
    vicidial.denies()
    await give(gateway, [1])
    vicidial.makes()
    await ended(gateway, await store(gateway, { lead_ids: [1], fields: { status: 'NEW' } }))
    t.match((await list(gateway)).body.dead_letters, [
      { fields: ['status', 'owner'], superseded: ['status'] }
    ])
    vicidial.made.length = 0
    const { body } = await replay(gateway, { force })
    await ended(gateway, body.jobs[0].id)
    t.same(vicidial.made, made)
  }
})

test("a caller sees and replays its own dead letters; an operator everyone's, as jobs of their senders", async (t) => {
  const vicidial = await scriptedVicidial(t)
  const env = { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY, ...withCallers(t) }
  const gateway = await startGateway(t, env)
  vicidial.denies()
  await give(gateway, [1, 2], as('crm-key'))
  await give(gateway, [3], as('web-key'))
  const leadsSeenBy = async (key: string) =>
    (await list(gateway, '', key)).body.dead_letters.map(({ result }: any) => result.lead_id)
  t.same(await leadsSeenBy('crm-key'), [2, 1])
  t.same(await leadsSeenBy('web-key'), [3])
  t.same(await leadsSeenBy('ops-key'), [3, 2, 1])
  t.equal((await list(gateway, '', 'no-key')).status, 401)

  vicidial.makes()
  const [ofCrm] = (await list(gateway, '', 'crm-key')).body.dead_letters
  t.equal((await replay(gateway, { ids: [ofCrm.id] }, 'web-key')).status, 409)
  const own = await replay(gateway, undefined, 'web-key')
  await ended(gateway, own.body.jobs[0].id)
  t.same(vicidial.made, ['3 status=A owner=a'])

  vicidial.denies()
  await give(gateway, [3], as('web-key'))
  vicidial.makes()
  const all = await replay(gateway, {}, 'ops-key')
  const jobs = []
  for (const { id } of all.body.jobs) jobs.push(await ended(gateway, id))
  t.match(jobs, [
    { caller: 'crm', source: 'crm2', summary: { updated: 2 } },
    { caller: 'web', source: 'gateway', summary: { updated: 1 } }
  ])
  t.same(await leadsSeenBy('ops-key'), [])
})

test('a malformed replay is refused', async (t) => {
  const gateway = await startGateway(t)
  for (const body of [
    { ids: [] },
    { ids: 'dl_1' },
    { ids: [1] },
    { id: 'dl_1' },
    { force: 1 },
    [],
    'null,'
  ]) {
    const { status } = await replay(gateway, body)
    t.equal(status, 400, JSON.stringify(body))
  }
})
