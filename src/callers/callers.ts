import { Caller, type CallerConfig } from './caller.ts'
import { CallerLimits } from './caller-limits.ts'
import { hashKey } from './key.ts'
import type { QuotaLedger } from './shared-quota.ts'

interface Known {
  readonly caller: Caller
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** The configured callers by key. Keys are kept only as hashes. */
export class Callers {
  #byHash: ReadonlyMap<string, Known> = new Map()
  /** By the caller's name. */
  #limits: ReadonlyMap<string, CallerLimits> = new Map()
  #configs: readonly CallerConfig[] = []
  #ledger: QuotaLedger | undefined

  constructor(configs: readonly CallerConfig[]) {
    this.replace(configs)
  }

  /** Counts quotas together with other gateways from now on. */
  share(ledger: QuotaLedger): void {
    this.#ledger = ledger
    this.#limits = new Map()
    this.replace(this.#configs)
  }

  /** Replaces all callers. Requests in progress keep theirs, and a caller that stays keeps its used quota. */
  replace(configs: readonly CallerConfig[]): void {
    const byHash = new Map<string, Known>()
    const byName = new Map<string, CallerLimits>()
    for (const config of configs) {
      const { name, rateLimit = {} } = config
      const limits = this.#limits.get(name) ?? new CallerLimits(name, this.#ledger)
      limits.change(rateLimit)
      byName.set(name, limits)
      for (const key of config.keys) {
        const { hash, expiresAt = Number.POSITIVE_INFINITY } = key
        byHash.set(hash, { caller: new Caller(config, key, limits), expiresAt })
      }
    }
    this.#byHash = byHash
    this.#limits = byName
    this.#configs = configs
  }

  /** Whether there is a caller of this name. */
  has(name: string): boolean {
    return this.#limits.has(name)
  }

  /**
   * Finds the caller of a key that has not expired at `now`, in milliseconds since the epoch. The look-up needs no constant
   * time: timing could only reveal digits of the key's hash, which a sender cannot choose.
   */
  find(key: string, now = Date.now()): Caller | undefined {
    return this.findByHash(hashKey(key), now)
  }

  /** Finds the caller by the hash of a key, see `hashKey`. */
  findByHash(hash: string, now = Date.now()): Caller | undefined {
    const found = this.#byHash.get(hash)
    return found && found.expiresAt > now ? found.caller : undefined
  }
}
