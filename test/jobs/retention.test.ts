import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { Retention } from '../../src/jobs/retention.ts'
import { COUNTED_MS } from '../../src/outbox/result-counts.ts'
import { SqliteOutbox } from '../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir, type Tester } from '../helper.ts'
import { AT_ONCE, dead, done, idempotencyRecord, jobId, newJob, sets, settleNext } from '../outbox/jobs.ts'
import { stoppedClock } from '../stopped-clock.ts'

const START = Date.parse('2026-01-02T03:04:05.000Z')
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RECORD = idempotencyRecord({ at: START })

/** A database with a job that was made, one with a dead letter, and a response; all of them are from now. */
async function kept(t: Tester, retentionDays = 30) {
  const clock = stoppedClock(t, START)
  const directory = dataDir(t)
  let outbox = new SqliteOutbox(directory, AT_ONCE)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { acceptedAt: START, records: [RECORD] }))
  await settleNext(outbox, done, START)
  await outbox.jobs.accept(newJob(2, [sets('B', 1)], { acceptedAt: START }))
  await settleNext(outbox, dead, START)
  const warned: unknown[] = []
  const note = (members: object) => void warned.push(members)
  const log = { error: note, warn: note }
  const start = async () => {
    const retention = new Retention({ outbox, retentionDays, historyDays: retentionDays, log })
    await retention.start()
    return retention
  }
  let retention = await start()
  t.teardown(async () => {
    retention.stop()
    await outbox.close()
  })
  /** Starts again after some time, or with a clock that is so far ahead: no process can tell. */
  const restart = async (afterMs: number) => {
    retention.stop()
    await outbox.close()
    clock.tick(afterMs)
    outbox = new SqliteOutbox(directory, AT_ONCE)
    retention = await start()
  }
  const letters = async () => (await outbox.jobs.deadLetters({ limit: 10 })).map(({ jobId: id }) => id)
  /** Adds a job with a dead letter. */
  const addLetter = async (n: number) => {
    const now = Date.now()
    await outbox.jobs.accept(newJob(n, [sets('C', 1)], { acceptedAt: now }))
    await settleNext(outbox, dead, now)
  }
  /** How many hours are noted in the database; it is closed then. */
  const hours = async () => {
    retention.stop()
    await outbox.close()
    const database = new DatabaseSync(join(directory, 'gateway.db'))
    const row = database.prepare('SELECT count(*) AS hours FROM running_hours').get()
    database.close()
    outbox = new SqliteOutbox(directory, AT_ONCE)
    return Number(row?.['hours'])
  }
  /** What is still there. */
  const found = async () => {
    const isKept = async (n: number) => (await outbox.jobs.find(jobId(n))) !== undefined
    const record = await outbox.idempotency.find(RECORD.caller, RECORD.key, 0)
    return [await isKept(1), await isKept(2), record !== undefined]
  }
  /** When the counts of results began that are still there. */
  const counted = async () => (await outbox.resultCounts.since(0, COUNTED_MS)).map(({ at }) => at)
  const count = (at: number) => outbox.resultCounts.add([{ at, status: 'updated', code: '', count: 1 }])
  return { ...clock, restart, count, counted, addLetter, letters, hours, found, warned }
}

test('what has ended is deleted when it is old enough, dead letters too', async (t) => {
  const { pass, found, warned } = await kept(t)
  await pass(7 * DAY_MS - HOUR_MS, HOUR_MS)
  t.same(await found(), [true, true, true])
  await pass(2 * HOUR_MS, HOUR_MS)
  t.same(await found(), [true, true, false])
  await pass(23 * DAY_MS - 2 * HOUR_MS, HOUR_MS)
  t.same(await found(), [true, true, false])
  await pass(3 * HOUR_MS, HOUR_MS)
  t.same(await found(), [false, false, false])
  t.same(warned, [])
})

test("a jump of the system's clock deletes nothing, then or later", async (t) => {
  const { pass, setAhead, found, warned } = await kept(t)
  await pass(HOUR_MS, HOUR_MS / 2)
  setAhead(40 * DAY_MS)
  await pass(2 * DAY_MS, HOUR_MS)
  t.same(await found(), [true, true, true])
  t.same(warned, [{ seconds: (40 * DAY_MS) / 1_000 }])
  setAhead(-40 * DAY_MS)
  await pass(2 * DAY_MS, HOUR_MS)
  t.same(await found(), [true, true, true])
})

test('after a long stop nothing is deleted for a day, and no dead letter until it has run for as many hours', async (t) => {
  const { pass, restart, found, warned } = await kept(t)
  await pass(2 * HOUR_MS, HOUR_MS)
  await restart(40 * DAY_MS)
  await pass(DAY_MS - HOUR_MS, HOUR_MS)
  t.same(await found(), [true, true, true])
  t.equal(warned.length, 1)
  await pass(2 * HOUR_MS, HOUR_MS)
  t.same(await found(), [false, true, false])
  await pass(29 * DAY_MS - 4 * HOUR_MS, HOUR_MS)
  t.same(await found(), [false, true, false])
  await pass(5 * HOUR_MS, HOUR_MS)
  t.same(await found(), [false, false, false])
})

test('a new dead letter is not taken for an old one after all older jobs were deleted', async (t) => {
  const { pass, restart, addLetter, letters, found } = await kept(t)
  await pass(32 * DAY_MS, HOUR_MS)
  t.same(await found(), [false, false, false])
  await addLetter(3)
  await pass(2 * HOUR_MS, HOUR_MS)
  await restart(40 * DAY_MS)
  await pass(DAY_MS + 2 * HOUR_MS, HOUR_MS)
  t.same(await letters(), [jobId(3)])
})

test('a gateway that never runs for an hour has run for the hours between its starts', async (t) => {
  const { pass, restart, letters } = await kept(t, 1)
  const passShortly = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += HOUR_MS / 2) {
      await restart(HOUR_MS / 2 - 60_000)
      await pass(60_000, 30_000)
    }
  }
  await passShortly(DAY_MS)
  t.same(await letters(), [jobId(2)])
  await passShortly(2 * HOUR_MS)
  t.same(await letters(), [])
})

test('counts of results are kept for eight days', async (t) => {
  const { pass, count, counted } = await kept(t)
  const began = START - (START % COUNTED_MS)
  await count(began)
  await count(began + DAY_MS)
  await pass(8 * DAY_MS - HOUR_MS, HOUR_MS)
  t.same(await counted(), [began, began + DAY_MS])
  await pass(2 * HOUR_MS, HOUR_MS)
  t.same(await counted(), [began + DAY_MS])
})

test('hours that are not needed any more are deleted', async (t) => {
  const { pass, hours } = await kept(t)
  await pass(32 * DAY_MS, HOUR_MS)
  t.equal(await hours(), 30 * 24 + 1)
})

test('a clock that steps adds no hours', async (t) => {
  const { pass, setAhead, hours } = await kept(t)
  for (const ahead of [1, -1, 2, -2, 3]) {
    await pass(60_000, 30_000)
    setAhead(ahead * DAY_MS)
  }
  await pass(60_000, 30_000)
  t.equal(await hours(), 1, 'noted at the start')
})

test('another restart within that day deletes nothing either', async (t) => {
  const { pass, restart, found } = await kept(t)
  await pass(2 * HOUR_MS, HOUR_MS)
  await restart(40 * DAY_MS)
  await pass(20 * HOUR_MS, HOUR_MS)
  await restart(60_000)
  await pass(23 * HOUR_MS, HOUR_MS)
  t.same(await found(), [true, true, true])
  await restart(60_000)
  await pass(2 * HOUR_MS, HOUR_MS)
  t.same(await found(), [false, true, false])
})
