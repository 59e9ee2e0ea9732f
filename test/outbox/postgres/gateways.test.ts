import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { test } from 'tap'
import { StorageError } from '../../../src/errors.ts'
import { NO_HISTORY } from '../../../src/outbox/history.ts'
import { Database } from '../../../src/outbox/postgres/database/database.ts'
import { PostgresIdempotency } from '../../../src/outbox/postgres/idempotency.ts'
import { COUNTED_MS } from '../../../src/outbox/result-counts.ts'
import { PostgresOutbox } from '../../../src/outbox/postgres/postgres-outbox.ts'
import { storeSettlements } from '../../../src/outbox/postgres/settlements.ts'
import type { Tester } from '../../helper.ts'
import { newPool, startPostgres } from '../../postgres.ts'
import { until } from '../../until.ts'
import { done, idempotencyRecord, inShort, jobId, newJob, NO_CALLS, sets, settleNext } from '../jobs.ts'
import { openPostgres } from './opened.ts'

const LATER = 1_000_000

test('what another gateway has stored is found, and reported to listeners', async (t) => {
  const { outbox, openAnother } = await openPostgres(t)
  const another = await openAnother()
  const { promise: arrived, resolve } = Promise.withResolvers<undefined>()
  outbox.queue.onArrived(() => {
    resolve(undefined)
  })
  await another.jobs.accept(newJob(1, [sets('A', 1)]))
  await arrived
  t.equal(outbox.queue.nextDueAt('default'), 1)
  t.same(await another.queue.claim('default', 10, LATER), [], 'only the owner claims')
  t.same(inShort(await outbox.queue.claim('default', 10, LATER)), ['1/0 lead_id:1 A'])
})

test('gateways learn from the owner how much is pending, and from the database that a job has ended', async (t) => {
  const { outbox, openAnother } = await openPostgres(t)
  const another = await openAnother()
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  await outbox.queue.report()
  await another.queue.report()
  t.same(another.queue.size, { pending: 1, deadLetters: 0 })
  t.same(another.queue.pendingByAccount, new Map([['default', 1]]))
  t.equal(another.queue.oldestPendingAt, 1)

  const { promise: ended, resolve } = Promise.withResolvers<undefined>()
  another.jobs.onEnd(jobId(1), () => {
    resolve(undefined)
  })
  await settleNext(outbox, done)
  await ended
  t.match(await another.jobs.find(jobId(1)), { status: 'completed' })
})

test('several gateways add to the same counts of results, and none waits for another in a circle', async (t) => {
  const { outbox, openAnother } = await openPostgres(t)
  const another = await openAnother()
  const count = (code: string) => ({ at: COUNTED_MS, status: 'failed' as const, code, count: 1 })
  const codes = ['upstream_error', 'list_not_found', 'upstream_timeout']
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? outbox : another).resultCounts.add((n % 2 === 0 ? codes : codes.toReversed()).map(count))
    )
  )
  t.same(
    (await another.resultCounts.since(0, COUNTED_MS)).map((one) => [one.code, one.count]),
    codes.toSorted().map((code) => [code, 20])
  )
})

test('only the owner cancels', async (t) => {
  const { outbox, openAnother } = await openPostgres(t)
  const another = await openAnother()
  await another.jobs.accept(newJob(1, [sets('A', 1)]))
  await t.rejects(another.jobs.cancel(jobId(1)), StorageError)
  t.equal(await outbox.jobs.cancel(jobId(1)), 1)
})

test('a request is in progress at every gateway, until its own has ended for a while', async (t) => {
  const { url, outbox, openAnother } = await openPostgres(t)
  const another = await openAnother()
  t.equal(await outbox.idempotency.begin('crm', 'key-1', 0), 'begun')
  t.equal(await another.idempotency.begin('crm', 'key-1', 0), 'in_progress')
  const pool = newPool(t, url)
  await pool.query('DELETE FROM requests_in_progress')
  await outbox.idempotency.keepAlive()
  t.equal(await another.idempotency.begin('crm', 'key-1', 0), 'in_progress', 'a database may have lost it')
  await pool.query("UPDATE requests_in_progress SET alive_until = now() - interval '1 second'")
  t.equal(await another.idempotency.begin('crm', 'key-1', 0), 'begun')

  await outbox.idempotency.end('crm', 'key-1')
  t.equal(await another.idempotency.begin('crm', 'key-1', 0), 'in_progress')
  await another.jobs.accept(newJob(1, [sets('A', 1)], { records: [idempotencyRecord()] }))
  t.same(await outbox.idempotency.begin('crm', 'key-1', 0), idempotencyRecord())
})

test('closing writes everything that was handed over', async (t) => {
  const { url, openAnother } = await openPostgres(t)
  const another = await openAnother()
  const database = new Database(newPool(t, url))
  const asked = Array.from({ length: 30 }, (_, n) => another.idempotency.begin('crm', `key-${n}`, 0))
  await another.close()
  t.same(new Set(await Promise.all(asked)), new Set(['begun']))
  const [row] = await database.rows('SELECT count(*)::int AS count FROM requests_in_progress')
  t.same(row, { count: 30 })
})

test('closing waits for what follows on an answer', async (t) => {
  const { url } = await openPostgres(t)
  const database = new Database(new pg.Pool({ connectionString: url }))
  const asked = database.write('SELECT 1').then(() => database.rows('SELECT 2 AS two'))
  await Promise.all([database.close(), t.resolveMatch(asked, [{ two: 2 }])])
})

test('of jobs with one key that two gateways accept at once, one is stored', async (t) => {
  const { outbox, openAnother } = await openPostgres(t)
  const another = await openAnother()
  const answers = await Promise.all(
    [1, 2, 3, 4, 5, 6, 7, 8].map((n) =>
      (n % 2 === 0 ? outbox : another).jobs.accept(
        newJob(n, [sets('A', n)], {
          records: ['b', 'a'].map((key) => idempotencyRecord({ key, body: `${n}` }))
        })
      )
    )
  )
  const stored = (await outbox.jobs.list({ limit: 10 })).map(({ id }) => Number(id.slice('job_'.length)))
  t.equal(stored.length, 1)
  t.same(
    answers.map((answer) => answer?.body),
    answers.map((_, index) => (index + 1 === stored[0] ? undefined : String(stored[0])))
  )
})

test('a job that the database cannot take fails alone', async (t) => {
  const { outbox } = await openPostgres(t)
  const accepted = await Promise.allSettled(
    [1, 2, 3].map((n) =>
      outbox.jobs.accept(newJob(n, [sets('A', n)], n === 2 ? { acceptedAt: Number.NaN } : {}))
    )
  )
  t.same(
    accepted.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled']
  )
  t.equal(outbox.fault, undefined)
  t.same(outbox.queue.size, { pending: 2, deadLetters: 0 })
})

test('a key that the database alters is no repeat of itself, and one that is too long fails alone', async (t) => {
  const { outbox } = await openPostgres(t)
  const keys = ['half \uD800', 'half \uD801', randomBytes(9_000).toString('base64'), 'sound']
  const accepted = await Promise.allSettled(
    keys.map((key, n) =>
      outbox.jobs.accept(
        newJob(n + 1, [sets('A', n + 1)], { records: [idempotencyRecord({ key, body: key })] })
      )
    )
  )
  t.same(
    accepted.map((one) => (one.status === 'fulfilled' ? one.value?.body : 'rejected')),
    [undefined, 'half \uFFFD', 'rejected', undefined]
  )
  t.same((await outbox.jobs.list({ limit: 10 })).map(({ id }) => id).toSorted(), [jobId(1), jobId(4)])
  t.equal(outbox.fault, undefined)
})

test('a settlement that was stored unnoticed changes nothing when it is tried again', async (t) => {
  const { url, outbox } = await openPostgres(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
  const [first] = await outbox.queue.claim('default', 1, LATER)
  if (first === undefined) throw new Error('nothing was due')
  const database = new Database(newPool(t, url))
  await database.transaction((sql) => storeSettlements(sql, [done(first)], NO_CALLS, NO_HISTORY))
  await outbox.queue.settle([done(first)], NO_CALLS)
  t.match(await outbox.jobs.find(jobId(1)), { status: 'running', counts: { updated: 1, queued: 1 } })
  t.same(outbox.queue.size, { pending: 1, deadLetters: 0 })
})

test('an owner that is frozen within a settlement does not keep another from taking over', async (t) => {
  const { url, outbox, elect } = await openPostgres(t)
  const database = new Database(newPool(t, url))
  const { promise: elected, resolve } = Promise.withResolvers<undefined>()
  const settling = database.transaction(async (sql) => {
    await sql.rows('SELECT 1 FROM owner FOR KEY SHARE')
    void elect('two').then(() => {
      resolve(undefined)
    })
    await elected
    await sql.rows('SELECT 1')
  })
  await t.rejects(settling, StorageError)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  const [claimed] = await outbox.queue.claim('default', 1, LATER)
  if (claimed === undefined) throw new Error('nothing was due')
  await t.rejects(
    outbox.queue.settle([done(claimed)], NO_CALLS),
    new StorageError('Another gateway has taken over the queue.')
  )
})

test('after a restart of the database the owner goes on, with what was in flight', async (t) => {
  const server = await startPostgres(t)
  const url = await server.newDatabase()
  const outbox = await PostgresOutbox.open({ url })
  t.teardown(() => outbox.close())
  const pool = newPool(t, url)
  await pool.query("UPDATE owner SET term = 1, gateway = 'one'")
  await outbox.queue.take({ gateway: 'one', term: 1 })
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 1), sets('A', 2)]))
  const [first] = await outbox.queue.claim('default', 1, LATER)
  if (first === undefined) throw new Error('nothing was due')

  await server.stop()
  t.match(
    await until('it is noticed without a request', () => outbox.fault),
    'The database cannot be written'
  )
  await t.rejects(outbox.queue.settle([done(first)], NO_CALLS), StorageError)
  t.match(outbox.fault, 'The database cannot be written')
  await t.rejects(outbox.queue.claim('default', 1, LATER), StorageError)
  await server.start()
  await until('the database to answer', () =>
    outbox.queue.look().then(
      () => true,
      () => false
    )
  )
  t.same(inShort(await outbox.queue.claim('default', 10, LATER)), ['1/2 lead_id:2 A'])
  await outbox.queue.settle([done(first)], NO_CALLS)
  t.equal(outbox.fault, undefined)
  t.same(inShort(await outbox.queue.claim('default', 10, LATER)), ['1/1 lead_id:1 B'])
})

/** Requests with a key at a gateway, whose writes are given to `write` first. */
async function openIdempotency(t: Tester, write: (text: string) => Promise<void> | undefined) {
  const { url, openAnother } = await openPostgres(t)
  const database = new Database(newPool(t, url))
  const idempotency = new PostgresIdempotency({
    rows: (text: string, ...values: unknown[]) => database.rows(text, ...values),
    write: async (text: string, ...values: unknown[]) => {
      await write(text)
      return database.write(text, ...values)
    }
  })
  return { idempotency, another: (await openAnother()).idempotency }
}

test('a request whose end could not be stored does not block its repeat at the same gateway', async (t) => {
  let fails = true
  const { idempotency, another } = await openIdempotency(t, (text) =>
    fails && text.startsWith('DELETE') ? Promise.reject(new StorageError('down')) : undefined
  )
  t.equal(await idempotency.begin('crm', 'key-1', 0), 'begun')
  t.equal(await idempotency.begin('crm', 'key-1', 0), 'in_progress')
  await t.rejects(idempotency.end('crm', 'key-1'), StorageError)
  t.equal(await idempotency.begin('crm', 'key-1', 0), 'begun')
  t.equal(await another.begin('crm', 'key-1', 0), 'in_progress')
  fails = false
  await idempotency.end('crm', 'key-1')
  t.equal(await another.begin('crm', 'key-1', 0), 'begun')
})

test('a first request begins even if it is shown to go on before its beginning is stored', async (t) => {
  const { promise: shown, resolve: show } = Promise.withResolvers<undefined>()
  let begins = 0
  const { idempotency } = await openIdempotency(t, async (text) => {
    if (text.includes('VALUES') && begins++ === 0) await shown
  })
  const first = idempotency.begin('crm', 'key-1', 0)
  await idempotency.keepAlive()
  show(undefined)
  t.equal(await first, 'begun')
})

test('a request that ends while it is shown to go on blocks no repeat at another gateway', async (t) => {
  const { promise: ended, resolve: end } = Promise.withResolvers<undefined>()
  const { idempotency, another } = await openIdempotency(t, async (text) => {
    if (text.includes('unnest') && text.startsWith('INSERT')) await ended
  })
  t.equal(await idempotency.begin('crm', 'key-1', 0), 'begun')
  const shown = idempotency.keepAlive()
  await idempotency.end('crm', 'key-1')
  end(undefined)
  await shown
  t.equal(await another.begin('crm', 'key-1', 0), 'begun')
})

test('a late end of a request does not end its repeat', async (t) => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<undefined>()
  const { idempotency, another } = await openIdempotency(t, async (text) => {
    if (text.startsWith('DELETE')) await begun
  })
  t.equal(await idempotency.begin('crm', 'key-1', 0), 'begun')
  const ended = idempotency.end('crm', 'key-1')
  t.equal(await idempotency.begin('crm', 'key-1', 0), 'begun')
  begin(undefined)
  await ended
  t.equal(await another.begin('crm', 'key-1', 0), 'in_progress')
})
