import type { AuthFault } from './auth.ts'

/** Enough for milliseconds until the year 5138; a number of more digits is none that a sender means. */
const DIGITS = /^[0-9]{1,14}$/

/** Reads a Unix timestamp; returns milliseconds, or undefined if it is none. */
export function readTimestamp(text: string, unit: 'seconds' | 'milliseconds'): number | undefined {
  if (!DIGITS.test(text)) return undefined
  return Number(text) * (unit === 'seconds' ? 1_000 : 1)
}

/** Tells whether a timestamp in milliseconds is too far from now, either way. */
export function judgeTimestamp(time: number, now: number, toleranceSeconds: number): AuthFault | undefined {
  if (now - time > toleranceSeconds * 1_000) return 'timestamp_too_old'
  if (time - now > toleranceSeconds * 1_000) return 'timestamp_too_new'
  return undefined
}
