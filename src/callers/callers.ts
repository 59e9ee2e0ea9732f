import { Caller, type CallerConfig } from './caller.ts'
import { CallerLimits } from './caller-limits.ts'
import { hashKey } from './key.ts'

interface Known {
  readonly caller: Caller
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** The configured callers, by their keys. Keys are held as hashes only. */
export class Callers {
  #byHash: ReadonlyMap<string, Known> = new Map()
  /** By the caller's name. */
  #limits: ReadonlyMap<string, CallerLimits> = new Map()

  constructor(configs: readonly CallerConfig[]) {
    this.replace(configs)
  }

  /** Takes other callers in place of all; requests under way keep theirs. What a caller that stays has done counts on. */
  replace(configs: readonly CallerConfig[]): void {
    const byHash = new Map<string, Known>()
    const byName = new Map<string, CallerLimits>()
    for (const config of configs) {
      const { name, rateLimit = {} } = config
      const limits = this.#limits.get(name) ?? new CallerLimits(name)
      limits.change(rateLimit)
      byName.set(name, limits)
      for (const key of config.keys) {
        const { hash, expiresAt = Number.POSITIVE_INFINITY } = key
        byHash.set(hash, { caller: new Caller(config, key, limits), expiresAt })
      }
    }
    this.#byHash = byHash
    this.#limits = byName
  }

  /** Whether there is a caller of this name. */
  has(name: string): boolean {
    return this.#limits.has(name)
  }

  /**
   * Finds the caller of a key that has not expired at `now`, in milliseconds since the epoch. What the time it takes could tell is about the key's hash, of
   * which nobody can choose so much as the first digits.
   */
  find(key: string, now = Date.now()): Caller | undefined {
    return this.findByHash(hashKey(key), now)
  }

  /** The same by the key's hash, see `hashKey`. */
  findByHash(hash: string, now = Date.now()): Caller | undefined {
    const found = this.#byHash.get(hash)
    return found && found.expiresAt > now ? found.caller : undefined
  }
}
