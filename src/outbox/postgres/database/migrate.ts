import type pg from 'pg'
import { StorageError } from '../../../errors.ts'
import { type Migration, MIGRATIONS } from './migrations/migrations.ts'
import { Database, type Sql } from './database.ts'

/** The oldest supported server, as `server_version_num`. */
const OLDEST_SERVER = 150_000
/** Held while the schema is changed: "vgat" and 1. */
const LOCK = 'pg_advisory_xact_lock(1986486644, 1)'
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
  await new Database(pool).transaction(async (sql) => {
    await requireServer(sql)
    await sql.rows(`SELECT ${LOCK}`)
    const found = await findSchema(sql)
    const known = migrations.length
    if (found.oldestCompatible > known)
      throw new StorageError(
        `The database was changed by a newer gateway (schema ${found.version}, usable from schema ` +
          `${found.oldestCompatible} on, this one has ${known}): run a newer gateway.`
      )
    for (const [index, migration] of migrations.entries()) {
      const version = index + 1
      if (version <= found.version) continue
      await sql.rows(migration.sql)
      await sql.rows(
        'INSERT INTO gateway_schema (version, oldest_compatible) VALUES ($1, $2)',
        version,
        migration.oldestCompatible
      )
    }
  }, true)
}

async function requireServer(sql: Sql): Promise<void> {
  const [server] = await sql.rows(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`
  )
  if (Number(server?.['number']) >= OLDEST_SERVER) return
  throw new StorageError(
    `The database server is PostgreSQL ${String(server?.['version'])}: it must be 15 or newer.`
  )
}

/** The version of the schema; creates the table of versions in an empty database. */
async function findSchema(sql: Sql): Promise<Found> {
  const tables = await sql.rows(
    `SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_name = ANY($1)`,
    ['gateway_schema', ...OWN_TABLES]
  )
  const names = tables.map(({ name }) => String(name))
  if (!names.includes('gateway_schema')) {
    const [other] = names
    if (other !== undefined)
      throw new StorageError(
        `The database has a table ${other} of another program: give the gateway a database of its own.`
      )
    await sql.rows(
      `CREATE TABLE gateway_schema (
        version integer PRIMARY KEY,
        oldest_compatible integer NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`
    )
  }
  const [found] = await sql.rows(
    `SELECT coalesce(max(version), 0) AS version, coalesce(max(oldest_compatible), 0) AS oldest_compatible
    FROM gateway_schema`
  )
  return { version: Number(found?.['version']), oldestCompatible: Number(found?.['oldest_compatible']) }
}
