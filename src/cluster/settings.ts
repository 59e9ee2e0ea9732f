/** How the gateway uses PostgreSQL, and other gateways beside it. */
export interface ClusterSettings {
  readonly database: DatabaseSettings
  /** The name of this gateway, unique in the cluster. */
  readonly name: string
  /** Origin at which the other gateways reach this one; undefined: they cannot, so it has to be alone. */
  readonly address: string | undefined
  /** Where it listens for them. */
  readonly listen: { readonly host: string; readonly port: number } | undefined
  /** The secret that the gateways share; undefined: the one that the first of them stored in the database. */
  readonly secret: string | undefined
  /** How long the right to call VICIdial lasts without a renewal, in milliseconds. */
  readonly leaseMs: number
  /** How often it is renewed, in milliseconds. */
  readonly renewMs: number
}

/** How the gateway connects to PostgreSQL. */
export interface DatabaseSettings {
  /** `postgres://…`, password included, without `sslmode`. */
  readonly url: string
  /** False: the connection is not encrypted. */
  readonly tls:
    | false
    | {
        /** Whether the server must have a certificate for its name. */
        readonly rejectUnauthorized: boolean
        /** Certificates of authorities, as PEM; absent: those of Node. */
        readonly ca?: string
      }
  readonly maxConnections: number
  /** Timeout for a query, in milliseconds. */
  readonly timeoutMs: number
}
