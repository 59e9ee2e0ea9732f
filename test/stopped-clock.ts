import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Tester } from './helper.ts'

/**
 * Stops the clock and its timers until the test ends. `tick` moves them on; `pass` does so in steps, and after each
 * lets everything happen that is due.
 * @param now what the clock shows, in milliseconds since 1970
 */
export function stoppedClock(t: Tester, now = Date.now()) {
  const clearRunning = globalThis.clearTimeout
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now })
  clearOnlyOwn(clearRunning)
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

/**
 * Lets `clearTimeout` clear only timers of this stopped clock. Node's clears whatever is at the timer's place in the queue: a
 * timer of an earlier stopped clock would take another one with it.
 * @param clearRunning for timers of the running clock
 */
function clearOnlyOwn(clearRunning: typeof clearTimeout): void {
  const own = new WeakSet<object>()
  const { setTimeout: start, clearTimeout: clear } = globalThis
  globalThis.setTimeout = ((...args: Parameters<typeof start>) => {
    const timer = start(...args)
    own.add(timer)
    return timer
  }) as typeof setTimeout
  globalThis.clearTimeout = (timer) => {
    if (typeof timer === 'object' && own.has(timer)) clear(timer)
    else clearRunning(timer)
  }
}

/** Lets everything happen that needs neither time nor another process. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await turn()
}
