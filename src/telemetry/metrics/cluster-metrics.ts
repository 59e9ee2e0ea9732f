import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client'
import { PREFIX } from './metrics.ts'

/** What the metrics show of a cluster. */
export interface ClusterSource {
  /** Whether this gateway calls VICIdial now. */
  readonly isOwner: boolean
  readonly lastTerm: number
  /** Milliseconds since this gateway renewed its lease; undefined if it is not the owner. */
  readonly leaseAgeMs: number | undefined
  /** How often this gateway became the owner. */
  readonly takeovers: number
  readonly list: readonly { readonly isPresent: boolean }[]
}

const RELAY_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5]

/** Adds what shows the cluster as this gateway sees it. */
export function addClusterMetrics(registry: Registry, cluster: ClusterSource): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number | undefined) => {
    new Gauge({
      name: PREFIX + name,
      help,
      registers,
      collect() {
        this.set(read() ?? Number.NaN)
      }
    })
  }
  gauge('cluster_owner', '1 while this gateway calls VICIdial, otherwise 0.', () => (cluster.isOwner ? 1 : 0))
  gauge('cluster_term', 'The number of the last term that was seen.', () => cluster.lastTerm)
  gauge(
    'cluster_members',
    'Gateways that are alive, including this one.',
    () => cluster.list.filter(({ isPresent }) => isPresent).length
  )
  gauge(
    'cluster_lease_age_seconds',
    'Time since this gateway renewed its right to call VICIdial; NaN if it has none.',
    () => cluster.leaseAgeMs && cluster.leaseAgeMs / 1_000
  )
  new Counter({
    name: `${PREFIX}cluster_takeovers_total`,
    help: 'How often this gateway took over the calls to VICIdial.',
    registers,
    collect() {
      this.reset()
      this.inc(cluster.takeovers)
    }
  })
}

/** Adds the time that requests take to the owner and back. Returns what observes one, in milliseconds. */
export function addRelayTimes(registry: Registry): (ms: number) => void {
  const histogram = new Histogram({
    name: `${PREFIX}cluster_relay_duration_seconds`,
    help: 'Synchronous requests relayed to the owner, by the time that took beyond the delivery itself.',
    buckets: RELAY_SECONDS,
    registers: [registry]
  })
  return (ms) => {
    histogram.observe(ms / 1_000)
  }
}
