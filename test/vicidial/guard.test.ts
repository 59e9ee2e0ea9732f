import { test } from 'tap'
import { Guard, type GuardOptions } from '../../src/vicidial/guard.ts'

const START = Date.parse('2026-01-02T03:04:05.000Z')

/** A guard with a clock that the test moves. */
function guarded(options: Partial<GuardOptions> = {}) {
  let nowMs = START
  const guard = new Guard({ maxConcurrency: 2, maxCallsPerSecond: 0, now: () => nowMs, ...options })
  return {
    guard,
    pass: (ms: number) => {
      nowMs += ms
    }
  }
}

/** A call that lasts until it is told to end. */
function held() {
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return { ended, end }
}

test('never are more calls in flight than allowed, and they start in the order in which they came', async (t) => {
  const { guard } = guarded({ maxConcurrency: 3 })
  guard.note('reachable')
  const calls = Array.from({ length: 10 }, held)
  const started: number[] = []
  let inFlight = 0
  let most = 0
  const runs = calls.map((call, n) =>
    guard.run(async () => {
      started.push(n)
      most = Math.max(most, ++inFlight)
      await call.ended
      inFlight--
      return n
    })
  )
  for (const call of [...calls.slice(2, 3), ...calls.slice(0, 2), ...calls.slice(3)]) {
    call.end()
    await new Promise(setImmediate)
  }
  t.strictSame(await Promise.all(runs), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.strictSame(started, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.equal(most, 3)
})

test('until a call has shown that the login is good, one call is in flight at a time', async (t) => {
  const { guard, pass } = guarded({ maxConcurrency: 3 })
  const running = async () => {
    const calls = Array.from({ length: 4 }, held)
    let inFlight = 0
    const runs = calls.map((call) =>
      guard.run(async () => {
        inFlight++
        await call.ended
      })
    )
    await new Promise(setImmediate)
    const first = inFlight
    for (const call of calls) call.end()
    await Promise.all(runs)
    return first
  }
  t.equal(await running(), 1)
  guard.note('unreachable')
  t.equal(await running(), 1)
  guard.note('reachable')
  t.equal(await running(), 3)
  guard.note('login_refused')
  t.equal(await running(), 1)
  pass(60_000)
  guard.note('reachable')
  t.equal(await running(), 3)
})

test('a call that fails fails alone, and frees its place', async (t) => {
  const { guard } = guarded({ maxConcurrency: 1 })
  const failed = guard.run(async () => {
    throw new Error('broken')
  })
  const next = guard.run(async () => 'next')
  await t.rejects(failed, new Error('broken'))
  t.equal(await next, 'next')
})

test('no more calls start in a second than allowed', async (t) => {
  const { guard } = guarded({ maxConcurrency: 10, maxCallsPerSecond: 3 })
  guard.note('reachable')
  const started: number[] = []
  const runs = Array.from({ length: 4 }, () => guard.run(async () => started.push(performance.now())))
  await Promise.all(runs)
  const [first = 0, , third = 0, fourth = 0] = started
  t.ok(third - first < 500, 'three start at once')
  t.ok(fourth - first > 900, 'the fourth a second later')
})

test('without a rate all calls start at once', async (t) => {
  const { guard } = guarded({ maxConcurrency: 64, maxCallsPerSecond: 0 })
  const started = performance.now()
  await Promise.all(Array.from({ length: 1_000 }, () => guard.run(async () => undefined)))
  t.ok(performance.now() - started < 1_000)
})

test('nothing is known of VICIdial before the first call, and then each change with its time', async (t) => {
  const { guard, pass } = guarded()
  t.strictSame(guard.state, { state: 'unknown' })
  t.equal(guard.refusal(), undefined)
  t.equal(guard.holdMs(), 0)
  t.equal(guard.note('reachable'), true)
  t.strictSame(guard.state, { state: 'reachable', since: '2026-01-02T03:04:05.000Z' })
  pass(1_000)
  t.equal(guard.note('reachable'), false)
  t.strictSame(guard.state, { state: 'reachable', since: '2026-01-02T03:04:05.000Z' })
  t.equal(guard.note('unreachable'), true)
  t.strictSame(guard.state, { state: 'unreachable', since: '2026-01-02T03:04:06.000Z' })
  t.equal(guard.refusal(), undefined, 'a VICIdial that is down is tried again')
})

test('after a refused login all calls are refused for a minute, and then one is let through', async (t) => {
  for (const [health, code] of [
    ['login_refused', 'upstream_login_failed'],
    ['locked_out', 'upstream_locked_out']
  ] as const) {
    const { guard, pass } = guarded()
    t.equal(guard.note(health), true)
    t.strictSame(guard.state, { state: health, since: '2026-01-02T03:04:05.000Z' })
    t.strictSame([guard.refusal(), guard.holdMs()], [code, 60_000])
    pass(59_999)
    t.strictSame([guard.refusal(), guard.refusal(), guard.holdMs()], [code, code, 1])
    pass(1)
    t.strictSame(
      [guard.refusal(), guard.refusal(), guard.refusal()],
      [undefined, code, code],
      'the first may try'
    )
    t.equal(guard.holdMs(), 60_000)
  }
})

test('a login that is taken ends the hold for all', async (t) => {
  const { guard, pass } = guarded()
  guard.note('login_refused')
  pass(60_000)
  t.equal(guard.refusal(), undefined)
  t.equal(guard.note('reachable'), true)
  t.strictSame([guard.refusal(), guard.refusal(), guard.holdMs()], [undefined, undefined, 0])
})

test('a login that is refused again holds for another minute', async (t) => {
  const { guard, pass } = guarded()
  guard.note('login_refused')
  pass(60_000)
  t.equal(guard.refusal(), undefined)
  pass(500)
  t.equal(guard.note('locked_out'), true)
  pass(59_999)
  t.equal(guard.refusal(), 'upstream_locked_out')
  pass(1)
  t.equal(guard.refusal(), undefined)
})

test('in a day of calls with a wrong password no more than one a minute is sent', async (t) => {
  const { guard, pass } = guarded()
  let sent = 0
  for (let second = 0; second < 24 * 60 * 60; second++) {
    for (let n = 0; n < 3; n++) {
      if (guard.refusal() !== undefined) continue
      sent++
      guard.note('login_refused')
    }
    pass(1_000)
  }
  t.equal(sent, 24 * 60)
})

test('a connection that breaks while a login is held does not end the hold', async (t) => {
  const { guard, pass } = guarded()
  guard.note('login_refused')
  t.equal(guard.note('unreachable'), false)
  t.equal(guard.refusal(), 'upstream_login_failed')
  pass(60_000)
  t.equal(guard.refusal(), undefined)
  t.equal(guard.note('unreachable'), false, 'the one that was let through broke')
  t.equal(guard.refusal(), 'upstream_login_failed')
  t.equal(guard.state.state, 'login_refused')
})

test('the hold may be set otherwise', async (t) => {
  const { guard, pass } = guarded({ loginHoldMs: 250 })
  guard.note('login_refused')
  pass(249)
  t.equal(guard.refusal(), 'upstream_login_failed')
  pass(1)
  t.equal(guard.refusal(), undefined)
})
