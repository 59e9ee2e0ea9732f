import { mock } from 'node:test'
import fc from 'fast-check'
import { test } from 'tap'
import { Guard, type GuardOptions, type UpstreamState } from '../../src/vicidial/guard.ts'
import type { Health } from '../../src/vicidial/call-reply.ts'
import { LoginHold } from '../../src/vicidial/login-hold.ts'
import type { Tester } from '../helper.ts'
import { settled, stoppedClock } from '../stopped-clock.ts'

const START = Date.parse('2026-01-02T03:04:05.000Z')
const LONG_MS = 600_000
const MINUTE_MS = 60_000
/** VICIdial counts refused logins for 15 minutes, and locks the account at the tenth. */
const LOCK_WINDOW_MS = 15 * MINUTE_MS
const LOCK_AT = 10

interface ProbeReplies {
  version?: Health
  login?: Health
}

/** A guard whose probes show `answers`, which may be changed; `probed` is when each was made. */
function guarded(t: Tester, answers: ProbeReplies = {}, options: Partial<GuardOptions> = {}) {
  const states: UpstreamState[] = []
  const probed: { readonly kind: string; readonly at: number }[] = []
  const onChange = (state: UpstreamState) => void states.push(state)
  const probes = {
    version: async () => {
      probed.push({ kind: 'version', at: Date.now() })
      return answers.version
    },
    login: async () => {
      probed.push({ kind: 'login', at: Date.now() })
      return answers.login
    }
  }
  const guard = new Guard({ maxConcurrency: 2, maxCallsPerSecond: 0, probes, onChange, ...options })
  t.teardown(() => {
    guard.close()
  })
  const run = <Reply>(call: () => Promise<Reply>, health: Health) =>
    guard.run(call, () => health, Date.now() + LONG_MS)
  /** Makes a call that shows `health`. */
  const show = (health: Health) => run(async () => 'reply', health)
  return { guard, states, probed, run, show }
}

/** A call that lasts until `end` is called. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { ended: promise, end: resolve }
}

test('no more calls are in flight than allowed, and they start in order of arrival', async (t) => {
  const { run, show } = guarded(t, {}, { maxConcurrency: 3 })
  await show('good')
  const calls = Array.from({ length: 10 }, held)
  const started: number[] = []
  let inFlight = 0
  let most = 0
  const runs = calls.map((call, n) =>
    run(async () => {
      started.push(n)
      most = Math.max(most, ++inFlight)
      await call.ended
      inFlight--
      return n
    }, 'good')
  )
  for (const call of [...calls.slice(2, 3), ...calls.slice(0, 2), ...calls.slice(3)]) {
    call.end()
    await settled()
  }
  t.strictSame(await Promise.all(runs), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.strictSame(started, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.equal(most, 3)
})

test('until a call has shown that the login is good, one call is in flight at a time', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { show, run } = guarded(t, { login: 'good' }, { maxConcurrency: 3 })
  const atOnce = async () => {
    const calls = Array.from({ length: 4 }, held)
    let inFlight = 0
    const runs = calls.map((call) =>
      run(async () => {
        inFlight++
        await call.ended
      }, undefined)
    )
    await settled()
    const first = inFlight
    for (const call of calls) call.end()
    await Promise.all(runs)
    return first
  }
  t.equal(await atOnce(), 1)
  await show('failed')
  await show('alive')
  t.equal(await atOnce(), 1, 'an answer that needed no login shows nothing')
  await show('good')
  t.equal(await atOnce(), 3)
  await show('login_refused')
  await pass(MINUTE_MS)
  t.equal(await atOnce(), 3)
})

test('a call that fails affects no other, and frees its place', async (t) => {
  const { run } = guarded(t, {}, { maxConcurrency: 1 })
  const failed = run(async () => {
    throw new Error('broken')
  }, 'good')
  const next = run(async () => 'next', 'good')
  await t.rejects(failed, new Error('broken'))
  t.equal(await next, 'next')
})

test('no more calls start in a second than allowed', async (t) => {
  const { run, show } = guarded(t, {}, { maxConcurrency: 10, maxCallsPerSecond: 3 })
  const { pass } = stoppedClock(t, START)
  let started = 1
  await show('good')
  for (let n = 0; n < 3; n++) void run(async () => started++, 'good')
  await pass(999)
  t.equal(started, 3, 'three start at once')
  await pass(1)
  t.equal(started, 4, 'the fourth a second later')
})

test('without a rate all calls start at once', async (t) => {
  stoppedClock(t, START)
  const { run } = guarded(t, {}, { maxConcurrency: 64 })
  const ended = await Promise.all(Array.from({ length: 1_000 }, () => run(async () => Date.now(), 'good')))
  t.ok(ended.every((now) => now === START))
})

test('a call whose turn does not come before its deadline is not made', async (t) => {
  const { guard, run } = guarded(t, {}, { maxConcurrency: 1 })
  const first = held()
  const running = run(() => first.ended, 'good')
  let made = false
  const late = guard.run(
    async () => {
      made = true
    },
    () => 'good',
    Date.now() + 20
  )
  t.equal(await late, undefined)
  first.end()
  await running
  t.equal(made, false)
})

test('a waiting call is given up at its deadline, and frees nothing for others', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { guard, run } = guarded(t, {}, { maxConcurrency: 1 })
  const first = held()
  const running = run(() => first.ended, 'good')
  const made: string[] = []
  const note = (name: string) => async () => {
    made.push(name)
    return name
  }
  const good = () => 'good' as const
  const late = guard.run(note('late'), good, Date.now() + 100)
  const next = guard.run(note('next'), good, Date.now() + LONG_MS)
  const last = guard.run(note('last'), good, Date.now() + LONG_MS)
  await pass(99)
  const pending = Symbol('pending')
  t.equal(await Promise.race([late, settled().then(() => pending)]), pending)
  await pass(1)
  t.equal(await late, undefined)
  t.strictSame(made, [])
  t.equal(guard.hasPlace(), false)
  first.end()
  await running
  t.strictSame(await Promise.all([next, last]), ['next', 'last'])
  t.strictSame(made, ['next', 'last'])
  await pass(LONG_MS)
  t.equal(guard.hasPlace(), true, 'the deadlines of calls that were made change nothing')
})

test('a place is free again when the only waiting call has given up and the call in flight has ended', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { guard, run } = guarded(t, {}, { maxConcurrency: 1 })
  const first = held()
  const running = run(() => first.ended, 'good')
  const late = guard.run(
    async () => t.fail('made after its deadline'),
    () => 'good',
    Date.now() + 10
  )
  await pass(10)
  t.equal(await late, undefined)
  first.end()
  await running
  t.equal(guard.hasPlace(), true)
})

test('calls over the rate wait, start first come, first served, and never more than allowed in any second', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { guard, run, show } = guarded(t, {}, { maxConcurrency: 10, maxCallsPerSecond: 3 })
  await show('good')
  await pass(900)
  const started: { readonly n: number; readonly at: number }[] = []
  const runs = Array.from({ length: 7 }, (_, n) =>
    run(async () => void started.push({ n, at: Date.now() - START }), 'good')
  )
  t.equal(guard.hasPlace(), false)
  await pass(4_000, 10)
  await Promise.all(runs)
  t.strictSame(started, [
    { n: 0, at: 900 },
    { n: 1, at: 900 },
    { n: 2, at: 1_000 },
    { n: 3, at: 1_900 },
    { n: 4, at: 1_900 },
    { n: 5, at: 2_000 },
    { n: 6, at: 2_900 }
  ])
})

test('a new call does not overtake one that waits for the rate', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { run, show } = guarded(t, {}, { maxConcurrency: 10, maxCallsPerSecond: 1 })
  await show('good')
  const order: string[] = []
  const first = run(async () => void order.push('first'), 'good')
  // The clock moves on before the timer has fired.
  mock.timers.setTime(START + 1_000)
  const second = run(async () => void order.push('second'), 'good')
  await pass(2_000, 1)
  await Promise.all([first, second])
  t.strictSame(order, ['first', 'second'])
})

test('listeners are told when the rate allows a call, even if the call that waited for it was given up', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { guard, show } = guarded(t, {}, { maxConcurrency: 10, maxCallsPerSecond: 1 })
  await show('good')
  const late = guard.run(
    async () => t.fail('made after its deadline'),
    () => 'good',
    Date.now() + 500
  )
  await pass(500)
  t.equal(await late, undefined)
  const places: [at: number, hasPlace: boolean][] = []
  guard.onPlace(() => void places.push([Date.now() - START, guard.hasPlace()]))
  await pass(2_000, 100)
  t.strictSame(places, [[1_000, true]])
})

test('calls that wait when VICIdial may no longer be called are refused at once', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { guard, run, show } = guarded(t, {}, { maxConcurrency: 2, maxCallsPerSecond: 1 })
  await show('good')
  await pass(1_000)
  const call = held()
  const refused = run(() => call.ended, 'login_refused')
  const waiting = [1, 2, 3].map(() => run(async () => t.fail('made while the login is held'), 'good'))
  call.end()
  await refused
  for (const reply of await Promise.all(waiting)) t.strictSame(reply, guard.refusal())
  t.match(guard.refusal(), { code: 'upstream_login_failed' })
})

test('a listener is not lost when another one listens', async (t) => {
  const { guard, show } = guarded(t)
  const heard: string[] = []
  guard.onPlace(() => void heard.push('first'))
  guard.onPlace(() => void heard.push('second'))
  await show('good')
  t.strictSame(heard, ['first', 'second'])
})

test('close gives up the calls that wait, lets none start, and leaves no timer', async (t) => {
  const { guard, run, show } = guarded(t, {}, { maxConcurrency: 2, maxCallsPerSecond: 2 })
  await show('good')
  const first = held()
  const running = run(() => first.ended, 'good')
  const waiting = run(async () => t.fail('made after close'), 'good')
  t.equal(guard.hasPlace(), false)
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  guard.close()
  t.equal(await waiting, undefined)
  t.equal(timers(), before - 2, 'the deadline of the waiting call, and the rate')
  first.end()
  await running
  t.equal(await run(async () => t.fail('made after close'), 'good'), undefined)
  t.equal(guard.hasPlace(), false)
  t.equal(timers(), before - 2)
})

test('calls that fail after close schedule no probe', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { guard, probed, run, show } = guarded(t, { version: 'alive' }, { maxConcurrency: 8 })
  await show('good')
  const calls = Array.from({ length: 5 }, held)
  const running = calls.map((call) => run(() => call.ended, 'failed'))
  guard.close()
  for (const call of calls) call.end()
  await Promise.all(running)
  t.equal(guard.state.state, 'unreachable')
  await pass(10_000, 1_000)
  t.strictSame(probed, [])
})

test('a call that was in flight when the circuit opened neither closes it nor delays the probe', async (t) => {
  const { pass } = stoppedClock(t, START)
  const answers: ProbeReplies = { version: 'failed' }
  const { guard, probed, run, show } = guarded(t, answers, { maxConcurrency: 8 })
  await show('good')
  const [answered, broken] = [held(), held()]
  const running = [run(() => answered.ended, 'good'), run(() => broken.ended, 'failed')]
  for (let n = 0; n < 5; n++) await show('failed')
  await pass(900)
  answered.end()
  broken.end()
  await Promise.all(running)
  t.match(guard.refusal(), { code: 'upstream_unavailable' })
  await pass(2_100, 100)
  t.strictSame(
    probed.map(({ at }) => at - START),
    [1_000, 2_000, 3_000]
  )
})

test('there is a place while fewer calls are in flight than allowed, and listeners are told of the next one', async (t) => {
  const { guard, run, show } = guarded(t)
  await show('good')
  const [first, second] = [held(), held()]
  t.equal(guard.hasPlace(), true)
  void run(() => first.ended, 'good')
  t.equal(guard.hasPlace(), true)
  void run(() => second.ended, 'good')
  t.equal(guard.hasPlace(), false)
  const place = new Promise<boolean>((resolve) => {
    guard.onPlace(() => {
      resolve(guard.hasPlace())
    })
  })
  second.end()
  t.equal(await place, true)
  first.end()
})

test("there is no place while this second's calls are used up", async (t) => {
  const { guard, show } = guarded(t, {}, { maxConcurrency: 10, maxCallsPerSecond: 2 })
  await show('good')
  t.equal(guard.hasPlace(), true)
  await show('good')
  t.equal(guard.hasPlace(), false, 'a call that started now would wait for its turn')
})

test('the state is unknown before the first call, and each change is reported once, with its time', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { guard, states, show } = guarded(t, { version: 'failed' })
  t.strictSame(guard.state, { state: 'unknown' })
  t.equal(guard.refusal(), undefined)
  await show('good')
  t.strictSame(guard.state, { state: 'reachable', since: '2026-01-02T03:04:05.000Z' })
  await pass(1_000)
  await show('good')
  t.equal(states.length, 1)
  for (let n = 0; n < 5; n++) await show('failed')
  t.strictSame(guard.state, { state: 'unreachable', since: '2026-01-02T03:04:06.000Z' })
  await pass(10_000, 1_000)
  t.strictSame(states, [
    { state: 'reachable', since: '2026-01-02T03:04:05.000Z' },
    { state: 'unreachable', since: '2026-01-02T03:04:06.000Z' }
  ])
})

test('only failures in a row open the circuit', async (t) => {
  const { guard, states, show } = guarded(t)
  for (const between of ['good', 'alive'] as const) {
    for (let n = 0; n < 4; n++) await show('failed')
    await show(between)
  }
  await show(undefined)
  for (let n = 0; n < 4; n++) await show('failed')
  await show(undefined)
  t.equal(guard.refusal(), undefined)
  t.strictSame(
    states.map(({ state }) => state),
    ['reachable']
  )
  await show('failed')
  t.match(guard.refusal(), { kind: 'refused', code: 'upstream_unavailable' })
})

test('an open circuit refuses all calls, asks for the version each second, and closes when it gets a reply', async (t) => {
  const { pass } = stoppedClock(t, START)
  const answers: ProbeReplies = { version: 'failed' }
  const { guard, states, probed, run, show } = guarded(t, answers)
  let places = 0
  guard.onPlace(() => {
    places++
  })
  await show('good')
  for (let n = 0; n < 5; n++) await show('failed')
  const refused = await run(async () => t.fail('made while the circuit is open'), 'good')
  t.strictSame(refused, guard.refusal())
  await pass(5_000, 250)
  t.strictSame(
    probed,
    [1, 2, 3, 4, 5].map((second) => ({ kind: 'version', at: START + second * 1_000 }))
  )
  t.match(guard.refusal(), { code: 'upstream_unavailable' })

  answers.version = 'alive'
  places = 0
  await pass(1_000)
  t.equal(guard.refusal(), undefined)
  t.ok(places > 0, 'listeners hear of the place')
  t.equal(guard.state.state, 'reachable')
  await pass(10_000, 1_000)
  t.equal(probed.length, 6, 'no more probes')
  t.equal(states.length, 3)
})

test('calls that were in flight when the circuit opened do not keep it open', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { guard, run, show } = guarded(t, { version: 'alive' }, { maxConcurrency: 8 })
  await show('good')
  const late = [held(), held(), held()]
  const running = late.map((call) => run(() => call.ended, 'failed'))
  for (let n = 0; n < 5; n++) await show('failed')
  await pass(900)
  for (const call of late) call.end()
  await Promise.all(running)
  await pass(2_000, 100)
  t.equal(guard.refusal(), undefined)
})

test('after a refused login all calls are refused for a minute, and then the login is probed', async (t) => {
  const { pass } = stoppedClock(t, START)
  for (const [health, code] of [
    ['login_refused', 'upstream_login_failed'],
    ['locked_out', 'upstream_locked_out']
  ] as const) {
    const started = Date.now()
    const { guard, probed, run, show } = guarded(t, { login: 'good' })
    await show(health)
    t.equal(guard.state.state, health)
    t.match(guard.refusal(), { code, detail: /tried again in 60 s/ })
    t.match(await run(async () => t.fail('made while the login is held'), 'good'), { code })
    await pass(MINUTE_MS - 1, 1_000)
    t.match(guard.refusal(), { code, detail: /tried again in 1 s/ })
    t.strictSame(probed, [])
    await pass(1)
    t.strictSame(probed, [{ kind: 'login', at: started + MINUTE_MS }])
    t.equal(guard.refusal(), undefined)
    t.equal(guard.state.state, 'reachable')
  }
})

test('a login that is refused again holds for another minute', async (t) => {
  const { pass } = stoppedClock(t, START)
  const answers: ProbeReplies = { login: 'locked_out' }
  const { guard, states, probed, show } = guarded(t, answers)
  await show('login_refused')
  await pass(MINUTE_MS)
  t.match(guard.refusal(), { code: 'upstream_locked_out' })
  await pass(MINUTE_MS - 1)
  t.equal(probed.length, 1)
  answers.login = 'good'
  await pass(1)
  t.equal(guard.refusal(), undefined)
  t.strictSame(
    states.map(({ state }) => state),
    ['login_refused', 'locked_out', 'reachable']
  )
})

test('the first refusal after a good login is probed at once, and only then the login rests', async (t) => {
  const { pass } = stoppedClock(t, START)
  const answers: ProbeReplies = { login: 'good' }
  const { guard, probed, run, show } = guarded(t, answers, { maxConcurrency: 8 })
  await show('good')
  const late = held()
  const running = run(() => late.ended, 'login_refused')
  await show('login_refused')
  await pass(1)
  t.strictSame(
    probed.map(({ kind }) => kind),
    ['login']
  )
  t.equal(guard.refusal(), undefined, 'its database was away, and is back')
  late.end()
  await running

  answers.login = 'login_refused'
  await show('good')
  probed.length = 0
  await show('login_refused')
  await pass(1)
  await pass(MINUTE_MS - 1)
  t.equal(probed.length, 1, 'refused again')
  t.match(guard.refusal(), { code: 'upstream_login_failed' })
  await pass(1)
  t.equal(probed.length, 2)
})

test('a changed password is tried at once while the login rests, and by one call at a time', async (t) => {
  const { pass } = stoppedClock(t, START)
  const answers: ProbeReplies = { login: 'login_refused' }
  const { guard, probed, run, show } = guarded(t, answers, { maxConcurrency: 8 })
  await show('login_refused')
  answers.login = 'good'
  guard.loginChanged()
  await pass(1)
  t.equal(probed.length, 1)
  t.equal(guard.refusal(), undefined)

  const old = held()
  const oldCall = run(() => old.ended, 'good')
  guard.loginChanged()
  t.equal(guard.hasPlace(), false, 'the call with the old password counts')
  old.end()
  await oldCall
  const first = held()
  const firstCall = run(() => first.ended, 'good')
  t.equal(guard.hasPlace(), false, 'the old call says nothing about the new password')
  first.end()
  await firstCall
  const second = held()
  const secondCall = run(() => second.ended, 'good')
  t.equal(guard.hasPlace(), true)
  second.end()
  await secondCall
})

test('a login probe that cannot have been judged is made again a second later', async (t) => {
  const { pass } = stoppedClock(t, START)
  const answers: ProbeReplies = { login: undefined }
  const { guard, probed, show } = guarded(t, answers)
  await show('good')
  await show('login_refused')
  await pass(3_500, 100)
  t.equal(probed.length, 4)
  answers.login = 'good'
  await pass(1_000, 100)
  t.equal(guard.refusal(), undefined)
})

test('a connection that breaks while a login is held does not end the hold', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { guard, probed, run, show } = guarded(t, { login: 'good' }, { maxConcurrency: 8 })
  await show('good')
  const call = held()
  const running = run(() => call.ended, 'failed')
  await show('locked_out')
  call.end()
  await running
  t.match(guard.refusal(), { code: 'upstream_locked_out' })
  t.equal(guard.state.state, 'locked_out')
  await pass(MINUTE_MS - 1, 500)
  t.strictSame(probed, [])
})

test('connections that break while a login is held do not make it probed sooner', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { guard, probed, run, show } = guarded(t, { login: 'locked_out' }, { maxConcurrency: 8 })
  await show('good')
  const calls = Array.from({ length: 6 }, held)
  const running = calls.map((call) => run(() => call.ended, 'failed'))
  await show('locked_out')
  for (const call of calls) call.end()
  await Promise.all(running)
  t.match(guard.refusal(), { code: 'upstream_locked_out' })
  await pass(MINUTE_MS - 1, 500)
  t.strictSame(probed, [], 'the circuit opened too, but the login rests for a minute')
  await pass(1)
  t.equal(probed.length, 1)
})

test('a login probe without a reply may have been refused: the next is a minute later', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { probed, show } = guarded(t, { login: 'failed' })
  await show('login_refused')
  await pass(10 * MINUTE_MS, 500)
  const gaps = probed.slice(1).map(({ at }, n) => at - (probed[n]?.at ?? 0))
  t.ok(
    gaps.every((gap) => gap >= MINUTE_MS),
    `${probed.length} probes in ten minutes, ${Math.min(...gaps)} ms apart at the least`
  )
})

/** The most refusals within VICIdial's 15 minutes. */
function mostTogether(refusals: readonly number[]): number {
  return Math.max(
    0,
    ...refusals.map((at) => refusals.filter((one) => one >= at && one < at + LOCK_WINDOW_MS).length)
  )
}

test('however many calls are in flight when the login goes wrong, ten refusals never come together', async (t) => {
  const { pass } = stoppedClock(t, START)
  const refusals: number[] = []
  const probes = {
    version: async () => 'alive' as const,
    login: async () => {
      refusals.push(Date.now())
      return 'login_refused' as const
    }
  }
  const { show, run } = guarded(t, {}, { maxConcurrency: 8, probes })
  await show('good')
  const calls = Array.from({ length: 8 }, held)
  const running = calls.map((call) =>
    run(async () => {
      await call.ended
      refusals.push(Date.now())
    }, 'login_refused')
  )
  for (const call of calls) call.end()
  await Promise.all(running)
  await pass(90 * MINUTE_MS, 5_000)
  t.ok(refusals.length > 15, 'the login is still probed')
  t.ok(mostTogether(refusals) < LOCK_AT, `${mostTogether(refusals)} refusals within 15 minutes`)
})

test('a reply to a call accepted before the login went wrong does not let other calls try it', async (t) => {
  stoppedClock(t, START)
  const { show, run } = guarded(t, {}, { maxConcurrency: 8 })
  await show('good')
  let refused = 0
  const early = held()
  const slow = run(() => early.ended, 'good')
  // Every call that is let through from now on is refused.
  const attempts = () =>
    Promise.all(
      Array.from({ length: 20 }, () =>
        run(async () => {
          refused++
        }, 'login_refused')
      )
    )
  const before = attempts()
  await settled()
  early.end()
  await Promise.all([slow, before])
  await attempts()
  t.ok(refused < LOCK_AT, `${refused} logins were refused at once`)
})

test('LoginHold: at most one probe a minute, but the first after a good login, and eight refusals in sixteen minutes, for any sequence of refusals', async (t) => {
  // Probes are made when they may be, or later; at times a probe succeeds and a call is refused thereafter.
  const step = fc.record({ waitMs: fc.nat(20 * MINUTE_MS), isAccepted: fc.boolean() })
  const rule = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const hold = new LoginHold()
    const refusals: number[] = []
    let now = START
    let isProven = false
    for (const { waitMs, isAccepted } of steps) {
      hold.refused('login_refused', now, true)
      refusals.push(now)
      if (hold.state !== 'login_refused') throw new Error('not held')
      if (hold.nextProbeAt < now + (isProven ? 0 : MINUTE_MS)) throw new Error('probed within a minute')
      isProven = isAccepted
      now = Math.max(now, hold.nextProbeAt) + (waitMs % 3 === 0 ? 0 : waitMs)
      if (isAccepted) {
        hold.accepted()
        if (hold.state !== undefined) throw new Error('held after an accepted login')
      }
    }
    for (const at of refusals) {
      const together = refusals.filter((one) => one >= at && one < at + 16 * MINUTE_MS).length
      if (together > 8) throw new Error(`${together} refusals in sixteen minutes`)
    }
  })
  t.doesNotThrow(() => fc.assert(rule, { numRuns: 500 }))
})

test('LoginHold: in a day of calls with a wrong password the probes never lock the account', async (t) => {
  const hold = new LoginHold()
  const refusals: number[] = []
  for (let now = START; now < START + 24 * 60 * MINUTE_MS; now += 1_000) {
    if (hold.state !== undefined && hold.nextProbeAt > now) continue
    hold.refused('login_refused', now, true)
    refusals.push(now)
  }
  t.equal(mostTogether(refusals), 8)
  t.ok(refusals.length >= 8 * 90, 'and go on all day')
})
