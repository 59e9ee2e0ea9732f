/** What pages and metrics show of a cluster. */
export interface ClusterView {
  /** The name of this gateway. */
  readonly gateway: string
  /** Whether this gateway calls VICIdial now. */
  readonly isOwner: boolean
  /** The owner as last seen; undefined if there is none. */
  readonly owner: { readonly gateway: string; readonly term: number } | undefined
  /** The last term that was seen. */
  readonly lastTerm: number
  /** Milliseconds since this gateway renewed its lease; undefined if it is not the owner. */
  readonly leaseAgeMs: number | undefined
  /** How often this gateway became the owner. */
  readonly takeovers: number
  /** The gateways that were seen within a day, by name. */
  readonly list: readonly MemberView[]
}

/** A gateway of a cluster. */
export interface MemberView {
  readonly gateway: string
  readonly address: string | undefined
  readonly version: string
  /** Whether it is alive. */
  readonly isPresent: boolean
  /** Whether its configuration is that of this gateway. */
  readonly isAlike: boolean
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Milliseconds since it was last seen. */
  readonly seenMsAgo: number
}
