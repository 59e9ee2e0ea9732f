import fc from 'fast-check'
import { test } from 'tap'
import { Quota } from '../../src/callers/quota.ts'

const MINUTE_MS = 60_000

test('a minute starts with the first use, and then the quota is full again', async (t) => {
  const quota = new Quota(10)
  t.same([quota.left(500), quota.secondsLeft(500)], [10, 60])
  t.equal(quota.take(4, 1_000), true)
  t.same([quota.left(1_000), quota.secondsLeft(1_000)], [6, 60])
  t.equal(quota.take(6, 31_500), true)
  t.same([quota.left(31_500), quota.secondsLeft(31_500)], [0, 30])
  t.equal(quota.take(1, 60_999), false)
  t.same([quota.left(60_999), quota.secondsLeft(60_999)], [0, 1])
  t.same([quota.left(61_000), quota.isWhole(61_000)], [10, true])
  t.equal(quota.take(10, 61_000), true)
})

test("an amount that doesn't fit takes nothing, and a smaller one still fits", async (t) => {
  const quota = new Quota(10)
  t.equal(quota.take(11, 0), false)
  t.equal(quota.isWhole(0), true)
  t.equal(quota.take(7, 0), true)
  t.equal(quota.take(4, 0), false)
  t.equal(quota.take(3, 0), true)
})

test('a new quota applies at once; what is taken stays taken', async (t) => {
  const quota = new Quota(10)
  quota.take(6, 0)
  quota.change(4)
  t.equal(quota.left(0), 0)
  quota.change(8)
  t.equal(quota.left(0), 2)
})

test('at any times: never more than the quota in a minute, and waiting for Retry-After is enough', (t) => {
  const asked = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 40_000 })))
  fc.assert(
    fc.property(asked, (steps) => {
      const quota = new Quota(10)
      let now = 0
      let began = Number.NEGATIVE_INFINITY
      let taken = 0
      for (const [amount, ms] of steps) {
        now += ms
        if (now >= began + MINUTE_MS) taken = 0
        if (quota.take(amount, now)) {
          if (taken === 0) began = now
          taken += amount
        } else if (amount <= 10 && quota.left(now + quota.secondsLeft(now) * 1_000) !== 10) return false
        if (taken > 10 || quota.left(now) !== 10 - taken) return false
      }
      return true
    })
  )
  t.end()
})
