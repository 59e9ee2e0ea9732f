import fc from 'fast-check'
import { test } from 'tap'
import { AdaptiveLimit } from '../../src/jobs/adaptive-limit.ts'

const GOOD_MS = 30_000

test('what ends soon makes room for more, up to the most that is allowed', async (t) => {
  const pace = new AdaptiveLimit(10_000, GOOD_MS)
  t.equal(pace.allowed, 500)
  for (let n = 0; n < 300; n++) pace.note(GOOD_MS / 2 - 1, true)
  t.equal(pace.allowed, 800)
  for (let n = 0; n < 20_000; n++) pace.note(1, true)
  t.equal(pace.allowed, 10_000)
})

test('what takes longer takes places away, whether it was sent or not; some are always left', async (t) => {
  const pace = new AdaptiveLimit(10_000, GOOD_MS)
  pace.note(GOOD_MS, true)
  pace.note(60_000, false)
  t.equal(pace.allowed, 498)
  for (let n = 0; n < 1_000; n++) pace.note(60_000, false)
  t.equal(pace.allowed, 50)
})

test('what was refused at once says nothing, nor does what takes neither long nor short', async (t) => {
  const pace = new AdaptiveLimit(10_000, GOOD_MS)
  pace.note(5, false)
  pace.note(GOOD_MS / 2, true)
  pace.note(GOOD_MS - 1, true)
  t.equal(pace.allowed, 500)
})

test('a most that is small is kept', async (t) => {
  const pace = new AdaptiveLimit(2, GOOD_MS)
  t.equal(pace.allowed, 2)
  pace.note(1, true)
  pace.note(60_000, true)
  t.equal(pace.allowed, 2)
})

test('whatever the speed, after a while no more is on its way than is sent in good time, and not much less', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 200 }), (perSecond) => {
      const pace = new AdaptiveLimit(10_000, GOOD_MS)
      const inFlight: number[] = []
      let peak = 0
      for (let second = 0; second < 1_000; second++) {
        while (inFlight.length < pace.allowed) inFlight.push(second)
        for (let n = 0; n < perSecond; n++) {
          const began = inFlight.shift() ?? second
          pace.note((second - began) * 1_000, true)
        }
        if (second > 500) peak = Math.max(peak, second - (inFlight[0] ?? second))
      }
      return peak >= 14 && peak <= 32
    })
  )
  t.pass('they are')
})
