import { unwatchFile, watchFile } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { accountsOf, type Config, ConfigError } from './config.ts'
import type { RuntimeConfig } from './runtime-config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Reads the configuration again, and takes callers, compat, custom fields and webhooks from it; a faulty one is not taken. */
    reload(): void
  }
}

/** A change is noticed within this time, through renames, links and mounts alike. */
const POLL_MS = 250
/** A file that is being written could be sound by halves: it is read when it has been left alone for so long. */
const SETTLE_MS = 250

/**
 * Lets the application take a changed gateway file while it runs: on `reload`, and by itself within a second. Accounts
 * are those of the start: what names another is not taken.
 * @param started the configuration of the start
 * @param read gives the configuration as it is now; throws ConfigError
 */
export function reloading(
  app: FastifyInstance,
  settings: RuntimeConfig,
  started: Config,
  read: () => Config
): void {
  let known = Object.values(namesOf(started)).flat()
  app.decorate('reload', () => {
    try {
      const config = read()
      refuseNewAccounts(config, started)
      settings.replace(config)
      const names = namesOf(config)
      app.log.info(names, 'configuration reloaded')
      const gone = known.filter((name) => !names.callers.includes(name) && !names.webhooks.includes(name))
      if (gone.length > 0) app.log.warn({ gone }, 'the changed configuration leaves callers or webhooks out')
      known = [...names.callers, ...names.webhooks]
      if (!isDeepStrictEqual(accountsOf(config), accountsOf(started)))
        app.log.warn('changed accounts are taken at the next start')
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      app.log.error(
        { faults: error.faults },
        'the changed configuration is not taken, as it has faults; the one before stays in force'
      )
    }
  })
  const path = started.gatewayFile
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
    // It may have changed since it was read at the start.
    onChange()
  })
  app.addHook('onClose', async () => {
    unwatchFile(path, onChange)
    clearTimeout(settling)
  })
}

function namesOf({ callers, webhooks }: Config) {
  return { callers: callers.map(({ name }) => name), webhooks: webhooks.map(({ name }) => name) }
}

/** @throws ConfigError if a caller or a source of webhooks names an account that has no lane yet */
function refuseNewAccounts({ callers, webhooks }: Config, started: Config): void {
  const known = new Set(accountsOf(started).map(({ name }) => name))
  const faults = [...callers, ...webhooks].flatMap(({ name, account }) =>
    account === undefined || known.has(account)
      ? []
      : [`${name} names the account ${account}, which is taken at the next start only.`]
  )
  if (faults.length > 0) throw new ConfigError(faults)
}
