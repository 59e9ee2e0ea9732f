import { readdirSync } from 'node:fs'
import { test } from 'tap'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { smallDisk } from '../../small-disk.ts'
import { newJob, sets } from '../jobs.ts'

test('a copy that would leave too little room on the disk is refused, and nothing is written', async (t) => {
  const directory = smallDisk(t)
  if (directory === undefined) return
  const outbox = new SqliteOutbox(directory)
  t.teardown(() => outbox.close())
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  await t.rejects(outbox.backup(), {
    code: 'overloaded',
    message: 'The disk of DATA_DIR has no room for a copy of the database.'
  })
  t.notOk(readdirSync(directory).includes('gateway.backup'))
})
