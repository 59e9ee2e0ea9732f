/** When a delivery that failed is tried again. */
export interface RetrySchedule {
  /** The longest the first pause may be, in milliseconds; each later one may be twice as long. */
  readonly firstMs: number
  /** No pause is longer, in milliseconds. */
  readonly longestMs: number
  /** For so long at least it is tried again, in milliseconds. */
  readonly forMs: number
}

/**
 * The pause after try number `tries` (from 1), in milliseconds: up to half of it is left to chance, so that what
 * failed together does not come back together. Undefined when it was tried for as long as the schedule says.
 */
export function retryPauseMs(
  tries: number,
  schedule: RetrySchedule,
  random: () => number = Math.random
): number | undefined {
  let shortest = 0
  for (let n = 1; n < tries && shortest < schedule.forMs; n++) shortest += longestPauseMs(n, schedule) / 2
  if (shortest >= schedule.forMs) return undefined
  const longest = longestPauseMs(tries, schedule)
  return longest / 2 + (random() * longest) / 2
}

function longestPauseMs(tries: number, { firstMs, longestMs }: RetrySchedule): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(tries - 1, 40))
}
