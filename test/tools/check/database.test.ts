import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import { checkUrl, startVicidial } from './set-up.ts'
import { migrate } from '../../../src/outbox/postgres/database/migrate.ts'
import { DATABASE_STEPS } from '../../../src/tools/check/step.ts'
import { newDatabase, newPool, olderServer, PASSWORD, serverBehind, startPostgres } from '../../postgres.ts'

/** Far longer than the check finds slow, in milliseconds. */
const DELAY_MS = 100
const DURABLE = ['-c', 'listen_addresses=127.0.0.1']

test('a sound database: every step is reported, before and after the gateway has made its tables', async (t) => {
  const { url } = await startVicidial(t)
  const server = await startPostgres(t, DURABLE)
  const DATABASE_URL = await server.newDatabase()
  const first = await checkUrl(url, { DATABASE_URL })
  const found = first.steps.filter(({ id }) => id.startsWith('database'))
  t.same(
    found.map(({ id }) => id),
    DATABASE_STEPS
  )
  // How fast the database answers depends on the machine.
  t.same(
    found.filter(({ id, status }) => status !== 'ok' && id !== 'database'),
    []
  )
  t.match(first.step('database').detail, /^PostgreSQL \d+\.\d+ answers in \d+\.\d ms\.$/)
  t.equal(first.step('database_rights').detail, 'The user can create the tables.')
  t.equal(first.step('database_commits').detail, 'synchronous_commit is on, and fsync on.')
  const pool = newPool(t, DATABASE_URL)
  const { rows } = await pool.query(
    'SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = current_schema()'
  )
  t.same(rows, [{ tables: 0 }], 'it changes nothing')
  await migrate(pool)
  const second = await checkUrl(url, { DATABASE_URL })
  t.equal(second.step('database_rights').detail, 'The tables are there, and can be written.')
})

test('a database that cannot be used is a fault that says what to do, without the password', async (t) => {
  const { url } = await startVicidial(t)
  const DATABASE_URL = await newDatabase()
  const check = async (database: string) => {
    const checked = await checkUrl(url, { DATABASE_URL: database })
    t.notMatch(checked.printed, PASSWORD)
    t.same(
      checked.steps.map(({ id }) => id).filter((id) => id.startsWith('database')),
      ['database']
    )
    return checked.step('database')
  }
  t.match(await check(DATABASE_URL.replace(PASSWORD, 'wrong')), {
    status: 'fault',
    detail: 'The database cannot be used: password authentication failed for user "gateway".',
    remedy: /password of DATABASE_URL/
  })
  t.match(await check(DATABASE_URL.replace('/postgres?', '/away?')), {
    status: 'fault',
    remedy: /Create the database/
  })
  t.match(await check(DATABASE_URL.replace(/:\d+\//, ':1/')), { status: 'fault', detail: /ECONNREFUSED/ })
  t.match(await check(`${DATABASE_URL}&sslmode=require`), {
    status: 'fault',
    detail: /does not support SSL/,
    remedy: /sslmode/
  })
  t.match(await check(await olderServer(t, DATABASE_URL)), {
    status: 'fault',
    detail: /^The server is PostgreSQL 14\.\d+\.$/,
    remedy: 'Use PostgreSQL 15 or newer.'
  })
})

test('a user without rights, and commits that a crash would lose, are faults', async (t) => {
  const { url } = await startVicidial(t)
  const DATABASE_URL = await newDatabase()
  const pool = newPool(t, DATABASE_URL)
  const role = `r${randomUUID().replaceAll('-', '')}`
  await pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'canary-reader'`)
  t.teardown(() => pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`))
  await pool.query(`ALTER ROLE ${role} SET synchronous_commit = off`)
  const asReader = { DATABASE_URL: DATABASE_URL.replace(/\/\/[^@]+@/, `//${role}:canary-reader@`) }
  const none = await checkUrl(url, asReader)
  t.match(none.step('database_rights'), {
    status: 'fault',
    detail: 'The user may not create tables.',
    remedy: /owner of the database/
  })
  t.match(none.step('database_commits'), {
    status: 'fault',
    detail: /^synchronous_commit and fsync off/,
    remedy: 'Set synchronous_commit and fsync to on.'
  })
  await migrate(pool)
  const schema = new URL(DATABASE_URL).searchParams.get('options')?.split('=')[1]
  await pool.query(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`)
  await pool.query(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`)
  t.match((await checkUrl(url, asReader)).step('database_rights'), {
    status: 'fault',
    detail: 'The user may not write the tables of the gateway, or create further ones.'
  })
  await pool.query(`GRANT DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`)
  t.match((await checkUrl(url, asReader)).step('database_rights'), { status: 'ok' })
})

test('a slow database, another time, and a pooler are warnings', async (t) => {
  const { url } = await startVicidial(t)
  const DATABASE_URL = await newDatabase()
  const slow = await serverBehind(t, DATABASE_URL, async (bytes) => {
    await pause(DELAY_MS)
    return bytes
  })
  const now = () => Date.now() + 60_000
  const late = await checkUrl(url, { DATABASE_URL: slow }, { now })
  t.match(late.step('database'), { status: 'warning', remedy: /nearer/ })
  t.match(late.step('database_clock'), { status: 'warning', detail: /differ by \d+\.\d s/, remedy: /NTP/ })
  // A pooler hands out ids of its own for its connections.
  const pooled = await serverBehind(t, DATABASE_URL, (bytes) =>
    bytes.replace(/K\0\0\0\x0c[^]{4}/, 'K\0\0\0\x0c\0\0\0\0')
  )
  t.match((await checkUrl(url, { DATABASE_URL: pooled })).step('database_sessions'), {
    status: 'warning',
    detail: /PgBouncer/
  })
  t.equal(late.step('database_sessions').status, 'ok')
})
