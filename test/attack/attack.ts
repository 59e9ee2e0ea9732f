import { test } from 'tap'
import { type Attack, battlefield, type Measured, type Strengths } from './attacks.ts'

/** `npm run test:attack`: how a caller fares while others attack, each attack against the same time without it. */
const STRENGTHS: Strengths = {
  slow_headers: 2_000,
  slow_bodies: 2_000,
  idle: 10_000,
  large_bodies: 4,
  deep_json: 20,
  key_guessing: 1_000
}
const MEASURED_MS = 10_000
const MAX_FACTOR = 3

function figures({ p50, p99, refused, memory, cpu }: Measured): string {
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${refused} refused, ${memory} MB, ${cpu.toFixed(2)} of a core`
}

test('a caller is served as before while others attack', async (t) => {
  const { measure, under } = await battlefield(t)
  await measure(MEASURED_MS)
  for (const [attack, strength] of Object.entries(STRENGTHS) as [Attack, number][]) {
    const normal = await measure(MEASURED_MS)
    const attacked = await under(attack, strength, MEASURED_MS)
    t.comment(`${attack} (${strength})`)
    t.comment(`  alone:    ${figures(normal)}`)
    t.comment(`  attacked: ${figures(attacked)}`)
    t.equal(attacked.refused, 0, `${attack}: nothing is refused`)
    t.ok(attacked.p99 < MAX_FACTOR * normal.p99, `${attack}: p99 is less than three times as long`)
  }
})
