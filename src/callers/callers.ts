import { hash, timingSafeEqual } from 'node:crypto'
import type { OnLossy } from '../leads/update.ts'

/** A caller as configured. No key is held anywhere: only the SHA-256 of each, as 64 hex digits. */
export interface CallerConfig {
  readonly name: string
  readonly keyHashes: readonly string[]
  readonly source?: string
  readonly onLossy?: OnLossy
  /** Whether it sees and changes the jobs of all callers. */
  readonly isOperator?: boolean
}

/** Who is asking, once known. */
export interface Caller {
  readonly name: string
  /** The VICIdial `source` of its calls, if it has its own. */
  readonly source: string | undefined
  readonly onLossy: OnLossy
  /** Whether it sees and changes the jobs of all callers. */
  readonly isOperator: boolean
}

/** The configured callers. Keys are held and compared as hashes only. */
export class Callers {
  readonly #known: readonly { hash: Buffer; caller: Caller }[]

  constructor(configs: readonly CallerConfig[]) {
    this.#known = configs.flatMap((config) => {
      const { name, source, onLossy = 'accept', isOperator = false } = config
      const caller: Caller = { name, source, onLossy, isOperator }
      return config.keyHashes.map((hash) => ({ hash: Buffer.from(hash, 'hex'), caller }))
    })
  }

  /** Finds the caller of a key; the time it takes does not depend on how much of the key is right. */
  find(key: string): Caller | undefined {
    const presented = hash('sha256', key, 'buffer')
    let found: Caller | undefined
    for (const known of this.#known) {
      if (timingSafeEqual(known.hash, presented)) found = known.caller
    }
    return found
  }
}

/** The SHA-256 of a key, as 64 hex digits. */
export function hashKey(key: string): string {
  return hash('sha256', key)
}

const BEARER = /^Bearer +(\S+) *$/i

/** Takes the key out of `Authorization: Bearer KEY` or `X-API-Key: KEY`; undefined if there is neither. */
export function presentedKey(
  headers: Readonly<Record<string, string | string[] | undefined>>
): string | undefined {
  const bearer = BEARER.exec(String(headers['authorization'] ?? ''))?.[1]
  if (bearer !== undefined) return bearer
  const key = headers['x-api-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}
