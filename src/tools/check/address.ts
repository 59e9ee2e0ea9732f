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
          remedy: `Look for a typing error in VICIDIAL_URL. If the name is right, enter it in the DNS server or in /etc/hosts; in a container, give it the network or the DNS server that knows the name.`
        }
      : {
          status: 'fault',
          detail: `The name ${host} cannot be resolved (${code}): the DNS server of this machine gives no answer.`,
          remedy: 'Put right the DNS of this machine (/etc/resolv.conf), or of its container.'
        }
  }
}
