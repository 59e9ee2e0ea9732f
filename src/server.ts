import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { ConfigError } from './config/config-error.ts'
import { type Config, loadConfig } from './config/config.ts'
import { errorCode } from './error-code.ts'
import { StorageError } from './errors.ts'
import { createGateway } from './gateway.ts'
import { lineTime } from './telemetry/line-time.ts'
import { LogOutput } from './telemetry/log-output.ts'
import { readTracingSettings } from './telemetry/tracing/tracing-settings.ts'
import type { Tracing } from './telemetry/tracing/tracing.ts'

/** Timeout for a shutdown, in milliseconds: longer than a request's deadline, shorter than an orchestrator's grace period. */
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
    const tracing = await traceIfEnabled()
    return await createGateway(config, log, {
      readConfig: () => loadConfig(process.env),
      tracing,
      droppedLogLines: () => output.dropped
    })
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

/** Loads the tracing libraries, which are large, only if the `OTEL_` variables enable tracing. */
async function traceIfEnabled(): Promise<Tracing | undefined> {
  const { isEnabled, warnings } = readTracingSettings(process.env)
  for (const warning of warnings) log.warn(warning)
  if (!isEnabled) return undefined
  try {
    return new (await import('./telemetry/tracing/tracing.ts')).Tracing(log)
  } catch (error) {
    if (errorCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error
    log.warn(
      'The settings ask for traces, but their libraries were left out of the installation (--omit=optional).'
    )
    return undefined
  }
}

// First thing, because SIGHUP ends a process that doesn't handle it. Until the application starts there is nothing to reload.
let reload = () => {}
process.on('SIGHUP', () => {
  reload()
})

const config = configure()
const output = new LogOutput(1, (dropped) => {
  log.warn({ dropped }, 'log lines were dropped, because they could not be written')
})
const log = pino({ level: config.logLevel, base: null, timestamp: lineTime() }, output)
process.once('exit', () => {
  output.flushSync()
})
for (const warning of config.warnings) log.warn(warning)
const app = await create()
reload = () => {
  app.reload()
}

closeWithGrace({ delay: DRAIN_MS, logger: log, skip: ['SIGHUP'] }, async ({ signal, err }) => {
  if (err) log.fatal({ err }, 'the process failed')
  log.info({ signal }, 'draining')
  await app.beginDrain()
  await app.close()
  log.info('closed')
  await output.end()
})

try {
  await app.listen({
    host: config.host,
    port: config.port,
    listenTextResolver: (address) => `listening on ${address}`
  })
} catch (error) {
  if (!isOfSocket(error)) throw error
  const code = errorCode(error)
  const remedy =
    code === 'EADDRINUSE'
      ? 'another process uses this port. End that process, or set PORT.'
      : 'see HOST and PORT.'
  process.stderr.write(`The gateway cannot listen on ${config.host}:${config.port} (${code}): ${remedy}\n`)
  process.exit(1)
}

/** Whether an error comes from the network: from the name, the address or the port to listen on. */
function isOfSocket(error: unknown): boolean {
  return (
    error instanceof Error &&
    'syscall' in error &&
    ['bind', 'getaddrinfo', 'listen'].includes(String(error.syscall))
  )
}
