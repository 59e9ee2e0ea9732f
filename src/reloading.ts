import { unwatchFile, watchFile } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { type Config, ConfigError } from './config.ts'
import type { LiveSettings } from './live-settings.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Reads the configuration again, and takes callers, custom fields and webhooks from it; a faulty one is not taken. */
    reload(): void
  }
}

/** A change is noticed within this time, through renames, links and mounts alike. */
const POLL_MS = 250
/** A file that is being written could be sound by halves: it is read when it has been left alone for so long. */
const SETTLE_MS = 250

/**
 * Lets the application take a changed gateway file while it runs: on `reload`, and by itself within a second.
 * @param read gives the configuration as it is now; throws ConfigError
 */
export function reloading(
  app: FastifyInstance,
  settings: LiveSettings,
  read: () => Config,
  path?: string
): void {
  app.decorate('reload', () => {
    try {
      const config = read()
      settings.replace(config)
      const names = config.callers.map(({ name }) => name)
      app.log.info(
        { callers: names, webhooks: config.webhooks.map(({ name }) => name) },
        'configuration reloaded'
      )
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      app.log.error(
        { faults: error.faults },
        'the changed configuration is not taken, as it has faults; the one before stays in force'
      )
    }
  })
  if (path === undefined) return
  let settling: NodeJS.Timeout | undefined
  const onChange = () => {
    clearTimeout(settling)
    settling = setTimeout(() => {
      app.reload()
    }, SETTLE_MS)
  }
  app.addHook('onReady', async () => {
    watchFile(path, { interval: POLL_MS, persistent: false }, onChange)
  })
  app.addHook('onClose', async () => {
    unwatchFile(path, onChange)
    clearTimeout(settling)
  })
}
