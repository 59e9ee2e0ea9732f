import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import type { ClusterSettings } from './cluster/settings.ts'
import type { Config } from './config/config.ts'
import { ConfigReload } from './config/reload.ts'
import { RuntimeConfig } from './config/runtime-config.ts'
import { HistoryRecorder } from './history/history-recorder.ts'
import { MAX_EVENT_LOOP_DELAY_MS } from './http/load-shedding.ts'
import { Jobs } from './jobs/jobs.ts'
import { reportSettlements } from './jobs/report-settlements.ts'
import { Activity } from './ops/senders/activity.ts'
import { LastHour } from './ops/traffic/last-hour.ts'
import { LastWeek } from './ops/traffic/last-week.ts'
import type { HistoryPolicy } from './outbox/history.ts'
import type { Outbox } from './outbox/outbox.ts'
import { SqliteOutbox } from './outbox/sqlite/sqlite-outbox.ts'
import type { OwnerOptions } from './ownership/owner.ts'
import { type Ownership, SoleOwnership } from './ownership/ownership.ts'
import { addClusterMetrics, addRelayTimes } from './telemetry/metrics/cluster-metrics.ts'
import { addGauges } from './telemetry/metrics/gauges.ts'
import { Metrics } from './telemetry/metrics/metrics.ts'
import { addProcessGauges } from './telemetry/metrics/process-gauges.ts'
import { type Observer, observedBy } from './telemetry/observer.ts'
import type { Tracing } from './telemetry/tracing/tracing.ts'
import { Reads } from './updates/reads.ts'
import { Updates } from './updates/updates.ts'
import { UPSTREAM_STATES } from './vicidial/guard.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Reads the gateway file again and applies its changes; see `ConfigReload`. */
    reload(): void
  }
}

export interface GatewayOptions {
  /** By default SQLite in `config.dataDir`, or PostgreSQL if there is a `config.cluster`. */
  readonly outbox?: Outbox
  /** Reads the configuration again; by default it stays as it is. Throws ConfigError. */
  readonly readConfig?: () => Config
  /** Notified of what happens in the gateway. */
  readonly observers?: readonly Observer[]
  /** Traces requests and calls. */
  readonly tracing?: Tracing | undefined
  /** How many lines of the log were dropped so far. */
  readonly droppedLogLines?: () => number
  /** Average event loop delay, in milliseconds, beyond which work is refused; 0: none is. */
  readonly maxEventLoopDelayMs?: number
  /** See `OwnerOptions`. */
  readonly checkEveryMs?: number
  readonly alertsEveryMs?: number
}

/** Puts the parts together as configured. The application doesn't listen yet; closing it closes every connection. */
export async function createGateway(
  config: Config,
  log: FastifyBaseLogger,
  {
    outbox: given,
    readConfig = () => config,
    observers = [],
    tracing,
    droppedLogLines = () => 0,
    maxEventLoopDelayMs = MAX_EVENT_LOOP_DELAY_MS,
    checkEveryMs,
    alertsEveryMs
  }: GatewayOptions = {}
): Promise<FastifyInstance> {
  const { vicidial, durable } = config
  const { dialect, source, maxLeadsPerCall } = vicidial
  const lastHour = new LastHour()
  const lastWeek = new LastWeek({ store: () => storage.outbox.resultCounts, log })
  const runtimeConfig = new RuntimeConfig(config)
  const accounts = new Set(config.accounts.map(({ name }) => name))
  const metrics = new Metrics({ senders: runtimeConfig, accounts })
  const activity = config.http.ops ? new Activity(runtimeConfig) : undefined
  runtimeConfig.onReplaced(() => {
    activity?.keepOnly(runtimeConfig.endpoints)
  })
  const observer = observedBy([
    lastHour,
    lastWeek,
    metrics,
    ...(activity ? [activity.callers] : []),
    ...(tracing ? [tracing] : []),
    ...observers
  ])
  const ownerOptions = {
    config,
    observer,
    onBuild: (build: string) => {
      runtimeConfig.adaptTo(build)
    },
    alertSettings: () => runtimeConfig.alerts,
    checkEveryMs,
    alertsEveryMs,
    log
  }
  const storage =
    config.cluster && given === undefined
      ? await join(config.cluster, runtimeConfig, ownerOptions, metrics)
      : await openAlone(given ?? openOutbox(config, log), ownerOptions, accounts)
  const { outbox, ownership, cluster } = storage
  if (storage.quotas) runtimeConfig.callers.share(storage.quotas)
  outbox.queue.onSettled((settlements) => {
    reportSettlements(observer, settlements)
  })
  const jobs = new Jobs({
    outbox,
    maxPending: durable.maxPending,
    accounts,
    owner: ownership
  })
  const history = new HistoryRecorder(outbox.history, historyPolicy(config), observer, log)
  addGauges(metrics, { owner: () => ownership.own, upstreamStates: UPSTREAM_STATES, outbox, history })
  if (cluster) addClusterMetrics(metrics.registry, cluster)
  const stopProcessGauges = addProcessGauges(metrics.registry, droppedLogLines)
  const { deliveries } = ownership
  const maxUpdates = config.maxUpdatesPerRequest
  const reads = new Reads({ config: runtimeConfig, deliveries, jobs, observer, maxUpdates })
  const updates = new Updates({
    config: runtimeConfig,
    deliveries,
    jobs,
    history,
    rules: { maxLeadsPerCall, dialect },
    source,
    users: new Map(config.accounts.map(({ name, user }) => [name, user])),
    maxUpdates,
    requestDeadlineMs: config.requestDeadlineMs
  })
  const app = await buildApp({
    runtimeConfig,
    http: config.http,
    updates,
    reads,
    maxUpdates,
    source,
    maxBodyBytes: config.maxBodyBytes,
    accounts: config.accounts,
    ownership,
    cluster,
    sessions: storage.sessions,
    outbox,
    idempotency: outbox.idempotency,
    jobs,
    observer,
    metrics,
    tracing,
    lastHour,
    activity,
    lastWeek,
    hasHistory: historyPolicy(config).entries,
    maxEventLoopDelayMs,
    log
  })
  const reload = new ConfigReload({
    runtimeConfig,
    changePasswords: (changed) => ownership.changePasswords(changed),
    started: config,
    readConfig,
    log
  })
  app.decorate('reload', () => {
    reload.reload()
  })
  app.addHook('onReady', async () => {
    reload.start()
    lastWeek.start()
    await ownership.start()
  })
  let stopped = Promise.resolve()
  app.addHook('preClose', async () => {
    stopped = ownership.stop()
  })
  app.addHook('onClose', async () => {
    reload.stop()
    await stopped
    await ownership.settled()
    stopProcessGauges()
    await tracing?.close()
    const written = Promise.all([history.flush(), lastWeek.stop(), ownership.close()])
    // Closing writes everything handed over so far.
    await outbox.close()
    await written
    await storage.close()
  })
  return app
}

/** The parts of a gateway that shares its database with no other. */
async function openAlone(
  outbox: Outbox,
  options: Omit<OwnerOptions, 'outbox' | 'hasAccount' | 'isInDoubt'>,
  accounts: ReadonlySet<string>
) {
  const hasAccount = (account: string) => accounts.has(account)
  const ownership: Ownership = await SoleOwnership.create({ ...options, outbox, hasAccount })
  return {
    outbox,
    ownership,
    cluster: undefined,
    sessions: undefined,
    quotas: undefined,
    close: async () => {}
  }
}

/** The parts of a gateway that shares its database. Only then is what they need loaded. */
async function join(
  settings: ClusterSettings,
  runtimeConfig: RuntimeConfig,
  options: Omit<OwnerOptions, 'outbox' | 'hasAccount' | 'isInDoubt'>,
  metrics: Metrics
) {
  const { joinCluster } = await import('./ownership/join-cluster.ts')
  const { config } = options
  return joinCluster({
    ...options,
    settings,
    history: historyPolicy(config),
    fingerprint: () => runtimeConfig.fingerprint,
    onRelayed: addRelayTimes(metrics.registry)
  })
}

function openOutbox(config: Config, log: FastifyBaseLogger): Outbox {
  return new SqliteOutbox(config.dataDir, {
    history: historyPolicy(config),
    longestPauseMs: config.durable.retry.longestMs,
    log
  })
}

function historyPolicy({ history: { retentionDays, values } }: Config): HistoryPolicy {
  return { entries: retentionDays > 0, values }
}
