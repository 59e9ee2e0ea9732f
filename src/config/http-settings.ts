import { networksOf } from '../callers/caller.ts'

/** How the gateway serves HTTP. */
export interface HttpSettings {
  /** Points that clients without a valid key may spend in a minute from one address; 0: no limit. */
  readonly anonymousPointsPerMinute: number
  /** Time to receive a whole request, in milliseconds. */
  readonly receiveTimeoutMs: number
  readonly maxConnections: number
  /** Origins whose pages may send requests. */
  readonly corsOrigins: readonly string[]
  /** Who may read the API's documents: everybody, clients with a key, or nobody. */
  readonly docs: 'open' | 'key' | 'off'
  /** Whether there is the operations page. */
  readonly ops: boolean
  /** Addresses and networks of the proxies whose `X-Forwarded-For` the gateway trusts; false: none. */
  readonly trustProxy: string[] | false
}

/** The variables of these settings. Texts are lists separated by commas. */
interface HttpEnvironment {
  readonly ANONYMOUS_POINTS_PER_MINUTE: number
  readonly RECEIVE_TIMEOUT_MS: number
  readonly MAX_CONNECTIONS: number
  readonly CORS_ORIGINS?: string
  readonly DOCS: HttpSettings['docs']
  readonly OPS: 'on' | 'off'
  readonly TRUST_PROXY?: string
}

/** Reads the settings. Notes wrong list entries in `faults` by number: their text could be anything. */
export function readHttpSettings(environment: HttpEnvironment, faults: string[]): HttpSettings {
  const readList = (
    name: 'CORS_ORIGINS' | 'TRUST_PROXY',
    isValid: (entry: string) => boolean,
    what: string
  ) => {
    const entries = environment[name]?.split(',').map((entry) => entry.trim()) ?? []
    for (const [index, entry] of entries.entries()) {
      if (!isValid(entry)) faults.push(`${name}: entry ${index + 1} is ${what}.`)
    }
    return entries
  }
  const proxies = readList('TRUST_PROXY', isNetwork, 'neither an address nor a network like 10.1.0.0/16')
  return Object.freeze({
    anonymousPointsPerMinute: environment.ANONYMOUS_POINTS_PER_MINUTE,
    receiveTimeoutMs: environment.RECEIVE_TIMEOUT_MS,
    maxConnections: environment.MAX_CONNECTIONS,
    corsOrigins: readList('CORS_ORIGINS', isOrigin, 'no origin like https://crm.example'),
    docs: environment.DOCS,
    ops: environment.OPS === 'on',
    trustProxy: proxies.length > 0 && proxies
  })
}

function isNetwork(text: string): boolean {
  try {
    networksOf([text])
    return true
  } catch {
    return false
  }
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text
}
