import { hostname } from 'node:os'
import pg from 'pg'
import { test } from 'tap'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/config.ts'

const LEAST = {
  VICIDIAL_URL: 'https://dialer.example/vicidial/non_agent_api.php',
  VICIDIAL_USER: 'api',
  VICIDIAL_PASS: 's3cret',
  API_KEY: 'key-of-everybody-which-is-long-enough'
}
const DATABASE_URL = 'postgres://gateway:canary-pass@db.example:5432/gateway'

function faults(env: Record<string, string>): readonly string[] {
  try {
    loadConfig({ ...LEAST, ...env })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults
  }
}

test('DATABASE_URL is enough for one gateway on PostgreSQL', async (t) => {
  t.same(loadConfig({ ...LEAST, DATABASE_URL }).cluster, {
    database: { url: DATABASE_URL, tls: false, maxConnections: 10, timeoutMs: 3_000 },
    name: hostname(),
    address: undefined,
    listen: undefined,
    secret: undefined,
    leaseMs: 5_000,
    renewMs: 1_000
  })
})

test('a gateway among others has a name and an address, and listens there unless it says otherwise', async (t) => {
  const env = { ...LEAST, DATABASE_URL, CLUSTER_NAME: 'gateway-1', CLUSTER_URL: 'http://10.0.0.11:3001' }
  t.match(loadConfig(env).cluster, {
    name: 'gateway-1',
    address: 'http://10.0.0.11:3001',
    listen: { host: '127.0.0.1', port: 3001 }
  })
  const tls = { CLUSTER_URL: 'https://gateway-1.example', CLUSTER_HOST: '0.0.0.0', HOST: '10.0.0.11' }
  t.match(loadConfig({ ...env, ...tls }).cluster?.listen, { host: '0.0.0.0', port: 443 })
  t.match(loadConfig({ ...env, ...tls, CLUSTER_PORT: '3001' }).cluster?.listen, { port: 3001 })
  t.match(loadConfig({ ...env, HOST: '10.0.0.11' }).cluster?.listen, { host: '10.0.0.11' })
})

test('sslmode decides how the connection is protected, and a file names the authorities', async (t) => {
  const ca = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'
  const directory = t.testdir({ 'ca.pem': ca, 'none.pem': 'x' })
  const database = (query: string, more = {}) =>
    loadConfig({ ...LEAST, DATABASE_URL: `${DATABASE_URL}${query}`, ...more }).cluster?.database
  t.match(database('?sslmode=disable'), { url: DATABASE_URL, tls: false })
  t.match(database('?sslmode=require'), { tls: { rejectUnauthorized: false } })
  t.match(database('?sslmode=verify-full&options=-c%20x%3D1'), {
    url: `${DATABASE_URL}?options=-c+x%3D1`,
    tls: { rejectUnauthorized: true }
  })
  const file = { DATABASE_CA_FILE: `${directory}/ca.pem` }
  t.match(database('?sslmode=verify-full', file), { tls: { rejectUnauthorized: true, ca } })
  t.same(faults({ DATABASE_URL, ...file }), [
    'DATABASE_CA_FILE has no meaning without sslmode=verify-full in DATABASE_URL.'
  ])
  t.same(
    faults({
      DATABASE_URL: `${DATABASE_URL}?sslmode=verify-full`,
      DATABASE_CA_FILE: `${directory}/none.pem`
    }),
    ['DATABASE_CA_FILE: the file that it names has no certificate.']
  )
  t.same(
    faults({ DATABASE_URL: `${DATABASE_URL}?sslmode=verify-full`, DATABASE_CA_FILE: `${directory}/gone` }),
    ['DATABASE_CA_FILE: the file that it names cannot be read (ENOENT).']
  )
  const { warnings } = loadConfig({ ...LEAST, DATABASE_URL: `${DATABASE_URL}?sslmode=require` })
  t.match(warnings, [/takes any certificate/])
})

test('every fault is listed, and none quotes the password', async (t) => {
  const found = faults({
    DATABASE_URL: 'postgres://gateway:canary-pass@db.example/?sslmode=prefer&sslkey=x',
    CLUSTER_URL: 'http://10.0.0.11:3001/path',
    CLUSTER_SECRET: 'short',
    CLUSTER_NAME: 'two words',
    CLUSTER_LEASE_MS: '4000'
  })
  t.match(found, [
    /^CLUSTER_NAME must be a name/,
    /^CLUSTER_SECRET must have 16 characters/,
    /^CLUSTER_RENEW_MS and DATABASE_TIMEOUT_MS together/,
    /^CLUSTER_URL must be an http or https address/,
    /^DATABASE_URL must be like postgres:/,
    /^DATABASE_URL has parameters that are not taken \(sslkey\): only sslmode, application_name and options/,
    /^DATABASE_URL: sslmode must be/
  ])
  t.equal(found.length, 7)
  t.notMatch(found.join(), 'canary')
})

test('DATABASE_URL is taken only as the driver understands it', (t) => {
  const faultsOf = (url: string) => faults({ DATABASE_URL: url })
  const refused = (url: string, reason: RegExp) => {
    const found = faultsOf(url)
    t.match(found, [reason])
    t.equal(found.length, 1, url)
    t.notMatch(found.join(), /canary/)
  }
  const like = /^DATABASE_URL must be like/
  for (const url of [
    'postgres://u:canary%@db/gateway',
    'postgres://u:canary%2@db/gateway',
    'postgres://u:canary%zz@db/gateway',
    'postgres://u:canary%ff@db/gateway',
    'postgres://u:canary#x@db/gateway',
    'postgres://u:canary/x@db/gateway',
    'postgres://u:canary@db:99999/gateway',
    'postgres://u:canary@db',
    'mysql://u:canary@db/gateway'
  ])
    refused(url, like)
  const several = /^DATABASE_URL names several hosts: name one address/
  refused('postgres://u:canary@a,b/gateway', several)
  refused('postgres://u:canary@a:5432,b:5432/gateway?application_name=x', several)
  for (const [name, value] of [
    ['target_session_attrs', 'read-write'],
    ['host', 'canary'],
    ['password', 'canary'],
    ['ssl', 'true'],
    ['connect_timeout', '5'],
    ['channel_binding', 'require'],
    ['max', '100']
  ])
    refused(`${DATABASE_URL}?${name}=${value}`, new RegExp(`not taken \\(${name}\\): only sslmode`))
  for (const mode of ['', 'allow', 'prefer', 'verify-ca', 'no-verify', 'REQUIRE'])
    refused(`${DATABASE_URL}?sslmode=${mode}`, /sslmode must be disable, require or verify-full/)
  t.match(faultsOf('postgres://u:p?canary@db/gateway'), [like, /parameters that are not taken: only/])
  t.notMatch(faultsOf('postgres://u:p?canary@db/gateway').join(), 'canary')
  t.end()
})

test('the driver connects to what DATABASE_URL says', (t) => {
  const clientOf = (text: string) => {
    const { url = '', tls } = loadConfig({ ...LEAST, DATABASE_URL: text }).cluster?.database ?? {}
    const { user, password, host, port, database, connectionParameters } = new pg.Client({
      connectionString: url,
      ssl: tls
    }) as pg.Client & { connectionParameters: { options?: string; ssl: unknown } }
    return { user, password, host, port, database, ...connectionParameters }
  }
  t.match(
    clientOf('postgresql://us%40er:p%25%2F%3A%23%3F%20%C3%A9@db.example:6432/gate%20way?sslmode=require'),
    {
      user: 'us@er',
      password: 'p%/:#? é',
      host: 'db.example',
      port: 6432,
      database: 'gate way',
      ssl: { rejectUnauthorized: false }
    }
  )
  t.match(clientOf('postgres://u:p@ss@[::1]/gateway?options=-c%20search_path%3Da%2Cb&sslmode=disable'), {
    password: 'p@ss',
    host: '::1',
    port: 5432,
    options: '-c search_path=a,b',
    ssl: false
  })
  t.match(clientOf('postgres://u@%2Fvar%2Frun%2Fpostgresql/gateway'), {
    user: 'u',
    host: '/var/run/postgresql',
    database: 'gateway'
  })
  t.end()
})

test('what belongs to a cluster has no meaning without a database', async (t) => {
  t.same(faults({ CLUSTER_NAME: 'a', CLUSTER_URL: 'http://10.0.0.11:3001' }), [
    'CLUSTER_NAME has no meaning without DATABASE_URL.',
    'CLUSTER_URL has no meaning without DATABASE_URL.'
  ])
})

test('gateways with the same settings and file have the same fingerprint, whatever is their own', async (t) => {
  const file = (content: string) => `${t.testdir({ 'gateway.yaml': content })}/gateway.yaml`
  const print = (env: Record<string, string>) => loadConfig({ ...LEAST, DATABASE_URL, ...env }).fingerprint
  const own = { CLUSTER_NAME: 'b', CLUSTER_URL: 'http://b:1', PORT: '1', HOST: '::1', LOG_LEVEL: 'warn' }
  t.equal(print(own), print({}))
  t.equal(print({ VICIDIAL_PASS: 'other', API_KEY: 'another-key-that-is-long-enough-for-all' }), print({}))
  t.not(print({ VICIDIAL_MAX_CONCURRENCY: '3' }), print({}))
  const compat = print({ GATEWAY_CONFIG: file('compat: true') })
  t.not(compat, print({}))
  t.equal(print({ GATEWAY_CONFIG: file('# the same\ncompat: true') }), compat)
  t.not(print({ GATEWAY_CONFIG: file('compat: false') }), compat)
})
