import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 5

/**
 * Resolves with what `look` finds, as soon as that is neither undefined nor false.
 * @throws if that takes longer than `limitMs`
 */
export async function until<T>(
  what: string,
  limitMs: number,
  look: () => T | Promise<T>
): Promise<Exclude<T, undefined | false>> {
  const began = performance.now()
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>
    if (performance.now() - began > limitMs) throw new Error(`waited ${limitMs} ms in vain: ${what}`)
    await pause(LOOK_EVERY_MS)
  }
}
