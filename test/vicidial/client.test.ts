import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { test } from 'tap'
import { Client } from '../../src/vicidial/client.ts'
import type { Tester } from '../helper.ts'

const PATH = '/vicidial/non_agent_api.php'
const PATIENT_MS = 600_000
/** Longer than any machine takes to notice that a time is over, far shorter than `PATIENT_MS`. */
const FAR_MS = 60_000

function clientFor(t: Tester, port: number, { connections = 1, scheme = 'http' } = {}): Client {
  const client = new Client({ url: new URL(`${scheme}://127.0.0.1:${port}${PATH}`), connections })
  t.teardown(() => client.close())
  return client
}

/** A client of a web server that handles each request so. */
async function overHttp(
  t: Tester,
  handle: (request: IncomingMessage, response: ServerResponse, body: string) => void
): Promise<Client> {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    handle(request, response, body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return clientFor(t, (server.address() as AddressInfo).port)
}

/** A client of a server that handles each connection so, once it has read something. */
async function overTcp(t: Tester, handle: (socket: Socket) => void): Promise<Client> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => handle(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return clientFor(t, (server.address() as AddressInfo).port)
}

/** A port on which nothing listens any more. */
async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test('posts a form and returns the whole reply with its status', async (t) => {
  const client = await overHttp(t, (request, response, body) => {
    const { method, url, headers } = request
    response.writeHead(500, { 'content-type': 'text/html; charset=utf-8' })
    response.write('first, ')
    response.end(JSON.stringify([method, url, headers['content-type'], headers.accept, body, 'é 李']))
  })
  const answer = await client.post('function=version&records=1', PATIENT_MS)
  t.strictSame(answer, {
    httpStatus: 500,
    text: `first, ${JSON.stringify(['POST', PATH, 'application/x-www-form-urlencoded', 'text/html', 'function=version&records=1', 'é 李'])}`
  })
})

test('a redirect is a reply and is not followed', async (t) => {
  let requests = 0
  const client = await overHttp(t, (_request, response) => {
    requests++
    response.writeHead(302, { location: PATH }).end()
  })
  t.strictSame(await client.post('a=1', PATIENT_MS), { httpStatus: 302, text: '' })
  t.equal(requests, 1)
})

test('calls in sequence reuse one connection', async (t) => {
  const ports = new Set<number | undefined>()
  const client = await overHttp(t, (request, response) => {
    ports.add(request.socket.remotePort)
    response.end('ok\n')
  })
  for (let n = 0; n < 5; n++)
    t.strictSame(await client.post('a=1', PATIENT_MS), { httpStatus: 200, text: 'ok\n' })
  t.equal(ports.size, 1)
})

test('opens no more connections than allowed, and uses them in parallel', async (t) => {
  const open: (() => void)[] = []
  const server = createServer((_request, response) => {
    open.push(() => response.end('ok\n'))
    if (open.length === 2) for (const answer of open.splice(0)) answer()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const client = clientFor(t, (server.address() as AddressInfo).port, { connections: 2 })
  let connections = 0
  server.on('connection', () => connections++)
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.post('a=1', PATIENT_MS)))
  t.strictSame(answers, Array(8).fill({ httpStatus: 200, text: 'ok\n' }))
  t.equal(connections, 2)
})

test('a connection that the server closed while idle does no harm', async (t) => {
  let requests = 0
  const client = await overHttp(t, (request, response) => {
    requests++
    response.end('ok\n', () => request.socket.end())
  })
  for (let n = 0; n < 3; n++)
    t.strictSame(await client.post('a=1', PATIENT_MS), { httpStatus: 200, text: 'ok\n' })
  t.equal(requests, 3)
})

test('a refused connection was never sent', async (t) => {
  const client = clientFor(t, await closedPort())
  t.strictSame(await client.post('a=1', PATIENT_MS), {
    sent: 'no',
    code: 'upstream_unavailable',
    detail: 'VICIdial cannot be reached (ECONNREFUSED).'
  })
})

test('a name that does not exist was never sent', async (t) => {
  const client = new Client({ url: new URL(`http://vicidial.invalid${PATH}`), connections: 1 })
  t.teardown(() => client.close())
  const answer = await client.post('a=1', PATIENT_MS)
  t.match(answer, {
    sent: 'no',
    code: 'upstream_unavailable',
    detail: /^VICIdial cannot be reached \((ENOTFOUND|EAI_AGAIN)\)\.$/
  })
})

test('a call whose TLS was never established was never sent', async (t) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const client = clientFor(t, (server.address() as AddressInfo).port, { scheme: 'https' })
  t.match(await client.post('a=1', PATIENT_MS), { sent: 'no', code: 'upstream_unavailable' })
})

test('a connection that breaks before the reply may have carried the call', async (t) => {
  const reset = await overTcp(t, (socket) => socket.resetAndDestroy())
  t.strictSame(await reset.post('a=1', PATIENT_MS), {
    sent: 'maybe',
    code: 'upstream_unavailable',
    detail: 'The connection to VICIdial broke (ECONNRESET).'
  })
  const ended = await overTcp(t, (socket) => socket.end())
  t.match(await ended.post('a=1', PATIENT_MS), { sent: 'maybe', code: 'upstream_unavailable' })
})

test('a connection that breaks in the middle of a reply gives no reply', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n'
  const half = 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|101\n'
  for (const [name, text] of [
    ['within the length that it announced', `${head}content-length: 500\r\n\r\n${half}`],
    [
      'within its chunks',
      `${head}transfer-encoding: chunked\r\n\r\n${half.length.toString(16)}\r\n${half}\r\n`
    ],
    ['within its head', head]
  ] as const) {
    const reset = await overTcp(t, (socket) => socket.write(text, () => socket.resetAndDestroy()))
    t.match(
      await reset.post('a=1', PATIENT_MS),
      { sent: 'maybe', code: 'upstream_unavailable' },
      `${name}, reset`
    )
    const ended = await overTcp(t, (socket) => socket.end(text))
    t.match(
      await ended.post('a=1', PATIENT_MS),
      { sent: 'maybe', code: 'upstream_unavailable' },
      `${name}, ended`
    )
  }
})

test('a reply without a length is complete when the connection ends', async (t) => {
  const client = await overTcp(t, (socket) =>
    socket.end('HTTP/1.0 200 OK\r\n\r\nERROR: NO FUNCTION SPECIFIED\n')
  )
  t.strictSame(await client.post('a=1', PATIENT_MS), {
    httpStatus: 200,
    text: 'ERROR: NO FUNCTION SPECIFIED\n'
  })
})

test('bytes after the announced length are not part of the reply, and do not affect the next one', async (t) => {
  const client = await overTcp(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc\nSUCCESS: more\n')
  )
  const answer = await client.post('a=1', PATIENT_MS)
  t.ok('sent' in answer || answer.text === 'abc\n', JSON.stringify(answer))
  const next = await client.post('a=1', PATIENT_MS)
  t.ok('sent' in next || next.text === 'abc\n', JSON.stringify(next))
})

test('something that is not HTTP is no reply', async (t) => {
  for (const garbage of [
    'SUCCESS: 101\n',
    '\0\0\0\0',
    'HTTP/9.9 200 OK\r\n\r\n',
    `${'x'.repeat(100_000)}\r\n\r\n`
  ]) {
    const client = await overTcp(t, (socket) => socket.end(garbage))
    t.match(
      await client.post('a=1', PATIENT_MS),
      { sent: 'maybe', code: 'upstream_unavailable', detail: /^The connection to VICIdial broke \(\w+\)\.$/ },
      JSON.stringify(garbage.slice(0, 20))
    )
  }
  const lengths = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 9\r\n\r\nhello'
  const client = await overTcp(t, (socket) => socket.end(lengths))
  t.match(await client.post('a=1', PATIENT_MS), { sent: 'maybe' })
})

test('a server that never replies times out', async (t) => {
  const client = await overTcp(t, () => undefined)
  const started = performance.now()
  t.strictSame(await client.post('a=1', 100), {
    sent: 'maybe',
    code: 'upstream_timeout',
    detail: 'VICIdial did not answer within 100 ms.'
  })
  t.ok(performance.now() - started < FAR_MS)
})

test('a server that drips its reply times out', async (t) => {
  const client = await overTcp(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n')
    const drip = setInterval(() => socket.write('x'), 10)
    socket.once('close', () => clearInterval(drip))
  })
  t.match(await client.post('a=1', 150), { sent: 'maybe', code: 'upstream_timeout' })
})

test('a call that waits for a connection times out', async (t) => {
  const client = await overTcp(t, () => undefined)
  const first = client.post('a=1', 300)
  t.match(await client.post('a=2', 50), { code: 'upstream_timeout' })
  t.match(await first, { code: 'upstream_timeout' })
})

test('the call after a timeout gets its reply', async (t) => {
  let calls = 0
  const client = await overHttp(t, (_request, response) => {
    if (++calls > 1) response.end('ok\n')
  })
  t.match(await client.post('a=1', 50), { code: 'upstream_timeout' })
  t.strictSame(await client.post('a=1', PATIENT_MS), { httpStatus: 200, text: 'ok\n' })
})

test('reads the longest genuine reply: a look-up of 100,000 ids', async (t) => {
  const text = `CRM-1|100000|${Array(100_000).fill('123456789').join('-')}\n`
  const client = await overHttp(t, (_request, response) => void response.end(text))
  t.strictSame(await client.post('a=1', PATIENT_MS), { httpStatus: 200, text })
})

test('a reply longer than any genuine one is cut off', async (t) => {
  const announced = await overHttp(t, (_request, response) => void response.end('x'.repeat(3 * 1024 * 1024)))
  const endless = await overHttp(t, (request, response) => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const more = () => {
      while (!request.socket.destroyed && response.write(chunk));
    }
    response.on('drain', more)
    more()
  })
  for (const client of [announced, endless]) {
    t.strictSame(await client.post('a=1', PATIENT_MS), {
      sent: 'maybe',
      code: 'upstream_error',
      detail: 'VICIdial sent far more than an answer.'
    })
  }
})

test('close cuts off calls in flight, and a closed client reports that there is no connection', async (t) => {
  let arrived = () => {}
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const client = await overTcp(t, () => arrived())
  const inFlight = client.post('a=1', PATIENT_MS)
  await arrival
  await client.close()
  t.match(await inFlight, { sent: 'maybe', code: 'upstream_unavailable' })
  t.match(await client.post('a=1', PATIENT_MS), { code: 'upstream_unavailable' })
})

test('no detail repeats the body of the call', async (t) => {
  const secret = 'pass=canary-s3cret'
  const clients = [
    clientFor(t, await closedPort()),
    await overTcp(t, (socket) => socket.resetAndDestroy()),
    await overTcp(t, (socket) => socket.end(`garbage ${secret}\r\n\r\n`)),
    await overTcp(t, () => undefined)
  ]
  for (const client of clients) t.notMatch(JSON.stringify(await client.post(secret, 100)), /canary/)
})
