import { test } from 'tap'
import { CallerLimits } from '../../../src/callers/caller-limits.ts'
import { SharedQuota } from '../../../src/callers/shared-quota.ts'
import { QuotaTable } from '../../../src/cluster/shared/quota-table.ts'
import { migrate } from '../../../src/outbox/postgres/database/migrate.ts'
import type { Tester } from '../../helper.ts'
import { newDatabase, newPool } from '../../postgres.ts'

/** The quotas of one caller at several gateways on one database. */
async function quotas(t: Tester, perMinute: number, gateways: number) {
  const pool = newPool(t, await newDatabase())
  await migrate(pool)
  const table = new QuotaTable(pool)
  const all = Array.from({ length: gateways }, () => new SharedQuota(table, 'crm', 'updates', perMinute))
  return { pool, table, all }
}

function now(): number {
  return performance.now()
}

test('three gateways under load give a caller its limit together, within five per cent', async (t) => {
  const { all } = await quotas(t, 1_000, 3)
  const taken = await Promise.all(
    all.flatMap((quota) => Array.from({ length: 600 }, async () => quota.take(1, now())))
  )
  const sum = taken.filter(Boolean).length
  t.ok(sum <= 1_000 && sum >= 950, `${sum} of 1000`)
  const again = await Promise.all(all.map(async (quota) => quota.take(30, now())))
  t.same(again, [false, false, false])
})

test('an amount is taken whole or not at all, wherever it is asked for', async (t) => {
  const { all } = await quotas(t, 100, 2)
  const [a, b] = all
  t.equal(await a?.take(60, now()), true)
  t.equal(await b?.take(60, now()), false)
  t.equal(await b?.take(40, now()), true)
  t.equal(await a?.take(1, now()), false)
  t.equal(await a?.take(101, now()), false)
  t.equal(a?.left(now()), 0)
  t.ok((a?.secondsLeft(now()) ?? 0) > 0)
})

test('small amounts are taken in few steps', async (t) => {
  const { all, table } = await quotas(t, 10_000, 1)
  let asked = 0
  const { take } = QuotaTable.prototype
  table.take = (...args) => {
    asked++
    return take.apply(table, args)
  }
  for (let n = 0; n < 1_000; n++) t.ok(await all[0]?.take(1, now()))
  t.equal(asked, 10)
})

test('when the minute is over, the quota is full again for all', async (t) => {
  const { all, pool } = await quotas(t, 100, 2)
  for (const quota of all) t.equal(await quota.take(50, now()), true)
  t.equal(await all[0]?.take(1, now()), false)
  await pool.query(`UPDATE quotas SET ends_at = clock_timestamp() - interval '1 ms'`)
  t.equal(await all[0]?.take(70, now()), true)
  t.equal(await all[1]?.take(40, now()), false)
  t.equal(await all[1]?.take(30, now()), true)
})

test('a share of the minute before does not count in the next one', async (t) => {
  const { all, pool } = await quotas(t, 1_000, 1)
  const [quota] = all
  t.equal(await quota?.take(1, now()), true)
  await pool.query(`UPDATE quotas SET used = 1000, ends_at = clock_timestamp() - interval '1 ms'`)
  t.equal(await quota?.take(1_000, now()), true, 'though nine were left of the share')
})

test('while the database cannot count, a limited caller is asked to come back', async (t) => {
  const { pool, table } = await quotas(t, 100, 1)
  const limits = new CallerLimits('crm', table)
  limits.change({ updates: 100 })
  await limits.take('updates', 99)
  await t.rejects(limits.take('updates', 2), { code: 'rate_limited' })
  t.match(limits.headers().ratelimit, /^"updates";r=1;t=\d+$/)
  await pool.query('DROP TABLE quotas')
  await t.rejects(limits.take('updates', 2), { code: 'overloaded' })
  await limits.take('requests', 1_000)
})
