import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir, type Tester } from '../../helper.ts'
import { done, jobId, newJob, NO_CALLS, sets } from '../jobs.ts'

const LATER = 1_000_000
/** Leads that no history can have: JavaScript cannot read the first two. */
const NO_LEADS = ['9007199254740993', '9223372036854775807', '1e30', '1000000000', '0', '-1', "'x'"]

/** Changes a closed database. */
function change(directory: string, ...statements: string[]): void {
  const database = new DatabaseSync(join(directory, 'gateway.db'))
  for (const statement of statements) database.exec(statement)
  database.close()
}

/** A history of leads 1, 2 and 3. */
async function withHistory(t: Tester): Promise<string> {
  const directory = dataDir(t)
  const outbox = new SqliteOutbox(directory)
  const updates = [1, 2, 3].map((lead) => ({
    leads: [lead],
    key: `lead_id:${lead}`,
    fields: ['status'],
    status: 'updated' as const
  }))
  const sender = { caller: 'crm', requestId: 'req', account: 'default', source: 'crm' }
  await outbox.history.record([{ at: 1, ...sender, updates }])
  await outbox.close()
  return directory
}

test('an entry of the history that cannot be read is set aside at the start, with a line in the log', async (t) => {
  for (const lead of NO_LEADS) {
    const directory = await withHistory(t)
    change(directory, `UPDATE history SET lead = ${lead} WHERE id = 2`)
    const logged: unknown[] = []
    const log = { error: (...all: unknown[]) => void logged.push(all) }
    const outbox = new SqliteOutbox(directory, { log })
    const entries = await outbox.history.list({ limit: 10 })
    t.same(
      entries.map((entry) => entry.lead),
      [3, 1],
      lead
    )
    const message = 'rows of the database that cannot be read were moved to its table set_aside'
    t.same(logged, [[{ rows: 1 }, message]])
    await outbox.close()
    const database = new DatabaseSync(join(directory, 'gateway.db'))
    t.match(database.prepare('SELECT origin, content FROM set_aside').all(), [
      { origin: 'history', content: /"caller":"crm"/ }
    ])
    database.close()
    logged.length = 0
    await new SqliteOutbox(directory, { log }).close()
    t.same(logged, [])
  }
})

test('an entry whose text is damaged costs only itself, on whichever page it is', async (t) => {
  const directory = await withHistory(t)
  change(
    directory,
    "UPDATE history SET fields = '[' WHERE id = 2",
    "UPDATE history SET stored = 'x' WHERE id = 1"
  )
  const outbox = new SqliteOutbox(directory)
  t.teardown(() => outbox.close())
  t.match(await outbox.history.list({ limit: 10 }), [{ lead: 3 }])
  t.same(await outbox.history.list({ limit: 1, lead: 2 }), [])
})

test('a stored update that cannot be read ends as failed, and blocks no other', async (t) => {
  const directory = dataDir(t)
  const before = new SqliteOutbox(directory)
  await before.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
  await before.jobs.accept(newJob(2, [sets('B', 3)]))
  await before.close()
  change(
    directory,
    "UPDATE updates SET changes = '[\"batch' WHERE lead = 'lead_id:1'",
    "UPDATE updates SET lead = 'nothing' WHERE lead = 'lead_id:3'"
  )
  const logged: unknown[] = []
  const outbox = new SqliteOutbox(directory, { log: { error: (members) => void logged.push(members) } })
  t.teardown(() => outbox.close())

  t.same(logged, [{ rows: 2 }])
  t.same(outbox.queue.size, { pending: 1, deadLetters: 0 })
  const failed = { status: 'failed', error: { code: 'internal_error', retryable: true } }
  t.match(await outbox.jobs.find(jobId(2)), { status: 'partial', counts: { failed: 1 } })
  t.match(await outbox.jobs.results(jobId(2)), [{ index: 0, ...failed }])
  const claimed = await outbox.queue.claim('default', 10, LATER)
  t.match(claimed, [{ update: { key: { value: 2 } } }])
  await outbox.queue.settle(claimed.map(done), NO_CALLS)
  t.match(await outbox.jobs.find(jobId(1)), { status: 'partial', counts: { failed: 1, updated: 1 } })
  t.match(await outbox.jobs.results(jobId(1)), [failed, { status: 'updated' }])
})
