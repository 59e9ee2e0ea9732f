import type { Account } from '../../vicidial/account.ts'
import type { Finding } from './step.ts'
import { format } from './timing.ts'

/** What a call costs VICIdial beside its way, and each lead of it at most; measured. */
const CALL_MS = 4
const LEAD_MS = 0.07
/** A call may take so many times what it should: VICIdial is busy at times, and locks its table. */
const PATIENCE = 4

export interface Settings {
  readonly timeoutMs: number
  readonly maxLeadsPerCall: number
  readonly accounts: readonly Account[]
}

/** Whether the limits of the configuration fit this VICIdial, one call to which takes `roundTripMs` at least. */
export function findSettings(
  { timeoutMs, maxLeadsPerCall, accounts }: Settings,
  roundTripMs: number
): Finding {
  const longestMs = roundTripMs + CALL_MS + maxLeadsPerCall * LEAD_MS
  const notes: (readonly [detail: string, remedy: string])[] = []
  if (timeoutMs < longestMs * PATIENCE) {
    notes.push([
      `A call with ${maxLeadsPerCall} leads takes about ${format(longestMs)} ms here, and VICIDIAL_TIMEOUT_MS is ${timeoutMs}: a busy VICIdial would run into it.`,
      `Set VICIDIAL_TIMEOUT_MS to ${Math.ceil((longestMs * PATIENCE) / 1_000) * 1_000} or more, or lower VICIDIAL_MAX_LEADS_PER_CALL.`
    ])
  }
  for (const { name, maxConcurrency, maxCallsPerSecond } of accounts) {
    const possible = (maxConcurrency * 1_000) / (roundTripMs + CALL_MS)
    if (maxCallsPerSecond <= possible) continue
    notes.push([
      `The account ${name} may make ${maxCallsPerSecond} calls a second and never will: ${maxConcurrency} at once, each of ${format(roundTripMs)} ms and more, are ${format(possible)} a second at most.`,
      `That limit protects nothing here: lower it (VICIDIAL_MAX_CALLS_PER_SECOND, or max_calls_per_second of the account), or shorten the way to VICIdial.`
    ])
  }
  if (notes.length === 0) {
    return { status: 'ok', detail: 'Timeout and limits of calls fit the time that VICIdial takes.' }
  }
  return {
    status: 'warning',
    detail: notes.map(([detail]) => detail).join(' '),
    remedy: [...new Set(notes.map(([, remedy]) => remedy))].join(' ')
  }
}
