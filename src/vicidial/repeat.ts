/** Tries of one call in all, the first included. */
const MAX_TRIES = 4
const FIRST_PAUSE_MS = 100
const PAUSE_GROWTH = 3

/**
 * What may be repeated. Setting the same values again changes nothing, so a call whose fate is not known is safe
 * to repeat; what VICIdial refused would be refused again, and a refused login must never be tried twice.
 */
const REPEATED = {
  updated: false,
  found: false,
  limit_reached: false,
  not_found: false,
  refused: false,
  not_made: true,
  unclear: true,
  unanswered: true
} as const

/** Tells whether a call that got `reply` at try number `tries` (from 1) may be sent again. */
export function mayRepeat(reply: { readonly kind: string }, tries: number): boolean {
  return tries < MAX_TRIES && REPEATED[reply.kind as keyof typeof REPEATED]
}

/**
 * The pause before the next try, in milliseconds: growing, with up to half of it left to chance so that callers
 * that failed together do not come back together.
 */
export function repeatPauseMs(tries: number, random: () => number = Math.random): number {
  const longest = FIRST_PAUSE_MS * PAUSE_GROWTH ** (tries - 1)
  return longest / 2 + (random() * longest) / 2
}
