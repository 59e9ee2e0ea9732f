import type pg from 'pg'
import { StorageError } from '../../../errors.ts'
import { type Migration, MIGRATIONS } from './migrations/migrations.ts'
import { inTransaction } from './transaction.ts'

/** The oldest supported server, as `server_version_num`. */
const OLDEST_SERVER = 150_000
/** Held while the schema is changed: "vgat" and 1. */
const LOCK = 'pg_advisory_xact_lock(1986486644, 1)'
/** How long to wait for another gateway's migration, and for each of this one's, in milliseconds. */
const PATIENCE_MS = 600_000
/** Tables of which one shows that the schema belongs to another program. */
const OWN_TABLES = ['jobs', 'updates', 'history', 'owner', 'members', 'sessions']

/** What a gateway finds in a database. */
interface Found {
  readonly version: number
  readonly oldestCompatible: number
}

/**
 * Creates the tables in an empty database, or brings an older schema up to date. Gateways that start at the same time do
 * it one after the other. A database that cannot be used is left unchanged.
 * @param migrations for tests: every version of the schema
 * @throws StorageError that says what is wrong and how to fix it
 */
export async function migrate(pool: pg.Pool, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  await inTransaction(pool, async (client) => {
    await requireServer(client)
    await client.query(patient(`SELECT ${LOCK}`))
    const found = await findSchema(client)
    const known = migrations.length
    if (found.oldestCompatible > known)
      throw new StorageError(
        `The database was changed by a newer gateway (schema ${found.version}, usable from schema ` +
          `${found.oldestCompatible} on, this one has ${known}): run a newer gateway.`
      )
    for (const [index, { sql, oldestCompatible }] of migrations.entries()) {
      const version = index + 1
      if (version <= found.version) continue
      await client.query(patient(sql))
      await client.query('INSERT INTO gateway_schema (version, oldest_compatible) VALUES ($1, $2)', [
        version,
        oldestCompatible
      ])
    }
  })
}

function patient(text: string) {
  return { text, query_timeout: PATIENCE_MS }
}

async function requireServer(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`
  )
  const [server] = rows
  if (server && Number(server.number) >= OLDEST_SERVER) return
  throw new StorageError(`The database server is PostgreSQL ${server?.version}: it must be 15 or newer.`)
}

/** The version of the schema; creates the table of versions in an empty database. */
async function findSchema(client: pg.ClientBase): Promise<Found> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_name = ANY($1)`,
    [['gateway_schema', ...OWN_TABLES]]
  )
  if (!tables.some(({ name }) => name === 'gateway_schema')) {
    const [other] = tables
    if (other)
      throw new StorageError(
        `The database has a table ${other.name} of another program: give the gateway a database of its own.`
      )
    await client.query(
      `CREATE TABLE gateway_schema (
        version integer PRIMARY KEY,
        oldest_compatible integer NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`
    )
  }
  const { rows } = await client.query<Found>(
    `SELECT coalesce(max(version), 0) AS version, coalesce(max(oldest_compatible), 0) AS "oldestCompatible"
    FROM gateway_schema`
  )
  return rows[0] ?? { version: 0, oldestCompatible: 0 }
}
