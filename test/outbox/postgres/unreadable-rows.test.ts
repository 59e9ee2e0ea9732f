import { test } from 'tap'
import type { HistoryEntry } from '../../../src/outbox/history.ts'
import type { Tester } from '../../helper.ts'
import { newPool } from '../../postgres.ts'
import { dead, done, inShort, jobId, newJob, NO_CALLS, replayAs, sets, settleNext } from '../jobs.ts'
import { openPostgres } from './opened.ts'

const LATER = 1_000_000
const FAILED = {
  status: 'failed',
  error: {
    code: 'internal_error',
    detail: 'The stored update could not be read from the database.',
    retryable: true
  }
}
const MESSAGE = 'rows of the database that cannot be read were moved to its table set_aside'
/** Damage that makes a stored update unreadable. */
const DAMAGES = [
  `changes = '["batch'`,
  "changes = '{}'",
  "changes = '[]'",
  'changes = NULL',
  `changes = '["update_lead", {}, {}, null]'`,
  `changes = '["delete_lead", {}, {}, []]'`,
  `changes = '["update_lead", {"status": 1}, {}, []]'`,
  'lead = NULL',
  "lead = 'nothing'",
  "lead = 'lead_id:1x'",
  "lead = 'lead_id:0'",
  "lead = 'lead_id:1e3'",
  "lead = 'lead_id:1000000000'",
  "lead = 'vendor_lead_code:'"
]

async function opened(t: Tester) {
  const logged: unknown[][] = []
  const log = {
    info: () => {},
    warn: () => {},
    error: (...all: unknown[]) => void logged.push(all)
  }
  const { url, outbox, openAnother, elect } = await openPostgres(t, { log })
  const pool = newPool(t, url)
  const setAside = async () => (await pool.query('SELECT origin, content FROM set_aside ORDER BY id')).rows
  return { outbox, pool, setAside, logged, openAnother, elect }
}

test('a stored update that cannot be read ends as failed and is kept, and all others are claimed', async (t) => {
  const { outbox, pool, setAside, logged } = await opened(t)
  const leads = [...DAMAGES.keys(), 999_999_998].map((n) => n + 1)
  await outbox.jobs.accept(
    newJob(
      1,
      leads.map((lead) => sets('A', lead))
    )
  )
  await outbox.jobs.accept(newJob(2, [sets('B', 50)]))
  await outbox.jobs.accept(newJob(3, [sets('C', 51)]))
  for (const [n, damage] of DAMAGES.entries())
    await pool.query(`UPDATE updates SET ${damage} WHERE id = ${n + 1}`)
  await pool.query("UPDATE updates SET lead = 'nobody' WHERE lead = 'lead_id:50'")
  t.equal((await outbox.jobs.results(jobId(1))).length, leads.length)
  t.same(await outbox.jobs.results(jobId(2)), [{ index: 0, status: 'queued' }])
  const { promise: ended, resolve } = Promise.withResolvers<undefined>()
  outbox.jobs.onEnd(jobId(2), () => {
    resolve(undefined)
  })

  const claimed = await outbox.queue.claim('default', 100, LATER)
  t.same(inShort(claimed), [`1/${DAMAGES.length} lead_id:999999999 A`, '3/0 lead_id:51 C'])
  await ended
  t.same(outbox.queue.size, { pending: 2, deadLetters: 0 })
  t.same(logged, [[{ rows: DAMAGES.length + 1 }, MESSAGE]])
  const kept = await setAside()
  t.equal(kept.length, DAMAGES.length + 1)
  t.match(kept[0], { origin: 'updates', content: /"lead" : "lead_id:1", "changes" : "\[\\"batch"/ })
  t.match(await outbox.jobs.find(jobId(2)), { status: 'failed', counts: { failed: 1 } })
  t.same(await outbox.jobs.results(jobId(2)), [{ index: 0, ...FAILED }])

  await outbox.queue.settle(claimed.map(done), NO_CALLS)
  t.match(await outbox.jobs.find(jobId(1)), {
    status: 'partial',
    counts: { failed: DAMAGES.length, updated: 1 }
  })
  t.same(await outbox.jobs.results(jobId(1)), [
    ...DAMAGES.map((_, index) => ({ index, ...FAILED })),
    { index: DAMAGES.length, lead_id: 999_999_999, status: 'updated' }
  ])
  t.same(outbox.queue.size, { pending: 0, deadLetters: 0 })
})

test('an unreadable update among many of its lead ends a run of them, and the rest goes on', async (t) => {
  const { outbox, pool } = await opened(t)
  await outbox.jobs.accept(
    newJob(
      1,
      Array.from({ length: 24 }, () => sets('A', 1))
    )
  )
  await pool.query(`UPDATE updates SET changes = '{' WHERE id = 13`)
  const claimed: number[] = []
  for (let n = 0; n < 30 && outbox.queue.size.pending > 0; n++) {
    const all = (await outbox.queue.claim('default', 9, LATER)).flatMap((one) => [...(one.folded ?? []), one])
    claimed.push(...all.map(({ update }) => update.index))
    await outbox.queue.settle(all.map(done), NO_CALLS)
  }
  t.same(
    claimed,
    Array.from({ length: 24 }, (_, n) => n).filter((n) => n !== 12)
  )
  t.match(await outbox.jobs.find(jobId(1)), { status: 'partial', counts: { failed: 1, updated: 23 } })
})

test('a job with an unreadable update can be cancelled', async (t) => {
  const { outbox, pool, setAside } = await opened(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2), sets('A', 3)]))
  await pool.query(`UPDATE updates SET changes = '{' WHERE id = 2`)
  t.equal(await outbox.jobs.cancel(jobId(1)), 2)
  t.match(await outbox.jobs.find(jobId(1)), { counts: { failed: 1, cancelled: 2 } })
  t.same(outbox.queue.size, { pending: 0, deadLetters: 0 })
  t.equal((await setAside()).length, 1)
})

test('an unreadable dead letter is neither listed nor replayed, and keeps no other from it', async (t) => {
  const { outbox, pool, setAside, openAnother } = await opened(t)
  await outbox.jobs.accept(
    newJob(
      1,
      [1, 2, 3, 4, 5].map((lead) => sets('A', lead))
    )
  )
  for (let n = 0; n < 5; n++) await settleNext(outbox, dead)
  const another = await openAnother()
  await pool.query(`UPDATE updates SET changes = '{' WHERE id = 5`)
  t.same(
    (await another.jobs.deadLetters({ limit: 1 })).map(({ id }) => id),
    [4],
    'a page is not shorter'
  )
  await pool.query(`UPDATE updates SET lead = 'none' WHERE id = 2`)
  const replay = replayAs(2)
  await another.jobs.replay({ limit: 3 }, replay)
  t.same(
    replay.found.map(({ letters, remaining }) => [letters.map(({ id }) => id), remaining]),
    [[[1, 3, 4], 0]]
  )
  await outbox.queue.look()
  await outbox.queue.report()
  t.same(outbox.queue.size, { pending: 3, deadLetters: 0 })
  t.equal((await setAside()).length, 2)
  t.match(await outbox.jobs.find(jobId(1)), { status: 'failed', counts: { failed: 5 } })
  t.match((await outbox.jobs.results(jobId(1)))[1], { index: 1, ...FAILED })
})

/** A history of leads from 1 on. */
async function withHistory(t: Tester, leads: number) {
  const all = await opened(t)
  const updates = Array.from({ length: leads }, (_, n) => ({
    leads: [n + 1],
    key: { by: 'lead_id', value: n + 1 } as const,
    fields: ['status'],
    status: 'updated' as const
  }))
  const sender = { caller: 'crm', requestId: 'req', account: 'default', source: 'crm' }
  await all.outbox.history.record([{ at: 1, sender, updates }])
  return all
}

function leadsOf(entries: readonly HistoryEntry[]): unknown[] {
  return entries.map(({ lead }) => lead)
}

test('an entry of the history that cannot be read costs only itself, on whichever page it is', async (t) => {
  const damages = [
    "fields = '['",
    "fields = '{}'",
    "stored = 'x'",
    "stored = '[]'",
    'lead = 0',
    'lead = 1000000000',
    'lead = 9223372036854775807'
  ]
  const { outbox, pool, setAside, logged } = await withHistory(t, damages.length + 2)
  for (const [n, damage] of damages.entries())
    await pool.query(`UPDATE history SET ${damage} WHERE id = ${n + 2}`)
  const last = damages.length + 2
  t.same(leadsOf(await outbox.history.list({ limit: 2 })), [last, 1])
  t.same(leadsOf(await outbox.history.list({ limit: 2, before: last })), [1])
  const kept = await setAside()
  t.equal(kept.length, damages.length)
  t.match(kept[0], { origin: 'history', content: /"caller":"crm"/ })
  t.same(logged[0], [{ rows: 1 }, MESSAGE])
})

test('a damaged result loses only its details, and damaged counts are counted again', async (t) => {
  const { outbox, pool } = await opened(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2), sets('A', 3)]))
  await settleNext(outbox, done)
  await settleNext(outbox, dead)
  await pool.query("UPDATE jobs SET counts = '{'")
  t.match((await outbox.jobs.find(jobId(1)))?.counts, { updated: 1, failed: 1, queued: 1 })
  await settleNext(outbox, done)
  t.match(await outbox.jobs.find(jobId(1)), { status: 'partial', counts: { updated: 2, failed: 1 } })
  for (const [n, result] of ['{', '{}', '5'].entries())
    await pool.query('UPDATE updates SET result = $1 WHERE id = $2', [result, n + 1])
  t.same(await outbox.jobs.results(jobId(1)), [
    { index: 0, status: 'updated' },
    { index: 1, status: 'failed' },
    { index: 2, status: 'updated' }
  ])
  t.same(
    (await outbox.jobs.deadLetters({ limit: 10 })).map(({ result }) => result),
    [{ index: 1, status: 'failed' }]
  )
})

test('a damaged lead id in a result is not taken for the id of a lead, and hides no other', async (t) => {
  const { outbox, pool } = await opened(t)
  const damages = [
    '{',
    '[]',
    '{"lead_id":1e30}',
    '{"lead_id":0}',
    '{"lead_id":"x"}',
    '{"lead_id":1000000000}'
  ]
  await outbox.jobs.accept(
    newJob(
      1,
      [...damages, 'sound'].map((_, n) => sets('A', n + 1))
    )
  )
  for (let n = 0; n <= damages.length; n++) await settleNext(outbox, done)
  for (const [n, result] of damages.entries())
    await pool.query('UPDATE updates SET result = $1 WHERE id = $2', [result, n + 1])
  t.same(await outbox.updatedLeads(10), [damages.length + 1])
})

test('a damaged report of the owner hides nothing for long', async (t) => {
  const { outbox, pool, openAnother } = await opened(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  const another = await openAnother()
  for (const content of ['{', '{}', '[]']) {
    await pool.query('UPDATE queue_state SET content = $1', [content])
    await another.queue.report()
    t.equal(another.queue.size.deadLetters, 0, content)
  }
  await outbox.queue.report()
  await another.queue.report()
  t.same(another.queue.size, { pending: 1, deadLetters: 0 })
})
