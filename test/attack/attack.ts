import { test } from 'tap'
import { type Attack, battlefield, type Measured, type Strengths } from './attacks.ts'

/**
 * `npm run test:attack`: how a caller fares while others attack, or `npm run test:attack -- deep_json`. Each attack is tried in several rounds, each beside a
 * round without it, and the medians are compared: a single p99 of some milliseconds varies more than the attacks do.
 */
const STRENGTHS: Strengths = {
  slow_headers: 2_000,
  slow_bodies: 2_000,
  idle: 10_000,
  slow_readers: 500,
  held_bodies: 150,
  large_bodies: 4,
  deep_json: 20,
  key_guessing: 1_000,
  long_signatures: 200,
  unread_bodies: 10,
  invalid_json: 700,
  form_pairs: 20
}
const CHOSEN = process.argv.slice(2)
const ROUNDS = 5
const MEASURED_MS = 4_000
/** Time for an ended attack's connections to close. */
const SETTLING_MS = 1_000
const MAX_FACTOR = 5

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function figures(rounds: readonly Measured[]): string {
  const of = (what: keyof Measured) => median(rounds.map((round) => round[what]))
  const p99s = rounds.map((round) => round.p99.toFixed(1)).join(' ')
  return `p50 ${of('p50').toFixed(1)} ms, p99 ${of('p99').toFixed(1)} ms (${p99s}), ${of('memory')} MB, ${of('cpu').toFixed(2)} of a core`
}

test('a caller is served as usual while others attack', async (t) => {
  const { measure, under } = await battlefield(t)
  await measure(MEASURED_MS)
  for (const [attack, strength] of Object.entries(STRENGTHS) as [Attack, number][]) {
    if (CHOSEN.length > 0 && !CHOSEN.includes(attack)) continue
    const alone: Measured[] = []
    const attacked: Measured[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await measure(SETTLING_MS)
      alone.push(await measure(MEASURED_MS))
      attacked.push(await under({ [attack]: strength }, MEASURED_MS))
    }
    t.comment(`${attack} (${strength})`)
    t.comment(`  alone:    ${figures(alone)}`)
    t.comment(`  attacked: ${figures(attacked)}`)
    t.equal(
      attacked.reduce((refused, round) => refused + round.refused + round.shed, 0),
      0,
      `${attack}: nothing is refused`
    )
    const p99 = (rounds: readonly Measured[]) => median(rounds.map((round) => round.p99))
    t.ok(p99(attacked) <= MAX_FACTOR * p99(alone), `${attack}: p99 is at most five times as long`)
  }
})
