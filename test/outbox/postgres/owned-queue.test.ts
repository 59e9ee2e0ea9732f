import type pg from 'pg'
import { test } from 'tap'
import { StorageError } from '../../../src/errors.ts'
import { NO_HISTORY } from '../../../src/outbox/history.ts'
import { ATTEMPTS_OF_PART } from '../../../src/outbox/postgres/attempts.ts'
import { Database, type Sql } from '../../../src/outbox/postgres/database/database.ts'
import { insertJobs } from '../../../src/outbox/postgres/insert-jobs.ts'
import { RESULTS_OF_PART } from '../../../src/outbox/postgres/job-table.ts'
import { OwnedQueue, type Term } from '../../../src/outbox/postgres/owned-queue.ts'
import { PAGE_OF_UNSEEN } from '../../../src/outbox/postgres/pending/look.ts'
import { SetAside } from '../../../src/outbox/postgres/set-aside.ts'
import { newPool } from '../../postgres.ts'
import { dead, done, inShort, jobId, newJob, NO_CALLS, replayAs, sets, settleNext } from '../jobs.ts'
import { openPostgres } from './opened.ts'

const LATER = 1_000_000

/** A database whose answers can be held back. */
class SlowDatabase extends Database {
  #held: string | undefined
  #answered = Promise.withResolvers<undefined>()
  #released = Promise.withResolvers<undefined>()

  /** Holds back the next answer to a statement with `part` in it. Resolves when the database has given it. */
  hold(part: string): Promise<undefined> {
    this.#held = part
    this.#answered = Promise.withResolvers<undefined>()
    this.#released = Promise.withResolvers<undefined>()
    return this.#answered.promise
  }

  release(): void {
    this.#released.resolve(undefined)
  }

  override rows(text: string, ...values: readonly unknown[]) {
    return this.#hold(text, super.rows(text, ...values))
  }

  override load<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    return super.load((sql) =>
      run({ rows: (text, ...values) => this.#hold(text, sql.rows(text, ...values)) })
    )
  }

  async #hold<T>(text: string, answer: Promise<T>): Promise<T> {
    const rows = await answer
    if (this.#held !== undefined && text.includes(this.#held)) {
      this.#held = undefined
      this.#answered.resolve(undefined)
      await this.#released.promise
    }
    return rows
  }
}

/** A queue in the hands of its owner, whose changes nobody else follows. */
function load(database: Database, term: Term): Promise<OwnedQueue> {
  return OwnedQueue.load({
    database,
    term,
    policy: NO_HISTORY,
    longestPauseMs: LATER,
    setAside: new SetAside({ error: () => {} }),
    onArrived: () => {},
    onEnded: () => {}
  })
}

test('an update of this gateway does not overtake one that another gateway has answered before', async (t) => {
  const { url, openAnother, elect } = await openPostgres(t, { lookEveryMs: LATER })
  const another = await openAnother()
  const database = new SlowDatabase(newPool(t, url))
  const owned = await load(database, await elect('two'))
  const read = database.hold('pg_current_snapshot')
  const claiming = owned.claim('default', 10, LATER)
  await read
  await another.jobs.accept(newJob(1, [sets('FIRST', 1)]))
  owned.add(await insertJobs(database, [newJob(2, [sets('SECOND', 1), sets('SECOND', 2)])]), 2)
  t.same(owned.size, { pending: 2, deadLetters: 0 })
  t.same(owned.pendingByAccount, new Map([['default', 2]]))
  t.equal(owned.nextDueAt('default'), 2)
  t.equal(owned.oldestPendingAt, 2)
  database.release()
  t.same(inShort(await claiming), [], 'the look has seen neither')

  const claimed = await owned.claim('default', 10, LATER)
  t.same(inShort(claimed), ['1/0 lead_id:1 FIRST', '2/1 lead_id:2 SECOND'])
  t.same(owned.size, { pending: 3, deadLetters: 0 })
  t.equal(owned.oldestPendingAt, 1)
  await owned.settle(claimed.map(done), NO_CALLS)
  t.same(inShort(await owned.claim('default', 10, LATER)), ['2/0 lead_id:1 SECOND'])
  t.same(owned.size, { pending: 1, deadLetters: 0 })
})

test('the oldest update is known at any time, also if a look that began before it was added has found it', async (t) => {
  const { url, elect } = await openPostgres(t, { lookEveryMs: LATER })
  const database = new SlowDatabase(newPool(t, url))
  const owned = await load(database, await elect('two'))
  const first = await insertJobs(database, [newJob(1, [sets('FIRST', 1)])])
  const read = database.hold('pg_current_snapshot')
  const looking = owned.look()
  await read
  owned.add(first, 1)
  const second = await insertJobs(database, [newJob(2, [sets('SECOND', 2)])])
  database.release()
  const asked = database.hold('accepted_at')
  await Promise.race([looking, asked])
  owned.add(second, 2)
  t.equal(owned.oldestPendingAt, 1)
  database.release()
  await looking
  t.equal(owned.oldestPendingAt, 1)
})

test('a request is in order with dead letters that the owner has lost count of', async (t) => {
  const { url, outbox } = await openPostgres(t, { lookEveryMs: LATER })
  await outbox.jobs.accept(newJob(1, [sets('OLD', 1)]))
  await settleNext(outbox, dead)
  t.equal(typeof (await outbox.queue.nextSequence()), 'number')
  await newPool(t, url).query('UPDATE queue_state SET dead_letters_removed = dead_letters_removed + 1')
  await outbox.queue.report()
  t.equal(outbox.queue.size.deadLetters, 0, 'as the owner believes')
  t.equal(typeof (await outbox.queue.nextSequence()), 'number')
  await outbox.jobs.replay({ limit: 1 }, replayAs(2))
  await outbox.queue.look()
  await settleNext(outbox, done)
  t.equal(await outbox.queue.nextSequence(), undefined)
})

test("dead letters that this gateway replays are counted once, also if the database's count was read first", async (t) => {
  const { url, outbox } = await openPostgres(t, { lookEveryMs: LATER })
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
  for (let n = 0; n < 2; n++) await settleNext(outbox, dead)
  const owned = await load(new Database(newPool(t, url)), { gateway: 'one', term: 1 })
  await outbox.jobs.replay({ ids: [1], limit: 1 }, replayAs(2))
  for (let times = 0; times < 2; times++) owned.noteRemoved(1)
  t.equal(owned.size.deadLetters, 1)
  await outbox.queue.report()
  t.equal(outbox.queue.size.deadLetters, 1)
})

/** The blocks that a statement reads. */
async function blocksOf(pool: pg.Pool, text: string, values: readonly unknown[]): Promise<number> {
  const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number } }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
    [...values]
  )
  return rows[0]?.['QUERY PLAN'][0].Plan['Shared Hit Blocks'] ?? Infinity
}

test('a look reads little, and so do pages of a job, however much is pending and was tried', async (t) => {
  const { url, outbox } = await openPostgres(t, { lookEveryMs: LATER })
  await outbox.jobs.accept(
    newJob(
      1,
      Array.from({ length: 20_000 }, (_, n) => sets('A', n + 1))
    )
  )
  const pool = newPool(t, url)
  await pool.query(
    `INSERT INTO attempts SELECT id, number, 0, 'failed' FROM updates CROSS JOIN generate_series(1, 2) AS number`
  )
  await pool.query('ANALYZE updates, attempts, jobs')
  const [{ snapshot } = { snapshot: '' }] = (
    await pool.query<{ snapshot: string }>('SELECT pg_current_snapshot()::text AS snapshot')
  ).rows
  const look = await blocksOf(pool, PAGE_OF_UNSEEN, [snapshot, '0', 0, null, 5_000])
  t.ok(look < 20, `${look} blocks`)
  // Each of 10 updates and its attempts are found by an index of three levels.
  for (const statement of [RESULTS_OF_PART, ATTEMPTS_OF_PART]) {
    for (const from of [0, 10_000]) {
      const page = await blocksOf(pool, statement, [jobId(1), from, 10])
      t.ok(page < 100, `${page} blocks from ${from} on`)
    }
  }
})

test('an update that a look finds before its gateway knows that it is stored counts once', async (t) => {
  const { outbox } = await openPostgres(t, { lookEveryMs: LATER })
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  await outbox.queue.look()
  outbox.queue.stored([{ id: 1, account: 'default', dueAt: 0 }], 0)
  t.same(outbox.queue.size, { pending: 1, deadLetters: 0 })
})

test('the oldest update is known, also if a look finds it before its gateway knows that it is stored', async (t) => {
  const { url, elect } = await openPostgres(t, { lookEveryMs: LATER })
  const database = new SlowDatabase(newPool(t, url))
  const owned = await load(database, await elect('two'))
  const first = await insertJobs(database, [newJob(1, [sets('A', 1)])])
  const found = database.hold('accepted_at')
  const looking = owned.look()
  await found
  owned.add(first, 1)
  owned.add(await insertJobs(database, [newJob(2, [sets('B', 2)])]), 2)
  t.equal(owned.oldestPendingAt, 1)
  database.release()
  await looking
  t.equal(owned.oldestPendingAt, 1)
})

test('the oldest updates are claimed before the others are read, and all of them count', async (t) => {
  const { outbox, openAnother, elect } = await openPostgres(t, { lookEveryMs: LATER, pageSize: 2 })
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 1), sets('A', 2)]))
  await outbox.jobs.accept(newJob(2, [sets('C', 3)], { account: 'sales' }))
  await outbox.jobs.accept(newJob(3, [sets('D', 2)]))
  const next = await openAnother()
  let arrived = 0
  next.queue.onArrived(() => arrived++)
  await next.queue.take(await elect('two'))
  const claimed = await next.queue.claim('default', 10, LATER)
  t.same(inShort(claimed), ['1/0 lead_id:1 A'])
  t.same(next.queue.size, { pending: 5, deadLetters: 0 })
  t.same([...next.queue.pendingByAccount].toSorted(), [
    ['default', 4],
    ['sales', 1]
  ])
  t.equal(typeof (await next.queue.nextSequence()), 'number')
  t.equal(next.queue.nextDueAt('sales'), undefined)
  t.same(inShort(await next.queue.claim('sales', 10, LATER)), ['2/0 lead_id:3 C'], 'from the next page')
  await next.queue.settle(claimed.map(done), NO_CALLS)
  t.equal(await next.jobs.cancel(jobId(3)), 1, 'before it is read')
  t.same(next.queue.size, { pending: 4, deadLetters: 0 }, 'it counts until everything is read')
  await next.queue.look()
  t.same(next.queue.size, { pending: 3, deadLetters: 0 })
  t.equal(arrived, 2, 'with the first page and the next one; the last one has nothing')
  t.same(inShort(await next.queue.claim('default', 10, LATER)), ['1/1 lead_id:1 B', '1/2 lead_id:2 A'])
})

test('a look finds everything that was stored before, also while another one has further pages', async (t) => {
  const { outbox, openAnother } = await openPostgres(t, { lookEveryMs: LATER, pageSize: 2 })
  const another = await openAnother()
  await another.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2), sets('A', 3)]))
  t.same(inShort(await outbox.queue.claim('default', 1, LATER)), ['1/0 lead_id:1 A'])
  await another.jobs.accept(newJob(2, [sets('B', 4)]))
  await outbox.queue.look()
  t.same(outbox.queue.size, { pending: 4, deadLetters: 0 })
})

test('an owner that has been replaced does not renumber what the next one has read', async (t) => {
  const { url, outbox, elect } = await openPostgres(t, { lookEveryMs: LATER })
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  const pool = newPool(t, url)
  await pool.query('UPDATE updates SET xid = (xid::text::bigint + 1000000000)::text::xid8')
  const frozen = new SlowDatabase(newPool(t, url))
  const [older, tested] = [await elect('two'), frozen.hold('is_foreign')]
  const loading = load(frozen, older)
  await tested
  const next = await load(new Database(newPool(t, url)), await elect('three'))
  t.same(next.size, { pending: 1, deadLetters: 0 })
  await pool.query('UPDATE updates SET xid = (xid::text::bigint + 1000000000)::text::xid8')
  const before = (await pool.query('SELECT id, xid FROM updates')).rows
  frozen.release()
  await t.rejects(loading, new StorageError('Another gateway has taken over the queue.'))
  t.same((await pool.query('SELECT id, xid FROM updates')).rows, before)
})

test('updates of a restored dump are delivered before newer ones, whatever transactions they were stored by', async (t) => {
  const { url, outbox, openAnother, elect } = await openPostgres(t, { lookEveryMs: LATER, pageSize: 2 })
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2), sets('A', 3)]))
  await outbox.jobs.accept(newJob(2, [sets('B', 1), sets('B', 2), sets('B', 3)]))
  await newPool(t, url).query(
    'UPDATE updates SET xid = (xid::text::bigint + 1000000000)::text::xid8 WHERE id > 1'
  )
  await outbox.jobs.accept(newJob(3, [sets('C', 1), sets('C', 2), sets('C', 3)]))
  const next = await openAnother()
  await next.queue.take(await elect('two'))
  await next.queue.look()
  for (const letter of ['A', 'B', 'C']) {
    const claimed = await next.queue.claim('default', 10, LATER)
    t.same(
      claimed.map(({ update }) => `${update.key.value} ${update.changes.stored['status']}`),
      [1, 2, 3].map((lead) => `${lead} ${letter}`)
    )
    await next.queue.settle(claimed.map(done), NO_CALLS)
  }
  t.same(next.queue.size, { pending: 0, deadLetters: 0 })
  t.equal(await next.queue.nextSequence(), undefined)
})
