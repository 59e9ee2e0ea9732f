import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiEndpoint } from './api-endpoint.ts'
import { CallLog } from './call-log.ts'
import { type Controls, handleControl } from './control-endpoint.ts'
import { FaultPlan } from './fault-plan.ts'
import { type Fixture, generateFixture } from './fixture.ts'
import { NonAgentApi } from './non-agent-api.ts'
import { TableLock } from './table-lock.ts'
import type { UseNonLatin } from './use-non-latin.ts'
import { MEASURED, type Release } from './version.ts'

export interface SandboxOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number
  readonly host?: string
  /** What the tables hold at first, and after a reset. */
  readonly fixture?: Fixture
  /** How many leads to make up if there is no fixture. */
  readonly leads?: number
  readonly useNonLatin?: UseNonLatin
  /** Which VICIdial it is; functions that came after its build are unknown to it. */
  readonly release?: Release
  /** What each call costs, in milliseconds. */
  readonly callMs?: number
  /** What each lead of a call costs, in microseconds. */
  readonly leadUs?: number
  /** The time in ms since the epoch, for the lock-out and the reply of `version`. */
  readonly now?: () => number
}

export interface Sandbox extends Controls {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** The full address of `non_agent_api.php`. */
  readonly url: string
  /** Stops listening and ends all connections at once, answered or not. */
  close(): Promise<void>
}

const API_PATH = '/vicidial/non_agent_api.php'
const DEFAULT_LEADS = 1000
const PASSWORD_USER = 'api'

/**
 * Starts a VICIdial Non-Agent API over tables in memory, on a port of this machine.
 *
 * `reset()` puts back leads, users, failed logins, calls and planned faults; `use_non_latin` and the custom-field
 * tables stay as they are.
 *
 * @throws if the port cannot be listened on
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', callMs = 0, leadUs = 0, useNonLatin = 0, now = Date.now } = options
  const fixture = options.fixture ?? generateFixture(options.leads ?? DEFAULT_LEADS)
  const api = new NonAgentApi(fixture, useNonLatin, options.release ?? MEASURED, now)
  const plan = new FaultPlan()
  const log = new CallLog()
  const lock = new TableLock(callMs, leadUs)
  const endpoint = new ApiEndpoint({ api, plan, log, lock, now })
  const controls: Controls = {
    leads: () => api.leads(),
    calls: () => log.calls(),
    reset: () => {
      api.reset()
      plan.reset()
      log.reset()
    },
    fail: (fault, { calls, function: functionName }) => plan.plan(fault, calls, functionName),
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
