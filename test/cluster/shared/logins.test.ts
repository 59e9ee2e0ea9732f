import { test } from 'tap'
import { LoginTable } from '../../../src/cluster/shared/login-table.ts'
import { migrate } from '../../../src/outbox/postgres/database/migrate.ts'
import { steadyNow } from '../../../src/steady-clock.ts'
import type { Health } from '../../../src/vicidial/call-reply.ts'
import { Guard } from '../../../src/vicidial/guard.ts'
import type { LoginNotes } from '../../../src/vicidial/login-notes.ts'
import type { Tester } from '../../helper.ts'
import { newDatabase, newPool } from '../../postgres.ts'
import { settled, stoppedClock } from '../../stopped-clock.ts'
import { until } from '../../until.ts'

const ACCOUNT = { name: 'default', user: 'Api', pass: 's3cret', maxConcurrency: 2, maxCallsPerSecond: 0 }
const STEP_MS = 5_000
const WINDOW_MS = 16 * 60_000

async function loginTable(t: Tester) {
  const pool = newPool(t, await newDatabase())
  await migrate(pool)
  let asked = 0
  const query = (async (text: string, values: unknown[]) => {
    asked++
    try {
      return await pool.query(text, values)
    } finally {
      asked--
    }
  }) as unknown as typeof pool.query
  const table = new LoginTable({ query })
  /** Resolves when the database has answered everything, and nothing has asked for more. */
  const answered = () =>
    until('the database has answered', async () => {
      await settled()
      return asked === 0
    })
  const load = async () => (await table.load([ACCOUNT])).get('default') as LoginNotes
  /** Lets time pass for what is stored. */
  const pass = (ms: number) => pool.query(`UPDATE login_notes SET at = at - $1 * interval '1 ms'`, [ms])
  return { pool, table, load, pass, answered }
}

test('a refused login is remembered, and that the login was accepted since', async (t) => {
  const { load } = await loginTable(t)
  const notes = await load()
  t.same(notes.earlier, [])
  await notes.refused('locked_out', await notes.begin())
  await notes.refused('login_refused', undefined)
  await notes.begin()
  await notes.forget(await notes.begin())
  t.match((await load()).earlier, [
    { said: 'locked_out', isOver: false },
    { said: 'login_refused', isOver: false },
    { said: undefined, isOver: false }
  ])
  await notes.accepted()
  t.match((await load()).earlier, [
    { said: 'locked_out', isOver: true },
    { said: 'login_refused', isOver: true }
  ])
})

test('notes are of the user, however its name is written, and no name is stored', async (t) => {
  const { pool, table, load } = await loginTable(t)
  await (await load()).begin()
  const others = await table.load([
    { ...ACCOUNT, name: 'x', user: 'a.PI' },
    { ...ACCOUNT, name: 'y', user: 'other' }
  ])
  t.equal(others.get('x')?.earlier.length, 1)
  t.equal(others.get('y')?.earlier.length, 0)
  const { rows } = await pool.query('SELECT * FROM login_notes')
  t.notMatch(JSON.stringify(rows), /api/i)
})

test('a wrong password costs at most eight refusals in sixteen minutes, across twenty owners that are killed', async (t) => {
  const { load, pass, answered } = await loginTable(t)
  const clock = stoppedClock(t)
  /** When VICIdial refused a login. */
  const refusals: number[] = []
  for (let owner = 0; owner < 20; owner++) {
    // Some are killed before they have noted the refusal.
    const isKilled = owner % 2 === 0
    const loginNotes = await load()
    const never = new Promise<Health>(() => {})
    const refuse = async (): Promise<Health> => {
      refusals.push(steadyNow())
      return isKilled ? never : 'login_refused'
    }
    const guard = new Guard({
      maxConcurrency: 2,
      maxCallsPerSecond: 0,
      probes: { version: async () => 'alive', login: refuse },
      loginNotes,
      onChange: () => {}
    })
    const before = refusals.length
    let isEnded = false
    const call = guard
      .run(refuse, (health) => health, Number.POSITIVE_INFINITY)
      .finally(() => {
        isEnded = true
      })
    await until('it calls, or may not', () => isEnded || refusals.length > before)
    if (!isKilled) await call
    const ms = (owner % 4) * 20_000
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      await answered()
      clock.tick(STEP_MS)
      await pass(STEP_MS)
    }
    await answered()
    guard.close()
  }
  const most = Math.max(
    ...refusals.map((at) => refusals.filter((one) => one >= at && one < at + WINDOW_MS).length)
  )
  t.ok(most <= 8, `${most} refusals in sixteen minutes`)
  t.ok(most >= 4, `${most}: it tried`)
})

test('the next owner waits with the login until its time has come, then tries again', async (t) => {
  const { load } = await loginTable(t)
  await (await load()).refused('login_refused', undefined)
  const clock = stoppedClock(t)
  let probes = 0
  const guard = new Guard({
    maxConcurrency: 2,
    maxCallsPerSecond: 0,
    probes: {
      version: async () => 'alive',
      login: async () => {
        probes++
        return 'good'
      }
    },
    loginNotes: await load(),
    onChange: () => {}
  })
  t.teardown(() => {
    guard.close()
  })
  t.equal(guard.state.state, 'login_refused')
  t.match(guard.refusal(), { code: 'upstream_login_failed' })
  await clock.pass(50_000)
  t.equal(probes, 0)
  await clock.pass(10_000)
  await until('the login is accepted', () => guard.refusal() === undefined)
  t.equal(probes, 1)
  t.match((await load()).earlier, [{ isOver: true }])
})

test('while refusals cannot be counted, a login that may be refused is not tried', async (t) => {
  const { load, pool } = await loginTable(t)
  const loginNotes = await load()
  let calls = 0
  const call = async (): Promise<Health> => {
    calls++
    return 'good'
  }
  const guard = new Guard({
    maxConcurrency: 2,
    maxCallsPerSecond: 0,
    probes: { version: call, login: call },
    loginNotes,
    onChange: () => {}
  })
  await pool.query('ALTER TABLE login_notes RENAME TO away')
  const run = () => guard.run(call, (health) => health, Number.POSITIVE_INFINITY)
  t.match(await run(), { kind: 'refused', code: 'upstream_unavailable' })
  t.equal(calls, 0)
  await pool.query('ALTER TABLE away RENAME TO login_notes')
  t.equal(await run(), 'good')
  await pool.query('ALTER TABLE login_notes RENAME TO away')
  t.equal(await run(), 'good', 'a login that was accepted needs no note')
})
