import { unwatchFile, watchFile } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { BaseLogger } from 'pino'
import { ConfigError } from './config-error.ts'
import type { Account } from '../vicidial/account.ts'
import type { Config } from './config.ts'
import type { RuntimeConfig } from './runtime-config.ts'

/** How often the file is checked, in milliseconds. Polling notices changes through renames, links and mounts alike. */
const POLL_MS = 250
/** Milliseconds without a change before the file is read: half a file can be valid too. */
const SETTLE_MS = 250

export interface ConfigReloadOptions {
  /** The configuration that a reload replaces. */
  readonly runtimeConfig: RuntimeConfig
  /** Gives accounts their passwords. Returns the names of those whose password is another one. */
  readonly changePasswords: (accounts: readonly Account[]) => string[]
  /** The configuration at the start. A reload keeps its accounts, except for their passwords. */
  readonly started: Config
  /** Reads the current configuration. Throws ConfigError. */
  readonly readConfig: () => Config
  readonly log: Pick<BaseLogger, 'error' | 'info' | 'warn'>
}

/**
 * Applies changes of the gateway file and of files with secrets while the gateway runs: alerts, callers, compat, custom
 * fields, webhooks, and the passwords of accounts. Otherwise accounts are fixed at the start; a file that uses a new one is refused.
 */
export class ConfigReload {
  readonly #options: ConfigReloadOptions
  /** Names of the current callers and webhooks. */
  #names: readonly string[]
  /** Warnings already logged. */
  #warned: readonly string[]
  #settling: NodeJS.Timeout | undefined
  /** Files that are watched. */
  #watched: ReadonlySet<string> = new Set()

  constructor(options: ConfigReloadOptions) {
    this.#options = options
    this.#names = Object.values(namesOf(options.started)).flat()
    this.#warned = options.started.warnings
  }

  /** Watches the files, if there are any, and reloads the configuration within a second of a change. */
  start(): void {
    this.#watch(this.#options.started)
    if (this.#watched.size === 0) return
    // They may have changed since they were read at the start.
    const { digest } = this.#options.started
    this.#settling = setTimeout(() => {
      this.#reload((config) => config.digest !== digest)
    }, SETTLE_MS)
  }

  stop(): void {
    for (const path of this.#watched) unwatchFile(path, this.#onChange)
    clearTimeout(this.#settling)
  }

  /** Reads the configuration again and applies it. If it has faults, they are logged and nothing changes. */
  reload(): void {
    this.#reload(() => true)
  }

  #reload(isNeeded: (config: Config) => boolean): void {
    const { runtimeConfig, changePasswords, started, readConfig, log } = this.#options
    try {
      const config = readConfig()
      if (!isNeeded(config)) return
      refuseNewAccounts(config, started)
      runtimeConfig.replace(config)
      this.#watch(config)
      const names = namesOf(config)
      log.info(names, 'configuration reloaded')
      const gone = this.#names.filter(
        (name) => !names.callers.includes(name) && !names.webhooks.includes(name)
      )
      if (gone.length > 0) log.warn({ gone }, 'the changed configuration removes callers or webhooks')
      this.#names = [...names.callers, ...names.webhooks]
      for (const warning of config.warnings) if (!this.#warned.includes(warning)) log.warn(warning)
      this.#warned = [...new Set([...this.#warned, ...config.warnings])]
      const passwords = changePasswords(sameUsers(config, started))
      if (passwords.length > 0) log.info({ accounts: passwords }, "VICIdial accounts' passwords changed")
      if (!isDeepStrictEqual(withoutPasswords(config), withoutPasswords(started)))
        log.warn('changed accounts apply at the next start')
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      log.error(
        { faults: error.faults },
        'the changed configuration has faults and is not applied; the previous one stays in effect'
      )
    }
  }

  #watch({ gatewayFile, secretFiles }: Config): void {
    const paths = new Set([...(gatewayFile === undefined ? [] : [gatewayFile]), ...secretFiles])
    for (const path of this.#watched) if (!paths.has(path)) unwatchFile(path, this.#onChange)
    for (const path of paths)
      if (!this.#watched.has(path)) watchFile(path, { interval: POLL_MS, persistent: false }, this.#onChange)
    this.#watched = paths
  }

  readonly #onChange = () => {
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => {
      this.reload()
    }, SETTLE_MS)
  }
}

function namesOf({ callers, webhooks }: Config) {
  return { callers: callers.map(({ name }) => name), webhooks: webhooks.map(({ name }) => name) }
}

/** The accounts whose user is the one of the start. */
function sameUsers({ accounts }: Config, started: Config): Account[] {
  const users = new Map(started.accounts.map(({ name, user }) => [name, user]))
  return accounts.filter(({ name, user }) => users.get(name) === user)
}

function withoutPasswords({ accounts }: Config): Omit<Account, 'pass'>[] {
  return accounts.map(({ pass: _, ...rest }) => rest)
}

/** @throws ConfigError if a caller or a webhook names an account that did not exist at the start */
function refuseNewAccounts({ callers, webhooks }: Config, started: Config): void {
  const known = new Set(started.accounts.map(({ name }) => name))
  const faults = [...callers, ...webhooks].flatMap(({ name, account }) =>
    account === undefined || known.has(account)
      ? []
      : [`${name} names the account ${account}, which exists only from the next start on.`]
  )
  if (faults.length > 0) throw new ConfigError(faults)
}
