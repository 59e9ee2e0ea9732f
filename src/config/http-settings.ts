import { networksOf } from '../callers/caller.ts'

/** How the gateway meets those who come by HTTP. */
export interface HttpSettings {
  /** What those without a valid key may spend from one address; 0: no limit. */
  readonly anonymousPointsPerMinute: number
  /** A sender may take so long with a whole request. */
  readonly receiveTimeoutMs: number
  readonly maxConnections: number
  /** Origins whose pages may send requests. */
  readonly corsOrigins: readonly string[]
  /** Who may read the API's documents: everybody, whoever has a key, or nobody. */
  readonly docs: 'open' | 'key' | 'off'
  /** Whether there is the operations page. */
  readonly ops: boolean
  /** Addresses and networks of the proxies whose `X-Forwarded-For` is believed; false: nobody's. */
  readonly trustProxy: string[] | false
}

/** What of the environment it is read from; each text is a list with commas. */
interface HttpEnvironment {
  readonly ANONYMOUS_POINTS_PER_MINUTE: number
  readonly RECEIVE_TIMEOUT_MS: number
  readonly MAX_CONNECTIONS: number
  readonly CORS_ORIGINS?: string
  readonly DOCS: HttpSettings['docs']
  readonly OPS: 'on' | 'off'
  readonly TRUST_PROXY?: string
}

/** Reads the settings; notes every entry of a list that is none in `faults`, by its place, as it may be anything. */
export function readHttpSettings(environment: HttpEnvironment, faults: string[]): HttpSettings {
  const readList = (
    name: 'CORS_ORIGINS' | 'TRUST_PROXY',
    isOne: (entry: string) => boolean,
    what: string
  ) => {
    const entries = environment[name]?.split(',').map((entry) => entry.trim()) ?? []
    for (const [place, entry] of entries.entries()) {
      if (!isOne(entry)) faults.push(`${name}: entry ${place + 1} is ${what}.`)
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
