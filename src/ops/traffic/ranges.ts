import { MINUTE_MS, MINUTES } from '../minute-ring.ts'
import { timeOfDay } from '../times.ts'

/** The ranges of time that the overview can show. */
export const RANGE_NAMES = ['1h', '24h', '7d'] as const
export type RangeName = (typeof RANGE_NAMES)[number]

/** A range of time, which ends now. */
export interface Range {
  /** The link to it. */
  readonly title: string
  /** In a sentence, as `the last hour`. */
  readonly words: string
  /** Length of a slot, in milliseconds. */
  readonly spanMs: number
  readonly slots: number
  /** What a slot is, as `by the minute`. */
  readonly by: string
  /** Slots between two labels of the chart. */
  readonly markEvery: number
  /** The label of a slot. */
  readonly mark: (at: number) => string
  /** The same in the table, where it must be clear alone. */
  readonly name: (at: number) => string
}

const HOUR_MS = MINUTES * MINUTE_MS

export const RANGES: Readonly<Record<RangeName, Range>> = {
  '1h': {
    title: '1 hour',
    words: 'the last hour',
    spanMs: MINUTE_MS,
    slots: MINUTES,
    by: 'by the minute',
    markEvery: 15,
    mark: timeOfDay,
    name: timeOfDay
  },
  '24h': {
    title: '24 hours',
    words: 'the last 24 hours',
    spanMs: HOUR_MS / 2,
    slots: 48,
    by: 'by the half hour',
    markEvery: 12,
    mark: timeOfDay,
    name: dayAndTime
  },
  '7d': {
    title: '7 days',
    words: 'the last 7 days',
    spanMs: 3 * HOUR_MS,
    slots: 56,
    by: 'by three hours',
    markEvery: 16,
    mark: day,
    name: dayAndTime
  }
}

/** When a range begins that ends at `now`, both in milliseconds since the epoch. */
export function startOf({ spanMs, slots }: Range, now: number): number {
  return (Math.floor(now / spanMs) - slots + 1) * spanMs
}

/** The day in UTC, as `Nov 25`. */
function day(at: number): string {
  return new Date(at).toLocaleDateString('en', { month: 'short', day: 'numeric', timeZone: 'UTC' })
}

function dayAndTime(at: number): string {
  return `${day(at)} ${timeOfDay(at)}`
}
