import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { test } from 'tap'
import { StorageError } from '../../../src/errors.ts'
import { DiskReserve } from '../../../src/outbox/sqlite/database/disk-reserve.ts'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir } from '../../helper.ts'
import { fill, smallDisk } from '../../small-disk.ts'
import { stoppedClock } from '../../stopped-clock.ts'
import { newJob, nextSequence, sets } from '../jobs.ts'

const LATER = 1_000_000

test('with a full disk direct updates are still noted, so that nothing older undoes them', async (t) => {
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

  await outbox.queue.supersede([{ lead: 'lead_id:1', fields: ['status'] }], await nextSequence(outbox))
  t.notOk(existsSync(reserve))
  await t.rejects(outbox.jobs.accept(newJob(3, [sets('C', 3)])), StorageError)
  const fault = 'The database cannot be written: it has no room in reserve (the disk is full).'
  t.equal(outbox.fault, fault)
  tick(60_000)
  t.match(outbox.fault, 'it has no room in reserve (ENOSPC: no space left on device, write).')
  makeRoom()
  tick(60_000)
  await outbox.jobs.accept(newJob(4, [sets('D', 4)]))
  t.equal(outbox.fault, undefined)
  t.ok(existsSync(reserve))
  await outbox.close()

  const later = new SqliteOutbox(directory, { gatherMs: 0 })
  const claimed = await later.queue.claim('default', 10, LATER)
  t.same(
    claimed.map(({ superseded }) => superseded),
    [['status'], []]
  )
  await later.close()
})

test('a reserve that cannot be deleted or written stops nothing, and says why', async (t) => {
  const { tick } = stoppedClock(t)
  const directory = dataDir(t)
  const path = join(directory, 'gateway.reserve')
  // As on a disk that became read-only: what is there can neither be deleted nor written.
  mkdirSync(path)
  const reserve = new DiskReserve(directory)
  t.match(reserve.fault, /^EISDIR: /)
  t.equal(reserve.release(), false)
  tick(60_000)
  rmdirSync(path)
  t.equal(reserve.fault, undefined)

  rmSync(path)
  mkdirSync(path)
  t.equal(reserve.release(), false, 'it is still there')
  t.equal(reserve.fault, undefined)
})

test('a reserve needs its room on any file system', (t) => {
  const directory = dataDir(t)
  t.equal(new DiskReserve(directory).fault, undefined)
  const content = readFileSync(join(directory, 'gateway.reserve'))
  t.ok(deflateSync(content, { level: 1 }).length >= content.length)
  t.end()
})
