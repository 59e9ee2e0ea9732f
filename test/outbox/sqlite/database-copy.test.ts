import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import { DatabaseCopy } from '../../../src/outbox/sqlite/database/database-copy.ts'
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

test('a copy that is asked for in the middle of a write is made after it', async (t) => {
  const directory = t.testdir()
  const path = join(directory, 'test.db')
  const database = new DatabaseSync(path)
  t.teardown(() => database.close())
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE numbers (n)')
  const copies = new DatabaseCopy(database, directory)
  database.exec('BEGIN IMMEDIATE; INSERT INTO numbers VALUES (1)')
  await t.rejects(backup(database, join(directory, 'other.db')), { message: 'not an error' }, 'Node gives up')
  const made = copies.make(statSync(path).size)
  await pause(50)
  database.exec('COMMIT')
  const copy = await made
  t.ok((await copy.stat()).size > 0)
  await copy.close()
})
