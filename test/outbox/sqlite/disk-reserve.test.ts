import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { StorageError } from '../../../src/errors.ts'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { fill, smallDisk } from '../../small-disk.ts'
import { stoppedClock } from '../../stopped-clock.ts'
import { newJob, sets } from '../jobs.ts'

const LATER = 1_000_000

test('with a full disk what was updated at once is noted all the same, so that nothing older undoes it', async (t) => {
  const directory = smallDisk(t)
  if (directory === undefined) return
  const { tick } = stoppedClock(t)
  const reserve = join(directory, 'gateway.reserve')
  const outbox = new SqliteOutbox(directory, { gatherMs: 0 })
  await outbox.jobs.accept(newJob(1, [sets('OLD', 1)]))
  t.ok(existsSync(reserve))
  const makeRoom = fill(directory)
  await t.rejects(outbox.jobs.accept(newJob(2, [sets('B', 2)])), StorageError)
  t.ok(existsSync(reserve), 'it is not for anything else')

  await outbox.queue.supersede([{ lead: 'lead_id:1', fields: ['status'] }], outbox.queue.nextSequence)
  t.notOk(existsSync(reserve))
  await t.rejects(outbox.jobs.accept(newJob(3, [sets('C', 3)])), StorageError)
  t.match(outbox.fault, 'the disk is full')
  makeRoom()
  tick(60_000)
  await outbox.jobs.accept(newJob(4, [sets('D', 4)]))
  t.equal(outbox.fault, undefined)
  t.ok(existsSync(reserve))
  await outbox.close()

  const later = new SqliteOutbox(directory, { gatherMs: 0 })
  t.match(await later.queue.claim('default', 10, LATER), [{ superseded: ['status'] }, { superseded: [] }])
  await later.close()
})
