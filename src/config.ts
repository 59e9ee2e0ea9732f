import { readFileSync } from 'node:fs'
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { ALL_PERMISSIONS, type CallerConfig } from './callers/caller.ts'
import { hashKey } from './callers/key.ts'
import { errorCode } from './error-code.ts'
import { readGatewayFile } from './gateway-file.ts'
import { type HttpSettings, readHttpSettings } from './http-settings.ts'
import type { RetrySchedule } from './delivery/retry-schedule.ts'
import type { NonLatin } from './leads/clean.ts'
import type { WebhookSource } from './webhooks/source.ts'
import { type Account, userName } from './vicidial/account.ts'
import type { AccountConfig } from './vicidial/read-accounts.ts'
import type { Dialect } from './vicidial/wire.ts'

/** Everything the process is told, checked and frozen. */
export interface Config {
  readonly vicidial: {
    readonly url: URL
    readonly user: string
    readonly pass: string
    readonly source: string
    readonly nonLatin: NonLatin
    readonly dialect: Dialect
    readonly maxLeadsPerCall: number
    readonly maxConcurrency: number
    /** 0: no limit. */
    readonly maxCallsPerSecond: number
    readonly timeoutMs: number
  }
  /** The VICIdial accounts beside that of `vicidial`. */
  readonly accounts: readonly Account[]
  readonly dispatch: {
    readonly lingerMs: number
    readonly maxWaiting: number
    /** A caller whose oldest updates wait longer than this is refused more. */
    readonly maxAgeMs: number
  }
  /** Where what was accepted for delivery is kept. */
  readonly dataDir: string
  readonly durable: {
    /** How a delivery that failed is tried again. */
    readonly retry: RetrySchedule
    /** Updates that may wait in the outbox. */
    readonly maxOpen: number
    /** What has ended is kept for so long, in days. */
    readonly retentionDays: number
  }
  readonly history: {
    /** In days; 0: none is kept. */
    readonly retentionDays: number
    /** Whether the values that were set are kept too. */
    readonly values: boolean
  }
  readonly host: string
  readonly port: number
  readonly requestDeadlineMs: number
  readonly maxUpdatesPerRequest: number
  readonly maxBodyBytes: number
  readonly http: HttpSettings
  /** The path of the file that the callers are from, if there is one. */
  readonly gatewayFile: string | undefined
  readonly callers: readonly CallerConfig[]
  /** Custom fields that may be set, label → longest value. */
  readonly customFields: ReadonlyMap<string, number>
  readonly webhooks: readonly WebhookSource[]
  readonly logLevel: string
  /** What is taken, but should not stay so. For the log; no secret is in it. */
  readonly warnings: readonly string[]
}

/** The configuration cannot be used. `faults` has one line for each thing that is wrong; none holds a secret. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`
    )
    this.name = 'ConfigError'
    this.faults = faults
  }
}

const positive = (value: number, maximum: number, what: string) =>
  Type.Integer({
    default: value,
    minimum: 1,
    maximum,
    description: `a whole number from 1 to ${maximum}${what}`
  })

export const EnvironmentSchema = Type.Object({
  VICIDIAL_URL: Type.String({ minLength: 1, description: 'the full address of non_agent_api.php' }),
  VICIDIAL_USER: Type.String({ minLength: 1, description: "the gateway's VICIdial user" }),
  VICIDIAL_PASS: Type.String({ minLength: 1, description: "that user's password" }),
  VICIDIAL_SOURCE: Type.String({
    default: 'gateway',
    pattern: '^[A-Za-z0-9]{2,20}$',
    description: '2 to 20 letters and digits'
  }),
  VICIDIAL_NON_LATIN: Type.Union([Type.Literal('0'), Type.Literal('1')], {
    default: '0',
    description: "0 or 1, as VICIdial's system setting use_non_latin"
  }),
  VICIDIAL_DIALECT: Type.Union([Type.Literal('lead_ids'), Type.Literal('leads_data')], {
    default: 'lead_ids',
    description: 'lead_ids or leads_data'
  }),
  VICIDIAL_MAX_LEADS_PER_CALL: positive(1_000, 100_000, ''),
  // More than a few gain nothing, as they share one table; ten refused at once would lock the account.
  VICIDIAL_MAX_CONCURRENCY: positive(2, 8, ''),
  VICIDIAL_MAX_CALLS_PER_SECOND: Type.Integer({
    default: 20,
    minimum: 0,
    maximum: 10_000,
    description: 'a whole number from 0 (no limit) to 10000'
  }),
  VICIDIAL_TIMEOUT_MS: positive(10_000, 28_000, ' (milliseconds)'),
  // Less than what a process that is told to stop has left: no accepted request may be cut off.
  REQUEST_DEADLINE_MS: positive(25_000, 28_000, ' (milliseconds)'),
  MAX_UPDATES_PER_REQUEST: positive(10_000, 1_000_000, ''),
  MAX_BODY_BYTES: positive(8 * 1024 * 1024, 256 * 1024 * 1024, ' (bytes)'),
  RECEIVE_TIMEOUT_MS: positive(30_000, 600_000, ' (milliseconds)'),
  MAX_CONNECTIONS: positive(16_384, 1_000_000, ''),
  ANONYMOUS_POINTS_PER_MINUTE: Type.Integer({
    default: 600,
    minimum: 0,
    maximum: 1_000_000,
    description: 'a whole number from 0 (no limit) to 1000000'
  }),
  TRUST_PROXY: Type.Optional(
    Type.String({ minLength: 1, description: 'addresses and networks of proxies, separated by commas' })
  ),
  CORS_ORIGINS: Type.Optional(
    Type.String({ minLength: 1, description: 'origins like https://crm.example, separated by commas' })
  ),
  DOCS: Type.Enum(['open', 'key', 'off'], { default: 'open', description: 'open, key or off' }),
  DISPATCH_LINGER_MS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 5_000,
    description: 'a whole number from 0 (none) to 5000 (milliseconds)'
  }),
  DISPATCH_MAX_WAITING: positive(100_000, 1_000_000, ''),
  DATA_DIR: Type.String({ default: './data', minLength: 1, description: 'a directory that can be written' }),
  OUTBOX_MAX_WAITING: positive(1_000_000, 100_000_000, ''),
  JOB_RETENTION_DAYS: positive(30, 3_650, ' (days)'),
  HISTORY_RETENTION_DAYS: Type.Integer({
    default: 30,
    minimum: 0,
    maximum: 3_650,
    description: 'a whole number from 0 (no history) to 3650 (days)'
  }),
  HISTORY_VALUES: Type.Union([Type.Literal('0'), Type.Literal('1')], {
    default: '0',
    description: '0 or 1: whether the history has the values that were set'
  }),
  RETRY_FIRST_PAUSE_MS: positive(2_000, 3_600_000, ' (milliseconds)'),
  RETRY_LONGEST_PAUSE_MS: positive(600_000, 86_400_000, ' (milliseconds)'),
  RETRY_FOR_MS: positive(43_200_000, 2_592_000_000, ' (milliseconds)'),
  HOST: Type.String({ default: '127.0.0.1', minLength: 1, description: 'an address to listen on' }),
  PORT: Type.Integer({
    default: 3000,
    minimum: 0,
    maximum: 65_535,
    description: 'a port from 0 (any) to 65535'
  }),
  API_KEY: Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]+$',
      description: 'a key for one caller with every right, in visible ASCII without spaces'
    })
  ),
  GATEWAY_CONFIG: Type.Optional(Type.String({ minLength: 1, description: 'a YAML file with callers' })),
  LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) => Type.Literal(level)),
    { default: 'info', description: 'fatal, error, warn, info, debug, trace or silent' }
  )
})
type Environment = Static<typeof EnvironmentSchema>

/** Fewer characters could be guessed, if they are not of chance. */
const LONG_KEY = 32

/** The name under which the caller of `API_KEY` appears. */
const API_KEY_CALLER = 'api_key'

/** Variables whose value may stand in a file, named by `<variable>_FILE`. */
const SECRETS: readonly (keyof Environment)[] = ['VICIDIAL_USER', 'VICIDIAL_PASS', 'API_KEY']

/**
 * Reads the configuration from environment variables and the files that they name.
 * @throws ConfigError with every fault at once
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = []
  const environment = readEnvironment(env, faults)
  const url = readUrl(environment.VICIDIAL_URL, faults)
  const file =
    environment.GATEWAY_CONFIG === undefined ? undefined : readGatewayFile(environment.GATEWAY_CONFIG, faults)
  const callers = [...(file?.callers ?? [])]
  if (environment.API_KEY !== undefined) {
    const keys = [{ hash: hashKey(environment.API_KEY) }]
    callers.unshift({ name: API_KEY_CALLER, keys, permissions: ALL_PERMISSIONS })
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
  if (isUnused && (environment.GATEWAY_CONFIG === undefined || file)) {
    faults.push(
      'API_KEY, or GATEWAY_CONFIG with callers or webhooks, is required: nobody could use the gateway.'
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
  const http = readHttpSettings(environment, faults)
  if (faults.length > 0 || url === undefined) throw new ConfigError(faults)
  return Object.freeze({
    vicidial: Object.freeze({
      url,
      user: environment.VICIDIAL_USER,
      pass: environment.VICIDIAL_PASS,
      source: environment.VICIDIAL_SOURCE,
      nonLatin: environment.VICIDIAL_NON_LATIN === '1' ? 1 : 0,
      dialect: environment.VICIDIAL_DIALECT,
      maxLeadsPerCall: environment.VICIDIAL_MAX_LEADS_PER_CALL,
      maxConcurrency: environment.VICIDIAL_MAX_CONCURRENCY,
      maxCallsPerSecond: environment.VICIDIAL_MAX_CALLS_PER_SECOND,
      timeoutMs: environment.VICIDIAL_TIMEOUT_MS
    }),
    accounts: (file?.accounts ?? []).map((account) => ({
      maxConcurrency: environment.VICIDIAL_MAX_CONCURRENCY,
      maxCallsPerSecond: environment.VICIDIAL_MAX_CALLS_PER_SECOND,
      ...account
    })),
    dispatch: Object.freeze({
      lingerMs: environment.DISPATCH_LINGER_MS,
      maxWaiting: environment.DISPATCH_MAX_WAITING,
      // What comes after it would hardly get its turn in time.
      maxAgeMs: environment.REQUEST_DEADLINE_MS / 2
    }),
    dataDir: environment.DATA_DIR,
    durable: Object.freeze({
      retry: Object.freeze({
        firstMs: environment.RETRY_FIRST_PAUSE_MS,
        longestMs: environment.RETRY_LONGEST_PAUSE_MS,
        forMs: environment.RETRY_FOR_MS
      }),
      maxOpen: environment.OUTBOX_MAX_WAITING,
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
    callers: Object.freeze(callers.map((caller) => Object.freeze(caller))),
    customFields: file?.customFields ?? new Map(),
    webhooks: file?.webhooks ?? [],
    logLevel: environment.LOG_LEVEL,
    warnings: warningsOf(environment)
  })
}

function readEnvironment(env: Readonly<Record<string, string | undefined>>, faults: string[]): Environment {
  const given: Record<string, unknown> = {}
  const unreadable = new Set<string>()
  for (const name of Object.keys(EnvironmentSchema.properties)) {
    if (env[name] !== undefined && env[name] !== '') given[name] = env[name]
  }
  for (const name of SECRETS) {
    const file = env[`${name}_FILE`]
    if (file === undefined || file === '') continue
    if (given[name] !== undefined) faults.push(`${name} and ${name}_FILE are both set: give one of them.`)
    try {
      const content = readFileSync(file, 'utf8').trim()
      if (content !== '') {
        given[name] = content
        continue
      }
      unreadable.add(name)
      faults.push(`${name}_FILE: the file that it names is empty.`)
    } catch (error) {
      unreadable.add(name)
      // Not its name: it could be the secret itself, put there by mistake.
      faults.push(`${name}_FILE: the file that it names cannot be read (${errorCode(error)}).`)
    }
  }
  const environment = Value.Default(EnvironmentSchema, convertIntegers(given)) as Record<string, unknown>
  for (const [name, schema] of Object.entries<TSchema>(EnvironmentSchema.properties)) {
    if (unreadable.has(name)) continue
    const description = 'description' in schema ? String(schema.description) : ''
    if (environment[name] === undefined) {
      if (!Type.IsOptional(schema)) faults.push(`${name} is required: ${description}.`)
    } else if (!Value.Check(schema, environment[name])) faults.push(`${name} must be ${description}.`)
  }
  return environment as Environment
}

function convertIntegers(given: Record<string, unknown>): Record<string, unknown> {
  const converted: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const schema: TSchema | undefined = EnvironmentSchema.properties[name as keyof Environment]
    const integer = Type.IsInteger(schema) && typeof value === 'string' && /^-?\d{1,15}$/.test(value)
    converted[name] = integer ? Number(value) : value
  }
  return converted
}

function warningsOf({ API_KEY }: Environment): string[] {
  if (API_KEY === undefined || API_KEY.length >= LONG_KEY) return []
  return [
    `API_KEY is shorter than ${LONG_KEY} characters, and may be guessed: "npm run key" makes a better one.`
  ]
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
