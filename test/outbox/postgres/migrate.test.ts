import { randomUUID } from 'node:crypto'
import { test } from 'tap'
import type pg from 'pg'
import { StorageError } from '../../../src/errors.ts'
import { Database } from '../../../src/outbox/postgres/database/database.ts'
import { migrate } from '../../../src/outbox/postgres/database/migrate.ts'
import { MIGRATIONS } from '../../../src/outbox/postgres/database/migrations/migrations.ts'
import type { Tester } from '../../helper.ts'
import { newDatabase, newPool, olderServer } from '../../postgres.ts'
import { until } from '../../until.ts'

const NEXT = { sql: 'CREATE TABLE later (id bigint)', oldestCompatible: MIGRATIONS.length }

async function opened(t: Tester): Promise<pg.Pool> {
  return newPool(t, await newDatabase())
}

async function versions(pool: pg.Pool): Promise<number[]> {
  const { rows } = await pool.query<{ version: number }>(
    'SELECT version FROM gateway_schema ORDER BY version'
  )
  return rows.map(({ version }) => version)
}

test('an empty database gets every table, once', async (t) => {
  const pool = await opened(t)
  await migrate(pool)
  await migrate(pool)
  t.same(
    await versions(pool),
    MIGRATIONS.map((_, index) => index + 1)
  )
  const { rows } = await pool.query('SELECT * FROM jobs')
  t.same(rows, [])
})

test('gateways that start at the same moment migrate one after the other', async (t) => {
  const pool = await opened(t)
  await Promise.all([1, 2, 3, 4].map(() => migrate(pool)))
  t.equal((await versions(pool)).length, MIGRATIONS.length)
})

test('accepts go on while the history gets indexes, and a settlement that waits for it is stored', async (t) => {
  const pool = await opened(t)
  await migrate(pool, MIGRATIONS.slice(0, 2))
  const [recording, settling] = [await pool.connect(), await pool.connect()]
  t.teardown(() => {
    for (const client of [recording, settling]) client.release(true)
  })
  await recording.query('BEGIN; LOCK TABLE history IN ROW EXCLUSIVE MODE')
  const migrating = migrate(pool)
  await waiting(pool, 'history', 1)
  await settling.query('BEGIN; LOCK TABLE updates IN ROW EXCLUSIVE MODE NOWAIT')
  const settled = settling.query('LOCK TABLE history IN ROW EXCLUSIVE MODE')
  await waiting(pool, 'history', 2)
  await recording.query('COMMIT')
  const outcomes = await Promise.allSettled([migrating, settled.then(() => settling.query('COMMIT'))])
  t.same(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled']
  )
  t.equal((await versions(pool)).length, MIGRATIONS.length)
})

/** Resolves once so many transactions wait for a table. */
async function waiting(pool: pg.Pool, table: string, count: number): Promise<void> {
  await until(`${count} to wait for ${table}`, async () => {
    const { rowCount } = await pool.query(
      'SELECT 1 FROM pg_locks WHERE relation = $1::regclass AND NOT granted',
      [table]
    )
    return rowCount === count
  })
}

test('an older gateway works beside a newer one whose migrations only add', async (t) => {
  const pool = await opened(t)
  await migrate(pool)
  await migrate(pool, [...MIGRATIONS, NEXT])
  await migrate(pool)
  t.equal((await versions(pool)).length, MIGRATIONS.length + 1)
})

test('a schema that this gateway cannot use is refused and left unchanged', async (t) => {
  const pool = await opened(t)
  const newest = MIGRATIONS.length + 1
  await migrate(pool, [...MIGRATIONS, { ...NEXT, oldestCompatible: newest }])
  await t.rejects(
    migrate(pool),
    new StorageError(
      `The database was changed by a newer gateway (schema ${newest}, usable from schema ${newest} on, this one has ` +
        `${MIGRATIONS.length}): run a newer gateway.`
    )
  )
  t.equal((await versions(pool)).length, newest)
})

test('a migration that fails changes nothing, and the next start goes on from there', async (t) => {
  const pool = await opened(t)
  await migrate(pool)
  const broken = { sql: 'CREATE TABLE half (id bigint); SELECT 1 / 0', oldestCompatible: 1 }
  await t.rejects(migrate(pool, [...MIGRATIONS, NEXT, broken]), StorageError)
  t.equal((await versions(pool)).length, MIGRATIONS.length + 1)
  const { rows } = await pool.query(`SELECT to_regclass('later') AS later, to_regclass('half') AS half`)
  t.same(rows, [{ later: 'later', half: null }])
  await migrate(pool, [...MIGRATIONS, NEXT, { sql: 'CREATE TABLE half (id bigint)', oldestCompatible: 1 }])
  t.equal((await versions(pool)).length, MIGRATIONS.length + 2)
})

test("another program's tables are refused and left unchanged", async (t) => {
  const pool = await opened(t)
  await pool.query('CREATE TABLE jobs (id bigint)')
  await t.rejects(
    migrate(pool),
    new StorageError(
      'The database has a table jobs of another program: give the gateway a database of its own.'
    )
  )
  const { rows } = await pool.query(`SELECT to_regclass('gateway_schema') AS found`)
  t.same(rows, [{ found: null }])
})

test('what gateways that run do not know is not changed while they run, and each is named', async (t) => {
  const pool = await opened(t)
  await migrate(pool)
  const [known, newest] = [MIGRATIONS.length, MIGRATIONS.length + 1]
  const add = (gateway: string, schema: number, seen: string) =>
    pool.query(
      `INSERT INTO members (gateway, run, version, protocol, oldest_protocol, schema, fingerprint, accounts, started_at, seen_at)
       VALUES ($1, gen_random_uuid(), '0.1.0', 1, 1, $2, '', '{}', now(), clock_timestamp() + $3::interval)`,
      [gateway, schema, seen]
    )
  await add('old', known, '1 hour')
  await add('older', known - 1, '1 hour')
  await add('new', newest, '1 hour')
  await add('gone', known, '-1 hour')
  const breaking = [...MIGRATIONS, { ...NEXT, oldestCompatible: newest }]
  await t.rejects(
    migrate(pool, breaking, 50),
    new StorageError(
      'This version changes the database in a way that gateways which are running do not know: ' +
        'old (version 0.1.0), older (version 0.1.0). Stop them, then start this one.'
    )
  )
  t.equal((await versions(pool)).length, known)
  await t.rejects(migrate(pool, [...MIGRATIONS, NEXT], 50), { message: /know: older \(version 0\.1\.0\)\./ })
  await pool.query("DELETE FROM members WHERE gateway = 'older'")
  await migrate(pool, [...MIGRATIONS, NEXT], 50)
  t.equal((await versions(pool)).length, newest, 'a change that only adds is made while they run')
})

test('a change that waits for a gateway which was killed is made once it counts as gone', async (t) => {
  const pool = await opened(t)
  await migrate(pool)
  await pool.query(
    `INSERT INTO members (gateway, run, version, protocol, oldest_protocol, schema, fingerprint, accounts, started_at, seen_at)
     VALUES ('old', gen_random_uuid(), '0.1.0', 1, 1, 1, '', '{}', now(), clock_timestamp())`
  )
  await migrate(pool, [...MIGRATIONS, NEXT], 50)
  t.equal((await versions(pool)).length, MIGRATIONS.length + 1)
})

test('everything that is wrong with a database is said at once', async (t) => {
  const url = await newDatabase()
  const pool = newPool(t, url)
  await migrate(pool)
  const newest = MIGRATIONS.length + 7
  await pool.query('INSERT INTO gateway_schema (version, oldest_compatible) VALUES ($1, $1)', [newest])
  // PostgreSQL lets nobody change server_version, so a proxy does.
  const older = newPool(t, await olderServer(t, url))
  const error = await migrate(older).then(String, String)
  const [server, schema, ...more] = error.split('\n')
  t.match(server, /The database server is PostgreSQL 14\.\d+: it must be 15 or newer\.$/)
  t.match(
    schema,
    `The database was changed by a newer gateway (schema ${newest}, usable from schema ${newest} on`
  )
  t.same(more, [])
})

test('a user who may not create tables is refused with the reason', async (t) => {
  const url = await newDatabase()
  const pool = newPool(t, url)
  const role = `reader_${randomUUID().replaceAll('-', '')}`
  await pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'canary'`)
  t.teardown(() => pool.query(`DROP ROLE ${role}`))
  const reader = newPool(t, url.replace(/\/\/[^@]+@/, `//${role}:canary@`))
  await t.rejects(migrate(reader), {
    message: new RegExp(
      `^The user ${role} may not create tables in the schema \\w+ of the database: make it the owner\\.$`
    )
  })
})

test('a gateway that is busy while it starts is not cut off from the database', async (t) => {
  const database = new Database(newPool(t, await newDatabase()))
  const pauseLongerThan1s = () => new Promise<void>((resolve) => setTimeout(resolve, 1_500))
  await database.transaction(pauseLongerThan1s, 'starting')
  await Promise.all(
    (['quick', 'slow'] as const).map((pace) =>
      t.rejects(database.transaction(pauseLongerThan1s, pace), { message: /cannot be written/ }, pace)
    )
  )
})
