import { test } from 'tap'
import { StorageError } from '../../../src/errors.ts'
import { LastWeek } from '../../../src/ops/traffic/last-week.ts'
import { RANGES, startOf } from '../../../src/ops/traffic/ranges.ts'
import { COUNTED_MS, type ResultCount } from '../../../src/outbox/result-counts.ts'
import type { EndedUpdates } from '../../../src/telemetry/observer.ts'
import { until } from '../../until.ts'

const HOUR = 3_600_000
/** The beginning of three hours. */
const START = 150_000 * 3 * HOUR

function ended(status: EndedUpdates['status'], count = 1, code?: string): EndedUpdates {
  return { caller: 'crm', account: 'default', status, count, ...(code === undefined ? {} : { code }) }
}

/** A store that keeps what it is given, or fails. */
function memory() {
  const stored: ResultCount[] = []
  const failing: { error?: Error } = {}
  const logged: string[] = []
  const store = {
    add: async (counts: readonly ResultCount[]) => {
      if (failing.error) throw failing.error
      stored.push(...counts)
    },
    since: async (since: number) => stored.filter(({ at }) => at >= since)
  }
  const log = { error: (_: object, message: string) => void logged.push(message) }
  return { stored, failing, logged, store, week: new LastWeek({ store: () => store, log }) }
}

test('results are stored for each ten minutes by status and code, once', async (t) => {
  const { stored, week } = memory()
  week.updatesEnded(ended('updated', 2), START)
  week.updatesEnded(ended('updated', 3), START + COUNTED_MS - 1)
  week.updatesEnded({ ...ended('updated', 1), verification: 'differs' }, START)
  week.updatesEnded(ended('failed', 4, 'upstream_timeout'), START + COUNTED_MS)
  for (const status of ['cancelled', 'ignored'] as const) week.updatesEnded(ended(status), START)
  t.same(stored, [], 'nothing is stored at once')
  await week.flush()
  const expected = [
    { at: START, status: 'updated', code: '', count: 5 },
    { at: START, status: 'updated', code: 'stored_differs', count: 1 },
    { at: START + COUNTED_MS, status: 'failed', code: 'upstream_timeout', count: 4 }
  ]
  t.strictSame(stored, expected)
  await week.flush()
  t.strictSame(stored, expected)
})

test('a range has what is stored and what is not stored yet, in its slots, with the reasons', async (t) => {
  const { week } = memory()
  const range = RANGES['24h']
  const now = START + 20 * 60_000
  week.updatesEnded(ended('updated', 1), startOf(range, now))
  week.updatesEnded(ended('rejected', 2, 'field_too_long'), START)
  await week.flush()
  week.updatesEnded(ended('dead_lettered', 4, 'upstream_timeout'), now)
  week.updatesEnded(ended('failed', 1, 'upstream_timeout'), now)
  week.updatesEnded(ended('updated', 100), startOf(range, now) - 1)
  const { slots, reasons } = await week.traffic(range, now)
  t.equal(slots.length, 48)
  t.strictSame(slots[0], { at: START - 23.5 * HOUR, updated: 1, read: 0, refused: 0, failed: 0 })
  t.strictSame(slots.at(-1), { at: START, updated: 0, read: 0, refused: 2, failed: 5 })
  t.strictSame(reasons, [
    { code: 'upstream_timeout', kind: 'failed', count: 5 },
    { code: 'field_too_long', kind: 'refused', count: 2 }
  ])
  const ofWeek = await week.traffic(RANGES['7d'], now)
  t.equal(ofWeek.slots.length, 56)
  t.match(ofWeek.slots.slice(-9), [
    { updated: 101 },
    ...Array.from({ length: 7 }, () => ({ updated: 0 })),
    { failed: 5 }
  ])
})

test('what cannot be stored is kept and stored later, unless it may be stored already; one line is logged', async (t) => {
  const { stored, failing, logged, week } = memory()
  week.updatesEnded(ended('updated'), START)
  failing.error = new StorageError('The database cannot be written.')
  await week.flush()
  week.updatesEnded(ended('updated'), START)
  await week.stop()
  t.same(logged, ['counts of results cannot be stored'])
  t.match((await week.traffic(RANGES['24h'], START)).slots.at(-1), { updated: 2 })
  failing.error = new StorageError('The connection broke.', undefined, true)
  await week.flush()
  delete failing.error
  week.updatesEnded(ended('failed'), START)
  await week.flush()
  t.strictSame(stored, [{ at: START, status: 'failed', code: '', count: 1 }])
})

test('what is stored while a range is read is counted once, and storing does not wait for the reading', async (t) => {
  const { stored, store } = memory()
  const held: Partial<Record<'add' | 'since', Promise<unknown>>> = {}
  let readings = 0
  const slow = {
    add: async (counts: readonly ResultCount[]) => {
      await store.add(counts)
      await held.add
    },
    since: async (since: number) => {
      const found = await store.since(since)
      readings++
      await held.since
      return found
    }
  }
  const week = new LastWeek({ store: () => slow, log: { error: () => {} } })
  const read = async () => (await week.traffic(RANGES['24h'], START)).slots.at(-1)?.updated

  const adding = Promise.withResolvers<void>()
  held.add = adding.promise
  week.updatesEnded(ended('updated', 3), START)
  const flushed = week.flush()
  await until('the counts are stored', () => stored.length > 0)
  const meanwhile = read()
  adding.resolve()
  await flushed
  t.equal(await meanwhile, 3, 'stored, but the gateway does not know yet')

  const reading = Promise.withResolvers<void>()
  held.since = reading.promise
  const before = readings
  const across = read()
  await until('the reading has begun', () => readings > before)
  week.updatesEnded(ended('updated', 4), START)
  await week.stop()
  week.updatesEnded(ended('updated', 1), START)
  reading.resolve()
  t.equal(await across, 8, 'stored after it was read')
})
