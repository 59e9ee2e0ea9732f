import { Counter, Histogram, Registry } from '@prometheus-io/client'
import type {
  EndedActions,
  EndedCall,
  EndedRequest,
  EndedUpdates,
  Observer,
  RequestObserver
} from '../observer.ts'

/** Names that may be label values. All others share one value, or the number of series would have no bound. */
export interface KnownNames {
  /** Callers, and `webhook:NAME` for each webhook endpoint. */
  readonly senders: { hasSender(name: string): boolean }
  /** VICIdial accounts. */
  readonly accounts: ReadonlySet<string>
}

/** Prefix of the gateway's own metrics. */
export const PREFIX = 'vicidial_gateway_'
/** Replaces a name that isn't in the configuration, or no longer is. */
const OTHER = '(other)'

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25]
const CALL_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const QUEUE_SECONDS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25]
const OUTBOX_SECONDS = [0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 3_600, 21_600, 86_400]
const CALL_LEADS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000]

/** Counts requests, updates and calls in its own registry, for `/metrics`. */
export class Metrics implements Observer, RequestObserver {
  readonly registry = new Registry()
  readonly #names: KnownNames
  readonly #requests: Histogram<'route' | 'method' | 'status'>
  readonly #problems: Counter<'code'>
  readonly #updates: Counter<'caller' | 'status'>
  readonly #updateErrors: Counter<'code'>
  readonly #verifications: Counter<'caller' | 'result'>
  readonly #actions: Counter<'caller' | 'action' | 'result'>
  readonly #outboxSeconds: Histogram
  readonly #calls: Counter<'account' | 'function' | 'outcome'>
  readonly #callSeconds: Histogram<'account' | 'function'>
  readonly #callLeads: Histogram<'function'>
  readonly #queueSeconds: Histogram<'account'>

  constructor(names: KnownNames) {
    this.#names = names
    this.#requests = this.#histogram(
      'request_duration_seconds',
      'Answered requests, by the time they took.',
      ['route', 'method', 'status'],
      REQUEST_SECONDS
    )
    this.#problems = this.#counter(
      'request_problems_total',
      'Requests answered with a problem, by its code.',
      ['code']
    )
    this.#updates = this.#counter('updates_total', 'Updates and readings that have ended, by status.', [
      'caller',
      'status'
    ])
    this.#updateErrors = this.#counter(
      'update_errors_total',
      'Updates that failed, by the code of the reason.',
      ['code']
    )
    this.#verifications = this.#counter(
      'verifications_total',
      'Updates whose lead was read after them, by what that has shown.',
      ['caller', 'result']
    )
    this.#actions = this.#counter(
      'actions_total',
      'What was done with leads and with do-not-call numbers, by how it ended.',
      ['caller', 'action', 'result']
    )
    this.#outboxSeconds = this.#histogram(
      'outbox_duration_seconds',
      'Stored updates that have ended, by the time since they were accepted.',
      [],
      OUTBOX_SECONDS
    )
    this.#calls = this.#counter(
      'vicidial_calls_total',
      'Calls to VICIdial that have ended, including repeats and probes, by outcome.',
      ['account', 'function', 'outcome']
    )
    this.#callSeconds = this.#histogram(
      'vicidial_call_duration_seconds',
      'Calls to VICIdial that have ended, by the time from the start to the end of the reply.',
      ['account', 'function'],
      CALL_SECONDS
    )
    this.#callLeads = this.#histogram(
      'vicidial_call_leads',
      'Calls to VICIdial that have ended, by the number of leads, or keys of a look-up.',
      ['function'],
      CALL_LEADS
    )
    this.#queueSeconds = this.#histogram(
      'queue_duration_seconds',
      'Calls to VICIdial, by the time that their oldest update had waited.',
      ['account'],
      QUEUE_SECONDS
    )
  }

  requestEnded({ route, method, status, ms, problem }: EndedRequest): void {
    this.#requests.observe({ route, method, status }, ms / 1_000)
    if (problem !== null) this.#problems.inc({ code: problem })
  }

  updatesEnded({ caller, status, code, verification, count, storedMs }: EndedUpdates): void {
    const known = this.#names.senders.hasSender(caller) ? caller : OTHER
    this.#updates.inc({ caller: known, status }, count)
    if (code !== undefined) this.#updateErrors.inc({ code }, count)
    if (verification !== undefined) this.#verifications.inc({ caller: known, result: verification }, count)
    if (storedMs === undefined) return
    for (let i = 0; i < count; i++) this.#outboxSeconds.observe(storedMs / 1_000)
  }

  actionsEnded({ caller, action, result, count }: EndedActions): void {
    const known = this.#names.senders.hasSender(caller) ? caller : OTHER
    this.#actions.inc({ caller: known, action, result }, count)
  }

  callEnded({ account, function: called, outcome, leads, ms, queuedMs }: EndedCall): void {
    const known = this.accountLabel(account)
    this.#calls.inc({ account: known, function: called, outcome })
    this.#callSeconds.observe({ account: known, function: called }, ms / 1_000)
    if (leads > 0) this.#callLeads.observe({ function: called }, leads)
    if (queuedMs !== undefined) this.#queueSeconds.observe({ account: known }, queuedMs / 1_000)
  }

  /** The value of the `account` label for an account. */
  accountLabel(account: string): string {
    return this.#names.accounts.has(account) ? account : OTHER
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.registry] })
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    buckets: number[]
  ): Histogram<Label> {
    return new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers: [this.registry] })
  }
}
