import { readTime } from '../../../schemas/rfc3339.ts'
import type { AuthFault } from './auth.ts'

/** How far a timestamp may be in the past or the future, if its endpoint does not say. */
export const DEFAULT_TOLERANCE_SECONDS = 300
/** 14 digits are enough for milliseconds until the year 5138. */
const DIGITS = /^[0-9]{1,14}$/

/** Longer than any real time: nanoseconds and an offset. */
const MAX_TIME_LENGTH = 40

/**
 * Reads a timestamp: a Unix time, or an RFC 3339 time as Zendesk sends it.
 * @param unit of a Unix time
 * @returns milliseconds since 1970; undefined if `text` isn't a timestamp
 */
export function readTimestamp(text: string, unit: 'seconds' | 'milliseconds'): number | undefined {
  if (DIGITS.test(text)) return Number(text) * (unit === 'seconds' ? 1_000 : 1)
  return text.length > MAX_TIME_LENGTH ? undefined : readTime(text)
}

/** Checks that a timestamp in milliseconds isn't too far from `now`, either way. */
export function checkTimestamp(time: number, now: number, toleranceSeconds: number): AuthFault | undefined {
  if (now - time > toleranceSeconds * 1_000) return 'timestamp_too_old'
  if (time - now > toleranceSeconds * 1_000) return 'timestamp_too_new'
  return undefined
}
