import { copyFileSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { StorageError } from '../../../src/errors.ts'
import { openDatabase } from '../../../src/outbox/sqlite/database/open-database.ts'
import { WriteAheadLog } from '../../../src/outbox/sqlite/database/write-ahead-log.ts'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir } from '../../helper.ts'
import { newJob, sets } from '../jobs.ts'

const PAGE = 4_096

test('the log is copied into the database when it is long, and begins again', async (t) => {
  const directory = dataDir(t)
  const path = join(directory, 'gateway.db')
  const database = openDatabase(directory)
  const log = new WriteAheadLog(database, path)
  const version = database.prepare('PRAGMA user_version').get()
  database.exec('CREATE TABLE numbers (n INTEGER PRIMARY KEY, text TEXT)')
  const insert = database.prepare('INSERT INTO numbers (text) VALUES (?)')
  const text = 'x'.repeat(PAGE)
  const sizes = new Set<number>()
  for (let commits = 1; commits <= 100; commits++) {
    database.exec('BEGIN')
    for (let n = 0; n < 100; n++) insert.run(text)
    database.exec('COMMIT')
    await log.sync()
    sizes.add(statSync(path).size)

    if (commits % 10 > 0) continue
    // As another process would find it now.
    const copy = dataDir(t)
    for (const name of readdirSync(directory)) copyFileSync(join(directory, name), join(copy, name))
    const found = new DatabaseSync(join(copy, 'gateway.db'))
    t.same(found.prepare('SELECT count(*) AS count FROM numbers').get(), { count: commits * 100 })
    t.same(found.prepare('PRAGMA user_version').get(), version)
    found.close()
  }
  t.ok(sizes.size > 2, 'it was copied more than once')
  t.ok(sizes.size < 20, 'it was not copied each time')
  t.ok(statSync(`${path}-wal`).size < 5_000 * PAGE, 'and did not grow further')
  log.close()
  t.same(readdirSync(directory), ['gateway.db'])
})

test('a log that cannot be synced stays there when the outbox is closed', async (t) => {
  const directory = dataDir(t)
  const outbox = new SqliteOutbox(directory, { gatherMs: 0, sync: () => Promise.reject(new Error('EIO')) })
  await t.rejects(outbox.jobs.accept(newJob(1, [sets('A', 1)])), StorageError)
  await outbox.close()
  t.ok(existsSync(join(directory, 'gateway.db-wal')))
})
