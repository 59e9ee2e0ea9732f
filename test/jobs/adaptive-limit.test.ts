import fc from 'fast-check'
import { test } from 'tap'
import { AdaptiveLimit } from '../../src/jobs/adaptive-limit.ts'

const GOOD_MS = 30_000

test('updates that end soon raise the limit, up to the maximum', async (t) => {
  const limit = new AdaptiveLimit(10_000, GOOD_MS)
  t.equal(limit.allowed, 500)
  for (let n = 0; n < 300; n++) limit.note(GOOD_MS / 2 - 1, true)
  t.equal(limit.allowed, 800)
  for (let n = 0; n < 20_000; n++) limit.note(1, true)
  t.equal(limit.allowed, 10_000)
})

test('updates that take long lower the limit, sent or not, down to the minimum', async (t) => {
  const limit = new AdaptiveLimit(10_000, GOOD_MS)
  limit.note(GOOD_MS, true)
  limit.note(60_000, false)
  t.equal(limit.allowed, 498)
  for (let n = 0; n < 1_000; n++) limit.note(60_000, false)
  t.equal(limit.allowed, 50)
})

test('updates that were not sent, or end in between, leave the limit unchanged', async (t) => {
  const limit = new AdaptiveLimit(10_000, GOOD_MS)
  limit.note(5, false)
  limit.note(GOOD_MS / 2, true)
  limit.note(GOOD_MS - 1, true)
  t.equal(limit.allowed, 500)
})

test('a maximum below the minimum is kept', async (t) => {
  const limit = new AdaptiveLimit(2, GOOD_MS)
  t.equal(limit.allowed, 2)
  limit.note(1, true)
  limit.note(60_000, true)
  t.equal(limit.allowed, 2)
})

test('at any speed, the limit settles at what is sent in good time', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 200 }), (perSecond) => {
      const limit = new AdaptiveLimit(10_000, GOOD_MS)
      const inFlight: number[] = []
      let peak = 0
      for (let second = 0; second < 1_000; second++) {
        while (inFlight.length < limit.allowed) inFlight.push(second)
        for (let n = 0; n < perSecond; n++) {
          const began = inFlight.shift() ?? second
          limit.note((second - began) * 1_000, true)
        }
        if (second > 500) peak = Math.max(peak, second - (inFlight[0] ?? second))
      }
      return peak >= 14 && peak <= 32
    })
  )
  t.pass('100 speeds')
})
