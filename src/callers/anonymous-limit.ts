import ipaddr from 'ipaddr.js'
import { rateLimited } from './caller-limits.ts'
import { Quota } from './quota.ts'

/** Points for a request without a key. */
export const NO_KEY_POINTS = 1
/** Points for a request with a wrong key, signature or session. */
export const WRONG_KEY_POINTS = 10
/** Bytes of a body that cost a point more if they have to be read to learn who sent them. */
const BYTES_PER_POINT = 16_384
/** Most addresses in memory, about 200 bytes each. Beyond it the oldest is forgotten. */
const MAX_ADDRESSES = 50_000
/** Groups of an IPv6 address that count, 64 bits: its owner chooses the rest. */
const NETWORK_PARTS = 4

/** Limits requests without a valid key, for each address. */
export class AnonymousLimit {
  readonly #pointsPerMinute: number
  /** By network, the oldest first. */
  readonly #quotas = new Map<string, Quota>()

  /** @param pointsPerMinute for each address; 0: no limit */
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

  /** Gives back the points of a request whose sender has proved itself after all. */
  giveBack(address: string, points: number): void {
    if (this.#pointsPerMinute === 0) return
    const now = performance.now()
    this.#quotaOf(networkOf(address), now).giveBack(points, now)
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

/** Points for reading a body to learn who sent it; a short one costs nothing more. */
export function pointsOfBody(bytes: number): number {
  return Math.floor(bytes / BYTES_PER_POINT)
}

/** An IPv4 address, or the first half of an IPv6 one. Anything else, from a proxy, counts as one address. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return ''
  const parsed = ipaddr.process(address)
  return 'parts' in parsed ? parsed.parts.slice(0, NETWORK_PARTS).join(':') : parsed.toString()
}
