import { test } from 'tap'
import { LeaseTable } from '../../../src/cluster/lease/lease-table.ts'
import { migrate } from '../../../src/outbox/postgres/database/migrate.ts'
import { newDatabase, newPool } from '../../postgres.ts'
import { until } from '../../until.ts'
import type { Tester } from '../../helper.ts'

const RENEWAL = { leaseMs: 60_000, waitMs: 4_000, state: {} }

/** The leases of two gateways on an empty database. */
async function leaseTables(t: Tester) {
  const pool = newPool(t, await newDatabase())
  await migrate(pool)
  /** Lets the lease end `ms` before now. */
  const end = (ms: number) =>
    pool.query(`UPDATE owner SET expires_at = clock_timestamp() - $1 * interval '1 ms'`, [ms])
  return { pool, a: new LeaseTable(pool, 'a'), b: new LeaseTable(pool, 'b'), end }
}

test('the lease of a new database can be taken at once, and by one gateway only', async (t) => {
  const { a, b } = await leaseTables(t)
  t.match(await a.look(), { term: 0, gateway: '' })
  const takes = await Promise.all([a.take(60_000), b.take(60_000), a.take(60_000), b.take(60_000)])
  t.match(
    takes.filter((taken) => taken !== undefined),
    [{ term: 1, waitMs: 0, isClean: true, state: {} }]
  )
  const { leftMs, term } = await a.look()
  t.ok(leftMs > 0 && leftMs <= 60_000)
  t.equal(term, 1)
})

test('only the gateway that took it renews it, and only its term', async (t) => {
  const { a, b, end } = await leaseTables(t)
  await a.take(60_000)
  t.ok(await a.renew(1, { ...RENEWAL, state: { build: '250720-1841' } }))
  t.match(await b.look(), { gateway: 'a', state: { build: '250720-1841' } })
  t.notOk(await b.renew(1, RENEWAL))
  await end(1)
  t.match(await b.take(60_000), { term: 2, isClean: false, state: { build: '250720-1841' } })
  t.notOk(await a.renew(1, RENEWAL))
  t.match(await a.look(), { gateway: 'b' })
})

test('a lease that has ended but was not taken can be renewed', async (t) => {
  const { a, end } = await leaseTables(t)
  await a.take(60_000)
  await end(1_000)
  t.ok(await a.renew(1, RENEWAL))
})

test('the next owner waits as long as the last one said, counted from the end of the lease', async (t) => {
  const { a, b, end } = await leaseTables(t)
  await a.take(60_000)
  await a.renew(1, { ...RENEWAL, waitMs: 600_000 })
  await end(100_000)
  const taken = await b.take(60_000)
  t.ok(taken !== undefined && taken.waitMs > 400_000 && taken.waitMs <= 500_000, `${taken?.waitMs}`)
  await b.renew(2, { ...RENEWAL, waitMs: 5 })
  await end(60_000)
  t.match(await a.take(60_000), { term: 3, waitMs: 0 })
})

test('after a release the next owner waits for a second at most', async (t) => {
  const { a, b, pool } = await leaseTables(t)
  await a.take(60_000)
  await a.renew(1, { ...RENEWAL, waitMs: 600_000 })
  await a.release(1, { build: 'last' })
  const taken = await b.take(60_000)
  t.match(taken, { isClean: true, state: { build: 'last' } })
  t.ok(taken !== undefined && taken.waitMs <= 1_000)
  await a.release(1, {})
  const { rows } = await pool.query('SELECT is_released, state FROM owner')
  t.same(rows, [{ is_released: false, state: { build: 'last' } }], 'a release of an old term changes nothing')
})

test('a settlement in progress lets renewals pass, and a take waits for its end', async (t) => {
  const { a, b, pool, end } = await leaseTables(t)
  await a.take(60_000)
  const client = await pool.connect()
  await client.query('BEGIN')
  await client.query(`SELECT 1 FROM owner WHERE term = 1 AND gateway = 'a' FOR KEY SHARE`)
  t.ok(await a.renew(1, RENEWAL))
  await end(1)
  let isTaken = false
  const take = b.take(60_000).then((taken) => {
    isTaken = true
    return taken
  })
  await until('the take waits', async () => {
    const { rows } = await pool.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    return rows.length > 0
  })
  t.notOk(isTaken)
  await client.query('COMMIT')
  client.release()
  t.match(await take, { term: 2 })
})
