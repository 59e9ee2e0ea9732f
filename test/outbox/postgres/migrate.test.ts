import { test } from 'tap'
import type pg from 'pg'
import { StorageError } from '../../../src/errors.ts'
import { migrate } from '../../../src/outbox/postgres/database/migrate.ts'
import { MIGRATIONS } from '../../../src/outbox/postgres/database/migrations/migrations.ts'
import type { Tester } from '../../helper.ts'
import { newDatabase, newPool } from '../../postgres.ts'

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

test('a migration that fails changes nothing', async (t) => {
  const pool = await opened(t)
  await migrate(pool)
  const broken = { sql: 'CREATE TABLE half (id bigint); SELECT 1 / 0', oldestCompatible: 1 }
  await t.rejects(migrate(pool, [...MIGRATIONS, NEXT, broken]), StorageError)
  t.equal((await versions(pool)).length, MIGRATIONS.length)
  const { rows } = await pool.query(`SELECT to_regclass('later') AS later, to_regclass('half') AS half`)
  t.same(rows, [{ later: null, half: null }])
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
