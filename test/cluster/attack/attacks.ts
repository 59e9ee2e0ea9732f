import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../until.ts'
import type { Cluster, Node } from './cluster.ts'
import { nextVersion } from './next-version.ts'
import { startStandby } from './standby.ts'
import type { Tester } from '../../helper.ts'

/** What happens to the cluster. Resolves when it can work again, or a little before. */
export type Attack = (cluster: Cluster, t: Tester) => Promise<void>

const READ_ONLY_MS = 3_000
/** A gateway that is not the owner is away until VICIdial got so many more calls. */
const CALLS_MEANWHILE = 20

/** Ends the owner as a power cut would, and starts it again, at once or when another one owns the lease. */
async function killOwner(cluster: Cluster): Promise<void> {
  const { owner, term } = await cluster.owned()
  const between = Math.random() < 0.5 ? () => cluster.owned(term) : () => {}
  await owner.process.restart('SIGKILL', between)
  await cluster.owned(term)
}

async function killOther(cluster: Cluster): Promise<void> {
  const { others } = await cluster.owned()
  await chosen(others).process.restart('SIGKILL', () => {})
}

/** Stops a gateway's process where it is, most often the owner's, until another one has taken over. */
async function suspend(cluster: Cluster): Promise<void> {
  await awayFor(cluster, (node) => {
    node.process.suspend()
    return () => {
      node.process.resume()
    }
  })
}

/** Cuts a gateway off from the database, most often the owner, until another one has taken over. */
async function cut(cluster: Cluster): Promise<void> {
  await awayFor(cluster, (node) => {
    node.proxy.cut()
    return () => {
      node.proxy.heal()
    }
  })
}

async function awayFor(cluster: Cluster, begin: (node: Node) => () => void): Promise<void> {
  const { term, owner, others } = await cluster.owned()
  const node = Math.random() < 0.8 ? owner : chosen(others)
  const end = begin(node)
  if (node === owner) await cluster.owned(term)
  const { length } = cluster.watch.times
  await until('more calls', () => cluster.watch.times.length >= length + CALLS_MEANWHILE)
  end()
}

/** Restarts one gateway after the other, as an upgrade does. */
async function rollingRestart(cluster: Cluster): Promise<void> {
  for (const { process } of cluster.nodes) {
    await process.restart('SIGTERM', () => {})
    await cluster.owned()
  }
}

/** Restarts one gateway after the other as a version with one more migration. */
async function rollingUpgrade(cluster: Cluster, t: Tester): Promise<void> {
  const directory = nextVersion(t)
  for (const { process } of cluster.nodes) process.directory = directory
  await rollingRestart(cluster)
}

async function cleanStop(cluster: Cluster): Promise<void> {
  const { owner, term } = await cluster.owned()
  await owner.process.restart('SIGTERM', () => {})
  await cluster.owned(term)
}

async function restartDatabase({ database }: Cluster): Promise<void> {
  await database.stop()
  await database.start()
}

async function readOnly(cluster: Cluster): Promise<void> {
  const set = async (value: string) => {
    await cluster.ask(`ALTER SYSTEM SET default_transaction_read_only = ${value}`)
    await cluster.ask('SELECT pg_reload_conf()')
  }
  await set('on')
  await pause(READ_ONLY_MS)
  await set('off')
}

/** The database's machine is lost, and a standby takes its place. */
async function promote(cluster: Cluster, t: Tester): Promise<void> {
  const standby = await startStandby(t, cluster.database)
  await cluster.database.kill()
  await standby.promote()
  await cluster.use(standby.port)
}

export const ATTACKS = {
  'kill -9 of the owner': killOwner,
  'kill -9 of another': killOther,
  'SIGSTOP and SIGCONT': suspend,
  'cut off from the database': cut,
  'clean stop of the owner': cleanStop,
  'rolling restart of all': rollingRestart,
  'rolling upgrade of all': rollingUpgrade,
  'database restarted': restartDatabase,
  'database read-only': readOnly,
  'standby promoted': promote
} as const satisfies Record<string, Attack>

export type AttackName = keyof typeof ATTACKS

/** Attacks that keep a gateway from storing anything for a while. */
export const OF_THE_DATABASE: ReadonlySet<AttackName> = new Set([
  'SIGSTOP and SIGCONT',
  'cut off from the database',
  'database restarted',
  'database read-only',
  'standby promoted'
])

function chosen<T>(of: readonly T[]): T {
  const one = of[Math.floor(Math.random() * of.length)]
  if (one === undefined) throw new Error('there is none')
  return one
}
