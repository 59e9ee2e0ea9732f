import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { openPool } from '../../../src/outbox/postgres/database/open-pool.ts'
import { startSandbox, type Sandbox } from '../../../src/tools/sandbox/sandbox.ts'
import { startFront } from '../../../src/tools/demo/cluster/front.ts'
import { GatewayProcess, KEY } from '../../checker/processes.ts'
import { freePort } from '../../../src/tools/demo/cluster/free-port.ts'
import type { Tester } from '../../helper.ts'
import { PASSWORD, type PostgresServer, startPostgres, USER } from '../../postgres.ts'
import { until } from '../../until.ts'
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts'
import { type VicidialWatch, type WatchedCall, watchVicidial } from './vicidial-watch.ts'

/** A gateway of the cluster, with its own way to the database. */
export interface Node {
  readonly name: string
  readonly process: GatewayProcess
  readonly proxy: DatabaseProxy
}

export interface Ownership {
  readonly term: number
  /** The owner; undefined while the lease of the last one has ended. */
  readonly owner: Node | undefined
  /** The others. */
  readonly others: readonly Node[]
}

export interface Cluster {
  readonly nodes: readonly Node[]
  /** The load balancer before them. */
  readonly origin: string
  readonly sandbox: Sandbox
  readonly watch: VicidialWatch
  readonly database: PostgresServer
  /** Asks the database that is in use, past all that cuts gateways off from it. */
  ask(text: string): Promise<Record<string, unknown>[]>
  /** Who owns the lease by the database; undefined if it cannot be asked. */
  ownership(): Promise<Ownership | undefined>
  /** Resolves when there is an owner and, if `after` is given, a newer term than that. */
  owned(after?: number): Promise<Ownership & { readonly owner: Node }>
  /** Leads every gateway to another server. */
  use(port: number): Promise<void>
}

export interface ClusterOptions {
  readonly gateways: number
  readonly leads: number
  /** How long a call to VICIdial takes beyond its own time, in milliseconds. */
  readonly delayMs?: (params: WatchedCall['params']) => number
  /** The gateway file of all. */
  readonly file?: string
  /** Settings beside those of the attack. */
  readonly env?: Readonly<Record<string, string>>
}

const DATABASE = 'postgres'
const SECRET = 'secret-between-gateways-of-a-test'

/** Starts a database, a VICIdial, gateways as processes and a load balancer, until the test ends. */
export async function startCluster(t: Tester, options: ClusterOptions): Promise<Cluster> {
  const database = await startPostgres(t)
  const sandbox = await startSandbox({ leads: options.leads })
  t.teardown(() => sandbox.close())
  const watch = await watchVicidial(sandbox.url, options.delayMs ?? (() => 0))
  t.teardown(() => watch.close())
  const directory = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
  t.teardown(() => {
    directory.remove()
  })
  const file = join(directory.path, 'gateway.yaml')
  writeFileSync(file, options.file ?? 'custom_fields: []')
  const nodes = await Promise.all(
    Array.from({ length: options.gateways }, async (_, index): Promise<Node> => {
      const name = `gateway-${index + 1}`
      const proxy = await startDatabaseProxy(database.port)
      t.teardown(() => proxy.close())
      const process = await GatewayProcess.start({
        ...settings(watch.url, file),
        DATABASE_URL: `postgres://${USER}:${PASSWORD}@127.0.0.1:${proxy.port}/${DATABASE}`,
        CLUSTER_NAME: name,
        CLUSTER_URL: `http://127.0.0.1:${await freePort()}`,
        CLUSTER_SECRET: SECRET,
        ...options.env
      })
      t.teardown(() => process.stop())
      return { name, process, proxy }
    })
  )
  const front = await startFront(nodes.map(({ process }) => process.origin))
  t.teardown(() => front.close())
  let pool = poolTo(database.port)
  t.teardown(() => pool.end())
  const ask = async (text: string) => (await pool.query<Record<string, unknown>>(text)).rows
  const ownership = async (): Promise<Ownership | undefined> => {
    const [row] = (await ask(OWNER).catch(() => undefined)) ?? []
    if (row === undefined) return undefined
    const owner = row['is_held'] ? nodes.find(({ name }) => name === row['gateway']) : undefined
    return { term: Number(row['term']), owner, others: nodes.filter((node) => node !== owner) }
  }
  return {
    nodes,
    origin: front.origin,
    sandbox,
    watch,
    database,
    ask,
    ownership,
    owned: (after = 0) =>
      until('a gateway owns the lease', async () => {
        const found = await ownership()
        if (found?.owner !== undefined && found.term > after) return { ...found, owner: found.owner }
        await pause(LOOK_EVERY_MS)
        return false
      }),
    use: async (port) => {
      for (const { proxy } of nodes) proxy.aim(port)
      await pool.end()
      pool = poolTo(port)
    }
  }
}

/** Pause between two looks, in milliseconds. */
const LOOK_EVERY_MS = 50
const OWNER = 'SELECT term, gateway, expires_at > clock_timestamp() AS is_held FROM owner'

function poolTo(port: number): pg.Pool {
  const url = `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`
  return openPool({ url, maxConnections: 2, log: { warn: () => {} } })
}

function settings(url: string, file: string): Record<string, string> {
  return {
    VICIDIAL_URL: url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    VICIDIAL_BUILD: '250720-1841',
    VICIDIAL_DB_CHARSET: 'utf8',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    VICIDIAL_MAX_CONCURRENCY: '4',
    VICIDIAL_TIMEOUT_MS: '5000',
    REQUEST_DEADLINE_MS: '15000',
    RETRY_FIRST_PAUSE_MS: '20',
    RETRY_LONGEST_PAUSE_MS: '500',
    ANONYMOUS_POINTS_PER_MINUTE: '0',
    API_KEY: KEY,
    GATEWAY_CONFIG: file,
    LOG_LEVEL: 'info'
  }
}
