import { test } from 'tap'
import { battlefield, type Strengths } from './attacks.ts'

/** Weaker and shorter than the attacks of `npm run test:attack`, and several at once. */
const ATTACKS: Readonly<Record<string, Partial<Strengths>>> = {
  connections: { slow_headers: 300, slow_bodies: 300, idle: 1_000, slow_readers: 100, held_bodies: 60 },
  requests: {
    large_bodies: 2,
    deep_json: 10,
    key_guessing: 300,
    long_signatures: 50,
    unread_bodies: 5,
    invalid_json: 100,
    form_pairs: 5
  }
}
const MEASURED_MS = 400
/** Far more than a request waits on the busiest machine; `npm run test:attack` says how much longer it takes. */
const FAR_MS = 60_000
/** More than the bodies that may be in memory and garbage take on the busiest machine; 60 bodies of 8 MB would take more. */
const MAX_MORE_MEMORY = 350

test('a caller is served as usual while others attack', { skip: process.platform !== 'linux' }, async (t) => {
  const { measure, under } = await battlefield(t, { RECEIVE_TIMEOUT_MS: '3000' })
  const rest = await measure(MEASURED_MS)
  t.equal(rest.refused, 0)
  for (const [attack, strengths] of Object.entries(ATTACKS)) {
    const attacked = await under(strengths, MEASURED_MS)
    t.equal(attacked.refused, 0, attack)
    t.ok(attacked.p99 < FAR_MS, `${attack}: p99 ${attacked.p99 | 0} ms, alone ${rest.p99 | 0} ms`)
    t.ok(
      attacked.memory < rest.memory + MAX_MORE_MEMORY,
      `${attack}: ${attacked.memory} MB, at first ${rest.memory}`
    )
  }
})
