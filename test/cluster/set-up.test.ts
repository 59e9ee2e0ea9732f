import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'tap'
import { MemberTable } from '../../src/cluster/members/member-table.ts'
import { PeerServer } from '../../src/cluster/peers/peer-server.ts'
import { HELLO, hello, REACH } from '../../src/cluster/peers/reach.ts'
import { Signer } from '../../src/cluster/peers/signature.ts'
import { loadConfig } from '../../src/config/config.ts'
import { StorageError } from '../../src/errors.ts'
import { createGateway } from '../../src/gateway.ts'
import { migrate } from '../../src/outbox/postgres/database/migrate.ts'
import { freePort } from '../../src/tools/demo/cluster/free-port.ts'
import { originOf, run } from '../gateway/gateway-process.ts'
import { API_KEY, leaksIn, memoryLog, type Tester } from '../helper.ts'
import { newDatabase, newPool, olderServer, PASSWORD } from '../postgres.ts'

const SECRET = 'canary-secret-of-the-cluster'
const VICIDIAL = {
  VICIDIAL_URL: 'http://127.0.0.1:9/non_agent_api.php',
  VICIDIAL_USER: 'api',
  VICIDIAL_PASS: 's3cret',
  VICIDIAL_BUILD: '250720-1841',
  API_KEY
}
const MEMBER = {
  version: '0.1.0',
  protocol: 1,
  oldestProtocol: 1,
  schema: 2,
  fingerprint: '',
  accounts: ['default']
}

/** Why a gateway with these settings does not start, without any secret. It never does. */
async function faultsOf(env: Record<string, string>): Promise<string[]> {
  const config = loadConfig({
    ...VICIDIAL,
    CLUSTER_NAME: 'a',
    CLUSTER_SECRET: SECRET,
    ...env
  })
  const { log } = memoryLog()
  try {
    await (await createGateway(config, log)).close()
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    assert.deepEqual(leaksIn(error.message, [SECRET, PASSWORD, API_KEY]), [], 'the faults hold a secret')
    return error.message.split('\n')
  }
  throw new Error('the gateway started')
}

/** A port that another program listens on. */
async function busyPort(t: Tester): Promise<number> {
  const port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return port
}

/** Another gateway of the cluster that is alive, and what it says of the address of this one. */
async function startMember(
  t: Tester,
  DATABASE_URL: string,
  { gateway = 'b', secret = SECRET, reach = null as string | null } = {}
): Promise<string> {
  const pool = newPool(t, DATABASE_URL)
  await migrate(pool)
  const run = randomUUID()
  const server = new PeerServer({
    self: { gateway, run },
    signer: new Signer(secret),
    handlers: { [HELLO]: hello, [REACH]: async () => reach },
    log: { warn: () => {}, error: () => {} }
  })
  const address = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`
  t.teardown(() => server.close())
  await new MemberTable(pool, run).join({ ...MEMBER, gateway, address }, 0)
  // It stays alive, however slow the machine is.
  await pool.query("UPDATE members SET seen_at = seen_at + interval '1 hour' WHERE gateway = $1", [gateway])
  return address
}

test('a wrong password, and an address of another program', async (t) => {
  const url = await newDatabase()
  const port = await busyPort(t)
  const faults = await faultsOf({
    DATABASE_URL: url.replace(PASSWORD, 'wrong'),
    CLUSTER_URL: `http://127.0.0.1:${port}`
  })
  t.same(faults, [
    'The database cannot be written (password authentication failed for user "gateway"). Check the user and the password of DATABASE_URL.',
    `The gateway cannot listen for the others on 127.0.0.1:${port} (EADDRINUSE): see CLUSTER_URL, CLUSTER_HOST and CLUSTER_PORT.`
  ])
  const away = await faultsOf({ DATABASE_URL: url.replace(/:\d+\//, ':1/') })
  t.match(away, [/ECONNREFUSED.*Check the host, the port and sslmode of DATABASE_URL, and the network\.$/])
  t.equal(away.length, 1)
})

test('no rights, a server that is too old, a schema that is newer, and an address that leads nowhere', async (t) => {
  const url = await newDatabase()
  const pool = newPool(t, url)
  const role = `r${randomUUID().replaceAll('-', '')}`
  const nowhere = { CLUSTER_HOST: '127.0.0.1', CLUSTER_PORT: String(await freePort()) }
  const CLUSTER_URL = `http://127.0.0.1:${await freePort()}`
  await pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'canary-reader'`)
  const asReader = url.replace(/\/\/[^@]+@/, `//${role}:canary-reader@`)
  const none = await faultsOf({
    DATABASE_URL: await olderServer(t, asReader),
    CLUSTER_URL,
    ...nowhere
  })
  const old = /^The database server is PostgreSQL 14\.\d+: it must be 15 or newer\.$/
  const away =
    /^CLUSTER_URL does not lead to this gateway: http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\.$/
  t.match(none, [old, new RegExp(`^The user ${role} may not create tables in the schema`), away])
  t.equal(none.length, 3)

  await migrate(pool)
  await pool.query('INSERT INTO gateway_schema (version, oldest_compatible) VALUES (98, 97)')
  const newer = /^The database was changed by a newer gateway \(schema 98, usable from schema 97 on/
  const both = await faultsOf({ DATABASE_URL: await olderServer(t, url), CLUSTER_URL, ...nowhere })
  t.match(both, [old, newer, away])
  t.equal(both.length, 3)

  await pool.query('DELETE FROM gateway_schema WHERE version = 98')
  const schema = new URL(url).searchParams.get('options')?.split('=')[1]
  await pool.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`)
  const remedy = 'Make the user of DATABASE_URL the owner of the database and of its tables.'
  t.match(await faultsOf({ DATABASE_URL: asReader }), [
    `The database cannot be written (permission denied for table gateway_schema). ${remedy}`
  ])
  await pool.query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${role}`)
  t.same(await faultsOf({ DATABASE_URL: asReader }), [`The database cannot be used (42501). ${remedy}`])
  await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
})

test('two gateways of one name, and the address of the other', async (t) => {
  const DATABASE_URL = await newDatabase()
  const address = await startMember(t, DATABASE_URL, { gateway: 'a' })
  const faults = await faultsOf({
    DATABASE_URL,
    CLUSTER_URL: address,
    CLUSTER_HOST: '127.0.0.1',
    CLUSTER_PORT: String(await freePort())
  })
  t.same(faults, [
    `CLUSTER_URL does not lead to this gateway: ${address} answers: This is another process, of the gateway a.`,
    `Another gateway with the name a is running (${address}): give each its own CLUSTER_NAME.`
  ])
})

test('an address at which the others cannot reach the gateway, and a secret that differs', async (t) => {
  const DATABASE_URL = await newDatabase()
  await startMember(t, DATABASE_URL, { reach: 'http://a:3001 cannot be reached (ENOTFOUND).' })
  const other = await startMember(t, DATABASE_URL, { gateway: 'c', secret: 'another-secret-of-a-cluster' })
  const CLUSTER_URL = `http://127.0.0.1:${await freePort()}`
  const faults = await faultsOf({ DATABASE_URL, CLUSTER_URL })
  t.same(faults.toSorted(), [
    'The gateway b says: http://a:3001 cannot be reached (ENOTFOUND).',
    `The gateway c refuses this one: ${other} does not accept this gateway: they have different CLUSTER_SECRETs.`
  ])
  const pool = newPool(t, DATABASE_URL)
  const { rows } = await pool.query('SELECT gateway FROM members ORDER BY gateway')
  t.same(rows, [{ gateway: 'b' }, { gateway: 'c' }], 'it has left')
})

test('a gateway that was frozen while a newer one changed the database ends, and says why', async (t) => {
  const DATABASE_URL = await newDatabase()
  const gateway = run(t, { ...VICIDIAL, DATABASE_URL })
  await originOf(gateway)
  const pool = newPool(t, DATABASE_URL)
  await pool.query('INSERT INTO gateway_schema (version, oldest_compatible) VALUES (99, 99)')
  const { err } = await gateway.line('the process failed')
  t.match(err, {
    message: 'A newer gateway has changed the database: this one cannot use it any more.'
  })
  t.equal(await gateway.exit, 1)
  t.equal(gateway.stderr(), '')
})
