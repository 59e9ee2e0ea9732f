/** The versions of what gateways say to each other that a gateway understands. */
export interface Protocols {
  /** The newest. */
  readonly protocol: number
  readonly oldestProtocol: number
}

/**
 * Those of this gateway. A change that an older gateway would not understand gets a new number; the oldest one stays
 * while this gateway still understands it, so that both can run side by side.
 */
export const PROTOCOLS: Protocols = { protocol: 1, oldestProtocol: 1 }

/** Whether two gateways have a version in common. */
export function understand(one: Protocols, other: Protocols): boolean {
  return one.protocol >= other.oldestProtocol && other.protocol >= one.oldestProtocol
}
