import { Counter, Histogram, Registry } from '@prometheus-io/client'
import type { EndedCall, EndedUpdates, Observer } from '../observer.ts'

/** Which names may be values of labels: others are told apart no further, or their number had no bound. */
export interface KnownNames {
  /** Callers, and `webhook:NAME` for each source of webhooks. */
  readonly isCaller: (name: string) => boolean
  /** VICIdial accounts. */
  readonly isAccount: (name: string) => boolean
}

/** A request that was answered. */
export interface EndedRequest {
  /** The pattern of its route, as `/v1/jobs/:id`, or `none`. */
  readonly route: string
  readonly method: string
  readonly status: number
  readonly ms: number
  /** The code of the problem with which it was answered, if it was. */
  readonly problem: string | null
}

/** The beginning of the names of all that is the gateway's own. */
export const PREFIX = 'vicidial_gateway_'
/** In place of a name that is not configured, or is not any more. */
const OTHER = '(other)'

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25]
const CALL_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const QUEUE_SECONDS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25]
const OUTBOX_SECONDS = [0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 3_600, 21_600, 86_400]
const CALL_LEADS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000]

/** Counts what happens, in its own registry, for `/metrics`. */
export class Metrics implements Observer {
  readonly registry = new Registry()
  readonly #names: KnownNames
  readonly #requests: Histogram<'route' | 'method' | 'status'>
  readonly #problems: Counter<'code'>
  readonly #updates: Counter<'caller' | 'status'>
  readonly #updateErrors: Counter<'code'>
  readonly #outboxSeconds: Histogram
  readonly #calls: Counter<'account' | 'function' | 'outcome'>
  readonly #callSeconds: Histogram<'account' | 'function'>
  readonly #callLeads: Histogram<'function'>
  readonly #queueSeconds: Histogram<'account'>

  constructor(names: KnownNames) {
    this.#names = names
    this.#requests = this.#histogram(
      'request_duration_seconds',
      'Requests that were answered, by the time that it took.',
      ['route', 'method', 'status'],
      REQUEST_SECONDS
    )
    this.#problems = this.#counter(
      'request_problems_total',
      'Requests that were answered with a problem, by its code.',
      ['code']
    )
    this.#updates = this.#counter('updates_total', 'Updates that have ended, by what became of them.', [
      'caller',
      'status'
    ])
    this.#updateErrors = this.#counter(
      'update_errors_total',
      'Updates that have ended and were not made, by the code of the reason.',
      ['code']
    )
    this.#outboxSeconds = this.#histogram(
      'outbox_duration_seconds',
      'Stored updates that have ended, by the time since they were accepted.',
      [],
      OUTBOX_SECONDS
    )
    this.#calls = this.#counter(
      'vicidial_calls_total',
      'Calls to VICIdial that have ended, repeats and probes included, by what came of them.',
      ['account', 'function', 'outcome']
    )
    this.#callSeconds = this.#histogram(
      'vicidial_call_duration_seconds',
      'Calls to VICIdial that have ended, by the time from their start to the end of the answer.',
      ['account', 'function'],
      CALL_SECONDS
    )
    this.#callLeads = this.#histogram(
      'vicidial_call_leads',
      'Calls to VICIdial that have ended, by the leads, or keys of a look-up, in them.',
      ['function'],
      CALL_LEADS
    )
    this.#queueSeconds = this.#histogram(
      'queue_duration_seconds',
      'Calls to VICIdial, by the time that the oldest update in them had waited for their start.',
      ['account'],
      QUEUE_SECONDS
    )
  }

  requestEnded({ route, method, status, ms, problem }: EndedRequest): void {
    this.#requests.observe({ route, method, status }, ms / 1_000)
    if (problem !== null) this.#problems.inc({ code: problem })
  }

  updatesEnded({ caller, status, code, count, storedMs }: EndedUpdates): void {
    const known = this.#names.isCaller(caller) ? caller : OTHER
    this.#updates.inc({ caller: known, status }, count)
    if (code !== undefined) this.#updateErrors.inc({ code }, count)
    if (storedMs === undefined) return
    for (let i = 0; i < count; i++) this.#outboxSeconds.observe(storedMs / 1_000)
  }

  callEnded({ account, function: called, outcome, leads, ms, queuedMs }: EndedCall): void {
    const known = this.accountLabel(account)
    this.#calls.inc({ account: known, function: called, outcome })
    this.#callSeconds.observe({ account: known, function: called }, ms / 1_000)
    if (leads > 0) this.#callLeads.observe({ function: called }, leads)
    if (queuedMs !== undefined) this.#queueSeconds.observe({ account: known }, queuedMs / 1_000)
  }

  /** The value of the label `account` for an account. */
  accountLabel(account: string): string {
    return this.#names.isAccount(account) ? account : OTHER
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
