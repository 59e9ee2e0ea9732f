import { connect } from 'node:net'
import { errorCode } from '../../error-code.ts'
import { hostOf } from './address.ts'
import type { Finding } from './step.ts'

/** Timeout for a connection, in milliseconds. The gateway itself waits as long. */
export const CONNECT_TIMEOUT_MS = 3_000

/** The port of a URL, or the default one. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

/** Checks that the port accepts TCP connections. */
export async function checkConnection(url: URL): Promise<Finding> {
  const host = hostOf(url)
  const port = portOf(url)
  const socket = connect({ host, port })
  try {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => reject(new ConnectTimeout()))
    socket.once('connect', () => resolve(socket.remoteAddress ?? host))
    socket.once('error', reject)
    return { status: 'ok', detail: `Port ${port} of ${await promise} accepts connections.` }
  } catch (error) {
    return connectionFault(error, host, port)
  } finally {
    socket.destroy()
  }
}

class ConnectTimeout extends Error {
  readonly code = 'ETIMEDOUT'
}

function connectionFault(error: unknown, host: string, port: number): Finding {
  const code = codeOf(error)
  if (code === 'ECONNREFUSED') {
    return {
      status: 'fault',
      detail: `Nothing listens on port ${port} of ${host}: the connection was refused (${code}).`,
      remedy: `Start VICIdial's web server, or set the right port in VICIDIAL_URL (without one it is 80 for http and 443 for https). A firewall that refuses looks the same.`
    }
  }
  if (code === 'ETIMEDOUT') {
    return {
      status: 'fault',
      detail: `Port ${port} of ${host} did not answer within ${CONNECT_TIMEOUT_MS} ms (${code}).`,
      remedy: `Usually a firewall drops this machine's packets: let it reach port ${port} of ${host}. Or the host is off, or the address belongs to another machine.`
    }
  }
  return {
    status: 'fault',
    detail: `Port ${port} of ${host} cannot be reached (${code}).`,
    remedy: 'Fix the network or the route between this machine and VICIdial.'
  }
}

/** The error code. A name with several addresses has an error for each, mostly the same. */
function codeOf(error: unknown): string {
  return errorCode(error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error)
}
