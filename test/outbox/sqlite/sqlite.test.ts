import { test } from 'tap'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir } from '../../helper.ts'
import { stoppedClock } from '../../stopped-clock.ts'
import { dead, done, newJob, nextSequence, sets, settleNext } from '../jobs.ts'
import { outboxSuite } from '../outbox-suite.ts'

outboxSuite(
  'sqlite',
  async (t) => {
    const directory = dataDir(t)
    const outbox = new SqliteOutbox(directory)
    let latest = outbox
    let closed: Promise<void> | undefined
    const close = () => (closed ??= latest.close())
    t.teardown(close)
    return {
      outbox,
      isOrdered: true,
      close,
      reopen: async () => {
        await latest.close()
        latest = new SqliteOutbox(directory)
        return latest
      }
    }
  },
  40
)

test('notes of many leads share a sync', async (t) => {
  stoppedClock(t)
  let syncs = 0
  const sync = async () => {
    syncs++
  }
  const outbox = new SqliteOutbox(dataDir(t), { gatherMs: 0, sync })
  t.teardown(() => outbox.close())
  await outbox.jobs.accept(newJob(1, [sets('OLD', { vendor_lead_code: 'CRM-1' })]))
  syncs = 0
  const leads = Array.from({ length: 10_000 }, (_, n) => ({ lead: `lead_id:${n + 1}`, fields: ['status'] }))
  await outbox.queue.supersede(leads, await nextSequence(outbox))
  t.equal(syncs, 1)
})

test('a step of retention looks at few jobs, however many have dead letters that must be kept', async (t) => {
  const outbox = new SqliteOutbox(dataDir(t))
  t.teardown(() => outbox.close())
  for (const n of [1, 2, 3, 4, 5]) {
    await outbox.jobs.accept(newJob(n, [sets('A', n)]))
    await settleNext(outbox, dead)
  }
  await outbox.jobs.accept(newJob(6, [sets('B', 6)]))
  await settleNext(outbox, done)
  const deleted: number[] = []
  const step = async (hours: number) => deleted.push(await outbox.jobs.purge(Date.now() + 1, 2, hours))
  for (let steps = 0; steps < 4; steps++) await step(1)
  t.same(deleted, [0, 0, 2, 0], 'the update of the sixth job, and the job')
  t.equal(outbox.queue.size.deadLetters, 5)

  while ((await outbox.jobs.purge(Date.now() + 1, 2)) > 0);
  t.equal(outbox.queue.size.deadLetters, 0)
})
