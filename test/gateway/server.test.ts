import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'tap'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { originOf, run } from './gateway-process.ts'
import { API_KEY, batch, call, startStandIn } from '../helper.ts'

/** Longer than a process with nothing left to do needs to end, shorter than it keeps an idle connection. */
const SOON_MS = 60_000

test("without settings the server doesn't start, and lists every fault at once", async (t) => {
  const server = run(t, {})

  t.equal(await server.exit, 1)
  t.same(server.lines, [])
  const faults = server.stderr().split('\n').slice(0, -1)
  t.equal(faults[0], 'The configuration has 4 faults:')
  t.match(faults[1], '  - VICIDIAL_URL is required: the full address of non_agent_api.php.')
  t.match(faults[2], "  - VICIDIAL_USER is required: the gateway's VICIdial user.")
  t.match(faults[3], "  - VICIDIAL_PASS is required: that user's password.")
  t.match(faults[4], /^ {2}- API_KEY, or GATEWAY_CONFIG with callers or webhooks, is required/)
  t.equal(faults.length, 5)
})

test('with wrong settings the server names each one, and shows no secret', async (t) => {
  const server = run(t, {
    VICIDIAL_URL: 'ftp://api:canary-pass@dialer.example/api.php',
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 'canary-pass',
    API_KEY: 'canary-key',
    VICIDIAL_SOURCE: 'a',
    VICIDIAL_NON_LATIN: 'yes',
    PORT: '70000',
    VICIDIAL_TIMEOUT_MS: '1s',
    GATEWAY_CONFIG: '/nonexistent.yaml'
  })

  t.equal(await server.exit, 1)
  t.match(server.stderr(), /^The configuration has 6 faults:\n/)
  for (const name of ['URL', 'SOURCE', 'NON_LATIN', 'TIMEOUT_MS'])
    t.match(server.stderr(), `VICIDIAL_${name} must be`)
  t.match(server.stderr(), 'PORT must be a port from 0 (any) to 65535.')
  t.match(server.stderr(), '/nonexistent.yaml: cannot be read (ENOENT).')
  t.notMatch(server.stderr(), 'canary')
})

test('the server listens, and logs one JSON line per request and one per call, without values', async (t) => {
  const sandbox = await startSandbox()
  t.teardown(() => sandbox.close())
  const server = run(t, { VICIDIAL_URL: sandbox.url, VICIDIAL_USER: 'api', VICIDIAL_PASS: 's3cret', API_KEY })
  const origin = await originOf(server)
  t.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/)

  const update = { lead_id: 1, fields: { email: 'ann.smith@example.com', phone_number: '2125559999' } }
  const { status } = await batch({ origin }, { updates: [update] }, { 'x-request-id': 'crm-42' })
  t.equal(status, 200)
  await server.line('request')
  const said = server.lines.map(({ msg }) => msg)
  t.same(said, [`listening on ${origin}`, 'vicidial call', 'vicidial is now reachable', 'request'])
  const shown = [server.lines[1], server.lines[3]].map(({ time, ms, ...line } = { level: 0, msg: '' }) => {
    t.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    t.type(ms, 'number')
    return line
  })
  const id = { level: 30, request_id: 'crm-42' }
  t.match(shown, [
    { ...id, function: 'update_lead', leads: 1, outcome: 'updated', msg: 'vicidial call' },
    {
      ...id,
      method: 'POST',
      route: '/v1/leads/batch-update',
      status: 200,
      caller: 'api_key',
      msg: 'request'
    }
  ])
  t.notMatch(JSON.stringify(server.lines), /ann\.smith|2125559999/)

  server.child.kill('SIGTERM')
  t.equal(await server.exit, 0)
  t.equal(server.stderr(), '')
})

/** A kept-alive connection that has begun, but not ended, the head of a request. */
async function beginRequest(
  origin: string,
  path: string
): Promise<{ finish: () => Promise<string>; socket: Socket }> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.write('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n')
  await once(socket, 'data')
  text = ''
  socket.write(`GET ${path} HTTP/1.1\r\nHost: gateway\r\n`)
  const finish = async () => {
    const closed = once(socket, 'close')
    socket.write(`X-API-Key: ${API_KEY}\r\n\r\n`)
    await closed
    return text
  }
  return { finish, socket }
}

test("a short API_KEY is accepted, with a warning that doesn't show it; a second SIGTERM ends the process at once, and is logged", async (t) => {
  const server = run(t, {
    VICIDIAL_URL: 'http://127.0.0.1:9/api.php',
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    API_KEY: 'canary-of-31-characters-0123456'
  })
  const origin = await originOf(server)
  const headers = { authorization: 'Bearer canary-of-31-characters-0123456' }
  t.equal((await call({ origin }, 'GET', '/v1/fields', undefined, headers)).status, 200)
  const { level } = await server.line('API_KEY is shorter than 32 characters')
  t.equal(level, 40)
  t.notMatch(JSON.stringify(server.lines), 'canary')

  await beginRequest(origin, '/livez')
  server.child.kill('SIGTERM')
  await server.line('draining')
  server.child.kill('SIGTERM')
  t.equal(await server.exit, 1)
  t.equal(server.lines.at(-1)?.msg, 'second SIGTERM, exiting')
})

/** Resolves when new connections are refused. */
async function refusal(origin: string): Promise<void> {
  const { hostname, port } = new URL(origin)
  for (;;) {
    const socket = connect(Number(port), hostname)
    const error = await once(socket, 'connect').then(
      () => undefined,
      (error) => error
    )
    socket.destroy()
    if (error?.code === 'ECONNREFUSED') return
  }
}

test('SIGTERM: work in flight is finished, new work is refused, and the process exits with 0', async (t) => {
  const called = Promise.withResolvers<ServerResponse>()
  const url = await startStandIn(t, (_params, response) => called.resolve(response))
  const server = run(t, {
    VICIDIAL_URL: url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    API_KEY
  })
  const origin = await originOf(server)
  const inHand = batch({ origin }, { lead_ids: [1], fields: { status: 'SALE' } })
  const held = await called.promise
  const fields = await beginRequest(origin, '/v1/fields')
  const ready = await beginRequest(origin, '/readyz')
  const live = await beginRequest(origin, '/livez')
  // An answer on a later connection shows that the server has read what was sent on the earlier ones.
  t.equal((await call({ origin }, 'GET', '/readyz')).status, 200)

  server.child.kill('SIGTERM')
  await server.line('draining')
  const refused = await fields.finish()
  t.match(refused, /^HTTP\/1\.1 503 /)
  t.match(refused, /\r\nconnection: close\r\n/i)
  t.match(refused, /\r\nretry-after: 5\r\n/i)
  t.match(refused, '"code":"overloaded"')
  t.match(await ready.finish(), /^HTTP\/1\.1 503 .*\{"status":"draining",/s)
  t.match(await live.finish(), /^HTTP\/1\.1 200 .*\{"status":"alive"\}/s)
  await refusal(origin)

  held.end('SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|1\n')
  const { status, body } = await inHand
  t.equal(status, 200)
  t.same(body.results, [{ index: 0, lead_id: 1, status: 'updated' }])
  // The sender keeps its connection for another request; that must not hold the process.
  const limit = setTimeout(() => server.child.kill('SIGKILL'), SOON_MS)
  t.equal(await server.exit, 0)
  clearTimeout(limit)
  t.ok(server.lines.some(({ msg }) => msg === 'closed'))
  t.equal(server.stderr(), '')
})

test('a port in use ends the process with 1 and a message', async (t) => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const server = run(t, {
    VICIDIAL_URL: 'http://127.0.0.1:1/api.php',
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    API_KEY,
    PORT: String(port)
  })

  t.equal(await server.exit, 1)
  t.same(server.lines, [])
  t.equal(
    server.stderr(),
    `The gateway cannot listen on 127.0.0.1:${port} (EADDRINUSE): another process uses this port. End that process, or set PORT.\n`
  )
})
