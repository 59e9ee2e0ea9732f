import { overloaded, Problem, StorageError } from '../errors.ts'
import { Quota, WINDOW_SECONDS } from './quota.ts'
import { type QuotaLedger, SharedQuota } from './shared-quota.ts'

/** What a caller may do in a minute; undefined: no limit. */
export interface RateLimit {
  readonly requests?: number
  readonly updates?: number
}

const UNITS = ['requests', 'updates'] as const
type Unit = (typeof UNITS)[number]
const RETRY_AFTER_SECONDS = 5

/** What is left of a quota. */
export interface QuotaState {
  readonly unit: Unit
  readonly perMinute: number
  readonly left: number
  /** Whole seconds until it is full again. */
  readonly secondsLeft: number
}

/** A caller's quotas of requests and updates. */
export class CallerLimits {
  readonly #name: string
  readonly #ledger: QuotaLedger | undefined
  readonly #quotas = new Map<Unit, Quota | SharedQuota>()

  /**
   * Starts without limits.
   * @param ledger counts what is used at all gateways; absent: this gateway counts alone
   */
  constructor(name: string, ledger?: QuotaLedger) {
    this.#name = name
    this.#ledger = ledger
  }

  /** Changes the limits. What was used in this minute stays used. */
  change(limit: RateLimit): void {
    for (const unit of UNITS) {
      const perMinute = limit[unit]
      const quota = this.#quotas.get(unit)
      if (perMinute === undefined) this.#quotas.delete(unit)
      else if (quota === undefined) this.#quotas.set(unit, this.#newQuota(unit, perMinute))
      else quota.change(perMinute)
    }
  }

  /** Most updates in a minute, and so in one request; undefined: no limit. */
  get updatesPerMinute(): number | undefined {
    return this.#quotas.get('updates')?.perMinute
  }

  /**
   * Takes all of `amount`, or nothing.
   * @throws Problem rate_limited; overloaded, if it can't be counted
   */
  async take(unit: Unit, amount: number): Promise<void> {
    const quota = this.#quotas.get(unit)
    const now = performance.now()
    if (quota === undefined || (await this.#isTaken(quota, amount, now))) return
    const left = `${quota.left(now)} of ${quota.perMinute} ${unit} a minute are left`
    throw rateLimited(`The caller ${this.#name} is limited: ${left}.`, quota.secondsLeft(now))
  }

  #newQuota(unit: Unit, perMinute: number): Quota | SharedQuota {
    return this.#ledger === undefined
      ? new Quota(perMinute)
      : new SharedQuota(this.#ledger, this.#name, unit, perMinute)
  }

  async #isTaken(quota: Quota | SharedQuota, amount: number, now: number): Promise<boolean> {
    try {
      return await quota.take(amount, now)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      throw overloaded("The caller's quota cannot be counted now.", RETRY_AFTER_SECONDS)
    }
  }

  /** What is left of each quota; empty without limits. */
  states(): QuotaState[] {
    const now = performance.now()
    return [...this.#quotas].map(([unit, quota]) => ({
      unit,
      perMinute: quota.perMinute,
      left: quota.left(now),
      secondsLeft: quota.secondsLeft(now)
    }))
  }

  /** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers); empty without limits. */
  headers(): Record<string, string> {
    if (this.#quotas.size === 0) return {}
    const states = this.states()
    return {
      'ratelimit-policy': states
        .map(({ unit, perMinute }) => `"${unit}";q=${perMinute};w=${WINDOW_SECONDS}`)
        .join(', '),
      ratelimit: states
        .map(({ unit, left, secondsLeft }) => `"${unit}";r=${left};t=${secondsLeft}`)
        .join(', ')
    }
  }
}

/** The refusal of a request that can be retried after some seconds. */
export function rateLimited(detail: string, seconds: number): Problem {
  return new Problem('rate_limited', detail, { headers: { 'retry-after': String(seconds) } })
}
