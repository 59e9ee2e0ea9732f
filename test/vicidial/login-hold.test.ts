import fc from 'fast-check'
import { test } from 'tap'
import { generateFixture } from '../../src/tools/sandbox/database/generate-fixture.ts'
import { Login } from '../../src/tools/sandbox/api/login.ts'
import { LoginHold } from '../../src/vicidial/login-hold.ts'

const START = Date.UTC(2026, 0, 1)
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** A time in which the password is wrong, and how many calls were in flight when it began. */
const outage = fc.record({
  after: fc.integer({ min: 0, max: 40 * MINUTE_MS }),
  inFlight: fc.integer({ min: 1, max: 8 }),
  lasts: fc.oneof(fc.integer({ min: 1, max: 40 * MINUTE_MS }), fc.constant(DAY_MS))
})

/** VICIdial's login, and the gateway behind its hold; `refusals` are those that VICIdial counted. */
function simulate() {
  const clock = { now: START }
  const login = new Login(generateFixture(1).users, () => clock.now)
  const hold = new LoginHold()
  const refusals: number[] = []
  const attempt = (pass: string, isProbe = false) => {
    const answer = login.attempt('api', pass)
    if (answer === 'LOCK') throw new Error(`locked after ${refusals.length} refusals`)
    if (answer !== 'BAD') {
      hold.accepted()
      return
    }
    refusals.push(clock.now)
    hold.refused('login_refused', clock.now, isProbe)
  }
  return { clock, hold, refusals, attempt }
}

test('however often and long the password is wrong, probing never locks the account', async (t) => {
  const never = fc.property(fc.array(outage, { maxLength: 6 }), fc.nat(5_000), (outages, late) => {
    const { clock, hold, attempt } = simulate()
    for (const { after, inFlight, lasts } of outages) {
      attempt('s3cret')
      clock.now += after
      const end = clock.now + lasts
      for (let call = 0; call < inFlight; call++) attempt('wrong')
      while (clock.now < end) {
        clock.now = Math.max(clock.now, hold.nextProbeAt) + late
        attempt(clock.now < end ? 'wrong' : 's3cret', true)
      }
    }
    attempt('s3cret')
  })
  t.doesNotThrow(() => fc.assert(never, { numRuns: 300 }))
})

test('probes of a login that stays wrong come a minute apart or more, at most eight in 16 minutes', async (t) => {
  const { clock, hold, refusals, attempt } = simulate()
  while (clock.now < START + DAY_MS) {
    attempt('wrong', true)
    clock.now = hold.nextProbeAt
  }
  const pauses = (apart: number) => refusals.slice(apart).map((at, index) => at - (refusals[index] ?? 0))
  t.ok(Math.min(...pauses(1)) >= MINUTE_MS)
  t.ok(Math.min(...pauses(8)) >= 16 * MINUTE_MS)
  t.ok(refusals.length >= (DAY_MS / (16 * MINUTE_MS)) * 7, `${refusals.length} probes in a day`)
})

test('however often the password is changed to a wrong one, the account is never locked', async (t) => {
  const { clock, hold, attempt } = simulate()
  const pause = fc.integer({ min: 0, max: 3 * MINUTE_MS })
  const never = fc.property(fc.array(pause, { maxLength: 60 }), (pauses) => {
    for (const ms of pauses) {
      clock.now += ms
      hold.changed(clock.now)
      if (hold.nextProbeAt <= clock.now) attempt('wrong', true)
    }
  })
  t.doesNotThrow(() => fc.assert(never, { numRuns: 100 }))
})

test('the first refusal after a good login is probed at once, and once only', async (t) => {
  const hold = new LoginHold()
  hold.accepted()
  hold.refused('login_refused', START, false)
  t.equal(hold.nextProbeAt, START, 'at once')
  hold.refused('login_refused', START + 5, false)
  t.equal(hold.nextProbeAt, START, 'a call that was in flight puts the probe off no further')
  hold.refused('login_refused', START + 10, true)
  t.equal(hold.nextProbeAt, START + 10 + MINUTE_MS)
  hold.refused('login_refused', START + 20, false)
  t.equal(hold.nextProbeAt, START + 10 + MINUTE_MS)

  const locked = new LoginHold()
  locked.accepted()
  locked.refused('locked_out', START, false)
  t.equal(locked.nextProbeAt, START + MINUTE_MS, 'a lock-out is never probed at once')
})

test('an accepted login ends the hold', async (t) => {
  const hold = new LoginHold()
  t.equal(hold.state, undefined)
  hold.refused('locked_out', START, false)
  t.equal(hold.state, 'locked_out')
  t.equal(hold.nextProbeAt, START + MINUTE_MS)
  hold.accepted()
  t.equal(hold.state, undefined)
})
