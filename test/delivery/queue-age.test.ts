import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { QueueAge } from '../../src/delivery/queue-age.ts'
import { batch, startGateway, startStandIn } from '../helper.ts'
import { until } from '../until.ts'

const DEADLINE_MS = 2_000

/** An answer at once would come before this. */
function soon(said?: string): Promise<string | undefined> {
  return pause(100, said)
}

test('the oldest of each caller counts, until it is sent or given up', async (t) => {
  const age = new QueueAge()
  const [a, b, c] = [{}, {}, {}]
  t.equal(age.oldestMs('crm', 100), 0)
  age.enter('crm', a, 100)
  age.enter('crm', b, 200)
  age.enter('web', c, 250)
  t.same([age.oldestMs('crm', 300), age.oldestMs('web', 300), age.oldestMs('erp', 300)], [200, 50, 0])
  age.leave('crm', a)
  age.leave('crm', a)
  t.equal(age.oldestMs('crm', 300), 100)
  age.leave('crm', b)
  age.leave('web', c)
  t.same([age.oldestMs('crm', 300), age.oldestMs('web', 300)], [0, 0])
})

test('a caller whose oldest request waits too long is refused early, others are not', async (t) => {
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
  const first = ask('other', 1)
  await until('the only place is taken', () => held.length === 1)
  const waiting = [ask('slow', 2)]

  const refused = await until('a refusal', async () => {
    const asked = ask('slow', 3)
    const answer = await Promise.race([asked, soon()])
    if (typeof answer !== 'object') waiting.push(asked)
    return typeof answer === 'object' && answer
  })
  t.equal(refused.status, 503)
  t.match(refused.body, {
    code: 'overloaded',
    detail: /^\d+ updates are waiting for VICIdial; those of this caller do not get their turn in time\.$/
  })
  t.match(refused.headers.get('retry-after'), /^\d+$/)
  t.ok(waiting.length < 20)

  // Another caller, whose own request was sent, still gets in line.
  const others = ask('other', 4)
  const isIn = await Promise.race([others, soon('in line')])
  t.equal(isIn, 'in line')
  for (const { status } of await Promise.all([first, ...waiting, others]))
    t.ok([503, 504].includes(status), String(status))

  // What was given up unsent waits no more.
  const later = await ask('slow', 5)
  t.ok(['upstream_timeout', 'upstream_unavailable'].includes(later.body.code), later.body.code)
})

test('the oldest of all is that of whichever caller has waited longest', (t) => {
  const age = new QueueAge()
  t.equal(age.oldestOfAllMs(100), 0)
  const [first, second] = [{}, {}]
  age.enter('web', first, 20)
  age.enter('crm', second, 10)
  t.equal(age.oldestOfAllMs(100), 90)
  age.leave('crm', second)
  t.equal(age.oldestOfAllMs(100), 80)
  t.end()
})
