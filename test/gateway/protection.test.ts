import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import type { FaultName } from '../../src/tools/sandbox/server/faults.ts'
import { API_KEY, batch, call, type Gateway, startGateway } from '../helper.ts'
import { stoppedClock } from '../stopped-clock.ts'
import { until } from '../until.ts'

const MINUTE_MS = 60_000
/** More than the busiest machine takes to notice that a time is over. */
const MARGIN_MS = 60_000
const update = (lead: number, status = 'SALE') => ({ lead_ids: [lead], fields: { status } })
/** As many updates as are asked for, none of which shares a call with another. */
const different = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ lead_ids: [n + 1], fields: { comments: `note ${n}` } }))

/** Gives a call that was started time to be answered. */
async function rest(): Promise<void> {
  for (let turns = 0; turns < 300; turns++) await turn()
}

async function stateOf(gateway: Gateway): Promise<string> {
  const { body } = await call(gateway, 'GET', '/readyz', undefined, { authorization: '' })
  return body.vicidial.state
}

/** Calls that are no harmless probes of the version. */
function calls(gateway: Gateway): number {
  return gateway.sandbox.calls().filter((one) => one.function !== 'version').length
}

// One stopped clock for both: the HTTP client keeps its timers from one to the next.
test('VICIdial refuses the login', async (t) => {
  const { tick } = stoppedClock(t)

  t.test(
    'a thousand requests with a refused login cause one refused call a minute, and the gateway recovers on its own',
    async (t) => {
      const gateway = await startGateway(t, { VICIDIAL_PASS: 'wrong', VICIDIAL_MAX_CONCURRENCY: '8' })
      const { sandbox } = gateway
      const thousand = async () => {
        const answers = await Promise.all(
          Array.from({ length: 1_000 }, (_, n) =>
            gateway.app.inject({
              method: 'POST',
              url: '/v1/leads/batch-update',
              headers: { authorization: `Bearer ${API_KEY}` },
              payload: update((n % 1_000) + 1, `S${n % 100}`)
            })
          )
        )
        return new Set(answers.map((answer) => `${answer.statusCode} ${answer.json().code}`))
      }
      t.strictSame(await thousand(), new Set(['502 upstream_login_failed']))
      t.equal(sandbox.calls().length, 1)
      t.equal(await stateOf(gateway), 'login_refused')

      for (let minute = 1; minute <= 5; minute++) {
        tick(MINUTE_MS - 1)
        await thousand()
        t.equal(sandbox.calls().length, minute)
        tick(1)
        await until('the probe', () => gateway.logged().split('vicidial probe').length === minute + 1)
        t.equal(sandbox.calls().length, minute + 1)
      }
      for (let minute = 6; minute <= 60; minute++) {
        tick(MINUTE_MS)
        await rest()
      }
      const count = sandbox.calls().length
      t.ok(count >= 16 && count <= 61, `${count} calls in an hour: the login is still probed`)
      t.ok(
        sandbox.calls().every(({ params }, n) => n === 0 || params['lead_ids'] === undefined),
        'and only that'
      )

      sandbox.setPassword('wrong')
      // VICIdial may have locked the account meanwhile: that, too, is over at some time.
      for (let minutes = 0; (await stateOf(gateway)) !== 'reachable'; minutes++) {
        if (minutes > 32) throw new Error('no recovery')
        tick(MINUTE_MS)
        await rest()
      }
      const { status } = await batch(gateway, update(1))
      t.equal(status, 200)
    }
  )

  t.test('a lockout also stops everything, and ends when VICIdial says so', async (t) => {
    const gateway = await startGateway(t)
    gateway.sandbox.fail('locked_out', { calls: 3 })
    const { status, body, headers } = await batch(gateway, update(1))
    t.strictSame([status, body.code], [503, 'upstream_locked_out'])
    t.ok(headers.get('retry-after'))
    for (let minute = 1; minute <= 3; minute++) {
      t.equal((await batch(gateway, update(1))).status, 503)
      tick(MINUTE_MS)
      await until('the probe', () => gateway.logged().split('vicidial probe').length === minute + 1)
    }
    // A probe can meet a connection that is just being closed; the next one, a minute later, then decides.
    for (let minutes = 0; (await stateOf(gateway)) !== 'reachable'; minutes++) {
      if (minutes > 32) throw new Error('no recovery')
      tick(MINUTE_MS)
      await rest()
    }
    const after = await batch(gateway, update(1))
    t.strictSame([after.status, after.body.code], [200, undefined])
    const updates = gateway.sandbox.calls().filter(({ params }) => params['lead_ids'] !== undefined)
    t.equal(updates.length, 2, 'in between there were only probes')
  })
})

const TIMEOUT_MS = 1_000
const DEADLINE_MS = 20_000
const protectedBy = {
  VICIDIAL_TIMEOUT_MS: String(TIMEOUT_MS),
  REQUEST_DEADLINE_MS: String(DEADLINE_MS),
  VICIDIAL_MAX_CONCURRENCY: '4'
}

test('VICIdial hangs, refuses, resets or fails: responses come in time, calls stop, and recovery is quick', async (t) => {
  const endings: Partial<Record<FaultName, RegExp>> = {
    hang: /^504 upstream_timeout|^503 upstream_unavailable/,
    hang_after: /^504 upstream_timeout|^503 upstream_unavailable/,
    refuse: /^503 upstream_unavailable/,
    reset_before: /^503 upstream_unavailable/,
    reset_after: /^503 upstream_unavailable/,
    500: /^502 upstream_error|^503 upstream_unavailable/
  }
  const tried = async (fault: FaultName, ending: RegExp) => {
    const gateway = await startGateway(t, protectedBy)
    const { sandbox } = gateway
    t.equal((await batch(gateway, update(1))).status, 200)
    sandbox.fail(fault, { calls: 1_000_000 })
    const started = performance.now()
    const answers = await Promise.all(different(40).map((body) => batch(gateway, body)))
    const ms = performance.now() - started
    t.ok(ms < DEADLINE_MS + MARGIN_MS, `${fault}: the last of 40 was answered after ${Math.round(ms)} ms`)
    const codes = answers.map(({ status, body }) => `${status} ${body.code}`)
    t.ok(
      codes.every((code) => ending.test(code)),
      `${fault}: ${[...new Set(codes)].join(', ')}`
    )
    t.equal(await stateOf(gateway), 'unreachable', fault)

    const made = calls(gateway)
    const refused = await Promise.all(different(40).map((body) => batch(gateway, body)))
    t.ok(
      refused.every(
        ({ body, headers }) =>
          body.code === 'upstream_unavailable' &&
          body.summary.upstream_calls === 0 &&
          body.results[0].status === 'failed' &&
          headers.get('retry-after') !== null
      ),
      `${fault}: refused at once`
    )
    t.equal(calls(gateway), made, `${fault}: no more calls`)

    sandbox.fail(fault, { calls: 0 })
    const recovering = performance.now()
    await until('VICIdial is reachable', async () => (await stateOf(gateway)) === 'reachable')
    const recovered = performance.now() - recovering
    t.ok(recovered < MARGIN_MS, `${fault}: recovered after ${Math.round(recovered)} ms`)
    const after = await Promise.all(different(20).map((body) => batch(gateway, body)))
    t.ok(
      after.every(({ status }) => status === 200),
      `${fault}: all works again`
    )
    const told = gateway.logged().match(/vicidial is now \w+/g)
    t.strictSame(
      told,
      ['reachable', 'unreachable', 'reachable'].map((state) => `vicidial is now ${state}`),
      `${fault}: each change was logged once`
    )
  }
  // Two at once: with more, a slow machine is so late with everything that the gateways shed load.
  const faults = Object.entries(endings) as [FaultName, RegExp][]
  for (let n = 0; n < faults.length; n += 2)
    await Promise.all(faults.slice(n, n + 2).map(([fault, ending]) => tried(fault, ending)))
})

test('requests that arrive during a short outage still succeed', async (t) => {
  const gateway = await startGateway(t, protectedBy)
  gateway.sandbox.fail('reset_before', { calls: 3 })
  const answers = await Promise.all(different(3).map((body) => batch(gateway, body)))
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 200, 200]
  )
})

test('a request over the waiting limit gets 503 overloaded with Retry-After, and none of it is done', async (t) => {
  const gateway = await startGateway(t, {
    VICIDIAL_TIMEOUT_MS: '3000',
    REQUEST_DEADLINE_MS: '28000',
    DISPATCH_MAX_WAITING: '3'
  })
  gateway.sandbox.fail('hang', { calls: 1 })
  const first = batch(gateway, update(1))
  await until('the call', () => gateway.sandbox.calls().length === 1)
  const { status, headers, body } = await batch(gateway, { lead_ids: [2, 3, 4], fields: { status: 'B' } })
  t.strictSame([status, body.code], [503, 'overloaded'])
  const seconds = Number(headers.get('retry-after'))
  t.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60, `Retry-After: ${seconds}`)
  t.equal((await first).status, 200)
  t.equal((await batch(gateway, update(5))).status, 200)
  t.strictSame(
    [2, 3, 4].map((lead) => gateway.sandbox.leads()[lead]?.status),
    ['NEW', 'NEW', 'NEW']
  )
})

test('updates of a client that has closed its connection are not sent', async (t) => {
  const gateway = await startGateway(t, {
    VICIDIAL_TIMEOUT_MS: '3000',
    REQUEST_DEADLINE_MS: '28000',
    VICIDIAL_MAX_CONCURRENCY: '1'
  })
  gateway.sandbox.fail('hang', { calls: 1 })
  const first = batch(gateway, update(1))
  await until('the call', () => gateway.sandbox.calls().length === 1)

  const { hostname, port } = new URL(gateway.origin)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const body = JSON.stringify(update(2, 'GONE'))
  const head = [
    'POST /v1/leads/batch-update HTTP/1.1',
    `host: ${hostname}`,
    `authorization: Bearer ${API_KEY}`,
    'content-type: application/json',
    `content-length: ${body.length}`
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  // Requests of one process are read in the order in which they came.
  const stays = batch(gateway, update(3))
  await pause(100)
  socket.destroy()

  t.equal((await first).status, 200)
  t.equal((await stays).status, 200)
  t.equal((await batch(gateway, update(4))).status, 200)
  t.equal(gateway.sandbox.leads()[2]?.status, 'NEW')
  t.notOk(gateway.sandbox.calls().some(({ params }) => params['status'] === 'GONE'))
})

test('callers share a call only if their source is the same', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_MAX_CONCURRENCY: '1', VICIDIAL_TIMEOUT_MS: '3000' })
  gateway.sandbox.fail('hang', { calls: 1 })
  const first = batch(gateway, update(1))
  await until('the call', () => gateway.sandbox.calls().length === 1)
  const sources = ['crm', 'shop', 'crm', 'shop', 'crm']
  const answers = await Promise.all(
    sources.map((source, n) => batch(gateway, { ...update(n + 2, 'B'), source }))
  )
  t.ok(answers.every(({ status }) => status === 200))
  await first
  const sent = gateway.sandbox
    .calls()
    .filter(({ params }) => params['status'] === 'B')
    .map(({ params }) => ({
      source: params['source'],
      leads: (params['lead_ids'] ?? '').split(',').map(Number).sort()
    }))
  for (const { source, leads } of sent) {
    t.ok(
      leads.every((lead) => sources[lead - 2] === source),
      `${source}: ${leads}`
    )
  }
  t.ok(
    sent.some(({ leads }) => leads.length > 1),
    'the same source shares a call'
  )
})

test("a batch of 10,000 leads doesn't make another request wait for all of it", async (t) => {
  const gateway = await startGateway(
    t,
    { VICIDIAL_MAX_LEADS_PER_CALL: '100', VICIDIAL_MAX_CONCURRENCY: '2' },
    { leads: 10_001, callMs: 5 }
  )
  const ids = Array.from({ length: 10_000 }, (_, n) => n + 1)
  let isBatchDone = false
  const large = batch(gateway, { lead_ids: ids, fields: { status: 'A' } }).then((answer) => {
    isBatchDone = true
    return answer
  })
  await until('three calls', () => gateway.sandbox.calls().length >= 3)
  const callsBefore = gateway.sandbox.calls().length
  const lone = await batch(gateway, update(10_001, 'B'))
  t.equal(lone.status, 200)
  t.equal(isBatchDone, false)
  const index = gateway.sandbox.calls().findIndex(({ params }) => params['status'] === 'B')
  t.ok(index - callsBefore < 20, `${index - callsBefore} calls of the batch went before it, of 100`)
  const { status, body } = await large
  t.strictSame([status, body.summary.updated], [200, 10_000])
})
