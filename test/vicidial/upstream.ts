import { BuildWatch } from '../../src/vicidial/build-watch.ts'
import { MEASURED } from '../../src/vicidial/builds.ts'
import type { Client } from '../../src/vicidial/client.ts'
import { Exchange } from '../../src/vicidial/exchange/exchange.ts'
import { Guard, type GuardOptions } from '../../src/vicidial/guard.ts'
import { createProbes } from '../../src/vicidial/probe.ts'
import { createChecks } from '../../src/vicidial/proof/checks.ts'
import { Proof } from '../../src/vicidial/proof/proof.ts'
import type { Dialect } from '../../src/vicidial/wire.ts'
import { memoryLog } from '../helper.ts'

/** Longer than a test runs, in milliseconds. */
export const LONG_MS = 600_000

export interface UpstreamSettings extends Partial<GuardOptions> {
  readonly user?: string
  readonly pass?: string
  readonly dialect?: Dialect
  /** Timeout for one call, in milliseconds; read again for each call of the exchange. */
  readonly timeoutMs?: number
  /** VICIdial's build; `unknown`: nobody knows it. */
  readonly build?: string
  readonly knownLeads?: readonly number[]
  /** Whether VICIdial can be asked for what it is known to have. */
  readonly isChecked?: boolean
  /** See `ProofOptions`. */
  readonly checkEveryMs?: number
}

/** An exchange with VICIdial and its parts, put together as `Upstreams` does. */
export function upstreamWith(client: Client, settings: UpstreamSettings = {}, { log } = memoryLog('silent')) {
  const { user = 'api', pass = 's3cret', dialect = 'lead_ids', timeoutMs = LONG_MS } = settings
  const { build = MEASURED.build, knownLeads = [], isChecked = dialect === 'lead_ids' } = settings
  const account = { name: 'default', user, pass }
  const ownCalls = { client, account, source: 'gateway', timeoutMs, log }
  const probes = settings.probes ?? createProbes(ownCalls)
  const limits = { maxConcurrency: 2, maxCallsPerSecond: 0, onChange: () => {} }
  const guard = new Guard({ ...limits, ...settings, probes })
  const checks = isChecked ? createChecks({ ...ownCalls, guard }) : undefined
  const proof = new Proof({ checks, knownLeads, checkEveryMs: settings.checkEveryMs })
  const buildWatch = new BuildWatch({
    configured: build === 'unknown' ? undefined : build,
    nonLatin: 0,
    onChange: () => {},
    log
  })
  const exchange = new Exchange({
    client,
    guard,
    proof,
    account,
    dialect,
    get timeoutMs() {
      return settings.timeoutMs ?? LONG_MS
    },
    buildWatch,
    login: probes.login
  })
  const close = async () => {
    guard.close()
    proof.close()
    await client.close()
  }
  return { exchange, guard, log, close }
}
