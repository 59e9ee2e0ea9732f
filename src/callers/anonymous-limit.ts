import ipaddr from 'ipaddr.js'
import { rateLimited } from './caller-limits.ts'
import { Quota } from './quota.ts'

/** What a request costs that has no valid key: without one, and with one that is wrong or another false proof. */
export const NO_KEY_POINTS = 1
export const WRONG_KEY_POINTS = 10
/** Addresses that are remembered, about 200 bytes each; beyond that the first to come is forgotten. */
const MAX_ADDRESSES = 50_000
/** Of an IPv6 address the first 64 bits: the rest its owner chooses. */
const NETWORK_PARTS = 4

/** Limits what those do who prove nothing, by the address that they come from. */
export class AnonymousLimit {
  readonly #pointsPerMinute: number
  /** Those whose minute began first stand first. */
  readonly #quotas = new Map<string, Quota>()

  /** @param pointsPerMinute of one address; 0: no limit */
  constructor(pointsPerMinute: number) {
    this.#pointsPerMinute = pointsPerMinute
  }

  /**
   * Counts a request.
   * @throws Problem rate_limited
   */
  take(address: string, points: number): void {
    if (this.#pointsPerMinute === 0) return
    const now = performance.now()
    const quota = this.#quotaOf(networkOf(address), now)
    if (quota.take(points, now)) return
    const detail = 'Too many requests without a valid key came from this address.'
    throw rateLimited(detail, quota.secondsLeft(now))
  }

  #quotaOf(network: string, now: number): Quota {
    const known = this.#quotas.get(network)
    if (known?.isWhole(now) === false) return known
    this.#quotas.delete(network)
    this.#forget(now)
    const quota = new Quota(this.#pointsPerMinute)
    this.#quotas.set(network, quota)
    return quota
  }

  #forget(now: number): void {
    for (const [network, quota] of this.#quotas) {
      if (!quota.isWhole(now) && this.#quotas.size < MAX_ADDRESSES) return
      this.#quotas.delete(network)
    }
  }
}

/** The IPv4 address, or the first half of the IPv6 one. What a proxy gives that is neither counts as one address. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return ''
  const parsed = ipaddr.process(address)
  return 'parts' in parsed ? parsed.parts.slice(0, NETWORK_PARTS).join(':') : parsed.toString()
}
