/** How pauses grow from one attempt to the next. */
export interface Backoff {
  /** The longest first pause, in milliseconds. */
  readonly firstMs: number
  /** How many times longer each pause may be than the one before. */
  readonly growth: number
  /** No pause is longer, in milliseconds. */
  readonly longestMs: number
}

/** A larger exponent makes no pause longer, but could overflow. */
const MAX_EXPONENT = 40

/** The longest pause after attempt number `attempt` (from 1), in milliseconds. */
export function longestPauseMs(attempt: number, { firstMs, growth, longestMs }: Backoff): number {
  return Math.min(longestMs, firstMs * growth ** Math.min(attempt - 1, MAX_EXPONENT))
}

/**
 * The pause after attempt number `attempt` (from 1), in milliseconds. Half of it is random, so that calls that failed
 * together don't come back together.
 * @param random a number from 0 to 1
 */
export function pauseMs(attempt: number, backoff: Backoff, random: () => number = Math.random): number {
  const longest = longestPauseMs(attempt, backoff)
  return longest / 2 + (random() * longest) / 2
}
