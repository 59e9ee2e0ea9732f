import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import fc from 'fast-check'
import { test } from 'tap'
import { PeerClient } from '../../../src/cluster/peers/peer-client.ts'
import { PeerRefusal } from '../../../src/cluster/peers/peer-refusal.ts'
import { type PeerHandler, PeerServer } from '../../../src/cluster/peers/peer-server.ts'
import type { SeenMember } from '../../../src/cluster/members/member-table.ts'
import { HELLO, hello, reachHandler } from '../../../src/cluster/peers/reach.ts'
import { ReceivedRequests } from '../../../src/cluster/peers/received-requests.ts'
import { Signer } from '../../../src/cluster/peers/signature.ts'
import type { Tester } from '../../helper.ts'
import { stoppedClock } from '../../stopped-clock.ts'

const SECRET = 'canary-secret-of-the-cluster'
/** The process that answers, and another one. */
const RUN = '00000000-0000-4000-8000-000000000001'
const ANOTHER_RUN = '00000000-0000-4000-8000-000000000002'
const TIMEOUT = { timeoutMs: 60_000 }

/** A gateway that answers its peers, and a client of one. */
async function startPeers(t: Tester, handlers: Record<string, PeerHandler> = {}, secret = SECRET) {
  const logged: unknown[] = []
  const note = (members: object, message: string) => void logged.push({ ...members, message })
  const asked: unknown[] = []
  const server = new PeerServer({
    self: { gateway: 'b', run: RUN },
    signer: new Signer(SECRET),
    handlers: {
      '/v1/echo': async (body) => {
        asked.push(body)
        return body
      },
      ...handlers
    },
    log: { warn: note, error: note }
  })
  const port = await server.listen('127.0.0.1', 0)
  const client = new PeerClient(new Signer(secret))
  t.teardown(async () => {
    await client.close()
    await server.close()
  })
  return { to: { address: `http://127.0.0.1:${port}`, run: RUN }, port, client, logged, asked }
}

/** The headers of a signed request, as text. */
function signed(path: string, body: string): string {
  const { headers } = new Signer(SECRET).request(RUN, { method: 'POST', path, body })
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

/** Sends bytes as they are and returns all that comes back. */
async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(bytes)
  return readText(socket)
}

test('a request that is signed with the secret is answered', async (t) => {
  const { to, client } = await startPeers(t)
  const body = { text: 'Zoë', list: [1, 2], none: null }
  t.same(await client.send({ to, path: '/v1/echo', body, ...TIMEOUT }), body)
  t.equal(await client.send({ to, path: '/v1/echo', body: null, ...TIMEOUT }), null)
})

test('a gateway with another secret gets nothing done, and learns why', async (t) => {
  const { to, client, asked, logged } = await startPeers(t, {}, 'another')
  await t.rejects(client.send({ to, path: '/v1/echo', body: 1, ...TIMEOUT }), {
    sent: 'no',
    message: /different CLUSTER_SECRETs/
  })
  t.same(asked, [])
  t.match(logged, [{ address: '127.0.0.1', message: /not signed/ }])
})

test('refused requests fill no log', async (t) => {
  const { to, client, logged } = await startPeers(t, {}, 'another')
  for (let n = 0; n < 20; n++) await t.rejects(client.send({ to, path: '/v1/echo', body: 1, ...TIMEOUT }))
  t.equal(logged.length, 1)
})

test('an answer counts only if it is signed too: the address may lead elsewhere', async (t) => {
  const server = createServer((_request, response) => response.end('{"outcomes":[]}')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { client } = await startPeers(t)
  const to = { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, run: RUN }
  await t.rejects(client.send({ to, path: '/v1/echo', body: 1, ...TIMEOUT }), {
    sent: 'maybe',
    message: /not a gateway of this cluster/
  })
})

test('nothing was sent to an address that nobody listens on', async (t) => {
  const { client } = await startPeers(t)
  const gone = createTcpServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  gone.close()
  await once(gone, 'close')
  await t.rejects(
    client.send({
      to: { address: `http://127.0.0.1:${port}`, run: RUN },
      path: '/v1/echo',
      body: 1,
      ...TIMEOUT
    }),
    { sent: 'no', message: /ECONNREFUSED/ }
  )
})

test('a refusal and a failure of the other gateway reach the one that asked', async (t) => {
  const { to, client, logged } = await startPeers(t, {
    '/v1/refuse': async () => {
      throw new PeerRefusal(503, 'Not now.')
    },
    '/v1/fail': async () => {
      throw new Error('a detail that stays here')
    }
  })
  await t.rejects(client.send({ to, path: '/v1/refuse', body: 1, ...TIMEOUT }), {
    sent: 'no',
    status: 503,
    message: 'Not now.'
  })
  await t.rejects(client.send({ to, path: '/v1/fail', body: 1, ...TIMEOUT }), {
    sent: 'maybe',
    status: 500,
    message: 'The request failed.'
  })
  t.match(logged, [{ path: '/v1/fail', err: { message: 'a detail that stays here' } }])
  await t.rejects(client.send({ to, path: '/v2/echo', body: 1, ...TIMEOUT }), {
    status: 400,
    sent: 'no',
    message: /does not know the request/
  })
  await t.rejects(client.send({ to, path: '/toString', body: 1, ...TIMEOUT }), {
    status: 400,
    message: /does not know/
  })
})

test('the handler learns when nobody waits for its answer any more', async (t) => {
  const started = Promise.withResolvers<void>()
  const aborted = Promise.withResolvers<void>()
  const { to, client } = await startPeers(t, {
    '/v1/wait': async (_body, signal) => {
      signal.addEventListener('abort', () => {
        aborted.resolve()
      })
      started.resolve()
      await aborted.promise
    }
  })
  const controller = new AbortController()
  const { signal } = controller
  const sent = client.send({ to, path: '/v1/wait', body: 1, signal, ...TIMEOUT })
  await started.promise
  controller.abort()
  await t.rejects(sent, { sent: 'maybe', message: /broke/ })
  await aborted.promise
})

test('what was signed cannot be changed: path, body, digest, length', async (t) => {
  const { port, asked } = await startPeers(t)
  const post = (path: string, headers: string, body: string, length = `content-length: ${body.length}\r\n`) =>
    sendRaw(port, `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}${length}\r\n${body}`)
  t.match(await post('/v1/echo', signed('/v1/echo', '1'), '1'), /^HTTP\/1.1 200 /)
  t.match(await post('/v1/echo', signed('/v1/other', '1'), '1'), /^HTTP\/1.1 401 /)
  t.match(
    await post('/v1/echo', signed('/v1/echo', '1'), '2'),
    /^HTTP\/1.1 400 [^]*not the one that was signed/
  )
  t.match(await post('/v1/echo', signed('/v1/echo', '1'), '', ''), /^HTTP\/1.1 400 [^]*has no length/)
  const chunked = 'transfer-encoding: chunked\r\n'
  t.match(await post('/v1/echo', signed('/v1/echo', '1'), '1\r\n1\r\n0\r\n\r\n', chunked), /^HTTP\/1.1 400 /)
  t.match(await post('/v1/echo', signed('/v1/echo', '{'), '{'), /^HTTP\/1.1 400 [^]*not JSON/)
  const huge = 'content-length: 99999999999\r\n'
  t.match(await post('/v1/echo', signed('/v1/echo', '1'), '', huge), /^HTTP\/1.1 400 [^]*too large/)
  for (const [part, changed] of [
    [/time=\d+/, 'time=1'],
    [RUN, ANOTHER_RUN]
  ] as const)
    t.match(await post('/v1/echo', signed('/v1/echo', '1').replace(part, changed), '1'), /^HTTP\/1.1 401 /)
  t.same(asked, [1])
})

test('a recorded request is not done a second time, at no process', async (t) => {
  const { port, asked } = await startPeers(t)
  const recorded = `POST /v1/echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${signed('/v1/echo', '1')}content-length: 1\r\n\r\n1`
  t.match(await sendRaw(port, recorded), /^HTTP\/1.1 200 /)
  t.match(await sendRaw(port, recorded), /^HTTP\/1.1 400 [^]*received before/)
  t.same(asked, [1])
})

test('a request is done only by the process that it was sent to', async (t) => {
  const { to, client, asked } = await startPeers(t)
  const another = { address: to.address, run: ANOTHER_RUN }
  await t.rejects(client.send({ to: another, path: '/v1/echo', body: 1, ...TIMEOUT }), {
    sent: 'no',
    status: 421,
    message: 'This is another process, of the gateway b.'
  })
  t.same(asked, [])
})

test('a member tries to reach the one that asks at its address, and answers what is wrong', async (t) => {
  const { to, client } = await startPeers(t, { [HELLO]: hello })
  const member = (run: string, address: string | undefined) => ({ run, address }) as SeenMember
  const nowhere = 'http://127.0.0.1:1'
  const reach = reachHandler(client, async () => [
    member(RUN, to.address),
    member(ANOTHER_RUN, to.address),
    member('unreachable', nowhere),
    member('without', undefined)
  ])
  const { signal } = new AbortController()
  t.equal(await reach({ run: RUN }, signal), null)
  t.equal(
    await reach({ run: ANOTHER_RUN }, signal),
    `${to.address} answers: This is another process, of the gateway b.`
  )
  t.equal(await reach({ run: 'unreachable' }, signal), `${nowhere} cannot be reached (ECONNREFUSED).`)
  for (const run of ['without', 'unknown'])
    await t.rejects(reach({ run }, signal), { status: 409, message: 'There is no such gateway.' })
})

test('a request is good for as long as clocks may differ, and its repeat is known for as long', async (t) => {
  const clock = stoppedClock(t)
  const received = new ReceivedRequests()
  const now = Date.now()
  const early = { time: now + 10_000, nonce: 'early' }
  received.note(early)
  received.note({ time: now - 10_000, nonce: 'late' })
  const clocks = { status: 400, message: 'The clocks of the gateways differ by more than 10 seconds.' }
  t.throws(() => {
    received.note({ time: now + 10_001, nonce: 'x' })
  }, clocks)
  t.throws(() => {
    received.note({ time: now - 10_001, nonce: 'x' })
  }, clocks)
  for (let second = 0; second <= 20; second++) {
    t.throws(
      () => {
        received.note(early)
      },
      { message: /received before/ }
    )
    clock.tick(1_000)
  }
  t.throws(() => {
    received.note(early)
  }, clocks)
})

test('gateways whose clocks differ learn that', async (t) => {
  const { to, client } = await startPeers(t)
  const clock = stoppedClock(t)
  const sent = client.send({ to, path: '/v1/echo', body: 1, ...TIMEOUT })
  clock.setAhead(60_000)
  await t.rejects(sent, { sent: 'no', message: /clocks of the gateways differ/ })
})

test('the requests that are remembered are bounded', (t) => {
  stoppedClock(t)
  const received = new ReceivedRequests()
  const time = Date.now()
  for (let n = 0; n < 250_000; n++) received.note({ time, nonce: String(n) })
  t.throws(
    () => {
      received.note({ time, nonce: 'one more' })
    },
    { message: /too many requests/ }
  )
  t.end()
})

test('a request without a proof is refused before its body is read, whatever it holds', async (t) => {
  const { port, asked } = await startPeers(t)
  const endless = sendRaw(port, `POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n{`)
  t.match(await endless, /^HTTP\/1.1 401 Unauthorized\r\nconnection: close/i)
  const long = `x-long: ${'x'.repeat(5_000)}\r\n`
  t.match(await sendRaw(port, `POST /v1/echo HTTP/1.1\r\nhost: x\r\n${long}\r\n`), /^HTTP\/1.1 431 /)
  t.match(await sendRaw(port, 'nothing like HTTP\r\n\r\n'), /^HTTP\/1.1 400 /)
  const signer = new Signer(SECRET)
  const { headers } = signer.request(RUN, { method: 'POST', path: '/v1/echo', body: '1' })
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.constantFrom('authorization', 'content-digest'),
      (before, after, name) => {
        const changed = { ...headers, [name]: `${before}${headers[name]}${after}` }
        const proven = signer.prove({ method: 'POST', path: '/v1/echo', headers: changed })
        return (proven === undefined) === (before + after !== '')
      }
    )
  )
  t.same(asked, [])
})

test('the secret itself is never sent', async (t) => {
  const received: string[] = []
  const server = createTcpServer((socket) => {
    socket.on('data', (data) => {
      received.push(data.toString('latin1'))
      socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { client } = await startPeers(t)
  const to = { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, run: RUN }
  await t.rejects(client.send({ to, path: '/v1/echo', body: 1, ...TIMEOUT }))
  t.match(received.join(''), /^POST \/v1\/echo HTTP/)
  t.notOk(received.join('').includes(SECRET))
})
