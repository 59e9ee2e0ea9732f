import { setTimeout as pause } from 'node:timers/promises'

/** Far longer than anything takes that is waited for. */
const LONGEST_MS = 10_000
const EVERY_MS = 5

/**
 * Asks again and again until the answer is there, and gives it.
 * @throws if there is none for very long
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false
): Promise<T> {
  const giveUpAt = performance.now() + LONGEST_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${what}`)
    await pause(EVERY_MS)
  }
}
