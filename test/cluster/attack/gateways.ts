import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { request as send } from 'undici'
import { type Process, run } from '../../gateway/gateway-process.ts'
import { API_KEY, type Tester } from '../../helper.ts'
import { until } from '../../until.ts'
import { startLink } from './database-link.ts'

/** A gateway of the cluster, which can be started again at the same address. */
export interface ClusterGateway {
  readonly name: string
  readonly origin: string
  /** Its way to the database. */
  readonly link: Awaited<ReturnType<typeof startLink>>
  /** The current process. */
  process: Process
  /** Starts it, and resolves when it listens. */
  start(): Promise<void>
}

/** Starts gateways on one database, each a process of its own. */
export async function startGateways(
  t: Tester,
  count: number,
  databaseUrl: string,
  env: Record<string, string>
): Promise<ClusterGateway[]> {
  const gateways = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const [port, peerPort] = [await freePort(), await freePort()]
      const link = await startLink(t, databaseUrl)
      const name = `gateway-${n + 1}`
      const start = () =>
        run(t, {
          VICIDIAL_USER: 'api',
          VICIDIAL_PASS: 's3cret',
          VICIDIAL_MAX_CALLS_PER_SECOND: '0',
          API_KEY,
          PORT: String(port),
          DATABASE_URL: link.url,
          CLUSTER_NAME: name,
          CLUSTER_URL: `http://127.0.0.1:${peerPort}`,
          ...env
        })
      const gateway: ClusterGateway = {
        name,
        origin: `http://127.0.0.1:${port}`,
        link,
        process: start(),
        start: async () => {
          gateway.process = start()
          await gateway.process.line('listening on ')
        }
      }
      await gateway.process.line('listening on ')
      return gateway
    })
  )
  return gateways
}

/** The gateway that calls VICIdial, once one of `gateways` does and all of them agree. */
export function ownerOf(gateways: readonly ClusterGateway[]): Promise<ClusterGateway> {
  return until('one gateway calls VICIdial', async () => {
    const owners = await Promise.all(gateways.map(({ origin }) => ownerSeenBy(origin)))
    const owner = gateways.find(({ name }) => name === owners[0])
    return owners.every((name) => name === owners[0]) && owner
  })
}

/** Resolves when no gateway has anything stored that is not delivered. */
export async function allDelivered(gateways: readonly ClusterGateway[]): Promise<void> {
  await until('everything is delivered', async () => {
    const states = await Promise.all(gateways.map(({ origin }) => readyz(origin)))
    return states.every((state) => state?.outbox.waiting === 0)
  })
}

async function ownerSeenBy(origin: string): Promise<string | undefined> {
  return (await readyz(origin))?.cluster.owner ?? undefined
}

async function readyz(
  origin: string
): Promise<{ outbox: { waiting: number }; cluster: { owner: string | null } } | undefined> {
  try {
    const { body } = await send(`${origin}/readyz`, { signal: AbortSignal.timeout(1_000) })
    return (await body.json()) as Awaited<ReturnType<typeof readyz>>
  } catch {
    return undefined
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
