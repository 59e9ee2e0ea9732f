import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiEndpoint } from './server/api-endpoint.ts'
import { CallLog } from './server/call-log.ts'
import { type Controls, handleControl } from './server/control-endpoint.ts'
import { FaultPlan } from './server/fault-plan.ts'
import type { Fixture, UseNonLatin } from './database/fixture.ts'
import { generateFixture } from './database/generate-fixture.ts'
import { NonAgentApi, type Server } from './api/non-agent-api.ts'
import { TableLock } from './server/table-lock.ts'
import { MEASURED, releaseOf, rulesOf } from './api/builds.ts'
import type { DbCharset } from './database/connection.ts'
import type { Php } from './api/php.ts'

export interface SandboxOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number
  readonly host?: string
  /** The tables at the start, and after a reset. */
  readonly fixture?: Fixture
  /** How many leads to generate without a fixture. */
  readonly leads?: number
  readonly useNonLatin?: UseNonLatin
  /** The build to simulate, like `220126-2116`. The date is enough for a measured build. */
  readonly build?: string
  /** Its version, like `2.14-167`, if it differs from the build's own. */
  readonly version?: string
  /** Default: 8, or 7 for a build that does not run on 8. Before 8.1, PHP continues after a database error. */
  readonly php?: Php
  readonly dbCharset?: DbCharset
  /** The server's time zone, like `America/New_York`; default: UTC, which `version` then doesn't name. */
  readonly timeZone?: string
  /** Cost of a call, in milliseconds. */
  readonly callMs?: number
  /** Cost of each lead in a call, in microseconds. */
  readonly leadUs?: number
  /** The time in ms since the epoch. */
  readonly now?: () => number
}

export interface Sandbox extends Controls {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** The full address of `non_agent_api.php`. */
  readonly url: string
  /** Stops listening and closes all connections at once, even before their answer. */
  close(): Promise<void>
}

const API_PATH = '/vicidial/non_agent_api.php'
const DEFAULT_LEADS = 1000
const PASSWORD_USER = 'api'

/**
 * Starts a VICIdial Non-Agent API over tables in memory, on a local port.
 *
 * `reset()` resets tables, users, failed logins, calls and planned faults. `use_non_latin` stays, as do the custom-field
 * tables of a fixture without `custom_values`.
 *
 * @throws if the build does not run on the PHP, the time zone does not exist, or the port cannot be listened on
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', callMs = 0, leadUs = 0, useNonLatin = 0, now = Date.now } = options
  const fixture = options.fixture ?? generateFixture(options.leads ?? DEFAULT_LEADS)
  const api = new NonAgentApi(fixture, useNonLatin, serverOf(options), now)
  const plan = new FaultPlan()
  const log = new CallLog()
  const lock = new TableLock(callMs, leadUs)
  const endpoint = new ApiEndpoint({ api, plan, log, lock, now })
  const controls: Controls = {
    leads: () => api.leads(),
    customFields: () => api.customFields(),
    tables: () => api.tables(),
    calls: () => log.calls(),
    reset: () => {
      api.reset()
      plan.reset()
      log.reset()
    },
    fail: (fault, { calls, ...which }) => plan.plan(fault, calls, which),
    setUseNonLatin: (setting) => {
      api.useNonLatin = setting
    },
    setPassword: (pass) => api.setPassword(PASSWORD_USER, pass)
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = '', ...query] = (request.url ?? '').split('?')
    if (path === API_PATH) await endpoint.handle(request, response, query.join('?'))
    else await handleControl(request, response, path, controls)
  }
  const server = createServer((request, response) => void handle(request, response))
  server.listen(port, host)
  await once(server, 'listening')

  const origin = `http://${host}:${(server.address() as AddressInfo).port}`
  return {
    ...controls,
    origin,
    url: `${origin}${API_PATH}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      lock.close()
      await closed
    }
  }
}

function serverOf(options: SandboxOptions): Server {
  const { build = MEASURED.build, version, php, dbCharset = 'utf8', timeZone } = options
  const release = releaseOf(build)
  const newest = rulesOf(release.build).runsOnPhp8 ? 8 : 7
  return { release: { ...release, ...(version && { version }) }, php: php ?? newest, dbCharset, timeZone }
}
