import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { createGateway } from './gateway.ts'
import { StorageError } from './outbox/outbox.ts'

/** Work in hand is given so long to finish: longer than a request's deadline, shorter than an orchestrator's patience. */
const DRAIN_MS = 29_500

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

/** Puts the gateway together, or ends the process with what is wrong with its database. */
async function create(): Promise<FastifyInstance> {
  try {
    return await createGateway(config, log, { readConfig: () => loadConfig(process.env) })
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

// As early as can be: by itself the signal would end the process. The application reads its file again as it starts.
let reload = () => {}
process.on('SIGHUP', () => {
  reload()
})

const config = configure()
// Written at once: what is buffered when its reader goes away could not be written at the end, which then never came.
const log = pino(
  { level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
  pino.destination({ fd: 1, sync: true })
)
for (const warning of config.warnings) log.warn(warning)
const app = await create()
reload = () => {
  app.reload()
}

closeWithGrace({ delay: DRAIN_MS, logger: log, skip: ['SIGHUP'] }, async ({ signal, err }) => {
  if (err) log.fatal({ err }, 'the process failed')
  log.info({ signal }, 'draining')
  await app.giveNotice()
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
