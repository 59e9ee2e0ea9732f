import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import type { Config } from './config/config.ts'
import { ConfigReload } from './config/reload.ts'
import { RuntimeConfig } from './config/runtime-config.ts'
import { Dispatchers } from './delivery/dispatcher.ts'
import { HistoryRecorder } from './history/history-recorder.ts'
import { MAX_EVENT_LOOP_DELAY_MS } from './http/load-shedding.ts'
import { Jobs } from './jobs/jobs.ts'
import { RemovedAccounts } from './jobs/removed-accounts.ts'
import { reportSettlements } from './jobs/report-settlements.ts'
import { Retention } from './jobs/retention.ts'
import { Workers } from './jobs/workers.ts'
import { LastHour } from './ops/last-hour.ts'
import type { HistoryPolicy } from './outbox/history.ts'
import type { Outbox } from './outbox/outbox.ts'
import { SqliteOutbox } from './outbox/sqlite/sqlite-outbox.ts'
import { addGauges } from './telemetry/metrics/gauges.ts'
import { Metrics } from './telemetry/metrics/metrics.ts'
import { addProcessGauges } from './telemetry/metrics/process-gauges.ts'
import { type Observer, observedBy } from './telemetry/observer.ts'
import type { Tracing } from './telemetry/tracing/tracing.ts'
import { Updates } from './updates/updates.ts'
import { WriteNotes } from './updates/write-notes.ts'
import { BuildWatch } from './vicidial/build-watch.ts'
import { UPSTREAM_STATES } from './vicidial/guard.ts'
import { MAX_KNOWN_LEADS } from './vicidial/proof/proof.ts'
import { Upstreams } from './vicidial/upstreams.ts'
import { steadyNow } from './steady-clock.ts'

/** Time for updates in flight to settle at shutdown, in milliseconds; the rest is delivered again after the next start. */
const SETTLE_MS = 25_000

declare module 'fastify' {
  interface FastifyInstance {
    /** Reads the gateway file again and applies its changes; see `ConfigReload`. */
    reload(): void
  }
}

export interface GatewayOptions {
  /** By default SQLite in `config.dataDir`. */
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
}

/** Puts the parts together as configured. The application doesn't listen yet; closing it closes every connection. */
export async function createGateway(
  config: Config,
  log: FastifyBaseLogger,
  {
    outbox = openOutbox(config, log),
    readConfig = () => config,
    observers = [],
    tracing,
    droppedLogLines = () => 0,
    maxEventLoopDelayMs = MAX_EVENT_LOOP_DELAY_MS
  }: GatewayOptions = {}
): Promise<FastifyInstance> {
  const { vicidial, dispatch, durable } = config
  const { url, dialect, source, timeoutMs, maxLeadsPerCall } = vicidial
  const rules = { maxLeadsPerCall, dialect }
  const lastHour = new LastHour()
  const runtimeConfig = new RuntimeConfig(config)
  const accounts = new Set(config.accounts.map(({ name }) => name))
  const metrics = new Metrics({ senders: runtimeConfig, accounts })
  const observer = observedBy([lastHour, metrics, ...(tracing ? [tracing] : []), ...observers])
  outbox.queue.onSettled((settlements) => {
    reportSettlements(observer, settlements)
  })
  const buildWatch = new BuildWatch({
    configured: vicidial.build,
    nonLatin: vicidial.nonLatin,
    onChange: (build) => {
      runtimeConfig.adaptTo(build)
    },
    log
  })
  const upstreams = new Upstreams({
    accounts: config.accounts,
    url,
    dialect,
    source,
    timeoutMs,
    observer,
    buildWatch,
    knownLeads: outbox.updatedLeads(MAX_KNOWN_LEADS),
    log
  })
  const dispatchers = new Dispatchers(upstreams.all, { rules, writes: outbox.queue, ...dispatch })
  const { retry: schedule } = durable
  const workers = new Workers(upstreams.all, {
    queue: outbox.queue,
    dispatchers,
    schedule,
    maxWaiting: dispatch.maxWaiting
  })
  const removedAccounts = new RemovedAccounts({ queue: outbox.queue, accounts, log })
  const jobs = new Jobs({
    outbox,
    maxPending: durable.maxPending,
    accounts,
    workers
  })
  const history = new HistoryRecorder(outbox.history, historyPolicy(config), observer, log)
  const retention = new Retention({
    outbox,
    retentionDays: durable.retentionDays,
    historyDays: config.history.retentionDays,
    log
  })
  addGauges(metrics, { upstreams, upstreamStates: UPSTREAM_STATES, dispatchers, outbox, history })
  const stopProcessGauges = addProcessGauges(metrics.registry, droppedLogLines)
  const notes = new WriteNotes({ queue: outbox.queue, log })
  const updates = new Updates({
    config: runtimeConfig,
    dispatchers,
    queue: outbox.queue,
    notes,
    jobs,
    history,
    rules,
    source,
    maxUpdates: config.maxUpdatesPerRequest,
    requestDeadlineMs: config.requestDeadlineMs
  })
  const app = await buildApp({
    runtimeConfig,
    http: config.http,
    updates,
    maxUpdates: config.maxUpdatesPerRequest,
    source,
    maxBodyBytes: config.maxBodyBytes,
    upstreams,
    dispatchers,
    outbox,
    idempotency: outbox.idempotency,
    jobs,
    observer,
    metrics,
    tracing,
    lastHour,
    maxEventLoopDelayMs,
    log
  })
  const reload = new ConfigReload({
    runtimeConfig,
    changePasswords: (changed) => upstreams.changePasswords(changed),
    started: config,
    readConfig,
    log
  })
  app.decorate('reload', () => {
    reload.reload()
  })
  app.addHook('onReady', async () => {
    await upstreams.start()
    reload.start()
    workers.wake()
    retention.start()
    void removedAccounts.deadLetter()
  })
  let stopped = Promise.resolve()
  app.addHook('preClose', async () => {
    retention.stop()
    removedAccounts.stop()
    stopped = workers.stop(steadyNow() + SETTLE_MS)
  })
  app.addHook('onClose', async () => {
    reload.stop()
    await stopped
    stopProcessGauges()
    await tracing?.close()
    const written = Promise.all([history.flush(), notes.stop()])
    await upstreams.close()
    // Closing writes everything handed over so far.
    await outbox.close()
    await written
  })
  return app
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
