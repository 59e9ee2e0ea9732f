import { setTimeout as pause } from 'node:timers/promises'

/** Far longer than any wait on the slowest machine, in milliseconds: it names a wait that would never end. */
const NEVER_MS = 300_000
/** Pauses between two looks: short at first, as most waits are, and then such that looking takes no time from others. */
const EVERY_MS = 5
const LATER_EVERY_MS = 25
const LATER_MS = 200

/**
 * Calls `look` until it returns something other than undefined and false, and returns that. Works while the clock is
 * stopped too.
 * @throws if it never does
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T
): Promise<Exclude<T, undefined | false>> {
  const began = hrtime()
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>
    const waitedMs = hrtime() - began
    if (waitedMs > NEVER_MS) throw new Error(`waited in vain: ${what}`)
    await pause(waitedMs < LATER_MS ? EVERY_MS : LATER_EVERY_MS)
  }
}

/** Milliseconds by a clock that no test stops. */
function hrtime(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}
