import type { Claimed } from '../src/outbox/queue.ts'
import { PostgresOutbox } from '../src/outbox/postgres/postgres-outbox.ts'
import { newPool } from '../test/postgres-server.ts'
import { SqliteOutbox } from '../src/outbox/sqlite/sqlite-outbox.ts'
import { median, timed } from './measure.ts'

/** A program: opens an outbox as its owner, claims and settles, and prints what that took. */

/** What an owner of an outbox takes. */
export interface Owned {
  /** From opening to the end of the first claim, in milliseconds. */
  readonly firstClaimMs: number
  /** From opening until everything that waits is known, in milliseconds; the rest is measured afterwards. */
  readonly allReadMs: number
  /** The median claim of 500, in milliseconds. */
  readonly claimMs: number
  /** Updates claimed and settled in a second. */
  readonly settledPerSecond: number
  /** Memory at the end, in MiB. */
  readonly memoryMiB: number
}

const [engine, place = ''] = process.argv.slice(2)
const CLAIM = 500
const CLAIMS = 40
const MIB = 1024 ** 2

const ends: (() => unknown)[] = []
const open = async () => {
  if (engine === 'sqlite') return { outbox: new SqliteOutbox(place), readAll: async () => {} }
  const outbox = await PostgresOutbox.open({ url: place })
  const pool = newPool({ teardown: (end) => ends.push(end) }, place)
  const { rows } = await pool.query<{ term: number }>(
    "UPDATE owner SET term = term + 1, gateway = 'bench' RETURNING term::int"
  )
  await outbox.queue.take({ gateway: 'bench', term: rows[0]?.term ?? 0 })
  return { outbox, readAll: () => outbox.queue.look() }
}

const began = performance.now()
const { outbox, readAll } = await open()
let claimed: Claimed[] = await outbox.queue.claim('default', CLAIM, Date.now())
const firstClaimMs = performance.now() - began
await readAll()
const allReadMs = performance.now() - began
const claims: number[] = []
let settled = 0
const ms = await timed(async () => {
  for (let n = 0; n < CLAIMS; n++) {
    const all = claimed.flatMap((one) => [...(one.folded ?? []), one])
    await outbox.queue.settle(
      all.map((one) => ({
        claimed: one,
        disposition: 'delivered',
        result: { index: one.update.index, status: 'updated' },
        delivered: [{ lead: `lead_id:${one.update.key.value}`, fields: ['status'] }]
      })),
      new Map()
    )
    settled += all.length
    const started = performance.now()
    claimed = await outbox.queue.claim('default', CLAIM, Date.now())
    claims.push(performance.now() - started)
  }
})
const owned: Owned = {
  firstClaimMs,
  allReadMs,
  claimMs: median(claims),
  settledPerSecond: (settled / ms) * 1_000,
  memoryMiB: process.memoryUsage().rss / MIB
}
await outbox.close()
for (const end of ends) await end()
process.stdout.write(JSON.stringify(owned))
