import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import type { HistoryEntry } from '../../../src/outbox/history.ts'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir, type Tester } from '../../helper.ts'
import { dead, done, inShort, jobId, newJob, NO_CALLS, sets, settleNext } from '../jobs.ts'

const LATER = 1_000_000
/** Leads that no history can have: JavaScript cannot read the first two. */
const NO_LEADS = ['9007199254740993', '9223372036854775807', '1e30', '1000000000', '0', '-1', "'x'"]

/** Changes a closed database. */
function change(directory: string, ...statements: string[]): void {
  const database = new DatabaseSync(join(directory, 'gateway.db'))
  for (const statement of statements) database.exec(statement)
  database.close()
}

/** A history of leads from 1 on. */
async function withHistory(t: Tester, leads = 3): Promise<string> {
  const directory = dataDir(t)
  const outbox = new SqliteOutbox(directory)
  const updates = Array.from({ length: leads }, (_, n) => ({
    leads: [n + 1],
    key: { by: 'lead_id', value: n + 1 } as const,
    fields: ['status'],
    status: 'updated' as const
  }))
  const sender = { caller: 'crm', requestId: 'req', account: 'default', source: 'crm' }
  await outbox.history.record([{ at: 1, sender, updates }])
  await outbox.close()
  return directory
}

function leadsOf(entries: readonly HistoryEntry[]): unknown[] {
  return entries.map(({ lead }) => lead)
}

test('an entry of the history that cannot be read is set aside at the start, with a line in the log', async (t) => {
  for (const lead of NO_LEADS) {
    const directory = await withHistory(t)
    change(directory, `UPDATE history SET lead = ${lead} WHERE id = 2`)
    const logged: unknown[] = []
    const log = { error: (...all: unknown[]) => void logged.push(all) }
    const outbox = new SqliteOutbox(directory, { log })
    t.same(leadsOf(await outbox.history.list({ limit: 10 })), [3, 1], lead)
    const message = 'rows of the database that cannot be read were moved to its table set_aside'
    t.same(logged, [[{ rows: 1 }, message]])
    await outbox.close()
    const database = new DatabaseSync(join(directory, 'gateway.db'))
    const aside = database.prepare('SELECT origin, content FROM set_aside').all()
    t.equal(aside.length, 1)
    t.match(aside, [{ origin: 'history', content: /"caller":"crm"/ }])
    database.close()
    logged.length = 0
    await new SqliteOutbox(directory, { log }).close()
    t.same(logged, [])
  }
})

test('an entry whose text is damaged costs only itself, on whichever page it is', async (t) => {
  const damages = ["fields = '['", "fields = '{}'", "stored = 'x'", "stored = '[]'"]
  const directory = await withHistory(t, damages.length + 1)
  change(directory, ...damages.map((damage, n) => `UPDATE history SET ${damage} WHERE lead = ${n + 1}`))
  const outbox = new SqliteOutbox(directory)
  t.teardown(() => outbox.close())
  t.same(leadsOf(await outbox.history.list({ limit: 10 })), [damages.length + 1])
  t.same(await outbox.history.list({ limit: 1, lead: 2 }), [])
})

/** Damage that makes a stored update unreadable. */
const DAMAGES = [
  `changes = '["batch'`,
  "changes = '{}'",
  "changes = '[]'",
  `changes = '["update_lead", {}, {}, null]'`,
  "lead = 'nothing'",
  "lead = 'lead_id:1x'",
  "lead = 'lead_id:0'",
  "lead = 'lead_id:1e3'",
  "lead = 'lead_id:1000000000'",
  "lead = 'lead_id:99999999999999999999'",
  "lead = 'vendor_lead_code:'"
]

test('a stored update that cannot be read ends as failed, and blocks no other', async (t) => {
  const directory = dataDir(t)
  const before = new SqliteOutbox(directory)
  const leads = [...DAMAGES.keys(), 999_999_998].map((n) => n + 1)
  await before.jobs.accept(
    newJob(
      1,
      leads.map((lead) => sets('A', lead))
    )
  )
  await before.jobs.accept(newJob(2, [sets('B', 50)]))
  await before.close()
  change(
    directory,
    ...DAMAGES.map((damage, n) => `UPDATE updates SET ${damage} WHERE id = ${n + 1}`),
    "UPDATE updates SET lead = 'nothing' WHERE lead = 'lead_id:50'"
  )
  const logged: unknown[] = []
  const outbox = new SqliteOutbox(directory, { log: { error: (members) => void logged.push(members) } })
  t.teardown(() => outbox.close())

  t.same(logged, [{ rows: DAMAGES.length + 1 }])
  t.same(outbox.queue.size, { pending: 1, deadLetters: 0 })
  const detail = 'The stored update could not be read from the database.'
  const failed = { status: 'failed', error: { code: 'internal_error', detail, retryable: true } }
  t.match(await outbox.jobs.find(jobId(2)), { status: 'partial', counts: { failed: 1 } })
  t.same(await outbox.jobs.results(jobId(2)), [{ index: 0, ...failed }])
  const claimed = await outbox.queue.claim('default', 100, LATER)
  t.same(inShort(claimed), [`1/${DAMAGES.length} lead_id:999999999 A`])
  await outbox.queue.settle(claimed.map(done), NO_CALLS)
  const counts = { failed: DAMAGES.length, updated: 1 }
  t.match(await outbox.jobs.find(jobId(1)), { status: 'partial', counts })
  t.same(await outbox.jobs.results(jobId(1)), [
    ...DAMAGES.map((_, index) => ({ index, ...failed })),
    { index: DAMAGES.length, lead_id: 999_999_999, status: 'updated' }
  ])
})

test('a damaged result loses only its details, and damaged counts are counted again', async (t) => {
  const directory = dataDir(t)
  const before = new SqliteOutbox(directory)
  await before.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2), sets('A', 3)]))
  await settleNext(before, done)
  await settleNext(before, dead)
  await before.jobs.accept(newJob(2, [sets('B', 4)]))
  await settleNext(before, done)
  await settleNext(before, done)
  await before.close()
  const damages = ['{', '{}', '5']
  change(
    directory,
    ...damages.map((damage, n) => `UPDATE updates SET result = '${damage}' WHERE id = ${n + 1}`),
    "UPDATE jobs SET counts = '{' WHERE n = 1"
  )
  const outbox = new SqliteOutbox(directory)
  t.teardown(() => outbox.close())
  t.same(await outbox.jobs.results(jobId(1)), [
    { index: 0, status: 'updated' },
    { index: 1, status: 'failed' },
    { index: 2, status: 'updated' }
  ])
  t.same(
    (await outbox.jobs.deadLetters({ limit: 10 })).map(({ result }) => result),
    [{ index: 1, status: 'failed' }]
  )
  t.same(
    (await outbox.jobs.list({ limit: 10 })).map(({ counts }) => counts),
    [{ updated: 1 }, { updated: 2, failed: 1 }]
  )
})

test('a damaged lead id in a result is not taken for the id of a lead', async (t) => {
  const directory = dataDir(t)
  const before = new SqliteOutbox(directory)
  await before.jobs.accept(
    newJob(
      1,
      [...NO_LEADS, '4'].map((_, n) => sets('A', n + 1))
    )
  )
  for (let n = 0; n <= NO_LEADS.length; n++) await settleNext(before, done)
  await before.close()
  const damaged = (lead: string, n: number) =>
    `UPDATE updates SET result = json_set(result, '$.lead_id', ${lead}) WHERE id = ${n + 1}`
  change(directory, ...NO_LEADS.map(damaged))
  const outbox = new SqliteOutbox(directory)
  t.teardown(() => outbox.close())
  t.same(await outbox.updatedLeads(10), [NO_LEADS.length + 1])
})
