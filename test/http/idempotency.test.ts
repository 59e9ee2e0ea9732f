import { StorageError } from '../../src/errors.ts'
import { request } from 'node:http'
import { test } from 'tap'
import { SqliteIdempotency } from '../../src/outbox/sqlite/idempotency.ts'
import { type Answer, API_KEY, batch, call, dataDir, type Gateway, startGateway } from '../helper.ts'
import { until } from '../until.ts'
import { as, ended, store, withCallers } from '../routes/jobs-of.ts'
import { SHORT_RETRY, scriptedVicidial } from '../routes/scripted-vicidial.ts'

const SALE = { updates: [{ lead_id: 1, fields: { status: 'SALE' } }] }
const OTHER = { updates: [{ lead_id: 1, fields: { status: 'OTHER' } }] }
const KEY = { 'idempotency-key': 'order-4711' }
const ASYNC = { prefer: 'respond-async' }

test('a repeated batch gets the same response, marked as replayed, and does nothing', async (t) => {
  const gateway = await startGateway(t)
  const updates = [...SALE.updates, { lead_id: 9_999, fields: { city: 'A, B' } }]
  const first = await batch(gateway, { updates }, KEY)
  t.equal(first.status, 207)
  t.equal(first.headers.get('idempotency-replayed'), null)
  const calls = gateway.sandbox.calls().length
  for (let times = 0; times < 3; times++) {
    const again = await batch(gateway, { updates }, KEY)
    t.same([again.status, again.body], [207, first.body])
    t.equal(again.headers.get('idempotency-replayed'), 'true')
    t.equal(again.headers.get('content-type'), first.headers.get('content-type'))
    t.not(again.headers.get('x-request-id'), first.headers.get('x-request-id'))
  }
  t.equal(gateway.sandbox.calls().length, calls)
  await batch(gateway, { updates })
  t.ok(gateway.sandbox.calls().length > calls, 'without the key it is done again')
})

test('a repeated PATCH gets the same response, even if it was refused', async (t) => {
  const gateway = await startGateway(t)
  const cases: [key: string, path: string, body: unknown, status: number][] = [
    ['made', '/v1/leads/1', { status: 'SALE' }, 200],
    ['missing', '/v1/leads/9999', { status: 'SALE' }, 404],
    ['refused', '/v1/leads/1', { colour: 'blue' }, 422],
    ['malformed', '/v1/leads/1', ['SALE'], 400]
  ]
  for (const [key, path, body, status] of cases) {
    const first = await call(gateway, 'PATCH', path, body, { 'idempotency-key': key })
    const calls = gateway.sandbox.calls().length
    const again = await call(gateway, 'PATCH', path, body, { 'idempotency-key': key })
    t.same([first.status, again.status], [status, status], key)
    t.same(again.body, first.body)
    t.equal(again.headers.get('idempotency-replayed'), 'true')
    t.equal(again.headers.get('content-type'), first.headers.get('content-type'))
    t.equal(gateway.sandbox.calls().length, calls)
  }
})

test('a repeated durable batch gets the same job, and no new one', async (t) => {
  const gateway = await startGateway(t)
  const first = await batch(gateway, SALE, { ...KEY, ...ASYNC })
  await ended(gateway, first.body.id)
  const again = await batch(gateway, SALE, { ...KEY, ...ASYNC })
  t.same([first.status, again.status, again.body], [202, 202, first.body])
  t.equal(again.headers.get('idempotency-replayed'), 'true')
  t.equal((await call(gateway, 'GET', '/v1/jobs')).body.jobs.length, 1)
  t.equal(gateway.sandbox.calls().length, 1)
})

test('a replay of dead letters and a cancel can be repeated too', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  vicidial.denies()
  const id = await store(gateway, SALE)
  await ended(gateway, id)
  vicidial.makes()
  const first = await call(gateway, 'POST', `/v1/jobs/${id}/replay`, undefined, KEY)
  const again = await call(gateway, 'POST', `/v1/jobs/${id}/replay`, undefined, KEY)
  t.same([first.status, again.status, again.body], [202, 202, first.body])
  await ended(gateway, first.body.id)

  const other = await call(gateway, 'POST', `/v1/jobs/${id}/cancel`, undefined, KEY)
  t.same([other.status, other.body.code], [422, 'idempotency_key_reused'])
  t.equal((await call(gateway, 'POST', '/v1/dead-letters/replay', undefined, KEY)).status, 422)
})

test("a replay's response is stored with its jobs: a repeat gets it even if a later write is lost", async (t) => {
  const vicidial = await scriptedVicidial(t)
  const env = { VICIDIAL_URL: vicidial.url, DATA_DIR: dataDir(t), ...SHORT_RETRY }
  const gateway = await startGateway(t, env)
  vicidial.denies()
  const ids = [await store(gateway, SALE), await store(gateway, OTHER)]
  for (const id of ids) await ended(gateway, id)
  vicidial.makes()
  const { save } = SqliteIdempotency.prototype
  t.teardown(() => {
    SqliteIdempotency.prototype.save = save
  })
  SqliteIdempotency.prototype.save = () => Promise.reject(new StorageError('lost'))
  const paths = [`/v1/jobs/${ids[0]}/replay`, '/v1/dead-letters/replay']
  const firsts: Answer[] = []
  for (const path of paths) firsts.push(await call(gateway, 'POST', path, {}, { 'idempotency-key': path }))
  await gateway.app.close()

  const after = await startGateway(t, env)
  for (const [index, path] of paths.entries()) {
    const again = await call(after, 'POST', path, {}, { 'idempotency-key': path })
    t.same([firsts[index]?.status, again.status, again.body], [202, 202, firsts[index]?.body], path)
    t.equal(again.headers.get('idempotency-replayed'), 'true')
  }
  t.equal((await call(after, 'GET', '/v1/jobs')).body.jobs.length, 4)
})

test('the key of a different request is refused, and the first response stays', async (t) => {
  const gateway = await startGateway(t)
  const first = await batch(gateway, SALE, KEY)
  const others: [method: string, path: string, body: unknown][] = [
    ['POST', '/v1/leads/batch-update', OTHER],
    ['POST', '/v1/leads/batch-update', `${JSON.stringify(SALE)} `],
    ['PATCH', '/v1/leads/1', SALE],
    ['PATCH', '/v1/leads/1', { status: 'OTHER' }]
  ]
  for (const [method, path, body] of others) {
    const { status, headers, body: problem } = await call(gateway, method, path, body, KEY)
    t.same([status, problem.code], [422, 'idempotency_key_reused'])
    t.equal(problem.detail, 'This Idempotency-Key was used for another request in the last 24 hours.')
    t.equal(headers.get('idempotency-replayed'), null)
  }
  t.equal(gateway.sandbox.leads()['1']?.status, 'SALE')
  t.same((await batch(gateway, SALE, KEY)).body, first.body)
})

test('a repeat while the first is in progress is a conflict; later it gets the response', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url })
  vicidial.holds()
  const first = batch(gateway, SALE, KEY)
  await until('the call', () => vicidial.held.length === 1)
  for (const body of [SALE, OTHER]) {
    const { status, headers, body: problem } = await batch(gateway, body, KEY)
    t.same([status, problem.code, headers.get('retry-after')], [409, 'conflict', '1'])
  }
  const other = batch(gateway, SALE, { 'idempotency-key': 'order-4712' })
  vicidial.makes()
  t.equal((await first).status, 200)
  t.equal((await other).status, 200, 'another key waits for nobody')
  const again = await batch(gateway, SALE, KEY)
  t.same([again.status, again.body], [200, (await first).body])
})

const TWO = {
  updates: [
    { lead_id: 1, fields: { status: 'A' } },
    { lead_id: 2, fields: { status: 'B' } }
  ]
}

/** Sends a batch with the key, hangs up when asked to, and waits until the gateway has noticed. */
function sendAndLeave(gateway: Gateway, body: unknown) {
  const left = Promise.withResolvers<void>()
  gateway.app.server.once('connection', (socket) => socket.once('close', left.resolve))
  const sent = request(`${gateway.origin}/v1/leads/batch-update`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json', ...KEY }
  })
  sent.on('error', () => {}).end(JSON.stringify(body))
  return () => {
    sent.destroy()
    return left.promise
  }
}

test('a request whose sender left is still done, and a repeat gets its response', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const env = { VICIDIAL_URL: vicidial.url, VICIDIAL_MAX_CONCURRENCY: '1' }
  const gateway = await startGateway(t, env)
  vicidial.holds()
  const leave = sendAndLeave(gateway, TWO)
  await until('the call', () => vicidial.held.length === 1)
  await leave()
  t.equal((await batch(gateway, TWO, KEY)).status, 409)
  vicidial.makes()
  const again = await until('another answer than 409', async () => {
    const answer = await batch(gateway, TWO, KEY)
    return answer.status !== 409 && answer
  })
  t.same([again.status, again.headers.get('idempotency-replayed')], [200, 'true'])
  t.same(vicidial.made, ['1 status=A', '2 status=B'])
})

test('a key can be used again if its request failed after the sender left', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const env = { VICIDIAL_URL: vicidial.url, VICIDIAL_TIMEOUT_MS: '200', REQUEST_DEADLINE_MS: '300' }
  const gateway = await startGateway(t, env)
  vicidial.holds()
  const leave = sendAndLeave(gateway, SALE)
  await until('the call', () => vicidial.held.length > 0)
  await leave()
  t.equal((await batch(gateway, SALE, KEY)).status, 409)
  await until('the end of the request', async () => {
    const answer = await batch(gateway, OTHER, KEY)
    return answer.status !== 409 && answer
  })
  vicidial.makes()
  const again = await batch(gateway, SALE, KEY)
  t.same([again.status, again.headers.get('idempotency-replayed')], [200, null])
})

test('a key is in progress until the response is stored', async (t) => {
  const gateway = await startGateway(t)
  const { save } = SqliteIdempotency.prototype
  t.teardown(() => {
    SqliteIdempotency.prototype.save = save
  })
  const asked = Promise.withResolvers<void>()
  const allowed = Promise.withResolvers<void>()
  SqliteIdempotency.prototype.save = async function (answer) {
    asked.resolve()
    await allowed.promise
    return save.call(this, answer)
  }
  const leave = sendAndLeave(gateway, SALE)
  await asked.promise
  await leave()
  t.equal((await batch(gateway, SALE, KEY)).status, 409)
  allowed.resolve()
  const again = await until('another answer than 409', async () => {
    const answer = await batch(gateway, SALE, KEY)
    return answer.status !== 409 && answer
  })
  t.same([again.status, again.headers.get('idempotency-replayed')], [200, 'true'])
})

test("a response that a retry might improve isn't stored; any other is", async (t) => {
  const vicidial = await scriptedVicidial(t)
  const env = { VICIDIAL_URL: vicidial.url, VICIDIAL_TIMEOUT_MS: '200', REQUEST_DEADLINE_MS: '300' }
  const gateway = await startGateway(t, env)
  vicidial.denies(({ status }) => status === 'B')
  const denied = await batch(gateway, TWO, { 'idempotency-key': 'denied' })
  t.match(denied.body, {
    status: 'partial',
    results: [{}, { status: 'failed', error: { retryable: false } }]
  })

  vicidial.holds(({ status }) => status === 'B')
  const late = await batch(gateway, TWO, KEY)
  t.match(late.body, { status: 'partial', results: [{}, { status: 'unknown', error: { retryable: true } }] })
  vicidial.makes()
  const again = await batch(gateway, TWO, KEY)
  t.same([again.status, again.headers.get('idempotency-replayed')], [200, null])
  t.same((await batch(gateway, TWO, KEY)).body, again.body)
  t.same((await batch(gateway, TWO, { 'idempotency-key': 'denied' })).body, denied.body)
})

test('fifty simultaneous requests with one key have one effect and one response', async (t) => {
  const gateway = await startGateway(t)
  for (const headers of [{ 'idempotency-key': 'at-once' }, { 'idempotency-key': 'stored', ...ASYNC }]) {
    const calls = gateway.sandbox.calls().length
    const answers = await Promise.all(Array.from({ length: 50 }, () => batch(gateway, SALE, headers)))
    const taken = answers.filter(({ status }) => status !== 409)
    t.ok(taken.length > 0)
    t.equal(new Set(taken.map(({ body }) => JSON.stringify(body))).size, 1)
    t.equal(taken.filter((answer) => !answer.headers.has('idempotency-replayed')).length, 1)
    const again = await batch(gateway, SALE, headers)
    t.same(again.body, taken[0]?.body)
    if (again.status === 202) await ended(gateway, again.body.id)
    t.equal(gateway.sandbox.calls().length, calls + 1)
  }
  t.equal((await call(gateway, 'GET', '/v1/jobs')).body.jobs.length, 1)
})

test('responses and keys survive a restart', async (t) => {
  const directory = dataDir(t)
  const before = await startGateway(t, { DATA_DIR: directory })
  const made = await batch(before, SALE, { 'idempotency-key': 'made' })
  const stored = await batch(before, SALE, { 'idempotency-key': 'stored', ...ASYNC })
  await before.app.close()

  const after = await startGateway(t, { DATA_DIR: directory })
  const madeAgain = await batch(after, SALE, { 'idempotency-key': 'made' })
  const storedAgain = await batch(after, SALE, { 'idempotency-key': 'stored', ...ASYNC })
  t.same([madeAgain.status, madeAgain.body], [200, made.body])
  t.same([storedAgain.status, storedAgain.body], [202, stored.body])
  t.equal((await batch(after, OTHER, { 'idempotency-key': 'made' })).status, 422)
  t.equal((await call(after, 'GET', '/v1/jobs')).body.jobs.length, 1)
})

test('a bare key and a quoted key are the same', async (t) => {
  const gateway = await startGateway(t)
  const first = await batch(gateway, SALE, { 'idempotency-key': 'a-b.c/d:e_f~!' })
  const quoted = await batch(gateway, SALE, { 'idempotency-key': '"a-b.c/d:e_f~!"' })
  t.same(quoted.body, first.body)
  t.equal(quoted.headers.get('idempotency-replayed'), 'true')
  for (const key of ['x', '7', 'x'.repeat(255), `"${'y'.repeat(255)}"`, '"two words"']) {
    t.equal((await batch(gateway, SALE, { 'idempotency-key': key })).status, 200, key)
  }
})

test('a malformed key is refused, and nothing is done', async (t) => {
  const gateway = await startGateway(t)
  for (const key of ['', ' ', 'two words', 'x'.repeat(256), `"${'x'.repeat(256)}"`, 'ключ', 'a, b', 'a\tb']) {
    const { status, body } = await call(
      gateway,
      'PATCH',
      '/v1/leads/1',
      { status: 'SALE' },
      { 'idempotency-key': Buffer.from(key).toString('latin1') }
    )
    const detail = 'Idempotency-Key must be 1 to 255 visible ASCII characters, bare or in double quotes.'
    t.same([status, body.code, body.detail], [400, 'invalid_request', detail], key)
  }
  t.same(gateway.sandbox.calls(), [])
})

test("a response that says that nothing could be done isn't stored", async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_TIMEOUT_MS: '100', REQUEST_DEADLINE_MS: '150' })
  gateway.sandbox.fail('hang', { calls: 1_000 })
  const late = await batch(gateway, SALE, KEY)
  t.equal(late.status, 504)
  gateway.sandbox.fail('hang', { calls: 0 })
  // On a slow machine VICIdial may be late again; then, too, the response is a new one.
  let again = await batch(gateway, SALE, KEY)
  while (again.status === 504 && !again.headers.has('idempotency-replayed'))
    again = await batch(gateway, SALE, KEY)
  t.same([again.status, again.headers.get('idempotency-replayed')], [200, null])
})

test("an unreadable body doesn't use up its key", async (t) => {
  const gateway = await startGateway(t)
  t.equal((await batch(gateway, '{', KEY)).status, 400)
  t.equal((await batch(gateway, 'status=SALE', { ...KEY, 'content-type': 'text/plain' })).status, 415)
  t.equal((await batch(gateway, SALE, KEY)).status, 200)
})

test('each caller has its own keys', async (t) => {
  const gateway = await startGateway(t, withCallers(t))
  const crm = await batch(gateway, SALE, { ...KEY, ...as('crm-key') })
  const web = await batch(gateway, OTHER, { ...KEY, ...as('web-key') })
  t.same([crm.status, web.status], [200, 200])
  t.equal(web.headers.get('idempotency-replayed'), null)
  t.equal((await batch(gateway, OTHER, { ...KEY, ...as('nobody') })).status, 401)
  t.equal((await batch(gateway, OTHER, { ...KEY, ...as('crm-key') })).status, 422)
})

test('GET requests are answered afresh, with a key or without', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url })
  vicidial.holds()
  const id = await store(gateway, SALE)
  t.match((await call(gateway, 'GET', `/v1/jobs/${id}`, undefined, KEY)).body, { status: 'queued' })
  vicidial.makes()
  await ended(gateway, id)
  t.match((await call(gateway, 'GET', `/v1/jobs/${id}`, undefined, KEY)).body, { status: 'completed' })
})
