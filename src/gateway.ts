import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import { Dispatcher } from './delivery/dispatcher.ts'
import { Worker } from './delivery/worker.ts'
import { Jobs } from './jobs.ts'
import { LiveSettings } from './live-settings.ts'
import type { Outbox } from './outbox/outbox.ts'
import { Purging } from './outbox/purging.ts'
import { reloading } from './reloading.ts'
import { SqliteOutbox } from './outbox/sqlite.ts'
import { DEFAULT_ACCOUNT } from './vicidial/account.ts'
import { Client } from './vicidial/client.ts'
import { Exchange } from './vicidial/exchange.ts'
import { Guard } from './vicidial/guard.ts'

/** Updates of the outbox on their way at once: enough to fill the calls of many change sets. */
const MAX_IN_FLIGHT = 10_000
/** At the end what is on its way is given so long; what is not settled then is delivered again after the start. */
const SETTLE_MS = 25_000

export interface GatewayOptions {
  /** By default the embedded one, in `config.dataDir`. */
  readonly outbox?: Outbox
  /** Reads the configuration again; by default it stays as it is. Throws ConfigError. */
  readonly readConfig?: () => Config
}

/** Puts the parts together as configured. The application does not listen yet; closing it ends every connection. */
export async function createGateway(
  config: Config,
  log: FastifyBaseLogger,
  { outbox = new SqliteOutbox(config.dataDir), readConfig = () => config }: GatewayOptions = {}
): Promise<FastifyInstance> {
  const { vicidial, dispatch, durable } = config
  const { dialect, timeoutMs, source, maxConcurrency, maxCallsPerSecond } = vicidial
  const rules = { maxLeadsPerCall: vicidial.maxLeadsPerCall, dialect }
  const client = new Client({ url: vicidial.url, connections: maxConcurrency })
  const guard = new Guard({
    maxConcurrency,
    maxCallsPerSecond,
    onChange: (state) => {
      log[state.state === 'reachable' ? 'info' : 'warn'](
        { vicidial: state },
        `vicidial is now ${state.state}`
      )
    }
  })
  const exchange = new Exchange({ client, guard, account: vicidial, dialect, source, timeoutMs, log })
  const dispatcher = new Dispatcher({ exchange, guard, rules, log, ...dispatch })
  const worker = new Worker({
    outbox,
    account: DEFAULT_ACCOUNT,
    dispatcher,
    guard,
    schedule: durable.retry,
    maxInFlight: Math.min(MAX_IN_FLIGHT, Math.ceil(dispatch.maxWaiting / 2)),
    log
  })
  const jobs = new Jobs({
    outbox,
    maxOpen: durable.maxOpen,
    onAccepted: () => {
      worker.wake()
    }
  })
  const settings = new LiveSettings(config)
  const purging = new Purging({ outbox, retentionDays: durable.retentionDays, log })
  const app = await buildApp({
    settings,
    dispatcher,
    outbox,
    jobs,
    rules,
    source,
    upstreamState: () => guard.state,
    requestDeadlineMs: config.requestDeadlineMs,
    maxUpdatesPerRequest: config.maxUpdatesPerRequest,
    maxBodyBytes: config.maxBodyBytes,
    log
  })
  reloading(app, settings, readConfig, config.gatewayFile)
  app.addHook('onReady', async () => {
    worker.wake()
    purging.start()
  })
  let stopped = Promise.resolve()
  app.addHook('preClose', async () => {
    purging.stop()
    stopped = worker.stop(Date.now() + SETTLE_MS)
  })
  app.addHook('onClose', async () => {
    await stopped
    guard.close()
    await client.close()
    await outbox.close()
  })
  return app
}
