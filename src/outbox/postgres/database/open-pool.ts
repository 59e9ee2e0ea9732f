import pg from 'pg'

/** How long to wait for a connection, in milliseconds; also for a free one of the pool. */
const CONNECT_MS = 3_000
/** How long to wait for an answer, in milliseconds: a gateway that is cut off from the database must notice. */
const QUERY_MS = 3_000
const MAX_CONNECTIONS = 10

export interface PoolOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with one host. */
  readonly url: string
  /** TLS beyond what the address says. */
  readonly ssl?: pg.ClientConfig['ssl']
  readonly maxConnections?: number
  readonly connectTimeoutMs?: number
  readonly queryTimeoutMs?: number
  /** Notified of connections that fail while nothing uses them. */
  readonly log: { warn(members: object, message: string): void }
}

/** Opens a pool of connections. The first connection is made by the first query. */
export function openPool({
  url,
  ssl,
  maxConnections = MAX_CONNECTIONS,
  connectTimeoutMs = CONNECT_MS,
  queryTimeoutMs = QUERY_MS,
  log
}: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    ...(ssl === undefined ? {} : { ssl }),
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    fallback_application_name: 'vicidial-gateway',
    types: { getTypeParser }
  })
  const onError = (error: Error) => {
    log.warn({ err: error }, 'a connection to the database was lost')
  }
  // Without a listener, a connection that breaks while a transaction has it would end the process.
  pool.on('connect', (client) => client.on('error', onError))
  pool.on('error', () => {})
  return pool
}

/** `bigint` as a number: ids and times stay below 2^53. */
function getTypeParser(
  ...[type, format]: Parameters<typeof pg.types.getTypeParser>
): (text: string) => unknown {
  if (type === pg.types.builtins.INT8 && format !== 'binary') return Number
  return pg.types.getTypeParser(type, format) as (text: string) => unknown
}
