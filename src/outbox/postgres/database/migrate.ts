import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { StorageError } from '../../../errors.ts'
import { type Migration, MIGRATIONS } from './migrations/migrations.ts'
import { Database, type Sql } from './database.ts'

/** The oldest supported server, as `server_version_num`. */
const OLDEST_SERVER = 150_000
/** Held while the schema is changed: "vgat" and 1. */
const LOCK = 'pg_advisory_xact_lock(1986486644, 1)'
/** The versions of the schema that were applied. */
const VERSIONS = `CREATE TABLE gateway_schema (
  version integer PRIMARY KEY,
  oldest_compatible integer NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)`
/** Tables of which one shows that the schema belongs to another program. */
const OWN_TABLES = ['jobs', 'updates', 'history', 'owner', 'members', 'sessions']

/** A gateway that was not seen for this long does not run, unless another time is given, in milliseconds. */
const GONE_MS = 6_000

/** What a gateway finds in a database. */
interface Found {
  readonly version: number
  readonly oldestCompatible: number
  /** Whether gateways note there that they run. */
  readonly hasMembers: boolean
}

/**
 * Creates the tables in an empty database, or brings an older schema up to date, each change in its own transaction: no
 * lock of one is held during the next. Gateways that start at the same time do it one after the other. A database that
 * cannot be used is left unchanged, as is one that running gateways could not use afterwards. What was done before a
 * change fails stays, and the next start goes on from there.
 * @param migrations for tests: every version of the schema
 * @param goneMs a gateway that was not seen for this long does not run, in milliseconds
 * @throws StorageError that says what is wrong and how to fix it, a line for each fault
 */
export async function migrate(
  pool: pg.Pool,
  migrations: readonly Migration[] = MIGRATIONS,
  goneMs = GONE_MS
): Promise<void> {
  const database = new Database(pool)
  const change = () => database.transaction((sql) => applyNext(sql, migrations, goneMs), 'starting')
  let hasPaused = false
  for (;;) {
    const { isDone, tooOld } = await change()
    if (isDone) return
    if (tooOld.length === 0) continue
    if (hasPaused)
      throw new StorageError(
        `This version changes the database in a way that gateways which are running do not know: ${tooOld.join(', ')}. ` +
          'Stop them, then start this one.'
      )
    // A gateway that ended without a word seems to run for as long.
    await pause(goneMs)
    hasPaused = true
  }
}

/** Makes the next change, unless gateways that run could not use the database after all of them. */
async function applyNext(
  sql: Sql,
  migrations: readonly Migration[],
  goneMs: number
): Promise<{ isDone: boolean; tooOld: string[] }> {
  await sql.rows(`SELECT ${LOCK}`)
  const found = await findSchema(sql)
  const faults = [await serverFault(sql), schemaFault(found, migrations)]
  const missing = migrations.slice(found.version)
  if (missing.length > 0) faults.push(await rightsFault(sql))
  const known = faults.filter((fault) => fault !== undefined)
  if (known.length > 0) throw new StorageError(known.join('\n'))
  const tooOld = found.hasMembers ? await gatewaysBehind(sql, missing, goneMs) : []
  const [next] = missing
  if (next !== undefined && tooOld.length === 0) await apply(sql, next, found.version + 1)
  return { isDone: missing.length <= 1 && tooOld.length === 0, tooOld }
}

async function apply(sql: Sql, migration: Migration, version: number): Promise<void> {
  if (version === 1) await sql.rows(VERSIONS)
  await sql.rows(migration.sql)
  await sql.rows(
    'INSERT INTO gateway_schema (version, oldest_compatible) VALUES ($1, $2)',
    version,
    migration.oldestCompatible
  )
}

/** The gateways that run, and could not use the database after these migrations. */
async function gatewaysBehind(sql: Sql, missing: readonly Migration[], goneMs: number): Promise<string[]> {
  const oldestCompatible = Math.max(0, ...missing.map((migration) => migration.oldestCompatible))
  const rows = await sql.rows(
    `SELECT gateway, version FROM members
     WHERE schema < $1 AND seen_at > clock_timestamp() - $2 * interval '1 ms' ORDER BY gateway`,
    oldestCompatible,
    goneMs
  )
  return rows.map(({ gateway, version }) => `${String(gateway)} (version ${String(version)})`)
}

async function serverFault(sql: Sql): Promise<string | undefined> {
  const [server] = await sql.rows(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version,
      pg_is_in_recovery() AS is_standby`
  )
  if (Number(server?.['number']) < OLDEST_SERVER)
    return `The database server is PostgreSQL ${String(server?.['version'])}: it must be 15 or newer.`
  if (server?.['is_standby'] === true)
    return 'The database server is a standby, which cannot be written: let DATABASE_URL lead to the primary.'
  return undefined
}

function schemaFault({ version, oldestCompatible }: Found, { length: known }: readonly Migration[]) {
  if (oldestCompatible <= known) return undefined
  return (
    `The database was changed by a newer gateway (schema ${version}, usable from schema ${oldestCompatible} on, ` +
    `this one has ${known}): run a newer gateway.`
  )
}

async function rightsFault(sql: Sql): Promise<string | undefined> {
  const [rights] = await sql.rows(
    `SELECT current_user AS "user", coalesce(current_schema(), 'public') AS schema,
      coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create`
  )
  if (rights?.['may_create'] === true) return undefined
  const { user, schema } = rights ?? {}
  return `The user ${String(user)} may not create tables in the schema ${String(schema)} of the database: make it the owner.`
}

/** @throws StorageError if the tables are those of another program */
async function findSchema(sql: Sql): Promise<Found> {
  const tables = await sql.rows(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY($1)`,
    ['gateway_schema', ...OWN_TABLES]
  )
  const names = tables.map(({ name }) => String(name))
  if (!names.includes('gateway_schema')) {
    const [other] = names
    if (other !== undefined)
      throw new StorageError(
        `The database has a table ${other} of another program: give the gateway a database of its own.`
      )
    return { version: 0, oldestCompatible: 0, hasMembers: false }
  }
  const [found] = await sql.rows(
    `SELECT coalesce(max(version), 0) AS version, coalesce(max(oldest_compatible), 0) AS oldest_compatible
    FROM gateway_schema`
  )
  return {
    version: Number(found?.['version']),
    oldestCompatible: Number(found?.['oldest_compatible']),
    hasMembers: names.includes('members')
  }
}
