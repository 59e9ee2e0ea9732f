import { isIPv6, type Socket } from 'node:net'
import { networkOf } from '../callers/anonymous-limit.ts'
import { networksOf } from '../callers/caller.ts'

/** One address may have this share of all connections on which nobody has proved to be the sender. */
const ADDRESS_SHARE = 0.25
/** Connections beyond the limit that are there for health checks. */
const RESERVE = 8

/** What the table needs of a connection. */
export interface Connection {
  readonly remoteAddress?: string | undefined
  once(event: 'close', listener: () => void): unknown
}

interface Limits {
  readonly maxConnections: number
  /** Addresses and networks of trusted proxies, whose connections carry many senders; false: no proxy is trusted. */
  readonly trustProxy: readonly string[] | false
}

/**
 * The open connections. A new one always gets in: if there are too many, another makes room, the oldest of those on which
 * nobody has proved to be the sender. If everybody has, the new one is for health checks only.
 */
export class ConnectionTable<C extends Connection = Socket> {
  readonly #maxConnections: number
  readonly #maxOfAddress: number
  readonly #isProxy: (address: string) => boolean
  readonly #all = new Set<C>()
  /** Connections on which nobody has proved to be the sender, by network, the oldest first. */
  readonly #anonymous = new Map<C, string>()
  readonly #ofNetwork = new Map<string, Set<C>>()
  /** Connections beyond the limit, the oldest first. */
  readonly #reserve = new Set<C>()

  constructor({ maxConnections, trustProxy }: Limits) {
    this.#maxConnections = maxConnections
    this.#maxOfAddress = Math.ceil(maxConnections * ADDRESS_SHARE)
    const proxies = networksOf(trustProxy === false ? [] : trustProxy)
    this.#isProxy = (address) => proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  }

  /** The open connections, without one that was closed to make room. */
  get all(): ReadonlySet<C> {
    return this.#all
  }

  /** Adds a new connection until it closes. Returns the one to close for it, if one has to make room. */
  add(connection: C): C | undefined {
    const { remoteAddress = '' } = connection
    this.#all.add(connection)
    connection.once('close', () => {
      this.#remove(connection)
    })
    let ofNetwork = 0
    if (!this.#isProxy(remoteAddress)) ofNetwork = this.#addAnonymous(connection, networkOf(remoteAddress))
    const evicted = this.#chooseEvicted(connection, ofNetwork)
    if (evicted !== undefined) this.#remove(evicted)
    return evicted
  }

  /** Notes that the sender on a connection has proved itself: it doesn't have to make room any more. */
  trust(connection: C): void {
    const network = this.#anonymous.get(connection)
    if (network === undefined) return
    this.#anonymous.delete(connection)
    const ofNetwork = this.#ofNetwork.get(network)
    ofNetwork?.delete(connection)
    if (ofNetwork?.size === 0) this.#ofNetwork.delete(network)
  }

  /** Whether a connection is for health checks only. */
  isReserve(connection: C): boolean {
    return this.#reserve.has(connection)
  }

  #addAnonymous(connection: C, network: string): number {
    this.#anonymous.set(connection, network)
    const ofNetwork = this.#ofNetwork.get(network) ?? new Set()
    this.#ofNetwork.set(network, ofNetwork.add(connection))
    return ofNetwork.size
  }

  #chooseEvicted(added: C, ofNetwork: number): C | undefined {
    const network = this.#anonymous.get(added)
    if (network !== undefined && ofNetwork > this.#maxOfAddress) {
      const [oldest] = this.#ofNetwork.get(network) ?? []
      if (oldest !== undefined && this.#reserve.has(oldest)) this.#reserve.add(added)
      return oldest
    }
    if (this.#all.size - this.#reserve.size <= this.#maxConnections) return undefined
    for (const oldest of this.#anonymous.keys())
      if (oldest !== added && !this.#reserve.has(oldest)) return oldest
    this.#reserve.add(added)
    const [first] = this.#reserve
    return this.#reserve.size > RESERVE ? first : undefined
  }

  #remove(connection: C): void {
    if (!this.#all.delete(connection)) return
    this.trust(connection)
    this.#reserve.delete(connection)
    const [first] = this.#reserve
    // There is room again.
    if (first !== undefined && this.#all.size - this.#reserve.size < this.#maxConnections)
      this.#reserve.delete(first)
  }
}
