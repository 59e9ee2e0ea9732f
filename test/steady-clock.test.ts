import { test } from 'tap'
import { steadyNow } from '../src/steady-clock.ts'
import { stoppedClock } from './stopped-clock.ts'

test('the steady clock begins as the system clock and does not follow its jumps', async (t) => {
  t.ok(Math.abs(steadyNow() - Date.now()) < 60_000)
  const { tick, setAhead } = stoppedClock(t, 1_000_000_000_000)
  t.equal(steadyNow(), 1_000_000_000_000)
  tick(500)
  setAhead(-120_000)
  t.same([steadyNow(), Date.now()], [1_000_000_000_500, 999_999_880_500])
  setAhead(86_400_000)
  tick(500)
  t.equal(steadyNow(), 1_000_000_001_000)
})
