import type { BaseLogger } from 'pino'
import type { CallObserver } from '../telemetry/observer.ts'
import type { Account } from './account.ts'
import { type Health, healthOf } from './call-reply.ts'
import { type Client, msSince, type NoReply, type RawReply } from './client.ts'
import type { Probes } from './guard.ts'
import { NO_DATABASE, NOTHING_DONE } from './reply/reply.ts'
import { readUpdateReply } from './reply/update-reply.ts'
import { readVersion } from './reply/version-reply.ts'
import { formBody, type Params, PROBES } from './wire.ts'

export interface ProbeOptions {
  readonly client: Client
  readonly account: Pick<Account, 'name' | 'user' | 'pass'>
  /** VICIdial's `source` of the gateway's own calls. */
  readonly source: string
  /** Timeout for one call, in milliseconds. */
  readonly timeoutMs: number
  /** Gets the end of each probe. */
  readonly observer?: CallObserver
  /** Gets the build that a reply to `version` names. */
  readonly onBuild?: (build: string) => void
  readonly log: Pick<BaseLogger, 'info'>
}

/** Timeout for a probe, in milliseconds: a server that is back replies at once. */
const MAX_TIMEOUT_MS = 2_000

/** What VICIdial says to a call without leads once it has accepted the login. */
const LOGGED_IN =
  /^ERROR: (?:batch_update_lead (?:NO LEADS DEFINED|USER DOES NOT HAVE PERMISSION)|INVALID JSON FORMAT|auth USER DOES NOT HAVE PERMISSION|user_group DOES NOT EXIST|Your IP Address is not allowed)/m

/** The probes of one account. */
export function createProbes(options: ProbeOptions): Probes {
  return {
    version: () => probe(PROBES.version, (reply) => versionHealth(reply, options.onBuild), options),
    login: () => probe(PROBES.login, loginHealth, options)
  }
}

async function probe(
  params: Params & { readonly function: string },
  healthOfReply: (reply: RawReply | NoReply) => Health,
  { client, account, source, timeoutMs, observer, log }: ProbeOptions
): Promise<Health> {
  const started = performance.now()
  const reply = await client.post(
    formBody(params, { ...account, source }),
    Math.min(timeoutMs, MAX_TIMEOUT_MS)
  )
  const health = healthOfReply(reply)
  log.info({ function: params.function, outcome: health }, 'vicidial probe')
  observer?.callEnded({
    account: account.name,
    function: params.function,
    leads: 0,
    ms: msSince(started),
    outcome: `probe: ${health ?? 'unknown'}`
  })
  return health
}

/** What the reply to `version` shows: a page with HTTP 200 is not VICIdial. */
function versionHealth(answer: RawReply | NoReply, onBuild: ProbeOptions['onBuild']): Health {
  if ('sent' in answer) return 'failed'
  const { httpStatus, text } = answer
  const build = readVersion(answer)?.build
  if (build !== undefined) onBuild?.(build)
  if (text.startsWith('VERSION: ')) return 'alive'
  const reply = readUpdateReply(httpStatus, text)
  return reply === NOTHING_DONE || healthOf(reply) === 'failed' ? 'failed' : 'alive'
}

/**
 * What the reply to the login probe shows; the login is good only if VICIdial itself got past it. It shows nothing if
 * VICIdial cannot have judged the login: it got no call, or could not connect to its database.
 */
function loginHealth(answer: RawReply | NoReply): Health {
  if ('sent' in answer) return answer.sent === 'no' ? undefined : 'failed'
  const { httpStatus, text } = answer
  if (LOGGED_IN.test(text)) return 'good'
  const reply = readUpdateReply(httpStatus, text)
  if (reply === NO_DATABASE) return undefined
  const health = healthOf(reply)
  return health === 'login_refused' || health === 'locked_out' ? health : 'failed'
}
