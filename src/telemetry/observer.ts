import type { Result } from '../../schemas/batch.ts'

/** A call to VICIdial that has ended, with its answer or without. */
export interface EndedCall {
  /** The VICIdial account by which it was made, by name. */
  readonly account: string
  /** VICIdial's function, as `batch_update_lead`. */
  readonly function: string
  /**
   * What came of it, as the log says it: `updated`, `refused: upstream_login_failed`, `unanswered: upstream_timeout`; of
   * a probe `probe: alive`.
   */
  readonly outcome: string
  /** Leads, or keys of a look-up, in it. */
  readonly leads: number
  /** From the start of the call to the end of its answer. */
  readonly ms: number
  /** How long the oldest update in it had waited for its start; absent from repeats and probes. */
  readonly queuedMs?: number
  /** The requests and jobs that had a part in it; not to be kept. */
  readonly requests?: Iterable<{ readonly requestId: string }>
}

/** Updates of one caller that ended together, and alike. */
export interface EndedUpdates {
  /** A caller's name, or `webhook:NAME`. */
  readonly caller: string
  /** The VICIdial account, by name. */
  readonly account: string
  /** That of their results, but of those that were given up `dead_lettered`. */
  readonly status: Result['status'] | 'dead_lettered'
  /** Why they were not made, see ERRORS. */
  readonly code?: string
  /** How many; at least one. */
  readonly count: number
  /** From their being accepted to their end, if they were stored for delivery. */
  readonly storedMs?: number
}

/** Is told what happens in the gateway, to count it. Must be quick, and must not throw. */
export interface Observer {
  updatesEnded(updates: EndedUpdates): void
  callEnded(call: EndedCall): void
}

/** Tells each of several what happens. */
export function observedBy(observers: readonly Observer[]): Observer {
  return {
    updatesEnded(updates) {
      for (const observer of observers) observer.updatesEnded(updates)
    },
    callEnded(call) {
      for (const observer of observers) observer.callEnded(call)
    }
  }
}
