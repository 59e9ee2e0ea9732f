import fc from 'fast-check'
import { test } from 'tap'
import { HourCount, HourCounts, sumOf } from '../../../src/ops/senders/hour-count.ts'

const MINUTE = 60_000
/** The beginning of a minute. */
const START = 30_000_000 * MINUTE

test('the count of the last hour is that of its 60 minutes, whenever things happened', (t) => {
  const happened = fc.array(fc.record({ after: fc.nat(200 * MINUTE), count: fc.nat(1_000) }))
  fc.assert(
    fc.property(happened, (list) => {
      const counter = new HourCount()
      const inOrder = list.toSorted((a, b) => a.after - b.after)
      for (const { after, count } of inOrder) counter.add(count, START + after)
      const now = START + (inOrder.at(-1)?.after ?? 0)
      const first = (Math.floor(now / MINUTE) - 59) * MINUTE
      const late = inOrder.filter(({ after }) => START + after >= first)
      t.equal(
        counter.inLastHour(now),
        late.reduce((sum, { count }) => sum + count, 0)
      )
      t.equal(
        counter.total,
        list.reduce((sum, { count }) => sum + count, 0)
      )
    })
  )
  t.end()
})

test('what is older than an hour is forgotten, even if nothing happens since, and with a clock that was set back', (t) => {
  const counter = new HourCount()
  counter.add(2, START)
  t.equal(counter.inLastHour(START + 59 * MINUTE), 2)
  t.equal(counter.inLastHour(START + 60 * MINUTE), 0)
  counter.add(1, START + 90 * MINUTE)
  t.equal(counter.inLastHour(START + 10 * MINUTE), 2, 'the later minute is not there yet')
  counter.add(1, START + 30 * MINUTE)
  t.equal(counter.inLastHour(START + 30 * MINUTE), 3)
  t.equal(counter.total, 4)
  t.end()
})

test('several counts are listed with the most frequent first, and summed up', (t) => {
  const counts = new HourCounts()
  t.same(sumOf(counts.list(START)), { lastHour: 0, total: 0, lastAt: undefined })
  counts.add('a', 1, START)
  counts.add('b', 2, START + 1)
  counts.add('a', 4, START + 120 * MINUTE)
  const now = START + 120 * MINUTE
  t.same(counts.list(now), [
    { name: 'a', lastHour: 4, total: 5, lastAt: now },
    { name: 'b', lastHour: 0, total: 2, lastAt: START + 1 }
  ])
  t.same(sumOf(counts.list(now)), { lastHour: 4, total: 7, lastAt: now })
  t.end()
})
