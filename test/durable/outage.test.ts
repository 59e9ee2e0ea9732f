import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { dataDir } from '../helper.ts'
import { openGate } from './gate.ts'
import { emptied, get, settings, start } from './gateway.ts'
import { Senders } from './senders.ts'
import { until } from '../until.ts'

/** How long VICIdial is away. Two minutes by hand: `OUTAGE_MS=120000 OUTAGE_EVERY_MS=100 TAP_TIMEOUT=600 node test/durable/outage.test.ts` */
const OUTAGE_MS = Number(process.env['OUTAGE_MS'] ?? 5_000)
/** Tries are used up in much less than that. */
const RETRY_FOR_MS = 2_000
const BESIDE_MS = 500
/** A sender sends about so often. */
const EVERY_MS = Number(process.env['OUTAGE_EVERY_MS'] ?? 250)

test(`VICIdial is down for ${OUTAGE_MS} ms under load: nothing is lost, order is kept`, async (t) => {
  const sandbox = await startSandbox({ callMs: 2, leadUs: 50 })
  t.teardown(() => sandbox.close())
  const { port, pathname } = {
    port: Number(new URL(sandbox.url).port),
    pathname: new URL(sandbox.url).pathname
  }
  const gate = await openGate(t, port)
  const server = await start(t, {
    ...settings(`http://127.0.0.1:${gate.port}${pathname}`, dataDir(t)),
    VICIDIAL_TIMEOUT_MS: '20000',
    RETRY_FIRST_PAUSE_MS: '50',
    RETRY_LONGEST_PAUSE_MS: '200',
    RETRY_FOR_MS: String(RETRY_FOR_MS)
  })
  const senders = new Senders({ senders: 10, leadsPerSender: 10, onAnswer: () => pause(EVERY_MS) })
  const ending = new AbortController()
  const sending = senders.send(server.origin, ending.signal)

  await pause(BESIDE_MS)
  await gate.shut()
  await server.line('vicidial is now unreachable')
  const acceptedBefore = senders.accepted
  await pause(OUTAGE_MS)
  const { status, vicidial, outbox } = await get(server.origin, '/readyz')
  t.match({ status, vicidial }, { status: 'ready', vicidial: { state: 'unreachable' } })
  t.ok(
    await until('an update is accepted meanwhile', () => senders.accepted > acceptedBefore),
    'updates are accepted meanwhile'
  )
  t.comment(`${outbox.waiting} updates wait`)
  await gate.open()
  const reopened = performance.now()
  await until('VICIdial is reachable', async () => {
    return (await get(server.origin, '/readyz')).vicidial.state === 'reachable'
  })
  await pause(BESIDE_MS)
  ending.abort()
  await sending

  const dead = await emptied(server.origin)
  t.comment(
    `${senders.accepted} requests, ${senders.updates} updates, ${sandbox.calls().length} calls,`,
    `empty ${Math.round(performance.now() - reopened)} ms after VICIdial was back`
  )
  t.equal(dead, 0, 'no tries are used up while the circuit is open')
  await senders.assertDelivered(server.origin)
  senders.assertOrder(sandbox.calls())
  senders.assertHeld(sandbox)
})
