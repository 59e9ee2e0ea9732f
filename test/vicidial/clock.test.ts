import { test } from 'tap'
import { Guard } from '../../src/vicidial/guard.ts'
import type { Health } from '../../src/vicidial/call-reply.ts'
import { steadyNow } from '../../src/steady-clock.ts'
import { stoppedClock } from '../stopped-clock.ts'

const DAY_MS = 86_400_000

for (const [how, jumpMs] of [
  ['back', -120_000],
  ['forward', DAY_MS]
] as const) {
  test(`rates, circuit and login hold go on when the system's clock is set ${how}`, async (t) => {
    const { pass, setAhead } = stoppedClock(t)
    const shown: { version: Health; login: Health } = { version: 'failed', login: 'locked_out' }
    let probed = 0
    const probe = (kind: 'version' | 'login') => async () => {
      probed++
      return shown[kind]
    }
    const probes = { version: probe('version'), login: probe('login') }
    const guard = new Guard({ maxConcurrency: 2, maxCallsPerSecond: 2, probes, onChange: () => {} })
    t.teardown(() => {
      guard.close()
    })
    let made = 0
    const run = (health: Health) =>
      guard.run(
        async () => ++made,
        () => health,
        steadyNow() + 60_000
      )

    await run('good')
    setAhead(jumpMs)
    const waiting = Array.from({ length: 5 }, () => run('good'))
    await pass(3_000, 100)
    t.same(await Promise.all(waiting), [2, 3, 4, 5, 6], 'two calls a second')

    const failing = Array.from({ length: 5 }, () => run('failed'))
    await pass(3_000, 100)
    await Promise.all(failing)
    t.match(guard.refusal(), { code: 'upstream_unavailable' })
    setAhead(jumpMs)
    probed = 0
    await pass(2_500, 100)
    t.ok(probed >= 2, 'the open circuit is probed each second')
    shown.version = 'alive'
    await pass(1_000, 100)
    t.equal(guard.refusal(), undefined)

    await run('locked_out')
    t.match(guard.refusal(), { code: 'upstream_locked_out', detail: /tried again in 60 s/ })
    setAhead(jumpMs)
    probed = 0
    await pass(59_000, 1_000)
    t.equal(probed, 0, 'not before its time')
    shown.login = 'good'
    await pass(2_000, 1_000)
    t.equal(guard.refusal(), undefined)
  })
}
