import { test } from 'tap'
import { ALL_PERMISSIONS } from '../../../src/callers/caller.ts'
import { Callers } from '../../../src/callers/callers.ts'
import { hashKey } from '../../../src/callers/key.ts'
import { SessionTable } from '../../../src/cluster/shared/session-table.ts'
import { SESSION_MS, Sessions } from '../../../src/ops/sessions.ts'
import { migrate } from '../../../src/outbox/postgres/database/migrate.ts'
import type { Tester } from '../../helper.ts'
import { newDatabase, newPool } from '../../postgres.ts'

const NOW = 1_700_000_000_000

/** The sessions of two gateways on one database. */
async function twoGateways(t: Tester) {
  const pool = newPool(t, await newDatabase())
  await migrate(pool)
  const callers = new Callers([
    { name: 'ops', keys: [{ hash: hashKey('ops-key') }], account: 'default', permissions: ALL_PERMISSIONS }
  ])
  const sessions = () => new Sessions(callers, new SessionTable(pool))
  return { pool, a: sessions(), b: sessions() }
}

test('who signed in at one gateway is signed in at all, until a sign-out at any', async (t) => {
  const { a, b } = await twoGateways(t)
  const id = await a.begin('ops-key', NOW)
  t.equal((await b.operator(id, NOW))?.name, 'ops')
  t.equal(await b.operator(id, NOW + SESSION_MS), undefined)
  const other = await a.begin('ops-key', NOW)
  await b.end(other)
  t.equal(await a.operator(other, NOW), undefined)
})

test('the database has neither a key nor the id of a session', async (t) => {
  const { a, pool } = await twoGateways(t)
  const id = await a.begin('ops-key', NOW)
  const { rows } = await pool.query('SELECT * FROM sessions')
  t.equal(rows.length, 1)
  t.notMatch(JSON.stringify(rows), 'ops-key')
  t.notMatch(JSON.stringify(rows), id)
})

test('sessions that have ended are forgotten, and the oldest beyond a thousand', async (t) => {
  const { a, pool } = await twoGateways(t)
  await pool.query(
    `INSERT INTO sessions SELECT n::text, 'x', to_timestamp($1::float8 / 1000) + n * interval '1 ms'
     FROM generate_series(1, 1500) AS n`,
    [NOW + SESSION_MS - 2_000]
  )
  const id = await a.begin('ops-key', NOW)
  const { rows } = await pool.query(
    'SELECT count(*)::int AS count, min(id_hash::int) FILTER (WHERE key_hash = $1) AS oldest FROM sessions',
    ['x']
  )
  t.same(rows, [{ count: 1_000, oldest: 502 }])
  t.ok(await a.operator(id, NOW))
  await a.begin('ops-key', NOW + SESSION_MS)
  const { rows: left } = await pool.query('SELECT count(*)::int AS count FROM sessions')
  t.same(left, [{ count: 1 }])
})
