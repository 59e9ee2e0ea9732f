import { test } from 'tap'
import { DatabaseSync } from 'node:sqlite'
import { API_KEY, batch, call, type Gateway, sharedGateway, startGateway } from '../helper.ts'
import { StorageError } from '../../src/errors.ts'
import { SqliteJobs } from '../../src/outbox/sqlite/jobs.ts'
import { open, parsed } from '../http/connection.ts'
import { until } from '../until.ts'
import { as, ended, store, withCallers } from './jobs-of.ts'
import { LONG_RETRY, SHORT_RETRY, scriptedVicidial } from './scripted-vicidial.ts'

const FORM = 'application/x-www-form-urlencoded'
const ASYNC = { prefer: 'respond-async' }
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** An element that sets the status of a lead. */
function sets(lead_id: number, status: string): unknown {
  return { lead_id, fields: { status } }
}

test('with Prefer: respond-async updates are stored, acknowledged with a job, and delivered', async (t) => {
  const gateway = await startGateway(t)
  const updates = [
    sets(1, 'SALE'),
    { vendor_lead_code: 'CRM-2', fields: { city: 'A, B' } },
    sets(9_999, 'SALE')
  ]
  const { status, headers, body } = await batch(gateway, { updates, source: 'night' }, ASYNC)

  t.equal(status, 202)
  t.equal(headers.get('preference-applied'), 'respond-async')
  t.match(headers.get('content-type'), 'application/json')
  t.match(body.id, /^job_[0-9A-HJKMNP-TV-Z]{26}$/)
  t.same(body, { id: body.id, status: 'queued', updates: 3, links: { self: `/v1/jobs/${body.id}` } })

  const job = await ended(gateway, body.id)
  t.match([job.accepted_at, job.finished_at], [TIME, TIME])
  t.same(job, {
    id: body.id,
    status: 'partial',
    caller: 'api_key',
    source: 'night',
    origin: 'batch',
    accepted_at: job.accepted_at,
    finished_at: job.finished_at,
    summary: {
      received: 3,
      updated: 2,
      added: 0,
      not_found: 1,
      ambiguous: 0,
      rejected: 0,
      failed: 0,
      unknown: 0,
      upstream_calls: job.summary.upstream_calls
    },
    links: { self: `/v1/jobs/${body.id}` },
    results: [
      { index: 0, lead_id: 1, status: 'updated' },
      {
        index: 1,
        vendor_lead_code: 'CRM-2',
        lead_id: 2,
        status: 'updated',
        warnings: [{ field: 'city', code: 'characters_dropped', sent: 'A, B', stored: 'A B' }]
      },
      {
        index: 2,
        lead_id: 9_999,
        status: 'not_found',
        error: {
          code: 'lead_not_found',
          detail: "VICIdial knows no lead with this id, or the gateway's account may not touch its list.",
          retryable: false
        }
      }
    ]
  })
  t.equal(job.summary.upstream_calls, gateway.sandbox.calls().length)
  t.match(gateway.sandbox.leads(), { 1: { status: 'SALE' }, 2: { city: 'A B' } })
  t.ok(gateway.sandbox.calls().every(({ params }) => params['source'] === 'night'))
})

test('Prefer is read as a list, and unknown preferences are ignored', async (t) => {
  const gateway = await startGateway(t)
  const update = { updates: [sets(1, 'SALE')] }
  const statuses = []
  for (const prefer of [
    'respond-async, wait=10',
    'wait=10; respond-async',
    'Respond-Async',
    'x="respond-async"',
    'respond-asynchronously',
    ''
  ]) {
    const { status } = await batch(gateway, update, { prefer })
    statuses.push(status)
  }
  t.same(statuses, [202, 202, 202, 200, 200, 200])
})

test('rejected updates are in the results of the job; if all are rejected, nothing is stored', async (t) => {
  const gateway = await startGateway(t)
  const wrong = { lead_id: 2, fields: { colour: 'blue' } }
  const id = await store(gateway, { updates: [sets(1, 'SALE'), wrong, sets(3, 'SALE')] })
  const job = await ended(gateway, id)
  t.match(job, { status: 'partial', summary: { received: 3, updated: 2, rejected: 1 } })
  t.match(job.results, [
    { index: 0, status: 'updated' },
    { index: 1, lead_id: 2, status: 'rejected', error: { code: 'field_unknown', field: 'colour' } },
    { index: 2, status: 'updated' }
  ])

  const refused = await batch(gateway, { updates: [wrong] }, ASYNC)
  t.equal(refused.status, 422)
  t.equal(refused.body.code, 'all_updates_rejected')
  const malformed = await batch(gateway, { updates: 'all' }, ASYNC)
  t.equal(malformed.status, 400)
  const dry = await batch(gateway, { updates: [sets(1, 'SALE')], dry_run: true }, ASYNC)
  t.match(dry, { status: 200, body: { status: 'planned' } })
  t.equal((await call(gateway, 'GET', '/v1/jobs')).body.jobs.length, 1)
})

test('the short form is one update for each lead', async (t) => {
  const gateway = await startGateway(t)
  const id = await store(gateway, { lead_ids: [1, 2, 1], fields: { status: 'SALE' } })
  t.match(await ended(gateway, id), { status: 'completed', summary: { received: 3, updated: 3 } })
})

test('a job is queued until its first result, and running until its last', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url })
  vicidial.holds()
  const id = await store(gateway, { updates: [sets(1, 'A'), sets(1, 'B')] })
  await until('the call', () => vicidial.held.length === 1)
  const queued = await call(gateway, 'GET', `/v1/jobs/${id}`)
  t.match(queued.body, {
    status: 'queued',
    summary: { received: 2, queued: 2 },
    results: [
      { index: 0, lead_id: 1, status: 'queued' },
      { index: 1, lead_id: 1, status: 'queued' }
    ]
  })
  t.equal(queued.body.finished_at, undefined)

  vicidial.held.shift()?.()
  await until('the second call', () => vicidial.held.length === 1)
  const running = await call(gateway, 'GET', `/v1/jobs/${id}`)
  t.match(running.body, { status: 'running', summary: { updated: 1, queued: 1 } })
  vicidial.makes()
  t.match(await ended(gateway, id), { status: 'completed', summary: { updated: 2, upstream_calls: 2 } })
  t.same(vicidial.made, ['1 status=A', '1 status=B'])
})

test('a caller sees its own jobs only, an operator all', async (t) => {
  const gateway = await startGateway(t, withCallers(t))
  const ofCrm = await store(gateway, { updates: [sets(1, 'SALE')] }, as('crm-key'))
  const ofWeb = await store(gateway, { updates: [sets(2, 'SALE')] }, as('web-key'))
  const seenBy = async (key: string) => {
    const { body } = await call(gateway, 'GET', '/v1/jobs', undefined, as(key))
    return body.jobs.map(({ id, caller, source }: Record<string, string>) => [id, caller, source])
  }
  const crm = [ofCrm, 'crm', 'crm2']
  const web = [ofWeb, 'web', 'gateway']
  t.same(await seenBy('crm-key'), [crm])
  t.same(await seenBy('web-key'), [web])
  t.same(await seenBy('ops-key'), [web, crm])

  await ended(gateway, ofCrm)
  const asked: [method: string, path: string][] = [
    ['GET', `/v1/jobs/${ofCrm}`],
    ['POST', `/v1/jobs/${ofCrm}/cancel`],
    ['POST', `/v1/jobs/${ofCrm}/replay`]
  ]
  for (const [method, path] of asked) {
    const other = await call(gateway, method, path, undefined, as('web-key'))
    t.same([other.status, other.body.detail], [404, 'There is no such job, or it is not yours.'], path)
    t.equal((await call(gateway, method, path, undefined, { authorization: '' })).status, 401)
    const own = await call(gateway, method, path, undefined, as('crm-key'))
    const operator = await call(gateway, method, path, undefined, as('ops-key'))
    t.equal(own.status, operator.status)
    t.not(own.status, 404)
  }
})

test("a job that doesn't exist is a 404 for every operation", async (t) => {
  const gateway = await startGateway(t)
  for (const id of ['job_01KB0000000000000000000000', 'x', '%00', "'--", '..%2F']) {
    for (const [method, action] of [
      ['GET', ''],
      ['POST', '/cancel'],
      ['POST', '/replay']
    ] as const) {
      const { status, body } = await call(gateway, method, `/v1/jobs/${id}${action}`)
      t.same([status, body.code], [404, 'not_found'], `${method} ${id}${action}`)
    }
  }
})

test('jobs are listed newest first, page by page, by status and source', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url })
  const ids: string[] = []
  for (let n = 1; n <= 5; n++) {
    ids.unshift(await store(gateway, { updates: [sets(n, 'SALE')], source: n > 3 ? 'late' : 'early' }))
  }
  for (const id of ids) await ended(gateway, id)
  vicidial.holds()
  ids.unshift(await store(gateway, { updates: [sets(1, 'NEXT')], source: 'late' }))
  const list = async (query: string) => {
    const { status, body } = await call(gateway, 'GET', `/v1/jobs${query}`)
    t.equal(status, 200)
    return body
  }
  const named = async (query: string) => (await list(query)).jobs.map(({ id }: { id: string }) => id)

  const all = await list('')
  t.same(
    all.jobs.map(({ id }: { id: string }) => id),
    ids
  )
  t.equal(all.next_cursor, undefined)
  t.equal('results' in all.jobs[0], false)
  const pages: string[][] = []
  let cursor = ''
  for (;;) {
    const page = await list(`?limit=2${cursor}`)
    pages.push(page.jobs.map(({ id }: { id: string }) => id))
    if (page.next_cursor === undefined) break
    cursor = `&cursor=${page.next_cursor}`
  }
  t.same(pages, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)])
  t.same(await named('?status=queued'), ids.slice(0, 1))
  t.same(await named('?status=completed&source=late'), ids.slice(1, 3))
  t.same(await named('?status=failed'), [])
  t.same(await named('?source=nobody'), [])
  vicidial.makes()
  await ended(gateway, ids[0] ?? '')
})

test('an invalid query is refused', async (t) => {
  const gateway = await startGateway(t)
  const queries = ['limit=0', 'limit=101', 'limit=ten', 'limit=', 'status=done', 'page=2', 'limit=1&limit=2']
  for (const query of queries) {
    const { status, body } = await call(gateway, 'GET', `/v1/jobs?${query}`)
    t.same([status, body.code], [400, 'invalid_request'], query)
  }
})

test("cancel gives up what is not in flight; a finished job can't be cancelled", async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url })
  vicidial.holds()
  const id = await store(gateway, { updates: [sets(1, 'A'), sets(1, 'B'), sets(1, 'C')] })
  await until('the call', () => vicidial.held.length === 1)
  const first = await call(gateway, 'POST', `/v1/jobs/${id}/cancel`)
  const second = await call(gateway, 'POST', `/v1/jobs/${id}/cancel`)
  t.same([first.status, first.body], [200, { id, cancelled: 2 }])
  t.same([second.status, second.body], [200, { id, cancelled: 0 }])

  vicidial.makes()
  const job = await ended(gateway, id)
  t.match(job, { status: 'partial', summary: { received: 3, updated: 1, cancelled: 2 } })
  t.same(job.results, [
    { index: 0, lead_id: 1, status: 'updated' },
    { index: 1, lead_id: 1, status: 'cancelled' },
    { index: 2, lead_id: 1, status: 'cancelled' }
  ])
  t.same(vicidial.made, ['1 status=A'])
  const late = await call(gateway, 'POST', `/v1/jobs/${id}/cancel`)
  t.same(
    [late.status, late.body.code, late.body.detail],
    [409, 'conflict', 'This job has ended: it is partial.']
  )
})

test('a denied update is retried, and a replay delivers it once the operator has fixed the cause', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  vicidial.denies()
  const id = await store(gateway, { updates: [sets(1, 'A'), sets(2, 'B')] })
  const job = await ended(gateway, id)
  t.match(job, { status: 'failed', summary: { failed: 2 } })
  t.match(job.results, [
    { status: 'failed', error: { code: 'upstream_permission_denied' } },
    { status: 'failed', error: { code: 'upstream_permission_denied' } }
  ])
  t.ok(job.summary.upstream_calls >= 2, 'it was tried more than once')

  vicidial.makes()
  const replay = await call(gateway, 'POST', `/v1/jobs/${id}/replay`)
  t.equal(replay.status, 202)
  const again = await ended(gateway, replay.body.id)
  t.match(again, { origin: 'replay', status: 'completed', summary: { received: 2, updated: 2 } })
  t.same(vicidial.made, ['1 status=A', '2 status=B'])
  t.match((await call(gateway, 'GET', `/v1/jobs/${id}`)).body, { status: 'failed', summary: { failed: 2 } })
  for (const named of [id, replay.body.id]) {
    const none = await call(gateway, 'POST', `/v1/jobs/${named}/replay`)
    t.same([none.status, none.body.detail], [409, 'This job has no dead letters.'])
  }
})

test("a replay doesn't undo newer updates unless it is forced", async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  const old = { updates: [{ lead_id: 1, fields: { status: 'OLD', owner: 'old' } }, sets(2, 'OLD')] }
  const die = async () => {
    vicidial.denies()
    const id = await store(gateway, old)
    await ended(gateway, id)
    vicidial.makes()
    const { status } = await batch(gateway, { lead_ids: [1, 2], fields: { status: 'NEW' } })
    t.equal(status, 200)
    vicidial.made.length = 0
    return id
  }

  const kind = await call(gateway, 'POST', `/v1/jobs/${await die()}/replay`, {})
  const job = await ended(gateway, kind.body.id)
  t.match(job, { status: 'completed', summary: { updated: 1, superseded: 1 } })
  t.same(job.results, [
    { index: 0, lead_id: 1, status: 'updated', superseded: ['status'] },
    { index: 1, lead_id: 2, status: 'superseded', superseded: ['status'] }
  ])
  t.same(vicidial.made, ['1 owner=old'])

  const forced = await call(gateway, 'POST', `/v1/jobs/${await die()}/replay`, { force: true })
  t.match(await ended(gateway, forced.body.id), { status: 'completed', summary: { updated: 2 } })
  t.same(vicidial.made.toSorted(), ['1 status=OLD owner=old', '2 status=OLD'])
})

test('cancel and replay take an empty body for none, whatever its Content-Type', async (t) => {
  const gateway = await startGateway(t)
  const id = await store(gateway, { updates: [sets(1, 'SALE')] })
  await ended(gateway, id)
  const why = {
    [`/v1/jobs/${id}/cancel`]: 'This job has ended: it is completed.',
    [`/v1/jobs/${id}/replay`]: 'This job has no dead letters.',
    '/v1/dead-letters/replay': 'There are no such dead letters.'
  }
  const types = ['application/json', 'application/json; charset=utf-8', 'text/plain', FORM, 'application/xml']
  for (const [path, detail] of Object.entries(why)) {
    const conflict = { code: 'conflict', detail }
    for (const type of types)
      t.match((await call(gateway, 'POST', path, '', { 'content-type': type })).body, conflict, type)
    t.match((await call(gateway, 'POST', path)).body, conflict)
    t.match((await call(gateway, 'POST', path, {})).body, conflict)
    t.match((await call(gateway, 'POST', path, 'null')).body, conflict)
    for (const type of ['application/json', FORM, undefined])
      t.match(await chunkedWithoutBody(gateway, path, type), conflict, `${type}`)
    t.match((await call(gateway, 'POST', path, ' ')).body, { code: 'invalid_json' })
    const form = await call(gateway, 'POST', path, 'force=true', { 'content-type': FORM })
    t.match([form.status, form.body.code], [415, 'unsupported_media_type'])
  }
})

/** Posts a body of no chunks, as clients do that don't know its length before. */
async function chunkedWithoutBody(gateway: Gateway, path: string, type?: string): Promise<unknown> {
  const { socket, answered } = await open(gateway)
  const ofType = type === undefined ? '' : `\r\ncontent-type: ${type}`
  const headers = `host: x\r\nauthorization: Bearer ${API_KEY}${ofType}`
  socket.write(`POST ${path} HTTP/1.1\r\n${headers}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`)
  const { body } = parsed(await answered)
  socket.destroy()
  return body
}

test('a query with an unknown name, or with two values of one, is refused with what is meant', async (t) => {
  const gateway = await sharedGateway(t)
  const refused: [query: string, detail: string][] = [
    ['limt=5', 'limt is not known here; did you mean limit?'],
    ['Limit=5', 'Limit is not known here; did you mean limit?'],
    ['api_key=secret', 'api_key is not known here; there are status, source, limit, cursor'],
    ['limit=0', 'does not fit: 1 to 100; 50 if absent.'],
    ['status=done', 'must be one of queued, running, completed, partial, failed'],
    ['limit=5&limit=6', 'must be string. One value is wanted, and this list gave 2 values.']
  ]
  for (const [query, detail] of refused) {
    const { status, body } = await call(gateway, 'GET', `/v1/jobs?${query}`)
    t.equal(status, 400)
    t.equal(body.errors[0].detail, detail, query)
    t.notMatch(JSON.stringify(body), 'secret')
  }
})

test('a replay takes a valid body, or none', async (t) => {
  const gateway = await startGateway(t)
  const id = await store(gateway, { updates: [sets(1, 'SALE')] })
  await ended(gateway, id)
  for (const body of [{ force: 'yes' }, { forced: true }, [], 'true']) {
    const { status } = await call(gateway, 'POST', `/v1/jobs/${id}/replay`, body)
    t.equal(status, 400, JSON.stringify(body))
  }
  t.equal((await call(gateway, 'POST', `/v1/jobs/${id}/replay`, '{')).body.code, 'invalid_json')
  const { body } = await call(gateway, 'POST', `/v1/jobs/${id}/replay`, { forced: true })
  t.strictSame(body.errors, [{ pointer: '', code: 'invalid_request', detail: 'forced is not known here' }])
})

test('updates of a lead take effect in the order in which they were stored, even if the first is retried', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const env = { RETRY_FIRST_PAUSE_MS: '20', RETRY_LONGEST_PAUSE_MS: '20' }
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...env })
  vicidial.denies()
  const first = await store(gateway, { updates: [sets(1, 'A')] })
  const second = await store(gateway, { updates: [sets(1, 'B'), sets(1, 'C')] })
  await until('a try', async () => {
    const { body } = await call(gateway, 'GET', `/v1/jobs/${first}`)
    return body.results[0].error !== undefined
  })
  vicidial.makes()
  await ended(gateway, first)
  await ended(gateway, second)
  t.same(vicidial.made, ['1 status=A', '1 status=B', '1 status=C'])
})

test('a synchronous update supersedes older pending ones of the lead', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const env = { RETRY_FIRST_PAUSE_MS: '20', RETRY_LONGEST_PAUSE_MS: '20' }
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...env })
  vicidial.denies(({ status }) => status === 'OLD')
  const old = await store(gateway, {
    updates: [{ lead_id: 1, fields: { status: 'OLD', owner: 'old' } }, sets(2, 'OLD')]
  })
  await until('a try', async () => {
    const { body } = await call(gateway, 'GET', `/v1/jobs/${old}`)
    return body.results[1].error !== undefined
  })
  t.equal((await call(gateway, 'PATCH', '/v1/leads/1', { status: 'NEW' })).status, 200)
  t.equal((await batch(gateway, { updates: [sets(2, 'NEW')] })).status, 200)

  const job = await ended(gateway, old)
  t.same(job.results, [
    { index: 0, lead_id: 1, status: 'updated', superseded: ['status'] },
    { index: 1, lead_id: 2, status: 'superseded', superseded: ['status'] }
  ])
  t.same(
    vicidial.made.filter((made) => made.startsWith('1')),
    ['1 status=NEW', '1 owner=old']
  )
  t.same(
    vicidial.made.filter((made) => made.startsWith('2')),
    ['2 status=NEW']
  )
})

test('a request that would make the backlog too long is refused at once, and none of it is stored', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, OUTBOX_MAX_WAITING: '3' })
  vicidial.holds()
  const id = await store(gateway, { lead_ids: [1, 2], fields: { status: 'SALE' } })
  const refused = await batch(gateway, { lead_ids: [3, 4], fields: { status: 'SALE' } }, ASYNC)
  t.same([refused.status, refused.body.code], [503, 'overloaded'])
  t.equal((await call(gateway, 'GET', '/v1/jobs')).body.jobs.length, 1)
  t.match((await call(gateway, 'GET', '/readyz')).body.outbox, { waiting: 2, dead_letters: 0 })
  vicidial.makes()
  await ended(gateway, id)
  const taken = await batch(gateway, { lead_ids: [3, 4], fields: { status: 'SALE' } }, ASYNC)
  t.equal(taken.status, 202)
  await ended(gateway, taken.body.id)
})

test('if nothing can be stored, requests that need it are refused, others work, and it recovers automatically', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const connections: DatabaseSync[] = []
  const { exec } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (sql) {
    connections.push(this)
    exec.call(this, sql)
  }
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...LONG_RETRY }).finally(() => {
    DatabaseSync.prototype.exec = exec
  })
  const [connection] = connections
  if (connection === undefined) throw new Error('no connection was opened')
  vicidial.denies()
  const waiting = await store(gateway, { updates: [sets(1, 'OLD')] })
  await until('a try', async () => {
    const { body } = await call(gateway, 'GET', `/v1/jobs/${waiting}`)
    return body.results[0].error !== undefined
  })
  vicidial.makes()

  connection.exec('PRAGMA query_only = ON')
  const refused = await batch(gateway, { updates: [sets(2, 'SALE')] }, ASYNC)
  t.same([refused.status, refused.body.code], [503, 'overloaded'])
  t.equal(refused.body.detail, 'The updates cannot be stored now; nothing was accepted.')
  const ready = await call(gateway, 'GET', '/readyz')
  t.same([ready.status, ready.body.status], [503, 'storage_failing'])
  const made = await batch(gateway, { updates: [sets(1, 'NEW')] })
  t.equal(made.status, 200, 'what VICIdial has made is not told to have failed')
  t.equal((await call(gateway, 'GET', `/v1/jobs/${waiting}`)).status, 200)

  connection.exec('PRAGMA query_only = OFF')
  await store(gateway, { updates: [sets(2, 'SALE')] })
  t.match((await call(gateway, 'GET', '/readyz')).body, { status: 'ready' })
})

test('what a failing database may have done is not said to be undone', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...LONG_RETRY })
  vicidial.denies()
  const { accept, cancel } = SqliteJobs.prototype
  t.teardown(() => Object.assign(SqliteJobs.prototype, { accept, cancel }))
  const fails = () => Promise.reject(new StorageError('lost', undefined, true))
  const id = await store(gateway, { updates: [sets(1, 'OLD')] })
  Object.assign(SqliteJobs.prototype, { accept: fails, cancel: fails })
  const stored = await batch(gateway, { updates: [sets(2, 'SALE')] }, ASYNC)
  t.match([stored.status, stored.body.code], [503, 'overloaded'])
  t.match(
    stored.body.detail,
    /they may have been accepted\. Repeat the request with the same Idempotency-Key/
  )
  const cancelled = await call(gateway, 'POST', `/v1/jobs/${id}/cancel`)
  t.match([cancelled.status, cancelled.body.code], [503, 'overloaded'])
  t.equal(
    cancelled.body.detail,
    'The database of the gateway failed while it was being written: this may have been done, or part of it.'
  )
})
