import { Cluster } from '../cluster/cluster.ts'
import { ownAddressFaults } from '../cluster/peers/own-address.ts'
import { LoginTable } from '../cluster/shared/login-table.ts'
import { QuotaTable } from '../cluster/shared/quota-table.ts'
import { SessionTable } from '../cluster/shared/session-table.ts'
import type { ClusterSettings } from '../cluster/settings.ts'
import type { HistoryPolicy } from '../outbox/history.ts'
import { migrate } from '../outbox/postgres/database/migrate.ts'
import { MIGRATIONS, NEWEST_SCHEMA } from '../outbox/postgres/database/migrations/migrations.ts'
import { openPool } from '../outbox/postgres/database/open-pool.ts'
import { remedyFor } from '../outbox/postgres/database/remedy.ts'
import { PostgresOutbox } from '../outbox/postgres/postgres-outbox.ts'
import { errorCode } from '../error-code.ts'
import { StorageError } from '../errors.ts'
import type { OwnerOptions } from './owner.ts'
import type { Ownership } from './ownership.ts'
import { SharedOwnership } from './shared-ownership.ts'
import { VERSION } from '../telemetry/version.ts'

export interface JoinOptions extends Omit<OwnerOptions, 'right' | 'hasAccount' | 'isInDoubt' | 'outbox'> {
  readonly settings: ClusterSettings
  readonly history: HistoryPolicy
  /** Hash of the configuration, which a reload may change. */
  readonly fingerprint: () => string
  /** Called with the time that a relayed request took beyond the owner's own, in milliseconds. */
  readonly onRelayed: (ms: number) => void
}

/** A gateway's place in a cluster. */
export interface JoinedCluster {
  readonly outbox: PostgresOutbox
  readonly ownership: Ownership
  readonly cluster: Cluster
  /** Of the operations page. */
  readonly sessions: SessionTable
  readonly quotas: QuotaTable
  /** Closes what is left when everything else is closed. */
  close(): Promise<void>
}

/** Connections for the lease and the members: one each, so that nothing else delays them. */
const OWN_CONNECTIONS = 2
/** Connections for sessions, quotas and refused logins. */
const SHARED_CONNECTIONS = 4

/**
 * Opens the database and joins its gateways.
 * @throws StorageError with every fault that can be found
 */
export async function joinCluster(options: JoinOptions): Promise<JoinedCluster> {
  const { settings, config, log } = options
  const { url, tls, maxConnections, timeoutMs } = settings.database
  const connection = { url, ssl: tls, queryTimeoutMs: timeoutMs, connectTimeoutMs: timeoutMs, log }
  const goneMs = settings.leaseMs + settings.renewMs
  const outbox = await PostgresOutbox.open({
    ...connection,
    maxConnections,
    goneMs,
    history: options.history,
    longestPauseMs: config.durable.retry.longestMs
  }).catch(async (error: unknown) => {
    if (!(error instanceof StorageError)) throw error
    const remedy = error.cause === undefined ? '' : ` ${remedyFor(error.cause)}`
    const faults = [`${error.message}${remedy}`, ...(await ownAddressFaults(settings))]
    throw new StorageError(faults.join('\n'), error)
  })
  const pool = openPool({ ...connection, maxConnections: OWN_CONNECTIONS })
  const shared = openPool({ ...connection, maxConnections: SHARED_CONNECTIONS })
  const logins = new LoginTable(shared)
  const closePools = async () => {
    await Promise.all([pool.end(), shared.end()])
  }
  const ownership = new SharedOwnership({
    ...options,
    outbox,
    loginNotes: (accounts) => logins.load(accounts)
  })
  try {
    const cluster = await Cluster.join({
      settings,
      pool,
      version: VERSION,
      schema: NEWEST_SCHEMA,
      fingerprint: options.fingerprint,
      accounts: config.accounts.map(({ name }) => name),
      callTimeoutMs: config.vicidial.timeoutMs,
      begin: (term) => ownership.begin(term),
      onState: (state) => {
        ownership.noteState(state)
      },
      onRelayed: options.onRelayed,
      log
    })
    ownership.join(cluster)
    // A newer gateway may have changed the database while this one was not yet a member.
    await migrate(pool, MIGRATIONS, goneMs).catch(async (error: unknown) => {
      await cluster.leave()
      throw error
    })
    return {
      outbox,
      ownership,
      cluster,
      sessions: new SessionTable(shared),
      quotas: new QuotaTable(shared),
      close: closePools
    }
  } catch (error) {
    await closePools()
    await outbox.close()
    const code = errorCode(error)
    if (error instanceof StorageError || code === 'unknown') throw error
    throw new StorageError(`The database cannot be used (${code}). ${remedyFor(error)}`, error)
  }
}
