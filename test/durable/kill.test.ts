import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import type { FaultName } from '../../src/tools/sandbox/server/faults.ts'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { run } from '../gateway/gateway-process.ts'
import { dataDir } from '../helper.ts'
import { emptied, get, kill, settings, start } from './gateway.ts'
import { Senders } from './senders.ts'
import { until } from '../until.ts'

/** `npm run test:kill` runs 100 rounds of up to 150 answers. */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 2)
/** The process is killed after so many answers of a round at most, and so many milliseconds more. */
const MOST_ANSWERS = Number(process.env['KILL_ANSWERS'] ?? 60)
const MOST_MS = 30
/** Now and then it is killed before it is ready. */
const MOST_START_MS = 500
/** A round begins with so few updates left of those before: else the last one would take very long. */
const MOST_WAITING = 300
/** What may be wrong with VICIdial meanwhile: with and without the update being made. */
const FAULTS: readonly FaultName[] = [
  'reset_before',
  'reset_after',
  '500',
  '500_after_success',
  'truncate',
  'hang_after'
]

function below(limit: number): number {
  return Math.floor(Math.random() * limit)
}

test(`kill -9 at any moment, ${ROUNDS} times: every accepted update is delivered, in order`, async (t) => {
  const sandbox = await startSandbox({ callMs: 2, leadUs: 50 })
  t.teardown(() => sandbox.close())
  const env = {
    ...settings(sandbox.url, dataDir(t)),
    VICIDIAL_TIMEOUT_MS: '400',
    RETRY_FIRST_PAUSE_MS: '50',
    RETRY_LONGEST_PAUSE_MS: '400'
  }
  let answers = 0
  let killAt = Promise.withResolvers<void>()
  const senders = new Senders({
    senders: 6,
    leadsPerSender: 4,
    onAnswer: () => {
      if (--answers === 0) killAt.resolve()
      if (below(20) === 0) sandbox.fail(FAULTS[below(FAULTS.length)] ?? '500', { calls: 1 + below(3) })
    }
  })

  for (let round = 1; round <= ROUNDS; round++) {
    if (round % 5 === 0) {
      const early = run(t, env)
      await pause(below(MOST_START_MS))
      await kill(early)
    }
    const server = await start(t, env)
    await until('most are delivered', async () => {
      return (await get(server.origin, '/readyz')).outbox.waiting < MOST_WAITING
    })
    answers = 1 + below(MOST_ANSWERS)
    killAt = Promise.withResolvers()
    const stopped = senders.send(server.origin, new AbortController().signal)
    const broken = stopped.then(() => {
      throw new Error('the connections broke before the kill')
    })
    await Promise.race([killAt.promise, broken])
    await pause(below(MOST_MS))
    await kill(server)
    await stopped
  }

  sandbox.fail('500', { calls: 0 })
  const server = await start(t, env)
  const dead = await emptied(server.origin)
  t.comment(`${senders.accepted} requests, ${senders.updates} updates, ${sandbox.calls().length} calls`)
  t.equal(dead, 0)
  await senders.assertDelivered(server.origin)
  senders.assertOrder(sandbox.calls())
  senders.assertHeld(sandbox)
  t.equal(server.stderr(), '')
})
