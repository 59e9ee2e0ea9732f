import { Caller, type CallerConfig } from './caller.ts'
import { hashKey } from './key.ts'

interface Known {
  readonly caller: Caller
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** The configured callers, by their keys. Keys are held as hashes only. */
export class Callers {
  #byHash: ReadonlyMap<string, Known>

  constructor(configs: readonly CallerConfig[]) {
    this.#byHash = known(configs)
  }

  /** Takes other callers in place of all; requests under way keep theirs. */
  replace(configs: readonly CallerConfig[]): void {
    this.#byHash = known(configs)
  }

  /**
   * Finds the caller of a key that has not expired at `now`, in milliseconds since the epoch. What the time it takes could tell is about the key's hash, of
   * which nobody can choose so much as the first digits.
   */
  find(key: string, now = Date.now()): Caller | undefined {
    const found = this.#byHash.get(hashKey(key))
    return found && found.expiresAt > now ? found.caller : undefined
  }
}

function known(configs: readonly CallerConfig[]): ReadonlyMap<string, Known> {
  return new Map(
    configs.flatMap((config) =>
      config.keys.map((key) => [
        key.hash,
        { caller: new Caller(config, key), expiresAt: key.expiresAt ?? Number.POSITIVE_INFINITY }
      ])
    )
  )
}
