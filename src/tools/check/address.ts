import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { errorCode } from '../../error-code.ts'
import type { Finding } from './step.ts'

/** The host for a socket: an IPv6 address without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

/** Checks that the host's name can be resolved. */
export async function checkAddress(url: URL): Promise<Finding> {
  const host = hostOf(url)
  if (isIP(host) !== 0)
    return { status: 'ok', detail: `${host} is an IP address, so there is no name to resolve.` }
  try {
    const found = await lookup(host, { all: true })
    return { status: 'ok', detail: `${host} is ${found.map(({ address }) => address).join(', ')}.` }
  } catch (error) {
    const code = errorCode(error)
    return code === 'ENOTFOUND'
      ? {
          status: 'fault',
          detail: `The name ${host} does not exist in the DNS of this machine (${code}).`,
          remedy: `Check VICIDIAL_URL for typing errors. If the name is right, add it to the DNS server or to /etc/hosts. In a container, use a network or DNS server that knows the name.`
        }
      : {
          status: 'fault',
          detail: `The name ${host} cannot be resolved (${code}): the DNS server of this machine does not answer.`,
          remedy: 'Fix the DNS of this machine (/etc/resolv.conf), or of its container.'
        }
  }
}
