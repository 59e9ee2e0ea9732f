import fc from 'fast-check'
import { test } from 'tap'
import { RateWindow } from '../../src/vicidial/call-queue.ts'

const START = Date.UTC(2026, 0, 1)

test('a call waits until a second after the call that many starts before it', async (t) => {
  const window = new RateWindow(2)
  t.equal(window.waitMs(START), 0)
  window.note(START)
  t.equal(window.waitMs(START), 0)
  window.note(START + 900)
  t.equal(window.waitMs(START + 900), 100)
  t.equal(window.waitMs(START + 999), 1)
  t.equal(window.waitMs(START + 1_000), 0)
  window.note(START + 1_000)
  t.equal(window.waitMs(START + 1_000), 900, 'the second is counted back from each call, not by the clock')
  t.equal(window.waitMs(START + 5_000), 0)
})

test('without a limit no call waits', async (t) => {
  const window = new RateWindow(0)
  for (let n = 0; n < 1_000; n++) window.note(START)
  t.equal(window.waitMs(START), 0)
})

test('no second has more starts than allowed, and no call waits longer than necessary', (t) => {
  const pauses = fc.array(fc.nat(1_500), { maxLength: 60 })
  const rule = fc.property(fc.integer({ min: 1, max: 5 }), pauses, (limit, waits) => {
    const window = new RateWindow(limit)
    const starts: number[] = []
    let now = START
    for (const wait of waits) {
      now += wait % 3 === 0 ? 0 : wait
      const waitMs = window.waitMs(now)
      const inLastSecond = starts.filter((at) => at > now - 1_000).length
      if (waitMs > 0 !== inLastSecond >= limit) throw new Error(`${inLastSecond} in the last second`)
      now += waitMs
      window.note(now)
      starts.push(now)
      if (starts.filter((at) => at > now - 1_000).length > limit) throw new Error('too many in a second')
    }
  })
  t.doesNotThrow(() => fc.assert(rule, { numRuns: 500 }))
  t.end()
})
