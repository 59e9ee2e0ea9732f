import type { BaseLogger } from 'pino'
import type { CallObserver } from '../telemetry/observer.ts'
import { type Account, DEFAULT_ACCOUNT } from './account.ts'
import type { BuildWatch } from './build-watch.ts'
import type { CallRight } from './call-right.ts'
import { Client } from './client.ts'
import { Exchange } from './exchange/exchange.ts'
import { Guard, type Probes, type UpstreamState } from './guard.ts'
import type { LoginNotes } from './login-notes.ts'
import { createProbes } from './probe.ts'
import { createChecks } from './proof/checks.ts'
import { Proof } from './proof/proof.ts'
import type { Dialect } from './wire.ts'

/** The part of a pino logger that an upstream and its users need. */
export interface UpstreamLog extends Pick<BaseLogger, 'error' | 'info' | 'warn'> {
  child(bindings: Record<string, unknown>): UpstreamLog
}

export interface UpstreamsOptions {
  /** One upstream is built for each. */
  readonly accounts: readonly Account[]
  /** Full address of `non_agent_api.php`. */
  readonly url: URL
  readonly dialect: Dialect
  /** VICIdial's `source` of the gateway's own calls. */
  readonly source: string
  /** Timeout for one call, in milliseconds. */
  readonly timeoutMs: number
  /** Gets the end of each call and each probe. */
  readonly observer: CallObserver
  /** All accounts are of one VICIdial, and so of one build. */
  readonly buildWatch: BuildWatch
  /** Leads that VICIdial had before the start, whatever account changed them. */
  readonly knownLeads: readonly number[]
  /** See `ProofOptions`. */
  readonly checkEveryMs?: number | undefined
  /** Absent if no other gateway calls VICIdial. */
  readonly right?: CallRight | undefined
  /** By account; absent if refused logins are only remembered by this process. */
  readonly loginNotes?: ReadonlyMap<string, LoginNotes> | undefined
  readonly log: UpstreamLog
}

/** The way to VICIdial by one account. Its state is its own: a failure here affects no other account. */
export interface Upstream {
  readonly account: Account
  readonly client: Client
  readonly guard: Guard
  readonly probes: Probes
  readonly proof: Proof
  readonly exchange: Exchange
  /** Adds the account's name to every line, except for the default account. */
  readonly log: UpstreamLog
  /** Uses another password from the next call on. Returns false if it is the same one. */
  readonly changePassword: (pass: string) => boolean
}

/** The upstreams to VICIdial, one for each account. */
export class Upstreams {
  readonly all: readonly Upstream[]
  readonly #buildWatch: BuildWatch

  constructor(options: UpstreamsOptions) {
    this.#buildWatch = options.buildWatch
    this.all = options.accounts.map((account) => createUpstream(account, options))
  }

  /** VICIdial's state by account name, in the order of the accounts given. */
  get states(): ReadonlyMap<string, UpstreamState> {
    return new Map(this.all.map(({ account, guard }) => [account.name, guard.state]))
  }

  /** Gives the upstreams of these accounts their password. Returns the names of the accounts for which it is another one. */
  changePasswords(accounts: readonly Account[]): string[] {
    const passwords = new Map(accounts.map(({ name, pass }) => [name, pass]))
    return this.all.flatMap(({ account: { name, pass }, changePassword }) =>
      changePassword(passwords.get(name) ?? pass) ? [name] : []
    )
  }

  /** Finds out VICIdial's build. Resolves after the first reply, or without one. */
  async start(): Promise<void> {
    const [first] = this.all
    if (first !== undefined) await this.#buildWatch.start(first.probes.version)
  }

  /** Stops probing and closes all connections. */
  async close(): Promise<void> {
    this.#buildWatch.stop()
    for (const { guard, proof, client } of this.all) {
      guard.close()
      proof.close()
      await client.close()
    }
  }
}

function createUpstream(configured: Account, options: UpstreamsOptions): Upstream {
  const { url, dialect, source, timeoutMs, observer, buildWatch, knownLeads, checkEveryMs, right } = options
  // Every call reads the password from it, which may change.
  const account: Account & { pass: string } = { ...configured }
  const { name, maxConcurrency, maxCallsPerSecond } = account
  const log = name === DEFAULT_ACCOUNT ? options.log : options.log.child({ account: name })
  const client = new Client({ url, connections: maxConcurrency, right })
  const onBuild = (build: string) => {
    buildWatch.learn(build)
  }
  const probes = createProbes({ client, account, source, timeoutMs, observer, onBuild, log })
  const guard = new Guard({
    maxConcurrency,
    maxCallsPerSecond,
    probes,
    right,
    loginNotes: options.loginNotes?.get(name),
    onChange: (state) => {
      log[state.state === 'reachable' ? 'info' : 'warn'](
        { vicidial: state },
        `vicidial is now ${state.state}`
      )
    }
  })
  const checks = createChecks({ client, guard, account, source, timeoutMs, observer, log })
  const proof = new Proof({ checks: dialect === 'lead_ids' ? checks : undefined, knownLeads, checkEveryMs })
  const exchange = new Exchange({
    client,
    guard,
    proof,
    account,
    dialect,
    timeoutMs,
    observer,
    buildWatch,
    login: probes.login
  })
  const changePassword = (pass: string) => {
    if (pass === account.pass) return false
    account.pass = pass
    guard.loginChanged()
    return true
  }
  return { account, client, guard, probes, proof, exchange, log, changePassword }
}
