import { test } from 'tap'
import { StorageError } from '../../../src/errors.ts'
import { newJob, nextSequence, sets } from '../jobs.ts'
import { openPostgres } from './opened.ts'

const WRITTEN = [{ lead: 'lead_id:1', fields: ['status'] }]

test('a write is noted even if the owner has not read an older update that another gateway has stored', async (t) => {
  const { outbox, openAnother } = await openPostgres(t)
  const another = await openAnother()
  await another.jobs.accept(newJob(1, [sets('A', 1)]))
  await outbox.queue.supersede(WRITTEN, await nextSequence(outbox))
  const [claimed] = await outbox.queue.claim('default', 1, Date.now())
  t.same(outbox.queue.writtenSince('lead_id:1', claimed?.sequence ?? 0), ['status'])
})

test('a gateway that has lost the queue notes no write', async (t) => {
  const { outbox, openAnother, elect } = await openPostgres(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  const sequence = await nextSequence(outbox)
  const another = await openAnother()
  await another.queue.take(await elect('two'))
  await t.rejects(outbox.queue.supersede(WRITTEN, sequence), StorageError)
  outbox.queue.release()
  await t.rejects(outbox.queue.supersede(WRITTEN, sequence), StorageError)
  await another.queue.look()
  t.same(another.queue.writtenSince('lead_id:1', 0), [])
})
