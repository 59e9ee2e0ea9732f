import { BlockList, isIPv6 } from 'node:net'
import { ALL_RIGHTS, type Allowed, allows, type Rights } from '../leads/rights.ts'
import type { KeyMatch, OnInvalid, OnLossy } from '../leads/update-options.ts'
import type { CallerLimits, RateLimit } from './caller-limits.ts'

/** The permission that a route needs; `webhook:NAME` for each webhook endpoint with callers' keys. */
export type RoutePermission = (typeof ROUTE_PERMISSIONS)[number] | `webhook:${string}`
export const ROUTE_PERMISSIONS = [
  'batch',
  'add',
  'read',
  'hopper',
  'callbacks',
  'dnc',
  'jobs',
  'dead_letters',
  'history',
  'metrics',
  'backup',
  'payloads',
  'operator'
] as const

/** What a caller may do. */
export interface Permissions {
  readonly routes: Allowed
  /** Values of VICIdial's `source` that its requests may use, besides its own. */
  readonly sources: Allowed
  /** Most updates in one request; undefined: as the server allows. */
  readonly maxBatch?: number
  readonly updates: Rights
}

export const ALL_PERMISSIONS: Permissions = { routes: '*', sources: '*', updates: ALL_RIGHTS }

/** A configured key: its SHA-256 as 64 hex digits, and when it expires, in milliseconds since the epoch. */
export interface KeyConfig {
  readonly hash: string
  readonly expiresAt?: number
}

/** When a key was last used. A changed configuration keeps it. */
export interface KeyUse {
  /** Milliseconds since the epoch; undefined: not since the gateway started. */
  lastAt: number | undefined
}

/** A configured caller. Keys are kept only as hashes. */
export interface CallerConfig {
  readonly name: string
  readonly keys: readonly KeyConfig[]
  /** Name of the VICIdial account of its calls. */
  readonly account: string
  /** The VICIdial `source` of its calls, if it has its own. */
  readonly source?: string
  readonly onLossy?: OnLossy
  readonly onInvalid?: OnInvalid
  readonly keyMatch?: KeyMatch
  /** See `UpdateOptions.verify`. */
  readonly verify?: number
  readonly permissions: Permissions
  /** Addresses and networks (CIDR) that it may call from; undefined: any. */
  readonly networks?: readonly string[]
  /** What it may do in a minute; undefined: no limit. */
  readonly rateLimit?: RateLimit
}

/** An identified caller, with the key that it used. */
export class Caller {
  readonly name: string
  /** The first 8 hex digits of the key's SHA-256, to tell a caller's keys apart in logs. */
  readonly keyId: string
  readonly keyUse: KeyUse
  /** Name of the VICIdial account of its calls. */
  readonly account: string
  readonly source: string | undefined
  readonly onLossy: OnLossy
  readonly onInvalid: OnInvalid
  readonly keyMatch: KeyMatch
  readonly verify: number
  readonly permissions: Permissions
  /** Its quotas, shared by all its keys. */
  readonly limits: CallerLimits
  readonly #networks: BlockList | undefined

  constructor(
    config: CallerConfig,
    key: KeyConfig,
    limits: CallerLimits,
    keyUse: KeyUse = { lastAt: undefined }
  ) {
    this.name = config.name
    this.keyId = keyIdOf(key.hash)
    this.keyUse = keyUse
    this.account = config.account
    this.source = config.source
    this.onLossy = config.onLossy ?? 'accept'
    this.onInvalid = config.onInvalid ?? 'reject_update'
    this.keyMatch = config.keyMatch ?? 'collation'
    this.verify = config.verify ?? 0
    this.permissions = config.permissions
    this.limits = limits
    this.#networks = config.networks && networksOf(config.networks)
  }

  /** What its updates may do, and how many one request may have if the server allows `serverMax`. */
  rules(serverMax: number): { readonly rights: Rights; readonly maxUpdates: number } {
    const { updates, maxBatch = serverMax } = this.permissions
    const { updatesPerMinute = serverMax } = this.limits
    return { rights: updates, maxUpdates: Math.min(maxBatch, serverMax, updatesPerMinute) }
  }

  may(permission: RoutePermission): boolean {
    return allows(this.permissions.routes, permission)
  }

  /** Whether it sees and changes the jobs of all callers. */
  get isOperator(): boolean {
    return this.may('operator')
  }

  mayUseSource(source: string): boolean {
    return source === this.source || allows(this.permissions.sources, source)
  }

  mayCallFrom(address: string): boolean {
    return this.#networks?.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') ?? true
  }
}

const KEY_ID_DIGITS = 8

/** See `Caller.keyId`. */
export function keyIdOf(hash: string): string {
  return hash.slice(0, KEY_ID_DIGITS)
}

const NETWORK = /^([^/]+)(?:\/(\d{1,3}))?$/

/**
 * Reads addresses and networks in CIDR notation.
 * @throws Error if one of them is neither
 */
export function networksOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [, address = '', prefix] = NETWORK.exec(network) ?? []
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}
