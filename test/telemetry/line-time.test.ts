import { pino } from 'pino'
import { test } from 'tap'
import { lineTime } from '../../src/telemetry/line-time.ts'
import { stoppedClock } from '../stopped-clock.ts'

test("the time of a line is the clock's, in UTC, however often it is asked, and also when the clock is set back", async (t) => {
  const { tick, setAhead } = stoppedClock(t, Date.UTC(2026, 0, 31, 23, 59, 59, 999))
  const time = lineTime()
  t.equal(time(), ',"time":"2026-01-31T23:59:59.999Z"')
  t.equal(time(), time())
  tick(1)
  t.equal(time(), ',"time":"2026-02-01T00:00:00.000Z"')
  setAhead(-1)
  t.equal(time(), ',"time":"2026-01-31T23:59:59.999Z"')
  t.equal(time(), pino.stdTimeFunctions.isoTime())
})
