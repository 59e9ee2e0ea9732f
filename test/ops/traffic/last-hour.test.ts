import { test } from 'tap'
import type { EndedUpdates } from '../../../src/telemetry/observer.ts'
import { MINUTES } from '../../../src/ops/minute-ring.ts'
import { LastHour } from '../../../src/ops/traffic/last-hour.ts'

const MINUTE = 60_000
/** The beginning of a minute. */
const START = 30_000_000 * MINUTE

function ended(status: EndedUpdates['status'], count = 1, code?: string): EndedUpdates {
  return { caller: 'crm', account: 'default', status, count, ...(code === undefined ? {} : { code }) }
}

test('at first nothing has ended in any of the 60 minutes', (t) => {
  const minutes = new LastHour().minutes(START + 1)
  t.equal(minutes.length, MINUTES)
  t.same(minutes[0], { at: START - 59 * MINUTE, updated: 0, read: 0, refused: 0, failed: 0 })
  t.same(minutes.at(-1), { at: START, updated: 0, read: 0, refused: 0, failed: 0 })
  t.same(new LastHour().reasons(START), [])
  t.end()
})

test("each result counts in its minute as updated, read, refused or failed; a cancelled update doesn't count", (t) => {
  const hour = new LastHour()
  for (const status of ['read', 'incomplete'] as const) hour.updatesEnded(ended(status), START)
  for (const status of ['updated', 'superseded', 'cancelled'] as const)
    hour.updatesEnded(ended(status), START)
  for (const status of ['rejected', 'not_found', 'ambiguous'] as const)
    hour.updatesEnded(ended(status, 10), START + MINUTE - 1)
  for (const status of ['failed', 'unknown', 'dead_lettered'] as const)
    hour.updatesEnded(ended(status, 100), START + MINUTE)
  const [before, running] = hour.minutes(START + MINUTE).slice(-2)
  t.same(before, { at: START, updated: 2, read: 2, refused: 30, failed: 0 })
  t.same(running, { at: START + MINUTE, updated: 0, read: 0, refused: 0, failed: 300 })
  t.end()
})

test('the reasons of all minutes are added up, the most frequent first', (t) => {
  const hour = new LastHour()
  hour.updatesEnded(ended('rejected', 3, 'field_too_long'), START)
  hour.updatesEnded(ended('failed', 2, 'upstream_timeout'), START)
  hour.updatesEnded(ended('unknown', 2, 'upstream_timeout'), START + MINUTE)
  t.same(hour.reasons(START + MINUTE), [
    { code: 'upstream_timeout', kind: 'failed', count: 4 },
    { code: 'field_too_long', kind: 'refused', count: 3 }
  ])
  t.end()
})

test('an update that was made is a reason, too, if VICIdial holds something else', (t) => {
  const hour = new LastHour()
  hour.updatesEnded({ ...ended('updated', 2), verification: 'differs' }, START)
  hour.updatesEnded({ ...ended('updated', 3), verification: 'verified' }, START)
  t.match(hour.minutes(START).at(-1), { updated: 5, failed: 0 })
  t.same(hour.reasons(START), [{ code: 'stored_differs', kind: 'updated', count: 2 }])
  t.end()
})

test('results older than an hour are forgotten, even if nothing came since', (t) => {
  const hour = new LastHour()
  hour.updatesEnded(ended('failed', 1, 'upstream_timeout'), START)
  const last = START + 59 * MINUTE
  t.match(hour.minutes(last)[0], { at: START, failed: 1 })
  t.equal(hour.reasons(last).length, 1)
  t.match(hour.minutes(last + MINUTE)[0], { at: START + MINUTE, failed: 0 })
  t.same(hour.reasons(last + MINUTE), [])
  hour.updatesEnded(ended('updated'), START + 60 * MINUTE)
  t.match(hour.minutes(START + 60 * MINUTE).at(-1), { updated: 1, failed: 0 })
  t.end()
})
