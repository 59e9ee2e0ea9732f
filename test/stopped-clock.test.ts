import { test } from 'tap'
import { stoppedClock } from './stopped-clock.ts'

test('a timer that is cleared after its clock has run again takes none of the next stopped clock with it', async (t) => {
  const running = setTimeout(() => t.fail('a timer of the running clock is cleared too'), 0)
  const left: NodeJS.Timeout[] = []
  await t.test('an earlier clock', async (t) => {
    stoppedClock(t)
    for (let n = 0; n < 3; n++) left.push(setTimeout(() => t.fail('its time never came'), 1_000))
  })
  const { tick } = stoppedClock(t)
  const due: number[] = []
  const cleared = setTimeout(() => t.fail('cleared'), 5)
  setTimeout(() => due.push(10), 10)
  for (const timer of [...left, running, cleared]) clearTimeout(timer)
  for (const ms of [30, 20]) setTimeout(() => due.push(ms), ms)
  tick(100)
  t.strictSame(due, [10, 20, 30])
})
