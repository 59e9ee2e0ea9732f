import { isIP } from 'node:net'
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { errorCode } from '../../error-code.ts'
import { hostOf } from './address.ts'
import { CONNECT_TIMEOUT_MS, portOf } from './connection.ts'
import type { Finding } from './step.ts'

const DAY_MS = 86_400_000
/** Warn about a certificate that expires within this many days. */
const RENEWAL_DAYS = 14

/** Checks that the server speaks TLS and has a certificate that the gateway accepts. Reports all faults at once. */
export async function checkCertificate(url: URL, now: () => number): Promise<Finding> {
  if (url.protocol !== 'https:') {
    return {
      status: 'skipped',
      detail: 'VICIDIAL_URL begins with http: there is no TLS, so the password can be read in transit.',
      remedy: 'Use https, unless both machines are in one trusted network.'
    }
  }
  const host = hostOf(url)
  // Node would report only the first fault of the certificate, so it is examined here.
  const socket = connect({
    host,
    port: portOf(url),
    rejectUnauthorized: false,
    ...(isIP(host) === 0 ? { servername: host } : {})
  })
  try {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => reject(new Error('timeout')))
    socket.once('secureConnect', () => resolve(undefined))
    socket.once('error', reject)
    await promise
    return examine(socket, host, now())
  } catch (error) {
    return handshakeFault(errorCode(error))
  } finally {
    socket.destroy()
  }
}

function examine(socket: TLSSocket, host: string, now: number): Finding {
  const certificate = socket.getPeerCertificate(true)
  const code = socket.authorized ? undefined : codeOf(socket.authorizationError)
  const faults = [
    dateFault(certificate, now),
    nameFault(certificate, host),
    issuerFault(certificate, code, now)
  ].filter((fault) => fault !== undefined)
  if (faults.length > 0) {
    return {
      status: 'fault',
      detail: faults.map(({ detail }) => detail).join(' '),
      remedy: faults.map(({ remedy }) => remedy).join(' ')
    }
  }
  const until = `until ${day(certificate.valid_to)}`
  const detail = `${socket.getProtocol() ?? 'TLS'}; the certificate is for ${host}, by ${issuer(certificate)}, ${until}.`
  const days = Math.floor((Date.parse(certificate.valid_to) - now) / DAY_MS)
  if (days >= RENEWAL_DAYS) return { status: 'ok', detail }
  return {
    status: 'warning',
    detail: `${detail} That is in ${days} days.`,
    remedy: "Renew the certificate of VICIdial's web server now: when it expires, every call fails."
  }
}

interface Fault {
  readonly detail: string
  readonly remedy: string
}

function dateFault(
  { valid_from: from, valid_to: to }: DetailedPeerCertificate,
  now: number
): Fault | undefined {
  if (Date.parse(to) < now) {
    return {
      detail: `The certificate expired on ${day(to)}.`,
      remedy: "Renew the certificate of VICIdial's web server, and reload the web server."
    }
  }
  if (Date.parse(from) <= now) return undefined
  return {
    detail: `The certificate is valid from ${day(from)} on, and this machine's clock says ${new Date(now).toISOString()}.`,
    remedy: 'Set the clock of this machine; if it is right, wait, or use another certificate.'
  }
}

function nameFault(certificate: DetailedPeerCertificate, host: string): Fault | undefined {
  if (checkServerIdentity(host, certificate) === undefined) return undefined
  const names = certificate.subjectaltname?.replaceAll(/(?:DNS|IP Address):/g, '') ?? certificate.subject.CN
  return {
    detail: `The certificate is for ${String(names)}, not for ${host}.`,
    remedy: `Use one of these names in VICIDIAL_URL if it is the same server, or get a certificate for ${host}.`
  }
}

/** Codes for a chain without a known authority. */
const SELF_SIGNED: ReadonlySet<string> = new Set(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'])
const NO_ISSUER: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
])
/** Codes that the checks of dates and name already cover for the server's own certificate. */
const REPORTED: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID'
])

function issuerFault(
  certificate: DetailedPeerCertificate,
  code: string | undefined,
  now: number
): Fault | undefined {
  if (code === undefined) return undefined
  const by = issuer(certificate)
  if (SELF_SIGNED.has(code)) {
    return {
      detail: `The certificate is self-signed, or from your own authority (${by}), which this machine does not know (${code}).`,
      remedy:
        'Save the certificate of that authority, or the self-signed one itself, as a PEM file, and start the gateway with NODE_EXTRA_CA_CERTS=FILE; or get a certificate of a public authority.'
    }
  }
  if (NO_ISSUER.has(code)) {
    return {
      detail: `The certificate is from ${by}, which this machine does not know (${code}).`,
      remedy:
        'If that is a public authority, the web server leaves out the intermediate certificate: make it send the full chain. If it is your own, start the gateway with NODE_EXTRA_CA_CERTS=FILE, its certificate as a PEM file.'
    }
  }
  if (
    REPORTED.has(code) &&
    (dateFault(certificate, now) !== undefined || code === 'ERR_TLS_CERT_ALTNAME_INVALID')
  ) {
    return undefined
  }
  return {
    detail: `The certificate chain is refused (${code}): one of its certificates has expired or has a weak signature.`,
    remedy: "Renew the certificates of the chain that VICIdial's web server sends."
  }
}

function handshakeFault(code: string): Finding {
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST|RECORD_(?:LAYER|TOO)/.test(code)) {
    return {
      status: 'fault',
      detail: `The server does not speak TLS on this port (${code}).`,
      remedy: "Use http instead of https in VICIDIAL_URL, or the web server's TLS port, usually 443."
    }
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|HANDSHAKE_FAILURE|NO_SHARED|DH_KEY|EE_KEY/.test(code)) {
    return {
      status: 'fault',
      detail: `The server offers no TLS version that the gateway accepts: it is too old or too weak (${code}).`,
      remedy:
        "Enable TLS 1.2 or 1.3 in VICIdial's web server (Apache: SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1)."
    }
  }
  return {
    status: 'fault',
    detail: `No TLS connection could be made (${code}).`,
    remedy: "Look at the error log of VICIdial's web server, and try: openssl s_client -connect HOST:PORT."
  }
}

/** Node's types say that it is an error, but it is the code itself. */
function codeOf(authorizationError: Error | string): string {
  return typeof authorizationError === 'string' ? authorizationError : errorCode(authorizationError)
}

function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10)
}

function issuer({ issuer: by }: DetailedPeerCertificate): string {
  return String(by.CN ?? by.O ?? 'an unnamed authority')
}
