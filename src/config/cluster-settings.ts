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

/** Reads DATABASE_URL. Its hosts may be several, separated by commas, which `URL` does not take. */
export function readDatabaseUrl(
  text: string,
  {
    DATABASE_CA_FILE,
    DATABASE_MAX_CONNECTIONS: maxConnections
  }: Pick<ClusterEnvironment, 'DATABASE_CA_FILE' | 'DATABASE_MAX_CONNECTIONS'>,
  faults: string[]
): Omit<DatabaseSettings, 'timeoutMs'> {
  const [base = '', query = ''] = text.split('?', 2)
  if (!DATABASE_URL.test(base))
    faults.push('DATABASE_URL must be like postgres://USER:PASSWORD@HOST:5432/DATABASE, percent-encoded.')
  const parameters = new URLSearchParams(query)
  const mode = parameters.get('sslmode') ?? 'disable'
  parameters.delete('sslmode')
  if ([...parameters.keys()].some((name) => name.startsWith('ssl')))
    faults.push(
      'DATABASE_URL: of the parameters for TLS only sslmode is taken; DATABASE_CA_FILE names the CA.'
    )
  if (!SSL_MODES.has(mode)) faults.push('DATABASE_URL: sslmode must be disable, require or verify-full.')
  if (DATABASE_CA_FILE !== undefined && mode !== 'verify-full')
    faults.push('DATABASE_CA_FILE has no meaning without sslmode=verify-full in DATABASE_URL.')
  const ca = readCa(DATABASE_CA_FILE, faults)
  const url = parameters.size > 0 ? `${base}?${parameters.toString()}` : base
  const tls = mode !== 'disable' && { rejectUnauthorized: mode === 'verify-full', ...(ca && { ca }) }
  return { url, tls, maxConnections }
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
