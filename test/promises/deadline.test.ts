import { mock } from 'node:test'
import { test } from 'tap'
import { CRM, get, startCompat } from '../compat/calls.ts'
import { batch, startGateway, startStandIn } from '../helper.ts'
import { stoppedClock } from '../stopped-clock.ts'
import { until } from '../until.ts'

/** More than the busiest machine takes to notice that a time is over. */
const MARGIN_MS = 60_000

async function timed<T>(work: Promise<T>): Promise<{ ms: number; answer: T }> {
  const started = performance.now()
  const answer = await work
  return { ms: performance.now() - started, answer }
}

function statuses(body: { results: { status: string }[] }): Record<string, number> {
  const counted: Record<string, number> = {}
  for (const { status } of body.results) counted[status] = (counted[status] ?? 0) + 1
  return counted
}

function differentUpdates(count: number) {
  return Array.from({ length: count }, (_, n) => ({ lead_id: n + 1, fields: { comments: `note ${n}` } }))
}

test('if VICIdial never replies, the response comes within the deadline, and unsent calls are "failed"', async (t) => {
  const gateway = await startGateway(t, { REQUEST_DEADLINE_MS: '700', VICIDIAL_TIMEOUT_MS: '300' })
  gateway.sandbox.fail('hang', { calls: 1_000 })
  const { ms, answer } = await timed(batch(gateway, { updates: differentUpdates(50) }))

  t.ok(ms < 700 + MARGIN_MS, `${ms} ms`)
  t.equal(answer.status, 504)
  const sent = new Set(gateway.sandbox.calls().map(({ params }) => params['lead_ids']))
  t.same(statuses(answer.body), { unknown: sent.size, failed: 50 - sent.size })
  t.equal(answer.body.summary.upstream_calls, gateway.sandbox.calls().length)
})

test('with more calls than VICIDIAL_MAX_CALLS_PER_SECOND allows, the response comes within the deadline', async (t) => {
  const { pass } = stoppedClock(t)
  const gateway = await startGateway(t, {
    REQUEST_DEADLINE_MS: '900',
    VICIDIAL_TIMEOUT_MS: '900',
    VICIDIAL_MAX_CALLS_PER_SECOND: '10'
  })
  const began = Date.now()
  const asked = batch(gateway, { updates: differentUpdates(40) })
  const made = () => gateway.logged().split('"vicidial call"').length - 1
  await until('ten calls are made', () => made() === 10)
  await pass(900)
  const answer = await asked

  t.equal(Date.now() - began, 900)
  t.equal(answer.status, 207)
  t.same(statuses(answer.body), { updated: 10, failed: 30 })
  t.equal(gateway.sandbox.calls().length, 10)
})

test('an update_lead that searches by several keys has one deadline for all of them', async (t) => {
  const { pass } = stoppedClock(t)
  // The timeout of a call runs on the real clock. Without it only the deadline can end the request.
  const timeout = mock.method(AbortSignal, 'timeout', () => new AbortController().signal)
  t.teardown(() => {
    timeout.mock.restore()
  })
  const searched: string[] = []
  const first = Promise.withResolvers<void>()
  const url = await startStandIn(t, async ({ vendor_lead_code, phone_number = '' }, response) => {
    searched.push(vendor_lead_code ?? phone_number)
    // The second search is never answered.
    if (searched.length > 1) return
    await first.promise
    response.end(`${vendor_lead_code}|0|\n`)
  })
  const gateway = await startCompat(t, undefined, {
    VICIDIAL_URL: url,
    REQUEST_DEADLINE_MS: '1000',
    VICIDIAL_TIMEOUT_MS: '1000'
  })
  const began = Date.now()
  const asked = get(gateway, {
    ...CRM,
    function: 'update_lead',
    search_method: 'VENDOR_LEAD_CODE_PHONE_NUMBER',
    vendor_lead_code: 'NOPE',
    phone_number: '9995550000',
    status: 'SALE'
  })
  await until('the first search', () => searched.length === 1)
  await pass(600)
  first.resolve()
  await until('the second search', () => searched.length === 2)
  await pass(400)
  t.strictSame([(await asked).status, Date.now() - began], [504, 1_000])
})

test("a request doesn't wait for another's call beyond its own deadline", async (t) => {
  let calls = 0
  const first = Promise.withResolvers<void>()
  const url = await startStandIn(t, (_params, response) => {
    calls++
    // The first call takes long and fails, so that it is tried again; all others are never answered.
    if (calls > 1) return
    setTimeout(() => {
      response.writeHead(500).end()
      first.resolve()
    }, 800)
  })
  const gateway = await startGateway(t, {
    VICIDIAL_URL: url,
    VICIDIAL_MAX_CONCURRENCY: '1',
    REQUEST_DEADLINE_MS: '1000',
    VICIDIAL_TIMEOUT_MS: '1000'
  })
  const early = timed(batch(gateway, { lead_ids: [1], fields: { status: 'A' } }))
  await first.promise
  const late = batch(gateway, { lead_ids: [2], fields: { status: 'B' } })

  const { ms } = await early
  t.ok(ms < 1_000 + MARGIN_MS, `${ms} ms`)
  await late
})
