import type { Result } from '../schemas/batch.ts'

/** A call to VICIdial that has ended, with its answer or without. */
export interface EndedCall {
  /** VICIdial's function, as `batch_update_lead`. */
  readonly function: string
  /** What came of it, as the log says it: `updated`, `refused: upstream_login_failed`, `unanswered: upstream_timeout`. */
  readonly outcome: string
  /** Leads, or keys of a look-up, in it. */
  readonly leads: number
  /** From the start of the call to the end of its answer. */
  readonly ms: number
}

/** Is told what happens in the gateway, to count it. Must be quick, and must not throw. */
export interface Observer {
  /**
   * Updates have their outcome.
   * @param caller a caller's name, or `webhook:NAME`
   */
  updatesEnded(caller: string, results: readonly Pick<Result, 'status' | 'error'>[]): void
  callEnded(call: EndedCall): void
}
