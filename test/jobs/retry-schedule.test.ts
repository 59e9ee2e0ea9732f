import fc from 'fast-check'
import { test } from 'tap'
import { retryPauseMs, type RetrySchedule } from '../../src/jobs/retry-schedule.ts'

const SCHEDULE = { firstMs: 2_000, longestMs: 600_000, forMs: 43_200_000 }

/** The pauses after each attempt, until there are no more. */
function pauses(schedule: RetrySchedule, random: () => number): number[] {
  const all: number[] = []
  for (let attempts = 1; ; attempts++) {
    const pause = retryPauseMs(attempts, schedule, random)
    if (pause === undefined) return all
    all.push(pause)
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

test('pauses double from the first to the longest, and up to half of each is random', (t) => {
  const longest = [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000, 600_000, 600_000]
  t.same(pauses(SCHEDULE, () => 1).slice(0, 11), longest)
  t.same(
    pauses(SCHEDULE, () => 0).slice(0, 11),
    longest.map((pause) => pause / 2)
  )
  t.equal(
    retryPauseMs(3, SCHEDULE, () => 0.5),
    6_000
  )
  t.end()
})

test('with the default settings, attempts go on for 12 hours at least, and little more than a day at most', (t) => {
  const shortest = sum(pauses(SCHEDULE, () => 0))
  t.ok(shortest >= SCHEDULE.forMs && shortest < SCHEDULE.forMs + SCHEDULE.longestMs, String(shortest))
  const longest = sum(pauses(SCHEDULE, () => 1))
  t.equal(longest, 2 * shortest)
  t.end()
})

test('pauses differ by default, so that updates which failed together do not come back together', (t) => {
  const seen = new Set(Array.from({ length: 50 }, () => retryPauseMs(10, SCHEDULE)))
  t.ok(seen.size > 40, String(seen.size))
  for (const pause of seen) t.ok(pause !== undefined && pause >= 300_000 && pause <= 600_000)
  t.end()
})

test('any schedule lasts for its time, its pauses never shrink or pass the longest, and it ends', (t) => {
  const schedule = fc.record({
    firstMs: fc.integer({ min: 1, max: 3_600_000 }),
    longestMs: fc.integer({ min: 100_000, max: 86_400_000 }),
    forMs: fc.integer({ min: 1, max: 10_000_000 })
  })
  fc.assert(
    fc.property(schedule, fc.double({ min: 0, max: 1, noNaN: true }), (given, random) => {
      const all = pauses(given, () => random)
      return (
        all.length > 0 &&
        sum(all) >= given.forMs &&
        all.every((pause, index) => pause <= given.longestMs && pause >= (all[index - 1] ?? 0))
      )
    }),
    { numRuns: 200 }
  )
  t.end()
})

test('the shortest schedule has one pause', (t) => {
  const short = { firstMs: 1_000, longestMs: 1_000, forMs: 1 }
  t.same(
    pauses(short, () => 1),
    [1_000]
  )
  t.end()
})
