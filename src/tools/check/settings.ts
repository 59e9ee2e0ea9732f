import type { Account } from '../../vicidial/account.ts'
import type { Finding } from './step.ts'
import { formatNumber } from './timing.ts'

/** Measured time of a call in VICIdial, without its network time, in milliseconds. */
const CALL_MS = 4
/** The most that each lead adds, in milliseconds. */
const LEAD_MS = 0.07
/** The timeout must be this many times the expected time, as VICIdial is busy at times and locks its table. */
const TIMEOUT_FACTOR = 4

export interface Settings {
  readonly timeoutMs: number
  readonly maxLeadsPerCall: number
  readonly accounts: readonly Account[]
}

/** Checks that timeout and limits suit this VICIdial, where a call takes at least `roundTripMs`. */
export function checkSettings(
  { timeoutMs, maxLeadsPerCall, accounts }: Settings,
  roundTripMs: number
): Finding {
  const longestMs = roundTripMs + CALL_MS + maxLeadsPerCall * LEAD_MS
  const notes: (readonly [detail: string, remedy: string])[] = []
  if (timeoutMs < longestMs * TIMEOUT_FACTOR) {
    notes.push([
      `A call with ${maxLeadsPerCall} leads takes about ${formatNumber(longestMs)} ms here, and VICIDIAL_TIMEOUT_MS is ${timeoutMs}: a busy VICIdial would exceed it.`,
      `Set VICIDIAL_TIMEOUT_MS to ${Math.ceil((longestMs * TIMEOUT_FACTOR) / 1_000) * 1_000} or more, or lower VICIDIAL_MAX_LEADS_PER_CALL.`
    ])
  }
  for (const { name, maxConcurrency, maxCallsPerSecond } of accounts) {
    const possible = (maxConcurrency * 1_000) / (roundTripMs + CALL_MS)
    if (maxCallsPerSecond <= possible) continue
    notes.push([
      `The account ${name} may make ${maxCallsPerSecond} calls a second, but at most ${formatNumber(possible)} are possible: ${maxConcurrency} at once, each of at least ${formatNumber(roundTripMs)} ms.`,
      `The limit has no effect here: lower it (VICIDIAL_MAX_CALLS_PER_SECOND, or max_calls_per_second of the account), or run the gateway nearer to VICIdial.`
    ])
  }
  if (notes.length === 0) {
    return { status: 'ok', detail: "Timeout and limits of calls suit VICIdial's response time." }
  }
  return {
    status: 'warning',
    detail: notes.map(([detail]) => detail).join(' '),
    remedy: [...new Set(notes.map(([, remedy]) => remedy))].join(' ')
  }
}
