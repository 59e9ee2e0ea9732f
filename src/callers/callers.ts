import { Caller, type CallerConfig, keyIdOf } from './caller.ts'
import { CallerLimits, type QuotaState } from './caller-limits.ts'
import type { Allowed } from '../leads/rights.ts'
import { hashKey } from './key.ts'
import type { QuotaLedger } from './shared-quota.ts'

interface Known {
  readonly caller: Caller
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What an operator may see of a key. */
export interface KeySummary {
  /** See `Caller.keyId`. */
  readonly id: string
  /** Milliseconds since the epoch; undefined: never. */
  readonly expiresAt: number | undefined
  /** See `KeyUse.lastAt`. */
  readonly lastUsedAt: number | undefined
}

/** What an operator may see of a caller. */
export interface CallerSummary {
  readonly name: string
  /** Name of the VICIdial account of its calls. */
  readonly account: string
  readonly source: string | undefined
  /** What it may call. */
  readonly routes: Allowed
  readonly keys: readonly KeySummary[]
  readonly quotas: readonly QuotaState[]
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
        const keyUse = this.#byHash.get(hash)?.caller.keyUse
        byHash.set(hash, { caller: new Caller(config, key, limits, keyUse), expiresAt })
      }
    }
    this.#byHash = byHash
    this.#limits = byName
    this.#configs = configs
  }

  /** The configured callers, in order. */
  list(): CallerSummary[] {
    return this.#configs.map(({ name, account, source, permissions, keys }) => ({
      name,
      account,
      source,
      routes: permissions.routes,
      keys: keys.map(({ hash, expiresAt }) => ({
        id: keyIdOf(hash),
        expiresAt,
        lastUsedAt: this.#byHash.get(hash)?.caller.keyUse.lastAt
      })),
      quotas: this.#limits.get(name)?.states() ?? []
    }))
  }

  /** A caller with what it may do, whichever of its keys is used; undefined without one of this name. */
  named(name: string): Caller | undefined {
    for (const { caller } of this.#byHash.values()) if (caller.name === name) return caller
    return undefined
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
