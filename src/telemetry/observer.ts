import type { Result } from '../../schemas/batch.ts'
import { ACTION_NAMES, type ActionName, type ActionResults } from '../leads/actions/lead-actions.ts'

/** A call to VICIdial that has ended, with a reply or without. */
export interface EndedCall {
  /** Name of the VICIdial account that made it. */
  readonly account: string
  /** VICIdial's function, as `batch_update_lead`. */
  readonly function: string
  /**
   * The outcome as in the log: `updated`, `refused: upstream_login_failed`, `unanswered: upstream_timeout`; of a probe
   * `probe: alive`.
   */
  readonly outcome: string
  /** Number of leads, or of keys of a look-up. */
  readonly leads: number
  /** From the start of the call to the end of the reply. */
  readonly ms: number
  /** How long its oldest update had waited; absent for repeats and probes. */
  readonly queuedMs?: number
  /** The requests and jobs with updates in it. Valid only during `callEnded`. */
  readonly requests?: Iterable<{ readonly requestId: string }>
}

/** `differs`: VICIdial holds something else than expected. `not_verified`: some of it could not be read. */
export const VERIFICATIONS = ['verified', 'differs', 'not_verified'] as const
export type Verification = (typeof VERIFICATIONS)[number]

/** Updates, or readings, of one caller that ended together with the same status, code and verification. */
export interface EndedUpdates {
  /** A caller's name, or `webhook:NAME`. */
  readonly caller: string
  /** Name of the VICIdial account. */
  readonly account: string
  /** Status of their results; `dead_lettered` for updates that became dead letters, `ignored` for events of webhooks. */
  readonly status: Result['status'] | 'dead_lettered' | 'ignored'
  /** Why they failed, see ERRORS. */
  readonly code?: string | undefined
  /** What a reading after the updates has shown; absent if none was asked for. */
  readonly verification?: Verification | undefined
  /** Number of updates; at least one. */
  readonly count: number
  /** From accepting to the end, in milliseconds, if they were stored for delivery. */
  readonly storedMs?: number | undefined
}

/** Actions of one caller's updates, and numbers that must not be called, that ended together in the same way. */
export interface EndedActions {
  readonly caller: string
  readonly action: ActionName
  /** As in results. */
  readonly result: string
  /** At least one. */
  readonly count: number
}

/** An answered request. */
export interface EndedRequest {
  /** The pattern of its route, as `/v1/jobs/:id`, or `none`. */
  readonly route: string
  readonly method: string
  readonly status: number
  readonly ms: number
  /** Code of the problem in the response; null if it has none. */
  readonly problem: string | null
  /** The caller whose key it has; null if it has no valid one. */
  readonly caller: string | null
}

/** Watches what happens in the gateway, to count it. Must be quick, and must not throw. */
export interface Observer {
  updatesEnded?(updates: EndedUpdates): void
  actionsEnded?(actions: EndedActions): void
  callEnded?(call: EndedCall): void
}

/** Watches requests, to count them. Must be quick, and must not throw. */
export interface RequestObserver {
  requestEnded(request: EndedRequest): void
}

export type ResultObserver = Required<Pick<Observer, 'updatesEnded'>> & Pick<Observer, 'actionsEnded'>
export type CallObserver = Required<Pick<Observer, 'callEnded'>>

/** One observer that passes everything to several. */
export function observedBy(observers: readonly Observer[]): ResultObserver & CallObserver {
  return {
    updatesEnded(updates) {
      for (const observer of observers) observer.updatesEnded?.(updates)
    },
    actionsEnded(actions) {
      for (const observer of observers) observer.actionsEnded?.(actions)
    },
    callEnded(call) {
      for (const observer of observers) observer.callEnded?.(call)
    }
  }
}

type Common = Pick<EndedUpdates, 'caller' | 'account' | 'storedMs'>

/** The result of one update. */
interface Ended extends ActionResults {
  readonly status: EndedUpdates['status']
  readonly error?: { readonly code: string } | undefined
  readonly verified?: boolean | undefined
  readonly warnings?: readonly { readonly code: string }[] | undefined
}

/** Reports the results of a caller's updates, one report for each status, code and verification. */
export function reportResults(
  observer: ResultObserver,
  { caller, account, storedMs }: Common,
  results: readonly Ended[]
): void {
  const reports: (Pick<EndedUpdates, 'status' | 'code' | 'verification'> & { count: number })[] = []
  for (const result of results) {
    const { status } = result
    const code = result.error?.code
    const verification = verificationOf(result)
    const report = reports.find(
      (one) => one.status === status && one.code === code && one.verification === verification
    )
    if (report) report.count++
    else reports.push({ status, code, verification, count: 1 })
  }
  for (const report of reports) observer.updatesEnded({ caller, account, ...report, storedMs })
  for (const actions of actionsOf(results)) observer.actionsEnded?.({ caller, ...actions })
}

/** How often each action ended in each way. */
function actionsOf(results: readonly Ended[]): Omit<EndedActions, 'caller'>[] {
  const ended: { action: ActionName; result: string; count: number }[] = []
  for (const update of results) {
    for (const action of ACTION_NAMES) {
      const result = update[action]
      if (result === undefined) continue
      const known = ended.find((one) => one.action === action && one.result === result)
      if (known) known.count++
      else ended.push({ action, result, count: 1 })
    }
  }
  return ended
}

function verificationOf({ verified, warnings = [] }: Ended): Verification | undefined {
  if (verified === undefined) return undefined
  if (verified) return 'verified'
  return warnings.some(({ code }) => code === 'stored_differs') ? 'differs' : 'not_verified'
}
