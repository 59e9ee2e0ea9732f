import { readFileSync } from 'node:fs'
import type { ClusterSettings, DatabaseSettings } from '../cluster/settings.ts'
import { errorCode } from '../error-code.ts'

/** The variables of these settings. */
interface ClusterEnvironment {
  readonly DATABASE_URL?: string
  readonly DATABASE_CA_FILE?: string
  readonly DATABASE_MAX_CONNECTIONS: number
  readonly DATABASE_TIMEOUT_MS: number
  readonly CLUSTER_NAME?: string
  readonly CLUSTER_URL?: string
  readonly CLUSTER_HOST?: string
  readonly CLUSTER_PORT?: number
  readonly CLUSTER_SECRET?: string
  readonly CLUSTER_LEASE_MS: number
  readonly CLUSTER_RENEW_MS: number
  readonly HOST: string
}

/** The right to call ends this part of the lease before the lease itself does, see `Lease`. */
const VALID = 0.8
/** Characters below which a secret might be guessed. */
const SHORT_SECRET = 16

const DATABASE_URL = /^postgres(?:ql)?:\/\/[^/?#]+\/[^/?#]+$/
/** A percent sign that encodes nothing. */
const BARE_PERCENT = /%(?![\da-f]{2})/i
/** Parameters of DATABASE_URL that PostgreSQL gets as they are. */
const HANDED_ON: ReadonlySet<string> = new Set(['application_name', 'options'])
const PARAMETER = /^[A-Za-z_]{1,40}$/
/** `require` encrypts, but takes any certificate. */
const SSL_MODES: ReadonlySet<string> = new Set(['disable', 'require', 'verify-full'])

/** Reads the settings; undefined without DATABASE_URL. Notes every fault in `faults`; none quotes a secret. */
export function readClusterSettings(
  environment: ClusterEnvironment,
  hostname: string,
  faults: string[]
): ClusterSettings | undefined {
  const { DATABASE_URL: url, CLUSTER_NAME: name = hostname, CLUSTER_SECRET: secret } = environment
  const { CLUSTER_LEASE_MS: leaseMs, CLUSTER_RENEW_MS: renewMs, DATABASE_TIMEOUT_MS: timeoutMs } = environment
  if (url === undefined) {
    const needless = Object.keys(environment).filter((variable) =>
      /^CLUSTER_(?:NAME|URL|SECRET)$/.test(variable)
    )
    for (const variable of needless) faults.push(`${variable} has no meaning without DATABASE_URL.`)
    return undefined
  }
  if (secret !== undefined && secret.length < SHORT_SECRET)
    faults.push(
      `CLUSTER_SECRET must have ${SHORT_SECRET} characters or more: whoever knows it can send updates.`
    )
  if (renewMs + timeoutMs > leaseMs * VALID)
    faults.push(
      `CLUSTER_RENEW_MS and DATABASE_TIMEOUT_MS together must be at most ${VALID} of CLUSTER_LEASE_MS: otherwise one slow query would end the lease.`
    )
  const address = readAddress(environment, faults)
  return {
    database: { ...readDatabaseUrl(url, environment, faults), timeoutMs },
    name,
    address: address?.origin,
    listen: address && {
      host: environment.CLUSTER_HOST ?? environment.HOST,
      port: environment.CLUSTER_PORT ?? portOf(address)
    },
    secret,
    leaseMs,
    renewMs
  }
}

/** Reads DATABASE_URL. */
export function readDatabaseUrl(
  text: string,
  {
    DATABASE_CA_FILE,
    DATABASE_MAX_CONNECTIONS: maxConnections
  }: Pick<ClusterEnvironment, 'DATABASE_CA_FILE' | 'DATABASE_MAX_CONNECTIONS'>,
  faults: string[]
): Omit<DatabaseSettings, 'timeoutMs'> {
  const [base = ''] = text.split('?', 1)
  const parameters = new URLSearchParams(text.slice(base.length + 1))
  const fault = addressFault(base)
  if (fault !== undefined) faults.push(fault)
  const mode = parameters.get('sslmode') ?? 'disable'
  parameters.delete('sslmode')
  const others = [...new Set(parameters.keys())].filter((name) => !HANDED_ON.has(name))
  if (others.length > 0) {
    // Anything else may be the end of a password that is not percent-encoded.
    const named = others.every((name) => PARAMETER.test(name)) ? ` (${others.join(', ')})` : ''
    faults.push(
      `DATABASE_URL has parameters that are not taken${named}: only sslmode, application_name and options are. DATABASE_CA_FILE names an authority, DATABASE_TIMEOUT_MS is the timeout.`
    )
  }
  if (!SSL_MODES.has(mode)) faults.push('DATABASE_URL: sslmode must be disable, require or verify-full.')
  if (DATABASE_CA_FILE !== undefined && mode !== 'verify-full')
    faults.push('DATABASE_CA_FILE has no meaning without sslmode=verify-full in DATABASE_URL.')
  const ca = readCa(DATABASE_CA_FILE, faults)
  const url = parameters.size > 0 ? `${base}?${parameters.toString()}` : base
  const tls = mode !== 'disable' && { rejectUnauthorized: mode === 'verify-full', ...(ca && { ca }) }
  return { url, tls, maxConnections }
}

/** What is wrong with the part of DATABASE_URL before its parameters; quotes nothing of it. */
function addressFault(base: string): string | undefined {
  const authority = base.slice(base.indexOf('//') + 2).split('/', 1)[0] ?? ''
  const hosts = authority.slice(authority.lastIndexOf('@') + 1)
  if (hosts.includes(','))
    return 'DATABASE_URL names several hosts: name one address that always leads to the server that takes writes, like a floating IP address or a proxy.'
  if (DATABASE_URL.test(base) && isDecodable(base) && URL.canParse(base)) return undefined
  return 'DATABASE_URL must be like postgres://USER:PASSWORD@HOST:5432/DATABASE, percent-encoded: a % in the password is %25.'
}

function isDecodable(text: string): boolean {
  if (BARE_PERCENT.test(text)) return false
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function readAddress({ CLUSTER_URL: text }: ClusterEnvironment, faults: string[]): URL | undefined {
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol) && `${url.origin}/` === url.href)
    return url
  faults.push('CLUSTER_URL must be an http or https address without a path, like http://10.0.0.11:3001.')
  return undefined
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : 80
}

function readCa(path: string | undefined, faults: string[]): string | undefined {
  if (path === undefined) return undefined
  try {
    const text = readFileSync(path, 'utf8')
    if (!text.includes('-----BEGIN CERTIFICATE-----'))
      faults.push('DATABASE_CA_FILE: the file that it names has no certificate.')
    return text
  } catch (error) {
    faults.push(`DATABASE_CA_FILE: the file that it names cannot be read (${errorCode(error)}).`)
    return undefined
  }
}
