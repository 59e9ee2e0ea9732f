import { test } from 'tap'
import { Problem, StorageError } from '../../../src/errors.ts'
import { Jobs } from '../../../src/jobs/jobs.ts'
import { Database } from '../../../src/outbox/postgres/database/database.ts'
import { openPool } from '../../../src/outbox/postgres/database/open-pool.ts'
import { PostgresOutbox } from '../../../src/outbox/postgres/postgres-outbox.ts'
import { updates } from '../../delivery/updates.ts'
import type { Tester } from '../../helper.ts'
import { newDatabase, newPool } from '../../postgres.ts'
import { dead, idempotencyRecord, newJob, replayAs, sets, settleNext } from '../jobs.ts'
import { openLossyWay } from './lossy-way.ts'

const MAY_BE_ACCEPTED =
  'The database failed while the updates were being stored: they may have been accepted. Repeat the request with the same ' +
  'Idempotency-Key or event ids, and nothing is stored twice. Without them, a repeat may store the updates twice.'

/** The owner of a queue, whose way to the database can lose answers. */
async function opened(t: Tester) {
  const direct = await newDatabase()
  const { url, loseAnswerTo } = await openLossyWay(t, direct)
  const pool = newPool(t, direct)
  const outbox = await PostgresOutbox.open({ url, lookEveryMs: 1_000_000 })
  t.teardown(() => outbox.close())
  await pool.query("UPDATE owner SET term = 1, gateway = 'one'")
  await outbox.queue.take({ gateway: 'one', term: 1 })
  const stored = async (what: string) => {
    const { rows } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${what}`)
    return rows[0]?.count
  }
  return { outbox, loseAnswerTo, stored }
}

/** Whether something may be stored, as the StorageError says that it rejects with. */
function mayBeStored(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'stored',
    (error: unknown) => (error instanceof StorageError ? error.mayBeStored : error)
  )
}

test('a job whose commit is not answered may be stored; one whose commit was not sent is not', async (t) => {
  const { outbox, loseAnswerTo, stored } = await opened(t)
  loseAnswerTo('INSERT INTO jobs')
  t.equal(await mayBeStored(outbox.jobs.accept(newJob(1, [sets('A', 1)]))), true)
  t.equal(await stored('jobs'), 1)
  const withKey = (n: number) => newJob(n, [sets('A', n)], { records: [idempotencyRecord()] })
  loseAnswerTo('INSERT INTO jobs')
  t.equal(await mayBeStored(outbox.jobs.accept(withKey(2))), false)
  t.equal(await stored('jobs'), 1)
  loseAnswerTo('COMMIT')
  t.equal(await mayBeStored(outbox.jobs.accept(withKey(3))), true)
  t.equal(await stored('jobs'), 2)
  t.same(await outbox.jobs.accept(withKey(4)), idempotencyRecord(), 'the repeat finds its response')
  t.equal(await stored('jobs'), 2)
})

test('what the database refuses, or cannot be asked, is not stored', async (t) => {
  const { outbox } = await opened(t)
  t.equal(await mayBeStored(outbox.jobs.accept(newJob(1, [sets('A', 1)], { acceptedAt: Number.NaN }))), false)
  const pool = openPool({ url: 'postgres://127.0.0.1:1/none', log: { warn: () => {} } })
  t.teardown(() => pool.end())
  t.equal(await mayBeStored(new Database(pool).write('SELECT 1')), false)
})

test('what is not answered in time may be stored', async (t) => {
  const pool = openPool({ url: await newDatabase(), queryTimeoutMs: 1, log: { warn: () => {} } })
  t.teardown(() => pool.end())
  t.equal(await mayBeStored(new Database(pool).write('SELECT pg_sleep(1)')), true)
})

test('a replay, and a cancellation, whose commit is not answered may be stored', async (t) => {
  const { outbox, loseAnswerTo, stored } = await opened(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  await settleNext(outbox, dead)
  loseAnswerTo('COMMIT')
  t.equal(await mayBeStored(outbox.jobs.replay({ limit: 10 }, replayAs(2))), true)
  t.equal(await stored('jobs'), 2)
  t.equal(await outbox.jobs.replay({ limit: 10 }, replayAs(3)), undefined, 'nothing is left to replay')
  await outbox.queue.look()
  loseAnswerTo('COMMIT')
  t.equal(await mayBeStored(outbox.jobs.cancel(newJob(2, []).id)), true)
  t.equal(await stored("updates WHERE status = 'cancelled'"), 1)
})

test('a request that could not begin is not done, whether or not that is stored', async (t) => {
  const { outbox, loseAnswerTo, stored } = await opened(t)
  loseAnswerTo('INSERT INTO requests_in_progress')
  t.equal(await mayBeStored(outbox.idempotency.begin('crm', 'key-1', 0)), false)
  t.equal(await stored('requests_in_progress'), 1)
  t.equal(await outbox.idempotency.begin('crm', 'key-1', 0), 'begun', 'the repeat is not blocked')
})

test('the sender learns that its updates may be stored, and that a repeat with its key is safe', async (t) => {
  const { outbox, loseAnswerTo, stored } = await opened(t)
  const jobs = new Jobs({
    outbox,
    owner: { wake: () => {}, cancel: (job) => outbox.jobs.cancel(job) },
    maxPending: 10,
    accounts: new Set(['default'])
  })
  const entries = updates([sets('A', 1)])
  const repeat = { caller: 'crm', key: 'key-1', fingerprint: 'abc' }
  const accept = (more: object) =>
    jobs.accept({
      caller: 'crm',
      requestId: 'req_1',
      account: 'default',
      source: 'crm',
      origin: 'batch',
      entries,
      ...more
    })
  const detailOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'accepted',
      (error: unknown) => (error instanceof Problem ? `${error.status} ${error.message}` : String(error))
    )
  loseAnswerTo('COMMIT')
  t.equal(await detailOf(accept({ repeat })), `503 ${MAY_BE_ACCEPTED}`)
  const again = await accept({ repeat })
  t.equal(again.isRepeat, true)
  t.equal(await stored('jobs'), 1)
  loseAnswerTo('INSERT INTO jobs')
  t.equal(
    await detailOf(accept({ repeat: { ...repeat, key: 'key-2' } })),
    '503 The updates cannot be stored now; nothing was accepted.'
  )
  t.equal(await stored('jobs'), 1)
})

test('a settlement whose commit is not answered is stored once, and the end of its job is noticed', async (t) => {
  const { outbox, loseAnswerTo } = await opened(t)
  const job = newJob(1, [sets('A', 1)])
  await outbox.jobs.accept(job)
  const [claimed] = await outbox.queue.claim('default', 1, 1_000_000)
  if (claimed === undefined) throw new Error('nothing was due')
  const { promise: ended, resolve } = Promise.withResolvers<undefined>()
  outbox.jobs.onEnd(job.id, () => {
    resolve(undefined)
  })
  loseAnswerTo('COMMIT')
  t.equal(await mayBeStored(outbox.queue.settle([dead(claimed)], new Map())), true)
  await outbox.queue.settle([dead(claimed)], new Map())
  await ended
  t.match(await outbox.jobs.find(job.id), { status: 'failed', counts: { failed: 1 } })
})
