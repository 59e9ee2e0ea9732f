import { test } from 'tap'
import { checkUrl, startVicidial } from './set-up.ts'
import { migrate } from '../../../src/outbox/postgres/database/migrate.ts'
import { DATABASE_STEPS } from '../../../src/tools/check/step.ts'
import { newDatabase, newPool } from '../../postgres.ts'

test('a sound database: every step is reported, before and after the gateway has made its tables', async (t) => {
  const { url } = await startVicidial(t)
  const DATABASE_URL = await newDatabase()
  const first = await checkUrl(url, { DATABASE_URL })
  t.same(
    first.steps.map(({ id }) => id).filter((id) => id.startsWith('database')),
    DATABASE_STEPS
  )
  // How fast the database answers depends on the machine.
  t.same(
    first
      .ids('fault')
      .concat(first.ids('warning'))
      .filter((id) => id.startsWith('database_')),
    []
  )
  t.match(first.step('database').detail, /^PostgreSQL \d+\.\d+ answers in \d+\.\d ms\.$/)
  t.equal(first.step('database_rights').detail, 'The user can create the tables.')
  const pool = newPool(t, DATABASE_URL)
  const { rows } = await pool.query(
    "SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public'"
  )
  t.same(rows, [{ tables: 0 }], 'it changes nothing')
  await migrate(pool)
  const second = await checkUrl(url, { DATABASE_URL })
  t.equal(second.step('database_rights').detail, 'The tables are there, and can be written.')
})

test('each fault of a database is named, with what to do, and without the password', async (t) => {
  const { url } = await startVicidial(t)
  const DATABASE_URL = await newDatabase()
  const { password } = new URL(DATABASE_URL)
  const check = async (database: string) => {
    const checked = await checkUrl(url, { DATABASE_URL: database })
    t.notMatch(checked.printed, password)
    return checked
  }
  const wrong = await check(DATABASE_URL.replace(password, 'wrong'))
  t.match(wrong.step('database'), { status: 'fault', remedy: /password of DATABASE_URL/ })
  t.match(
    wrong.steps.map(({ id }) => id),
    ['configuration', 'database', 'address']
  )
  const away = await check(`${DATABASE_URL}_away`)
  t.match(away.step('database'), { status: 'fault', remedy: /Create the database/ })
  const closed = await check(DATABASE_URL.replace(/:\d+\//, ':1/'))
  t.match(closed.step('database'), { status: 'fault', detail: /ECONNREFUSED/ })
})

test('a user without rights, and commits that a crash would lose, are faults', async (t) => {
  const { url } = await startVicidial(t)
  const DATABASE_URL = await newDatabase()
  const pool = newPool(t, DATABASE_URL)
  const name = new URL(DATABASE_URL).pathname.slice(1)
  await pool.query(`CREATE ROLE ${name}_reader LOGIN PASSWORD 'canary-reader'`)
  await pool.query(`ALTER ROLE ${name}_reader SET synchronous_commit = off`)
  const { host } = new URL(DATABASE_URL)
  const { step } = await checkUrl(url, {
    DATABASE_URL: `postgres://${name}_reader:canary-reader@${host}/${name}`
  })
  t.match(step('database_rights'), { status: 'fault', remedy: /owner of the database/ })
  t.match(step('database_commits'), { status: 'fault', remedy: /synchronous_commit to on/ })
})
