import { test } from 'tap'
import { type Attack, battlefield, type Measured, type Strengths } from './attacks.ts'

/** Weaker and shorter than those of `npm run test:attack`. */
const STRENGTHS: Strengths = {
  slow_headers: 300,
  slow_bodies: 300,
  idle: 1_000,
  large_bodies: 2,
  deep_json: 10,
  key_guessing: 500
}
const MEASURED_MS = 800
const MAX_FACTOR = 3
/** On a busy machine a process waits so long now and then, whatever it does. */
const UNNOTICED_MS = 50
/** More than comes and goes with the bodies that are read just now. */
const MAX_MORE_MEMORY = 100

test(
  'a caller is served as before while others attack',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const { measure, under } = await battlefield(t, { RECEIVE_TIMEOUT_MS: '3000' })
    const rest = await measure(MEASURED_MS)
    t.equal(rest.refused, 0)
    const isServed = (alone: Measured, attacked: Measured) =>
      attacked.p99 < MAX_FACTOR * Math.max(alone.p99, UNNOTICED_MS)
    let alone = rest
    for (const [attack, strength] of Object.entries(STRENGTHS) as [Attack, number][]) {
      let attacked = await under(attack, strength, MEASURED_MS)
      if (!isServed(alone, attacked)) {
        // Perhaps it is the machine that has become slower.
        alone = await measure(MEASURED_MS)
        attacked = await under(attack, strength, MEASURED_MS)
      }
      t.equal(attacked.refused, 0, attack)
      t.ok(isServed(alone, attacked), `${attack}: p99 ${attacked.p99 | 0} ms, alone ${alone.p99 | 0} ms`)
      t.ok(
        attacked.memory < rest.memory + MAX_MORE_MEMORY,
        `${attack}: ${attacked.memory} MB, at first ${rest.memory}`
      )
    }
  }
)
