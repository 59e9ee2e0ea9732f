import { test } from 'tap'
import type { AttackName } from './attacks.ts'
import { attack, startAttackable } from './run.ts'

/** `npm run test:cluster`: how often each attack happens. `CLUSTER_ATTACKS` multiplies it. */
const TIMES: Readonly<Record<AttackName, number>> = {
  'kill -9 of the owner': 30,
  'kill -9 of another': 10,
  'SIGSTOP and SIGCONT': 10,
  'cut off from the database': 10,
  'clean stop of the owner': 10,
  'rolling restart of all': 5,
  'rolling upgrade of all': 1,
  'database restarted': 2,
  'database read-only': 2,
  'standby promoted': 1
}
/** The longest time without a call, in milliseconds, on a machine with nothing else to do. */
const LIMITS: Partial<Record<AttackName, number>> = {
  'kill -9 of the owner': 7_000,
  'clean stop of the owner': 2_000,
  'rolling restart of all': 2_000,
  'rolling upgrade of all': 2_000,
  'standby promoted': 3_000
}
const SENDERS = 16
const SHARE = Number(process.env['CLUSTER_ATTACKS'] ?? 1)

/** Every attack in a random order; the standby takes over last, as there is one only. */
function plan(): AttackName[] {
  const all = (Object.entries(TIMES) as [AttackName, number][]).flatMap(([name, times]) =>
    Array.from({ length: Math.ceil(times * SHARE) }, () => ({ name, at: Math.random() }))
  )
  const last = (name: AttackName) => (name === 'standby promoted' ? 1 : 0)
  return all.toSorted((a, b) => last(a.name) - last(b.name) || a.at - b.at).map(({ name }) => name)
}

test('a cluster under attack loses nothing that was acknowledged, and sets nothing older after it', async (t) => {
  const pauses = await attack(t, await startAttackable(t), plan(), SENDERS)
  for (const [name, found] of pauses) {
    const sorted = found.toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0
    const longest = sorted.at(-1) ?? 0
    t.comment(`${name}, ${found.length} times: ${median} ms without a call, ${longest} at most`)
    const limit = LIMITS[name]
    if (limit !== undefined) t.ok(longest <= limit, `${name}: at most ${limit} ms without a call`)
  }
})
