import type pg from 'pg'
import type { DatabaseSettings } from '../../cluster/settings.ts'
import { errorCode } from '../../error-code.ts'
import type { DATABASE_STEPS, Finding } from './step.ts'

/** What one query tells of the server. */
interface ServerFacts {
  readonly number: number
  readonly version: string
  readonly may_create: boolean
  readonly has_tables: boolean
  readonly may_write: boolean
  readonly synchronous_commit: string
  readonly is_standby: boolean
  /** Seconds since the epoch. */
  readonly now: number
  readonly pid: number
}

const FACTS = `SELECT current_setting('server_version_num')::int AS number,
  current_setting('server_version') AS version,
  has_schema_privilege(current_schema(), 'CREATE') AS may_create,
  to_regclass('gateway_schema') IS NOT NULL AS has_tables,
  coalesce(has_table_privilege(to_regclass('gateway_schema'), 'INSERT'), true) AS may_write,
  current_setting('synchronous_commit') AS synchronous_commit,
  pg_is_in_recovery() AS is_standby,
  extract(epoch FROM clock_timestamp())::float8 AS now, pg_backend_pid() AS pid`

const OLDEST_SERVER = 150_000
const TIMED_QUERIES = 5
/** From here on, synchronous requests and the lease notice the way, in milliseconds. */
const SLOW_MS = 20
/** Signatures between gateways, and times of jobs, may differ by this much, in milliseconds. */
const MAX_CLOCK_MS = 3_000

type DatabaseStep = (typeof DATABASE_STEPS)[number]

/** Checks the database step by step, without changing it. `report` gets each finding. */
export async function checkDatabase(
  { url, tls, timeoutMs }: DatabaseSettings,
  report: (id: DatabaseStep, check: () => Promise<Finding>) => Promise<Finding>
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
  const found: ServerFacts[] = []
  const times: number[] = []
  const ask = async () => {
    const began = performance.now()
    const { rows } = await client.query<ServerFacts>(FACTS)
    times.push(performance.now() - began)
    found.push(...rows)
  }
  try {
    const { status } = await report('database', async () => {
      try {
        await client.connect()
        for (let query = 0; query < TIMED_QUERIES; query++) await ask()
      } catch (error) {
        return unusable(error)
      }
      return serverFinding(found[0], times.slice(1))
    })
    const facts = found.at(-1)
    if (status === 'fault' || facts === undefined) return
    await report('database_rights', async () => rightsFinding(facts))
    await report('database_commits', async () => commitsFinding(facts))
    await report('database_clock', async () => clockFinding(facts))
    await report('database_sessions', async () => sessionsFinding(found, client))
  } finally {
    await client.end().catch(() => {})
  }
}

function unusable(error: unknown): Finding {
  const code = errorCode(error)
  const remedy = REMEDIES[code] ?? 'Check the host, the port and sslmode of DATABASE_URL, and the network.'
  return { status: 'fault', detail: `The database cannot be used (${code}).`, remedy }
}

const REMEDIES: Readonly<Record<string, string>> = {
  '28P01': 'Check the user and the password of DATABASE_URL.',
  '28000': 'Check the user of DATABASE_URL, and pg_hba.conf of the server.',
  '3D000': 'Create the database that DATABASE_URL names.',
  '42501': 'Give the user of DATABASE_URL rights on the database.',
  '53300': 'Raise max_connections of the server, or lower DATABASE_MAX_CONNECTIONS.'
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

function commitsFinding({ synchronous_commit: setting }: ServerFacts): Finding {
  if (setting !== 'off') return { status: 'ok', detail: `synchronous_commit is ${setting}.` }
  return {
    status: 'fault',
    detail: 'synchronous_commit is off: a crash of the server would lose updates that were accepted.',
    remedy: 'Set synchronous_commit to on, for the server or for the user.'
  }
}

function clockFinding({ now }: ServerFacts): Finding {
  const ms = Math.abs(Date.now() - now * 1_000)
  const detail = `The clocks of the database and of this machine differ by ${(ms / 1_000).toFixed(1)} s.`
  if (ms < MAX_CLOCK_MS) return { status: 'ok', detail }
  return { status: 'warning', detail, remedy: 'Synchronise both clocks (NTP).' }
}

/** A pooler that gives each transaction another session makes connections of its own, and forgets settings. */
async function sessionsFinding(found: readonly ServerFacts[], client: pg.Client): Promise<Finding> {
  await client.query("SET application_name = 'vicidial-gateway check'")
  const { rows } = await client.query<{ application_name: string }>('SHOW application_name')
  const isKept = rows[0]?.application_name === 'vicidial-gateway check'
  if (isKept && new Set(found.map(({ pid }) => pid)).size === 1)
    return { status: 'ok', detail: 'No pooler of transactions is between.' }
  return {
    status: 'warning',
    detail: 'A pooler between gives each transaction another session.',
    remedy: 'It works, but the gateway has a pool itself: let DATABASE_URL name the server, or pool sessions.'
  }
}
