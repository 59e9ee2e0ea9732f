import { Problem } from '../errors.ts'
import { Quota, WINDOW_SECONDS } from './quota.ts'

/** What a caller may do in a minute; undefined: no limit. */
export interface RateLimit {
  readonly requests?: number
  readonly updates?: number
}

const UNITS = ['requests', 'updates'] as const
type Unit = (typeof UNITS)[number]

/** A caller's quotas of requests and updates. */
export class CallerLimits {
  readonly #name: string
  readonly #quotas = new Map<Unit, Quota>()

  /** Starts without limits. */
  constructor(name: string) {
    this.#name = name
  }

  /** Changes the limits. What was used in this minute stays used. */
  change(limit: RateLimit): void {
    for (const unit of UNITS) {
      const perMinute = limit[unit]
      const quota = this.#quotas.get(unit)
      if (perMinute === undefined) this.#quotas.delete(unit)
      else if (quota === undefined) this.#quotas.set(unit, new Quota(perMinute))
      else quota.change(perMinute)
    }
  }

  /** Most updates in a minute, and so in one request; undefined: no limit. */
  get updatesPerMinute(): number | undefined {
    return this.#quotas.get('updates')?.perMinute
  }

  /**
   * Takes all of `amount`, or nothing.
   * @throws Problem rate_limited
   */
  take(unit: Unit, amount: number): void {
    const quota = this.#quotas.get(unit)
    const now = performance.now()
    if (quota === undefined || quota.take(amount, now)) return
    const left = `${quota.left(now)} of ${quota.perMinute} ${unit} a minute are left`
    throw rateLimited(`The caller ${this.#name} is limited: ${left}.`, quota.secondsLeft(now))
  }

  /** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers); empty without limits. */
  headers(): Record<string, string> {
    if (this.#quotas.size === 0) return {}
    const now = performance.now()
    const quotas = [...this.#quotas]
    return {
      'ratelimit-policy': quotas
        .map(([unit, { perMinute }]) => `"${unit}";q=${perMinute};w=${WINDOW_SECONDS}`)
        .join(', '),
      ratelimit: quotas
        .map(([unit, quota]) => `"${unit}";r=${quota.left(now)};t=${quota.secondsLeft(now)}`)
        .join(', ')
    }
  }
}

/** The refusal of a request that can be retried after some seconds. */
export function rateLimited(detail: string, seconds: number): Problem {
  return new Problem('rate_limited', detail, { headers: { 'retry-after': String(seconds) } })
}
