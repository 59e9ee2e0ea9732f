import { setTimeout as pause } from 'node:timers/promises'
import { type Backoff, pauseMs } from '../backoff.ts'
import type { CallReply } from '../call-reply.ts'
import { steadyNow } from '../../steady-clock.ts'

/** Attempts of one call, the first included. */
export const MAX_ATTEMPTS = 4
const BACKOFF: Backoff = { firstMs: 100, growth: 3, longestMs: Number.POSITIVE_INFINITY }

/**
 * Whether sending a call again is safe and may help, after `reply` to attempt number `attempt` (from 1). Setting the
 * same values again changes nothing, so a call is safe to repeat even if it may have been made. VICIdial would
 * refuse again what it refused, and a refused login must never be tried twice.
 */
export function mayRepeat({ kind }: CallReply, attempt: number): boolean {
  switch (kind) {
    case 'not_made':
    case 'unclear':
    case 'unanswered':
      return attempt < MAX_ATTEMPTS
    case 'updated':
    case 'added':
    case 'list_found':
    case 'found':
    case 'lead':
    case 'labels':
    case 'field':
    case 'no_field':
    case 'unreadable':
    case 'dnc':
    case 'queued':
    case 'acted':
    case 'version':
    case 'limit_reached':
    case 'not_found':
    case 'refused':
      return false
    default:
      return kind satisfies never
  }
}

/**
 * Like `mayRepeat`, for a call that adds a lead: not if it may have been made, or may still be. A repeat at the same time
 * could search before the first one adds its lead.
 */
export function mayRepeatAddition(reply: CallReply, attempt: number): boolean {
  return mayRepeat(reply, attempt) && !mayBeMade(reply)
}

/** Whether VICIdial may have made what was asked, or may still make it. */
export function mayBeMade(reply: CallReply): boolean {
  return reply.kind === 'unclear' || (reply.kind === 'unanswered' && reply.sent === 'maybe')
}

/** The pause after attempt number `attempt` (from 1), in milliseconds; half of it is random. */
export function repeatPauseMs(attempt: number, random: () => number = Math.random): number {
  return pauseMs(attempt, BACKOFF, random)
}

/**
 * Waits before attempt number `attempt + 1`. Resolves at once, with false, if that would be after `deadline`.
 *
 * @param deadline in milliseconds since the epoch
 */
export async function pauseBeforeRepeat(attempt: number, deadline: number): Promise<boolean> {
  const ms = repeatPauseMs(attempt)
  if (steadyNow() + ms >= deadline) return false
  await pause(ms)
  return true
}
