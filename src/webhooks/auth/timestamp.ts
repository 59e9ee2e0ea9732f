import type { AuthFault } from './auth.ts'

/** 14 digits are enough for milliseconds until the year 5138. */
const DIGITS = /^[0-9]{1,14}$/

/** Reads a Unix timestamp. Returns milliseconds; undefined if `text` isn't a timestamp. */
export function readTimestamp(text: string, unit: 'seconds' | 'milliseconds'): number | undefined {
  if (!DIGITS.test(text)) return undefined
  return Number(text) * (unit === 'seconds' ? 1_000 : 1)
}

/** Checks that a timestamp in milliseconds isn't too far from `now`, either way. */
export function checkTimestamp(time: number, now: number, toleranceSeconds: number): AuthFault | undefined {
  if (now - time > toleranceSeconds * 1_000) return 'timestamp_too_old'
  if (time - now > toleranceSeconds * 1_000) return 'timestamp_too_new'
  return undefined
}
