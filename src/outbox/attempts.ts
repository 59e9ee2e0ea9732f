import type { Result } from '../../schemas/batch.ts'

/** Most attempts of an update that are kept: the last ones. */
export const MAX_ATTEMPTS_KEPT = 5

/** One attempt to deliver an update that did not succeed at once. */
export interface Attempt {
  /** From 1. */
  readonly number: number
  /** When it ended by the system's clock, in milliseconds since the epoch. */
  readonly at: number
  readonly status: Result['status']
  /** Why it failed; absent if it didn't. */
  readonly code?: string | undefined
  /** The same in words. */
  readonly detail?: string | undefined
  /** VICIdial's own words, if it said any; see `quotedWords`. */
  readonly said?: string | undefined
}

/** The attempts of an update that did not succeed at once. */
export interface UpdateAttempts {
  /** The update's position in its job, from 0. */
  readonly index: number
  /** When the next attempt is due by the steady clock, in milliseconds since the epoch; undefined if none is due. */
  readonly nextAt: number | undefined
  /** The last attempts, oldest first. */
  readonly attempts: readonly Attempt[]
}
