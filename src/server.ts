import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { buildApp } from './app.ts'
import { Callers } from './callers/callers.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { Dispatcher } from './delivery/dispatcher.ts'
import { createCleaner } from './leads/clean.ts'
import { Client } from './vicidial/client.ts'
import { Exchange } from './vicidial/exchange.ts'
import { Guard } from './vicidial/guard.ts'

/** Work in hand is given so long to finish: longer than a request's deadline, shorter than an orchestrator's patience. */
const DRAIN_MS = 29_000

/** Reads the configuration, or ends the process with every fault in it. */
function configure(): Config {
  try {
    return loadConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

const config = configure()
const { vicidial } = config
const log = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime })
const client = new Client({ url: vicidial.url, connections: vicidial.maxConcurrency })
const guard = new Guard(vicidial)
const plan = { maxLeadsPerCall: vicidial.maxLeadsPerCall, dialect: vicidial.dialect }
const exchange = new Exchange({
  client,
  guard,
  account: vicidial,
  dialect: vicidial.dialect,
  timeoutMs: vicidial.timeoutMs
})
const app = await buildApp({
  callers: new Callers(config.callers),
  dispatcher: new Dispatcher(exchange, plan),
  leads: {
    clean: createCleaner(vicidial.nonLatin),
    customFields: config.customFields,
    nonLatin: vicidial.nonLatin
  },
  plan,
  source: vicidial.source,
  upstreamState: () => guard.state,
  requestDeadlineMs: config.requestDeadlineMs,
  maxUpdatesPerRequest: config.maxUpdatesPerRequest,
  maxBodyBytes: config.maxBodyBytes,
  log
})

closeWithGrace({ delay: DRAIN_MS, logger: log }, async ({ signal, err }) => {
  if (err) log.fatal({ err }, 'the process failed')
  log.info({ signal }, 'draining')
  await app.close()
  await client.close()
  log.info('closed')
})

try {
  await app.listen({
    host: config.host,
    port: config.port,
    listenTextResolver: (address) => `listening on ${address}`
  })
} catch (error) {
  log.fatal({ err: error }, `cannot listen on ${config.host}:${config.port}`)
  process.exit(1)
}
