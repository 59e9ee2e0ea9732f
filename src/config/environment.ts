import { createHash } from 'node:crypto'
import type { DbCharset, NonLatin } from '../leads/cleaning/column-text.ts'
import { BUILD_PATTERN } from '../vicidial/builds.ts'
import { SOURCE_PATTERN } from '../vicidial/wire.ts'
import { type Static, type TSchema, Type } from 'typebox'
import { Check } from 'typebox/schema'
import type { SecretFiles } from './secret-files.ts'

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
    pattern: SOURCE_PATTERN,
    description: '2 to 20 letters and digits'
  }),
  VICIDIAL_NON_LATIN: Type.Union([Type.Literal('0'), Type.Literal('1')], {
    default: '0',
    description: "0 or 1, as VICIdial's system setting use_non_latin"
  }),
  VICIDIAL_DB_CHARSET: Type.Optional(
    Type.Enum(['utf8', 'latin1'], { description: "utf8 or latin1, as VICIdial's database has it" })
  ),
  VICIDIAL_BUILD: Type.Optional(
    Type.String({ pattern: BUILD_PATTERN, description: "VICIdial's build, like 250720-1841" })
  ),
  VICIDIAL_TIME_ZONE: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z][A-Za-z0-9+_/-]{0,63}$',
      description: "the time zone of VICIdial's server, like America/New_York"
    })
  ),
  VICIDIAL_DIALECT: Type.Union([Type.Literal('lead_ids'), Type.Literal('leads_data')], {
    default: 'lead_ids',
    description: 'lead_ids or leads_data'
  }),
  VICIDIAL_MAX_LEADS_PER_CALL: positive(1_000, 100_000, ''),
  // More gain nothing, as all calls share one table; and ten refused logins at once would lock the account.
  VICIDIAL_MAX_CONCURRENCY: positive(2, 8, ''),
  VICIDIAL_MAX_CALLS_PER_SECOND: Type.Integer({
    default: 20,
    minimum: 0,
    maximum: 10_000,
    description: 'a whole number from 0 (no limit) to 10000'
  }),
  VICIDIAL_TIMEOUT_MS: positive(10_000, 28_000, ' (milliseconds)'),
  // Shorter than the time to shut down, so that no accepted request is cut off.
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
  OPS: Type.Enum(['on', 'off'], { default: 'on', description: 'on or off' }),
  DISPATCH_LINGER_MS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 5_000,
    description: 'a whole number from 0 (none) to 5000 (milliseconds)'
  }),
  DISPATCH_MAX_WAITING: positive(100_000, 1_000_000, ''),
  DATA_DIR: Type.String({ default: './data', minLength: 1, description: 'a directory that can be written' }),
  DATABASE_URL: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'the address of a PostgreSQL database, like postgres://USER:PASSWORD@HOST/DATABASE'
    })
  ),
  DATABASE_CA_FILE: Type.Optional(
    Type.String({ minLength: 1, description: 'a file with certificates in PEM' })
  ),
  DATABASE_MAX_CONNECTIONS: positive(10, 1_000, ''),
  DATABASE_TIMEOUT_MS: positive(3_000, 60_000, ' (milliseconds)'),
  CLUSTER_NAME: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
      description: 'a name of up to 63 letters, digits, dots, hyphens and underscores'
    })
  ),
  CLUSTER_URL: Type.Optional(
    Type.String({ minLength: 1, description: 'the address at which the other gateways reach this one' })
  ),
  CLUSTER_HOST: Type.Optional(Type.String({ minLength: 1, description: 'an address to listen on' })),
  CLUSTER_PORT: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65_535, description: 'a port from 1 to 65535' })
  ),
  CLUSTER_SECRET: Type.Optional(
    Type.String({ minLength: 1, description: 'a secret that the gateways share' })
  ),
  CLUSTER_LEASE_MS: positive(5_000, 600_000, ' (milliseconds)'),
  CLUSTER_RENEW_MS: positive(1_000, 60_000, ' (milliseconds)'),
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
export type Environment = Static<typeof EnvironmentSchema>

type Variable = keyof Environment

const FINGERPRINT_DIGITS = 12
/** Whose values differ between the gateways of a cluster, or are secret. */
const OF_ONE_GATEWAY: ReadonlySet<string> = new Set([
  'VICIDIAL_PASS',
  'API_KEY',
  'DATA_DIR',
  'DATABASE_URL',
  'DATABASE_CA_FILE',
  'DATABASE_MAX_CONNECTIONS',
  'CLUSTER_NAME',
  'CLUSTER_URL',
  'CLUSTER_HOST',
  'CLUSTER_PORT',
  'CLUSTER_SECRET',
  'GATEWAY_CONFIG',
  'HOST',
  'PORT',
  'LOG_LEVEL'
])
const VARIABLES = Object.keys(EnvironmentSchema.properties) as readonly Variable[]

const DEFAULTS = Object.fromEntries(
  Object.entries(EnvironmentSchema.properties).flatMap(([name, schema]) =>
    'default' in schema ? [[name, schema.default]] : []
  )
)

/** Variables whose value may come from a file, named by `<variable>_FILE`. */
const SECRETS: readonly Variable[] = [
  'VICIDIAL_USER',
  'VICIDIAL_PASS',
  'API_KEY',
  'DATABASE_URL',
  'CLUSTER_SECRET'
]

/**
 * Reads the gateway's variables, with their defaults, and secrets from the files that `_FILE` variables name. Notes
 * what is wrong in `faults`; no fault quotes a secret.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  secretFiles: SecretFiles,
  faults: string[]
): Environment {
  const given = givenOf(env, VARIABLES)
  const unreadable = new Set<Variable>()
  for (const name of SECRETS) {
    const file = env[`${name}_FILE`]
    if (file === undefined || file === '') continue
    if (given[name] !== undefined) faults.push(`${name} and ${name}_FILE are both set: give one of them.`)
    const read = secretFiles.read(file)
    if ('secret' in read) given[name] = read.secret
    else {
      unreadable.add(name)
      faults.push(`${name}_FILE: the file that it names ${read.fault}.`)
    }
  }
  return checked(
    given,
    VARIABLES.filter((name) => !unreadable.has(name)),
    faults
  ) as Environment
}

const RULES = ['VICIDIAL_NON_LATIN', 'VICIDIAL_DB_CHARSET', 'VICIDIAL_BUILD'] as const

/** The settings that decide what VICIdial stores of a value. */
export interface RuleSettings {
  readonly nonLatin: NonLatin
  readonly dbCharset: DbCharset
  /** VICIdial's build, if the operator names it; otherwise the gateway asks for it. */
  readonly build: string | undefined
}

/** Reads only the variables that decide what VICIdial stores of a value. Notes every fault in `faults`. */
export function readRuleSettings(
  env: Readonly<Record<string, string | undefined>>,
  faults: string[]
): RuleSettings {
  return ruleSettings(checked(givenOf(env, RULES), RULES, faults) as Environment)
}

/** The settings that decide what VICIdial stores of a value. */
export function ruleSettings({
  VICIDIAL_NON_LATIN,
  VICIDIAL_DB_CHARSET,
  VICIDIAL_BUILD
}: Pick<Environment, (typeof RULES)[number]>): RuleSettings {
  return {
    nonLatin: VICIDIAL_NON_LATIN === '1' ? 1 : 0,
    dbCharset: VICIDIAL_DB_CHARSET ?? 'utf8',
    build: VICIDIAL_BUILD
  }
}

/** A short hash of what all gateways of a cluster should have alike: the settings, and the content of the gateway file. */
export function fingerprintOf(environment: Environment, gatewayFile: unknown): string {
  const common = Object.entries(environment).filter(([name]) => !OF_ONE_GATEWAY.has(name))
  const hash = createHash('sha256').update(JSON.stringify([common, gatewayFile]))
  return hash.digest('hex').slice(0, FINGERPRINT_DIGITS)
}

function givenOf(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly string[]
): Record<string, unknown> {
  const given: Record<string, unknown> = {}
  for (const name of names) if (env[name] !== undefined && env[name] !== '') given[name] = env[name]
  return given
}

/** The variables with their defaults. Notes a fault for each of `names` that is missing or invalid. */
function checked(
  given: Record<string, unknown>,
  names: readonly Variable[],
  faults: string[]
): Record<string, unknown> {
  const environment = { ...DEFAULTS, ...convertIntegers(given) }
  for (const name of names) {
    const schema: TSchema = EnvironmentSchema.properties[name]
    const description = 'description' in schema ? String(schema.description) : ''
    if (environment[name] === undefined) {
      if (!Type.IsOptional(schema)) faults.push(`${name} is required: ${description}.`)
    } else if (!Check(schema, environment[name])) faults.push(`${name} must be ${description}.`)
  }
  return environment
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
