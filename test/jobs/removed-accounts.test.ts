import { StorageError } from '../../src/errors.ts'
import { test } from 'tap'
import { RemovedAccounts } from '../../src/jobs/removed-accounts.ts'
import { SqliteOutbox } from '../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir, memoryLog, type Tester } from '../helper.ts'
import { done, inShort, jobId, newJob, NO_CALLS, sets } from '../outbox/jobs.ts'

function start(t: Tester) {
  const outbox = new SqliteOutbox(dataDir(t))
  t.teardown(() => outbox.close())
  const { log, logged } = memoryLog()
  const gone = new RemovedAccounts({ queue: outbox.queue, hasAccount: (name) => name === 'default', log })
  const lines = () =>
    logged()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  return { outbox, gone, lines }
}

test('updates of a removed account become dead letters, in order per lead', async (t) => {
  const { outbox, gone, lines } = start(t)
  const many = Array.from({ length: 1_200 }, (_, n) => sets('A', n + 1))
  await outbox.jobs.accept(newJob(1, [...many, sets('B', 1)], { account: 'sales' }))
  await outbox.jobs.accept(newJob(2, [sets('C', 1)]))
  await gone.deadLetter()

  t.same(outbox.queue.size, { pending: 1, deadLetters: 1_201 })
  t.match(await outbox.jobs.find(jobId(1)), { status: 'failed', counts: { failed: 1_201 } })
  const [newest] = await outbox.jobs.deadLetters({ limit: 1 })
  t.match(newest, {
    account: 'sales',
    attempts: 0,
    result: {
      index: 1_200,
      lead_id: 1,
      error: {
        code: 'upstream_login_failed',
        detail: 'The VICIdial account sales is not configured any more.'
      }
    }
  })
  t.match(lines(), [{ level: 50, account: 'sales', updates: 1_201, msg: /not configured any more/ }])
  t.same(inShort(await outbox.queue.claim('default', 10, 1_000_000)), ['2/0 lead_id:1 C'])
})

test('without such updates nothing is changed or logged', async (t) => {
  const { outbox, gone, lines } = start(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  const [claimed] = await outbox.queue.claim('default', 1, 1_000_000)
  if (claimed) await outbox.queue.settle([done(claimed)], NO_CALLS)
  await outbox.jobs.accept(newJob(2, [sets('A', 2)]))
  await gone.deadLetter()
  t.same(outbox.queue.size, { pending: 1, deadLetters: 0 })
  t.throws(lines, 'nothing was logged')
})

test('a failed write is repeated until it works', async (t) => {
  const { outbox, gone, lines } = start(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { account: 'sales' }))
  const settle = outbox.queue.settle.bind(outbox.queue)
  let failures = 1
  outbox.queue.settle = (...given) =>
    failures-- > 0 ? Promise.reject(new StorageError('The disk is full.')) : settle(...given)
  await gone.deadLetter()
  t.same(outbox.queue.size, { pending: 0, deadLetters: 1 })
  t.match(lines(), [
    { level: 50 },
    { level: 50, account: 'sales', msg: 'updates cannot be made dead letters' }
  ])
})

test('no more updates are dead-lettered after stop', async (t) => {
  const { outbox, gone } = start(t)
  const many = Array.from({ length: 1_200 }, (_, n) => sets('A', n + 1))
  await outbox.jobs.accept(newJob(1, many, { account: 'sales' }))
  const ending = gone.deadLetter()
  gone.stop()
  await ending
  t.ok(outbox.queue.size.pending > 0)
})
