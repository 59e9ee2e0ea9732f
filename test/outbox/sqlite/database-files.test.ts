import { copyFileSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { StorageError } from '../../../src/errors.ts'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir } from '../../helper.ts'
import { newJob, NO_CALLS, done, replayAs, sets } from '../jobs.ts'

const LATER = 1_000_000
/** What may happen to a database while it is in use. */
const LOSSES: readonly [what: string, lose: (path: string) => void][] = [
  ['deleted', (path) => rmSync(path)],
  ['deleted with its log', (path) => [path, `${path}-wal`].forEach((file) => rmSync(file))],
  ['its log deleted', (path) => rmSync(`${path}-wal`)],
  ['cut', (path) => truncateSync(path, 0)],
  ['its log cut', (path) => truncateSync(`${path}-wal`, 4_096)],
  [
    'replaced by a copy',
    (path) => {
      copyFileSync(path, `${path}-copy`)
      renameSync(`${path}-copy`, path)
    }
  ]
]

for (const [what, lose] of LOSSES) {
  test(`with its database ${what} an outbox accepts nothing more, and says so once`, async (t) => {
    const directory = dataDir(t)
    const path = join(directory, 'gateway.db')
    const logged: object[] = []
    const log = { error: (members: object) => void logged.push(members) }
    const outbox = new SqliteOutbox(directory, { log })
    t.teardown(() => outbox.close())
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    const claimed = await outbox.queue.claim('default', 10, LATER)
    t.equal(outbox.fault, undefined)

    lose(path)
    await t.rejects(outbox.jobs.accept(newJob(2, [sets('B', 1)])), StorageError)
    await t.rejects(outbox.jobs.replay({ limit: 1 }, replayAs(3)), StorageError)
    t.match(outbox.fault, /^The file .*gateway\.db(-wal)? was deleted, replaced or cut while in use\.$/)
    t.same(logged, [{ fault: outbox.fault }])
    if (what.includes('cut')) return
    await outbox.queue.settle(claimed.map(done), NO_CALLS)
    t.equal(outbox.queue.size.pending, 0, 'what was accepted before is still delivered')
  })
}
