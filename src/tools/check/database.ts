import type { DatabaseSettings } from '../../cluster/settings.ts'
import { remedyFor } from '../../outbox/postgres/database/remedy.ts'
import type { DATABASE_STEPS, Finding } from './step.ts'

/** What one query tells of the server. */
interface ServerFacts {
  readonly number: number
  readonly version: string
  readonly may_create: boolean
  readonly has_tables: boolean
  readonly may_write: boolean
  readonly synchronous_commit: string
  readonly fsync: string
  readonly is_standby: boolean
  /** Seconds since the epoch. */
  readonly now: number
  readonly pid: number
}

const FACTS = `SELECT current_setting('server_version_num')::int AS number,
  current_setting('server_version') AS version,
  has_schema_privilege(current_schema(), 'CREATE') AS may_create,
  to_regclass('gateway_schema') IS NOT NULL AS has_tables,
  (SELECT coalesce(bool_and(may), true) FROM pg_class,
    LATERAL (SELECT bool_and(has_table_privilege(pg_class.oid, privilege)) AS may
      FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS privilege) AS rights
    WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
  ) AS may_write,
  current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
  pg_is_in_recovery() AS is_standby,
  extract(epoch FROM clock_timestamp())::float8 AS now, pg_backend_pid() AS pid`

const OLDEST_SERVER = 150_000
const TIMED_QUERIES = 5
/** What is shown of the server's own words, in characters. */
const MOST_SAID = 200
/** From here on, synchronous requests and the lease notice the way, in milliseconds. */
const SLOW_MS = 20
/** From 10 seconds on gateways refuse each other's requests; and jobs have the times of their gateways. In milliseconds. */
const MAX_CLOCK_MS = 3_000

type DatabaseStep = (typeof DATABASE_STEPS)[number]

/**
 * Checks the database step by step, without changing it. `report` gets each finding.
 * @param now milliseconds since the epoch
 */
export async function checkDatabase(
  { url, tls, timeoutMs }: DatabaseSettings,
  report: (id: DatabaseStep, check: () => Promise<Finding>) => Promise<Finding>,
  now: () => number
): Promise<void> {
  // Loaded only for this: most gateways have no such database.
  const { Client } = (await import('pg')).default
  const client = new Client({
    connectionString: url,
    ssl: tls,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs
  })
  client.on('error', () => {})
  let facts: ServerFacts | undefined
  const times: number[] = []
  try {
    const { status } = await report('database', async () => {
      try {
        await client.connect()
        // The first one takes longer, as the server reads what it needs for it.
        for (let query = 0; query <= TIMED_QUERIES; query++) {
          const began = performance.now()
          const { rows } = await client.query<ServerFacts>(FACTS)
          times.push(performance.now() - began)
          facts = rows[0]
        }
      } catch (error) {
        return unusable(error)
      }
      return serverFinding(facts, times.slice(1))
    })
    const known = facts
    if (status === 'fault' || known === undefined) return
    const clockMs = Math.abs(now() - known.now * 1_000)
    await report('database_rights', async () => rightsFinding(known))
    await report('database_commits', async () => commitsFinding(known))
    await report('database_clock', async () => clockFinding(clockMs))
    const { processID } = client as typeof client & { readonly processID?: number }
    await report('database_sessions', async () => sessionsFinding(known, processID))
  } finally {
    await client.end().catch(() => {})
  }
}

function unusable(error: unknown): Finding {
  const said = error instanceof Error ? error.message.replaceAll(/\p{Cc}+/gu, ' ').slice(0, MOST_SAID) : ''
  return {
    status: 'fault',
    detail: `The database cannot be used: ${said || 'no reason was given'}.`,
    remedy: remedyFor(error)
  }
}

function serverFinding(facts: ServerFacts | undefined, times: readonly number[]): Finding {
  if (facts === undefined) return { status: 'fault', detail: 'The database gave no answer.' }
  const { number, version, is_standby: isStandby } = facts
  if (number < OLDEST_SERVER) {
    const remedy = 'Use PostgreSQL 15 or newer.'
    return { status: 'fault', detail: `The server is PostgreSQL ${version}.`, remedy }
  }
  if (isStandby) {
    const remedy = 'Let DATABASE_URL name the primary server.'
    return { status: 'fault', detail: 'The server is a standby, which cannot be written.', remedy }
  }
  const ms = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const detail = `PostgreSQL ${version} answers in ${ms.toFixed(1)} ms.`
  if (ms < SLOW_MS) return { status: 'ok', detail }
  return { status: 'warning', detail, remedy: 'Place the database nearer: every request waits for it.' }
}

function rightsFinding({
  may_create: mayCreate,
  may_write: mayWrite,
  has_tables: hasTables
}: ServerFacts): Finding {
  if (!mayCreate || !mayWrite) {
    const remedy = 'Make the user of DATABASE_URL the owner of the database.'
    const what = hasTables ? 'write the tables of the gateway, or create further ones' : 'create tables'
    return { status: 'fault', detail: `The user may not ${what}.`, remedy }
  }
  const detail = hasTables ? 'The tables are there, and can be written.' : 'The user can create the tables.'
  return { status: 'ok', detail }
}

function commitsFinding({ synchronous_commit: commits, fsync }: ServerFacts): Finding {
  const off = Object.entries({ synchronous_commit: commits, fsync }).filter(([, value]) => value === 'off')
  if (off.length === 0)
    return { status: 'ok', detail: `synchronous_commit is ${commits}, and fsync ${fsync}.` }
  const names = off.map(([name]) => name).join(' and ')
  return {
    status: 'fault',
    detail: `${names} off: a crash of the server would lose updates that were accepted.`,
    remedy: `Set ${names} to on.`
  }
}

function clockFinding(ms: number): Finding {
  const detail = `The clocks of the database and of this machine differ by ${(ms / 1_000).toFixed(1)} s.`
  if (ms < MAX_CLOCK_MS) return { status: 'ok', detail }
  return { status: 'warning', detail, remedy: 'Synchronise both clocks (NTP).' }
}

/** A pooler gives its clients connections of its own, under other ids. */
function sessionsFinding({ pid }: ServerFacts, processID: number | undefined): Finding {
  if (pid === processID) return { status: 'ok', detail: 'No pooler is between.' }
  return {
    status: 'warning',
    detail: 'A pooler such as PgBouncer is between.',
    remedy: 'It works, but is not needed: the gateway has a pool itself.'
  }
}
