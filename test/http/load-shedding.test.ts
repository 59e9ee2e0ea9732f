import { setImmediate as turn } from 'node:timers/promises'
import { fastify } from 'fastify'
import { test } from 'tap'
import type { Problem } from '../../src/errors.ts'
import { loadShedding, MAX_EVENT_LOOP_DELAY_MS, measureLoad } from '../../src/http/load-shedding.ts'
import { batch, call, startGateway } from '../helper.ts'
import { until } from '../until.ts'

/** Longer than the time over which the delay of the event loop is measured. */
const BLOCKED_MS = 2_100

/** Keeps the event loop from everything but a turn in between, so that each turn is late. */
async function block(): Promise<void> {
  for (let turns = 0; turns < 2; turns++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCKED_MS)
    await turn()
  }
}

test("while the process can't keep up, work is refused but health is answered; then work is accepted again", async (t) => {
  const path = `${t.testdir({
    'gateway.yaml': `webhooks: [{ name: crm, auth: { callers: true }, mapping: { lead: { lead_id: id }, fields: { status: s } } }]`
  })}/gateway.yaml`
  const gateway = await startGateway(
    t,
    { GATEWAY_CONFIG: path },
    {},
    { maxEventLoopDelayMs: MAX_EVENT_LOOP_DELAY_MS }
  )
  const update = { lead_ids: [1], fields: { status: 'SALE' } }
  t.equal((await batch(gateway, update)).status, 200)
  const calls = gateway.sandbox.calls().length

  await until('the delay is noticed', async () => {
    await block()
    const { status, headers, body } = await batch(gateway, update)
    if (status === 200) return false
    t.equal(status, 503)
    t.match(body, { code: 'overloaded', detail: 'The gateway cannot keep up with its requests.' })
    t.equal(headers.get('retry-after'), '3')
    return true
  })
  const made = gateway.sandbox.calls().length
  t.equal((await call(gateway, 'POST', '/v1/webhooks/crm', { id: 1, s: 'SALE' })).status, 503)
  t.equal((await call(gateway, 'GET', '/v1/fields')).status, 503)
  for (const path of ['/livez', '/readyz']) t.equal((await call(gateway, 'GET', path)).status, 200)
  t.equal(gateway.sandbox.calls().length, made)
  t.ok(made - calls < 5)

  await until('work is taken again', async () => (await batch(gateway, update)).status === 200)
})

test('a slow start is no overload', async (t) => {
  const app = fastify()
  app.decorateRequest('sender', null)
  measureLoad(app)
  loadShedding(app, 1)
  app.get('/', async () => '')
  t.teardown(() => app.close())
  await app.ready()
  await block()
  await app.listen()
  t.equal((await app.inject('/')).statusCode, 200)
})

test('senders that have not proved themselves are refused first', async (t) => {
  let eventLoopDelayMs = 0
  const app = fastify()
  app.decorate('eventLoopDelayMs', { getter: () => eventLoopDelayMs })
  app.decorateRequest('sender', null)
  app.addHook('onRequest', async (request) => {
    request.sender = request.headers['x-sender'] === undefined ? null : 'crm'
  })
  loadShedding(app, 1_000)
  app.get('/', async () => '')
  const statusesAt = async (delay: number) => {
    eventLoopDelayMs = delay
    const known = await app.inject({ url: '/', headers: { 'x-sender': 'crm' } })
    const stranger = await app.inject('/')
    return [known.statusCode, stranger.statusCode]
  }
  app.setErrorHandler(async (error: Problem, _request, reply) => reply.code(error.status).send(''))
  t.same(await statusesAt(250), [200, 200])
  t.same(await statusesAt(251), [200, 503])
  t.same(await statusesAt(1_000), [200, 503])
  t.same(await statusesAt(1_001), [503, 503])
  await app.close()
})
