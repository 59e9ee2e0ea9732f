import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { createGateway } from './gateway.ts'

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
const log = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime })
const app = await createGateway(config, log)

closeWithGrace({ delay: DRAIN_MS, logger: log }, async ({ signal, err }) => {
  if (err) log.fatal({ err }, 'the process failed')
  log.info({ signal }, 'draining')
  await app.close()
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
