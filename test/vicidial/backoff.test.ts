import { test } from 'tap'
import { longestPauseMs, pauseMs } from '../../src/vicidial/backoff.ts'

const BACKOFF = { firstMs: 100, growth: 3, longestMs: 1_000 }

test('pauses grow up to the longest, and half of each is random', async (t) => {
  const pauses = (random: number) => [1, 2, 3, 4].map((attempt) => pauseMs(attempt, BACKOFF, () => random))
  t.strictSame(pauses(0), [50, 150, 450, 500])
  t.strictSame(pauses(0.5), [75, 225, 675, 750])
  t.strictSame(pauses(1), [100, 300, 900, 1_000])
})

test('the pause after any number of attempts is a number', async (t) => {
  t.equal(longestPauseMs(5_000, BACKOFF), 1_000)
  t.equal(longestPauseMs(5_000, { ...BACKOFF, firstMs: 0 }), 0)
})

test('without a given random number pauses differ', async (t) => {
  const pauses = Array.from({ length: 50 }, () => pauseMs(1, BACKOFF))
  t.ok(new Set(pauses).size > 40)
  t.ok(pauses.every((ms) => ms >= 50 && ms <= 100))
})
