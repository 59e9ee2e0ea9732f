import { type Backoff, pauseMs } from './backoff.ts'
import type { CallReply } from './call-reply.ts'

/** Attempts of one call, the first included. */
const MAX_ATTEMPTS = 4
const BACKOFF: Backoff = { firstMs: 100, growth: 3, longestMs: Number.POSITIVE_INFINITY }

/** Whether a call that got `reply` at attempt number `attempt` (from 1) may be sent again. */
export function mayRepeat(reply: CallReply, attempt: number): boolean {
  return attempt < MAX_ATTEMPTS && mayHelp(reply)
}

/**
 * Whether sending a call again is safe and may help. Setting the same values again changes nothing, so a call whose
 * fate is unknown is safe to repeat. What VICIdial refused it would refuse again, and a refused login must never be
 * tried twice.
 */
function mayHelp({ kind }: CallReply): boolean {
  switch (kind) {
    case 'not_made':
    case 'unclear':
    case 'unanswered':
      return true
    case 'updated':
    case 'found':
    case 'limit_reached':
    case 'not_found':
    case 'refused':
      return false
    default:
      return kind satisfies never
  }
}

/** The pause after attempt number `attempt` (from 1), in milliseconds; half of it is random. */
export function repeatPauseMs(attempt: number, random: () => number = Math.random): number {
  return pauseMs(attempt, BACKOFF, random)
}
