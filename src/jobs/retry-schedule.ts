import { type Backoff, longestPauseMs, pauseMs } from '../vicidial/backoff.ts'

/** When a delivery that failed is tried again. Each pause may be twice as long as the one before. */
export interface RetrySchedule extends Omit<Backoff, 'growth'> {
  /** Retries go on for at least this long, in milliseconds. */
  readonly forMs: number
}

const GROWTH = 2

/**
 * The pause after attempt number `attempt` (from 1), in milliseconds; half of it is random.
 * @returns undefined when the time of the schedule is over
 */
export function retryPauseMs(
  attempt: number,
  schedule: RetrySchedule,
  random: () => number = Math.random
): number | undefined {
  if (shortestMs(attempt - 1, schedule) >= schedule.forMs) return undefined
  return pauseMs(attempt, { ...schedule, growth: GROWTH }, random)
}

/** The least sum of the pauses after `attempts` attempts, in milliseconds. */
export function shortestMs(attempts: number, schedule: RetrySchedule): number {
  const backoff = { ...schedule, growth: GROWTH }
  let shortest = 0
  for (let n = 1; n <= attempts && shortest < schedule.forMs; n++) shortest += longestPauseMs(n, backoff) / 2
  return shortest
}
