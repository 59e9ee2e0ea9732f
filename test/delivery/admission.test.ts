import type { ServerResponse } from 'node:http'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { Admission, DrainRate } from '../../src/delivery/admission.ts'
import { batch, startGateway, startStandIn } from '../helper.ts'
import { stoppedClock } from '../stopped-clock.ts'
import { scrape } from '../telemetry/metrics/scrape.ts'
import { until } from '../until.ts'

const DEADLINE_MS = 28_000

const NO_LIMIT = 1_000

test("the age of a caller's oldest unsent request counts, until that is sent or given up", async (t) => {
  const admission = new Admission({ maxWaiting: NO_LIMIT, maxAgeMs: 150 })
  const isAdmitted = (caller: string, receivedAt: number): boolean => {
    const request = { caller, receivedAt }
    try {
      admission.admit(request, 1, 0)
    } catch {
      return false
    }
    admission.release(request, 0)
    return true
  }
  const [a, b] = [
    { caller: 'crm', receivedAt: 100 },
    { caller: 'crm', receivedAt: 200 }
  ]
  const c = { caller: 'web', receivedAt: 250 }
  t.equal(isAdmitted('crm', 100), true)
  for (const request of [a, b, c]) admission.admit(request, 1, 0)
  t.same([isAdmitted('crm', 250), isAdmitted('crm', 251)], [true, false])
  t.same([isAdmitted('web', 400), isAdmitted('web', 401), isAdmitted('erp', 9_000)], [true, false, true])
  admission.markSent(a)
  admission.markSent(a)
  t.same([isAdmitted('crm', 350), isAdmitted('crm', 351)], [true, false])
  admission.markSent(b)
  admission.release(c, 0)
  t.same([isAdmitted('crm', 9_000), isAdmitted('web', 9_000)], [true, true])
})

test('the oldest of all is the oldest unsent request of any caller', (t) => {
  const admission = new Admission({ maxWaiting: NO_LIMIT })
  t.equal(admission.oldestMs(100), 0)
  const [first, second] = [
    { caller: 'web', receivedAt: 20 },
    { caller: 'crm', receivedAt: 10 }
  ]
  admission.admit(first, 1, 0)
  admission.admit(second, 1, 0)
  t.equal(admission.oldestMs(100), 90)
  admission.markSent(second)
  t.equal(admission.oldestMs(100), 80)
  t.end()
})

test('a caller whose oldest request waits too long is refused early, others are not', async (t) => {
  const { tick } = stoppedClock(t)
  const held: ServerResponse[] = []
  const url = await startStandIn(t, (_params, response) => held.push(response))
  const caller = (name: string) =>
    `{ name: ${name}, key_hashes: ["sha256:${hashKey(`key-of-${name}`)}"], permissions: "*" }`
  const file = `callers: [${caller('slow')}, ${caller('other')}]`
  const gateway = await startGateway(t, {
    GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': file })}/gateway.yaml`,
    VICIDIAL_URL: url,
    VICIDIAL_MAX_CONCURRENCY: '1',
    VICIDIAL_TIMEOUT_MS: String(DEADLINE_MS),
    REQUEST_DEADLINE_MS: String(DEADLINE_MS)
  })
  const ask = (name: string, lead: number) =>
    batch(gateway, { lead_ids: [lead], fields: { rank: lead } }, { authorization: `Bearer key-of-${name}` })
  const queued = (count: number) =>
    until(`${count} updates wait`, async () => {
      const { value } = await scrape(gateway, { key: 'key-of-other' })
      return value('waiting_updates') === count
    })
  const first = ask('other', 1)
  await until('the only place is taken', () => held.length === 1)
  const waiting = [ask('slow', 2)]
  await queued(2)
  // It is not old enough yet.
  waiting.push(ask('slow', 3))
  t.ok(await queued(3), 'admitted')

  tick(DEADLINE_MS - 1)
  const refused = await ask('slow', 4)
  t.equal(refused.status, 503)
  t.match(refused.body, {
    code: 'overloaded',
    detail: /^\d+ updates are waiting for VICIdial; this caller's oldest request has waited too long\.$/
  })
  t.match(refused.headers.get('retry-after'), /^\d+$/)

  // Another caller, whose own request was sent, is still admitted.
  const others = ask('other', 5)
  t.ok(await queued(4), 'admitted')
  tick(DEADLINE_MS)
  for (const { status } of await Promise.all([first, ...waiting, others]))
    t.ok([503, 504].includes(status), String(status))

  // Requests that were given up unsent no longer count.
  const asked = ask('slow', 6)
  await queued(1)
  tick(DEADLINE_MS)
  const later = await asked
  t.ok(['upstream_timeout', 'upstream_unavailable'].includes(later.body.code), later.body.code)
})

function clocked() {
  let nowMs = 1_700_000_000_000
  const rate = new DrainRate(() => nowMs)
  return {
    rate,
    pass: (ms: number) => {
      nowMs += ms
    }
  }
}

test('the time to wait follows from what waits and the rate of the last ten seconds', async (t) => {
  const { rate, pass } = clocked()
  for (let second = 0; second < 10; second++) {
    rate.count(60)
    rate.count(40)
    if (second < 9) pass(1_000)
  }
  t.strictSame(
    [0, 1, 100, 101, 1_000, 5_999, 6_000, 6_001, 1_000_000].map((waiting) => rate.secondsFor(waiting)),
    [1, 1, 1, 2, 10, 60, 60, 60, 60]
  )
})

test('updates that were settled longer ago do not count', async (t) => {
  const { rate, pass } = clocked()
  rate.count(10_000)
  t.equal(rate.secondsFor(10_000), 10)
  pass(9_000)
  t.equal(rate.secondsFor(10_000), 10)
  pass(1_000)
  t.equal(rate.secondsFor(10_000), 60)
  rate.count(20_000)
  pass(5_000)
  t.equal(rate.secondsFor(10_000), 5)
})

test('the time to wait is from 1 to 60 seconds even if nothing was settled yet', async (t) => {
  const { rate } = clocked()
  t.strictSame(
    [0, 1, 30, 100_000].map((waiting) => rate.secondsFor(waiting)),
    [1, 1, 30, 60]
  )
})
