import { test } from 'tap'
import { DrainRate } from '../../src/delivery/drain-rate.ts'

function clocked() {
  let nowMs = 1_700_000_000_000
  const rate = new DrainRate(() => nowMs)
  return {
    rate,
    pass: (ms: number) => {
      nowMs += ms
    }
  }
}

test('the time to wait is what waits, at the rate of the last ten seconds', async (t) => {
  const { rate, pass } = clocked()
  for (let second = 0; second < 10; second++) {
    rate.note(60)
    rate.note(40)
    if (second < 9) pass(1_000)
  }
  t.strictSame(
    [0, 1, 100, 101, 1_000, 5_999, 6_000, 6_001, 1_000_000].map((waiting) => rate.secondsFor(waiting)),
    [1, 1, 1, 2, 10, 60, 60, 60, 60]
  )
})

test('what was settled longer ago does not count', async (t) => {
  const { rate, pass } = clocked()
  rate.note(10_000)
  t.equal(rate.secondsFor(10_000), 10)
  pass(9_000)
  t.equal(rate.secondsFor(10_000), 10)
  pass(1_000)
  t.equal(rate.secondsFor(10_000), 60)
  rate.note(20_000)
  pass(5_000)
  t.equal(rate.secondsFor(10_000), 5)
})

test('when nothing was settled yet, the time to wait is still a number of seconds from 1 to 60', async (t) => {
  const { rate } = clocked()
  t.strictSame(
    [0, 1, 30, 100_000].map((waiting) => rate.secondsFor(waiting)),
    [1, 1, 30, 60]
  )
})
