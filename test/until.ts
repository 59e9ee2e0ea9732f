import { setTimeout as pause } from 'node:timers/promises'

/** Far longer than any wait on the slowest machine, in milliseconds: it names a wait that would never end. */
const NEVER_MS = 300_000
const EVERY_MS = 5

/**
 * Calls `look` until it returns something other than undefined and false, and returns that. Works while the clock is
 * stopped too.
 * @throws if it never does
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T
): Promise<Exclude<T, undefined | false>> {
  const giveUpAt = hrtime() + NEVER_MS
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>
    if (hrtime() > giveUpAt) throw new Error(`waited in vain: ${what}`)
    await pause(EVERY_MS)
  }
}

/** Milliseconds by a clock that no test stops. */
function hrtime(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}
