import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import type { AlertSettings } from '../alerts/settings.ts'
import { ALL_PERMISSIONS, type CallerConfig } from '../callers/caller.ts'
import { hashKey } from '../callers/key.ts'
import type { ClusterSettings } from '../cluster/settings.ts'
import { readClusterSettings } from './cluster-settings.ts'
import { ConfigError } from './config-error.ts'
import { dataDirWarning, readMounts } from './data-dir.ts'
import {
  type Environment,
  fingerprintOf,
  readEnvironment,
  type RuleSettings,
  ruleSettings
} from './environment.ts'
import { readGatewayFile } from './gateway-file.ts'
import { SecretFiles } from './secret-files.ts'
import { untypedWarnings } from './read-custom-fields.ts'
import { type HttpSettings, readHttpSettings } from './http-settings.ts'
import type { RetrySchedule } from '../jobs/retry-schedule.ts'
import type { CustomField } from '../leads/cleaning/custom-field.ts'
import type { WebhookEndpoint } from '../webhooks/endpoint.ts'
import { type Account, DEFAULT_ACCOUNT, userName } from '../vicidial/account.ts'
import type { AccountConfig } from './accounts/read-accounts.ts'
import type { Dialect } from '../vicidial/wire.ts'

/** The configuration of the process, checked and frozen. */
export interface Config {
  readonly vicidial: RuleSettings & {
    readonly url: URL
    /** VICIdial's `source` of calls for callers without their own. */
    readonly source: string
    /** The name of its server's time zone, if the operator has given it. */
    readonly timeZone: string | undefined
    readonly dialect: Dialect
    readonly maxLeadsPerCall: number
    /** Timeout for one call. */
    readonly timeoutMs: number
  }
  /** Every VICIdial account; the first is `DEFAULT_ACCOUNT`, the environment's. */
  readonly accounts: readonly [Account, ...Account[]]
  readonly dispatch: {
    readonly lingerMs: number
    readonly maxWaiting: number
    /** If a caller's oldest update waits longer than this, the caller may add no more. */
    readonly maxAgeMs: number
  }
  /** The directory of the outbox, unless there is a `cluster`. */
  readonly dataDir: string
  /** With PostgreSQL: the database, and how this gateway and others share it. */
  readonly cluster: ClusterSettings | undefined
  /** A hash of the settings that all gateways of a cluster should share. */
  readonly fingerprint: string
  /** A hash of all that was read: it differs if any variable, the gateway file or a secret has changed. */
  readonly digest: string
  readonly durable: {
    /** When a failed delivery is tried again. */
    readonly retry: RetrySchedule
    /** Updates that may wait in the outbox. */
    readonly maxPending: number
    /** How long jobs are kept after their end, in days. */
    readonly retentionDays: number
  }
  readonly history: {
    /** In days; 0: no history. */
    readonly retentionDays: number
    /** Whether the history has the values that were set. */
    readonly values: boolean
  }
  readonly host: string
  readonly port: number
  readonly requestDeadlineMs: number
  readonly maxUpdatesPerRequest: number
  readonly maxBodyBytes: number
  readonly http: HttpSettings
  /** The path of the gateway file, if there is one. */
  readonly gatewayFile: string | undefined
  /** Absolute paths of the files that secrets were read from. */
  readonly secretFiles: readonly string[]
  /** Where alerts go; undefined if none are sent. */
  readonly alerts: AlertSettings | undefined
  readonly callers: readonly CallerConfig[]
  /** Whether the gateway answers at VICIdial's own address. */
  readonly compat: boolean
  /** Custom fields that may be set, by label. */
  readonly customFields: ReadonlyMap<string, CustomField>
  readonly webhooks: readonly WebhookEndpoint[]
  readonly logLevel: string
  /** Warnings for the log about valid settings that should be changed. None quotes a secret. */
  readonly warnings: readonly string[]
}

/** Key length in characters below which a key might be guessed. */
const LONG_KEY = 32

/** The name of the caller whose key is `API_KEY`. */
const API_KEY_CALLER = 'api_key'

/**
 * Reads the configuration from environment variables and the files that they name.
 * @throws ConfigError with every fault at once
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = []
  const secretFiles = new SecretFiles('.')
  const environment = readEnvironment(env, secretFiles, faults)
  const url = readUrl(environment.VICIDIAL_URL, faults)
  const fileFaults: string[] = []
  const file =
    environment.GATEWAY_CONFIG === undefined
      ? undefined
      : readGatewayFile(environment.GATEWAY_CONFIG, fileFaults)
  faults.push(...fileFaults)
  const callers = [...(file?.callers ?? [])]
  if (environment.API_KEY !== undefined) {
    const keys = [{ hash: hashKey(environment.API_KEY) }]
    callers.unshift({ name: API_KEY_CALLER, keys, account: DEFAULT_ACCOUNT, permissions: ALL_PERMISSIONS })
  }
  if (callers.filter(({ name }) => name === API_KEY_CALLER).length > 1) {
    faults.push(
      `GATEWAY_CONFIG names a caller ${API_KEY_CALLER}, which is the name of the caller of API_KEY.`
    )
  }
  const hashes = callers.flatMap(({ keys }) => keys.map(({ hash }) => hash))
  if (environment.API_KEY !== undefined && hashes.indexOf(hashes[0] ?? '', 1) > 0) {
    faults.push('API_KEY is also the key of a caller in GATEWAY_CONFIG.')
  }
  const isUnused = callers.length === 0 && (file?.webhooks ?? []).length === 0
  if (isUnused && fileFaults.length === 0) {
    faults.push(
      'API_KEY, or GATEWAY_CONFIG with callers or webhooks, is required: otherwise nobody could use the gateway.'
    )
  }
  if (environment.VICIDIAL_TIMEOUT_MS > environment.REQUEST_DEADLINE_MS) {
    faults.push(
      'VICIDIAL_TIMEOUT_MS is longer than REQUEST_DEADLINE_MS: a request would end before its call can.'
    )
  }
  const user: unknown = environment.VICIDIAL_USER
  const isSame = (account: AccountConfig) =>
    typeof user === 'string' && userName(account.user) === userName(user)
  if (file?.accounts.some(isSame)) {
    faults.push('VICIDIAL_USER is also the user of an account in GATEWAY_CONFIG.')
  }
  checkTimeZone(environment.VICIDIAL_TIME_ZONE, faults)
  const http = readHttpSettings(environment, faults)
  const cluster = readClusterSettings(environment, hostname(), faults)
  if (faults.length > 0 || url === undefined) throw new ConfigError(faults)
  const secrets = new Map([...secretFiles.files, ...(file?.secretFiles ?? [])])
  const content = JSON.stringify([environment, file?.content ?? null, [...secrets]])
  const withLimits = (account: AccountConfig): Account => ({
    maxConcurrency: environment.VICIDIAL_MAX_CONCURRENCY,
    maxCallsPerSecond: environment.VICIDIAL_MAX_CALLS_PER_SECOND,
    ...account
  })
  return Object.freeze<Config>({
    vicidial: Object.freeze({
      url,
      source: environment.VICIDIAL_SOURCE,
      ...ruleSettings(environment),
      timeZone: environment.VICIDIAL_TIME_ZONE,
      dialect: environment.VICIDIAL_DIALECT,
      maxLeadsPerCall: environment.VICIDIAL_MAX_LEADS_PER_CALL,
      timeoutMs: environment.VICIDIAL_TIMEOUT_MS
    }),
    accounts: [
      withLimits({ name: DEFAULT_ACCOUNT, user: environment.VICIDIAL_USER, pass: environment.VICIDIAL_PASS }),
      ...(file?.accounts ?? []).map(withLimits)
    ],
    dispatch: Object.freeze({
      lingerMs: environment.DISPATCH_LINGER_MS,
      maxWaiting: environment.DISPATCH_MAX_WAITING,
      // Updates added after that would hardly be delivered before the deadline.
      maxAgeMs: environment.REQUEST_DEADLINE_MS / 2
    }),
    dataDir: environment.DATA_DIR,
    cluster,
    fingerprint: fingerprintOf(environment, file?.content ?? null),
    digest: createHash('sha256').update(content).digest('hex'),
    durable: Object.freeze({
      retry: Object.freeze({
        firstMs: environment.RETRY_FIRST_PAUSE_MS,
        longestMs: environment.RETRY_LONGEST_PAUSE_MS,
        forMs: environment.RETRY_FOR_MS
      }),
      maxPending: environment.OUTBOX_MAX_WAITING,
      retentionDays: environment.JOB_RETENTION_DAYS
    }),
    history: Object.freeze({
      retentionDays: environment.HISTORY_RETENTION_DAYS,
      values: environment.HISTORY_VALUES === '1'
    }),
    host: environment.HOST,
    port: environment.PORT,
    requestDeadlineMs: environment.REQUEST_DEADLINE_MS,
    maxUpdatesPerRequest: environment.MAX_UPDATES_PER_REQUEST,
    maxBodyBytes: environment.MAX_BODY_BYTES,
    http,
    gatewayFile: environment.GATEWAY_CONFIG,
    secretFiles: [...secrets.keys()],
    alerts: file?.alerts && { gateway: cluster?.name ?? hostname(), ...file.alerts },
    callers: Object.freeze(callers.map((caller) => Object.freeze(caller))),
    compat: file?.compat ?? false,
    customFields: file?.customFields ?? new Map(),
    webhooks: file?.webhooks ?? [],
    logLevel: environment.LOG_LEVEL,
    warnings: [...warningsOf(environment), ...untypedWarnings(file?.customFields ?? new Map())]
  })
}

function warningsOf({ API_KEY, VICIDIAL_DB_CHARSET, DATABASE_URL, DATA_DIR }: Environment): string[] {
  const warnings: string[] = []
  if (DATABASE_URL?.includes('sslmode=require')) {
    warnings.push(
      'DATABASE_URL has sslmode=require, which takes any certificate: sslmode=verify-full checks whose it is.'
    )
  }
  const volatile = DATABASE_URL === undefined ? dataDirWarning(DATA_DIR, readMounts()) : undefined
  if (volatile !== undefined) warnings.push(volatile)
  if (API_KEY !== undefined && API_KEY.length < LONG_KEY) {
    warnings.push(
      `API_KEY is shorter than ${LONG_KEY} characters, and may be guessed: "openssl rand -hex 32" makes a better one.`
    )
  }
  if (VICIDIAL_DB_CHARSET === undefined) {
    warnings.push(
      'VICIDIAL_DB_CHARSET is not set, so utf8 is assumed: if it is latin1, VICIdial cuts long values in other alphabets, or loses their letters. "vicidial-gateway check --test-lead ID" finds the right value.'
    )
  }
  return warnings
}

function checkTimeZone(name: unknown, faults: string[]): void {
  if (typeof name !== 'string') return
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
  } catch {
    faults.push('VICIDIAL_TIME_ZONE is no time zone that is known here: give one like America/New_York.')
  }
}

function readUrl(text: unknown, faults: string[]): URL | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    faults.push(
      'VICIDIAL_URL must be a full http or https address, like https://dialer.example/vicidial/non_agent_api.php.'
    )
    return undefined
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    faults.push(
      'VICIDIAL_URL must have no user, password, query or fragment: VICIDIAL_USER and VICIDIAL_PASS carry the login.'
    )
    return undefined
  }
  return url
}
