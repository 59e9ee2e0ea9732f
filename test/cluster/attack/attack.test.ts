import { test } from 'tap'
import { repeatAcrossAKill } from './repeats.ts'
import { attack, startAttackable } from './run.ts'

const SENDERS = 5

/** `npm run test:cluster` has the whole of it. */
test('a cluster under attack loses nothing that was acknowledged, and keeps the order of updates', async (t) => {
  const cluster = await startAttackable(t)
  const plan = ['kill -9 of the owner', 'rolling upgrade of all', 'SIGSTOP and SIGCONT'] as const
  await attack(t, cluster, plan, SENDERS)
  for (const isStored of [true, false]) {
    const name = isStored ? 'a stored request' : 'a synchronous request'
    await repeatAcrossAKill(cluster, name, isStored)
    t.pass(`${name} sent to two gateways at once, one of them killed, has one effect and one answer`)
  }
})
