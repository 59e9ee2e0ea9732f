import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Tester } from './helper.ts'

/**
 * Stops the clock and its timers until the test ends. `tick` moves them on; `pass` does so in steps, and after each
 * lets everything happen that is due.
 * @param now what the clock shows, in milliseconds since 1970
 */
export function stoppedClock(t: Tester, now = Date.now()) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now })
  const stopped = Date.now.bind(Date)
  let ahead = 0
  // Plain functions: `mock.method` keeps each call with its stack, and clocks are read very often.
  Date.now = () => stopped() + ahead
  const running = performance.now
  performance.now = () => stopped() - performance.timeOrigin
  t.teardown(() => {
    performance.now = running
    // The system's Date comes back with its own `now`.
    mock.timers.reset()
  })
  const tick = (ms: number) => {
    mock.timers.tick(ms)
  }
  const pass = async (ms: number, step = ms) => {
    await settled()
    for (let passed = 0; passed < ms; passed += step) {
      tick(Math.min(step, ms - passed))
      await settled()
    }
  }
  /** Sets the system's clock forward or back, as an operator does; what is measured goes on. */
  const setAhead = (ms: number) => {
    ahead += ms
  }
  return { tick, pass, setAhead }
}

/** Lets everything happen that needs neither time nor another process. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await turn()
}
