import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { API_KEY, call, type Gateway, startGateway } from '../helper.ts'

/** These tests' timeout for a request; for its headers it is a third. */
const RECEIVE_TIMEOUT_MS = 900
const env = { RECEIVE_TIMEOUT_MS: String(RECEIVE_TIMEOUT_MS) }
/** More than the busiest machine takes to notice that a time is over. */
const MARGIN_MS = 60_000
const MEGABYTE = 1_000_000
const HEAD = `POST /v1/leads/batch-update HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n`
const KEY = `Authorization: Bearer ${API_KEY}\r\n`

interface Connection {
  readonly socket: Socket
  /** Everything that was answered until the connection ended. */
  readonly ended: Promise<string>
}

async function open({ origin }: Pick<Gateway, 'origin'>): Promise<Connection> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  // What is refused early may be reset while it is still sent.
  socket.on('error', () => undefined)
  const ended = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(text))
  })
  await once(socket, 'connect')
  return { socket, ended }
}

/** Sends bytes one by one, slowly, until the connection ends; gives what was answered, and after what time. */
async function drip({ socket, ended }: Connection, text: string) {
  const began = performance.now()
  const dripping = (async () => {
    for (const character of text) {
      if (!socket.writable) return
      socket.write(character)
      await pause(20)
    }
  })()
  const answer = await ended
  await dripping
  return { answer, ms: performance.now() - began }
}

/** The status, and the problem document, of a raw answer that is all that was answered. */
function parsed(answer: string): { status: number; id: string | undefined; body: any } {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
  return {
    status,
    id: /^x-request-id: (.*)$/im.exec(head)?.[1],
    body: body === '' ? undefined : JSON.parse(body)
  }
}

function checkProblem(t: Test, answer: string, status: number, detail: string): void {
  const { id, body, ...rest } = parsed(answer)
  t.equal(rest.status, status)
  t.match(id, /^req_[0-9A-Z]{26}$/)
  t.strictSame(body, {
    type: '/problems/invalid_request',
    title: 'The request is not of the right form',
    status,
    detail,
    instance: id,
    code: 'invalid_request'
  })
  t.match(answer, /\r\ncontent-type: application\/problem\+json; charset=utf-8\r\n/i)
  t.match(answer, /\r\nconnection: close\r\n/i)
}

test('slow or missing headers end with 408 after a third of the timeout, and nothing is echoed', async (t) => {
  const limitMs = 12_000
  const gateway = await startGateway(t, { RECEIVE_TIMEOUT_MS: String(limitMs) })
  const [slow, silent] = await Promise.all([
    drip(await open(gateway), `GET /canary HTTP/1.1\r\nX-Canary: ${'canary'.repeat(1_000)}`),
    drip(await open(gateway), '')
  ])
  for (const { answer, ms } of [slow, silent]) {
    checkProblem(t, answer, 408, 'The request did not arrive in time.')
    t.notMatch(answer, /canary/i)
    t.ok(ms >= limitMs / 3 && ms < limitMs, `${ms} ms`)
  }
})

test('a slow body ends with 408 after the whole timeout, and nothing is done', async (t) => {
  const gateway = await startGateway(t, env)
  const body = JSON.stringify({ lead_ids: [1], fields: { status: 'SALE' } }).padEnd(5_000)
  const declared = await open(gateway)
  declared.socket.write(`${HEAD}${KEY}Content-Length: ${body.length}\r\n\r\n`)
  const chunked = await open(gateway)
  chunked.socket.write(`${HEAD}${KEY}Transfer-Encoding: chunked\r\n\r\n1388\r\n`)
  const endings = await Promise.all([drip(declared, body), drip(chunked, body)])
  for (const { answer, ms } of endings) {
    checkProblem(t, answer, 408, 'The request did not arrive in time.')
    t.ok(ms >= RECEIVE_TIMEOUT_MS - 50 && ms < RECEIVE_TIMEOUT_MS + MARGIN_MS, `${ms} ms`)
  }
  t.same(gateway.sandbox.calls(), [])
})

test('a slow body without a key gets its response at once, and is then cut off without another', async (t) => {
  const gateway = await startGateway(t, env)
  const connection = await open(gateway)
  connection.socket.write(`${HEAD}Content-Length: 5000\r\n\r\n`)
  const { answer } = await drip(connection, ' '.repeat(5_000))
  t.match(answer, /^HTTP\/1\.1 401 /)
  t.equal(answer.match(/HTTP\/1\.1/g)?.length, 1)
})

test('a reused connection also ends with 408 when its next request is slow', async (t) => {
  const gateway = await startGateway(t, env)
  const connection = await open(gateway)
  connection.socket.write('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n')
  await once(connection.socket, 'data')
  const { answer } = await drip(connection, 'GET /livez HTTP/1.1\r\nHost: gateway\r\nX-A: ')
  const [first = '', second = ''] = answer.split(/(?=HTTP\/1\.1 408)/)
  t.match(first, /^HTTP\/1\.1 200 /)
  checkProblem(t, second, 408, 'The request did not arrive in time.')
})

test('headers longer than 16 KiB are refused with 431, even a megabyte', async (t) => {
  const gateway = await startGateway(t)
  for (const length of [17_000, MEGABYTE]) {
    const { socket, ended } = await open(gateway)
    socket.write(`GET /livez HTTP/1.1\r\nHost: gateway\r\nX-Canary: ${'c'.repeat(length)}\r\n\r\n`)
    const answer = await ended
    checkProblem(t, answer, 431, 'The address and the headers are longer than 16 KiB.')
  }
  t.equal((await call(gateway, 'GET', '/livez', undefined, { 'x-long': 'c'.repeat(15_000) })).status, 200)
})

test("input that isn't HTTP also gets a problem document", async (t) => {
  const gateway = await startGateway(t)
  for (const noise of [
    '\x16\x03\x01\x02\x00\x01\x00',
    'canary canary\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n'
  ]) {
    const { socket, ended } = await open(gateway)
    socket.write(noise)
    const answer = await ended
    checkProblem(t, answer, 400, 'This is no HTTP request.')
    t.notMatch(answer, 'canary')
  }
})

test('a body of 200 MB is refused early, declared or not, with a key or without, and memory stays flat', async (t) => {
  const gateway = await startGateway(t)
  const chunk = Buffer.alloc(MEGABYTE, ' ')
  const before = process.memoryUsage().rss
  let most = before
  for (const key of [KEY, '']) {
    for (const length of [`Content-Length: ${200 * MEGABYTE}`, 'Transfer-Encoding: chunked']) {
      const { socket, ended } = await open(gateway)
      const isChunked = length.startsWith('T')
      const answered = once(socket, 'data')
      socket.write(`${HEAD}${key}${length}\r\n\r\n`)
      let sent = 0
      const sending = (async () => {
        while (socket.writable && sent < 200 * MEGABYTE) {
          if (isChunked) socket.write(`${chunk.length.toString(16)}\r\n`)
          if (!socket.write(isChunked ? Buffer.concat([chunk, Buffer.from('\r\n')]) : chunk))
            await Promise.race([once(socket, 'drain'), ended])
          sent += chunk.length
          most = Math.max(most, process.memoryUsage().rss)
        }
      })()
      const [first] = await answered
      t.match(
        String(first),
        key === '' ? /^HTTP\/1\.1 401 / : /^HTTP\/1\.1 413 .*"payload_too_large"/s,
        length
      )
      if (!isChunked) t.ok(sent < 20 * MEGABYTE, `answered after ${sent} bytes`)
      socket.destroy()
      await sending
    }
  }
  t.ok(most - before < 100 * MEGABYTE, `${Math.round((most - before) / MEGABYTE)} MB more`)
  t.equal((await call(gateway, 'GET', '/livez')).status, 200)
})

test('connections beyond MAX_CONNECTIONS are closed at once; when one ends the next is served', async (t) => {
  const gateway = await startGateway(t, { MAX_CONNECTIONS: '3' })
  const held = await Promise.all([open(gateway), open(gateway), open(gateway)])
  held[0]?.socket.write('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n')
  if (held[0]) await once(held[0].socket, 'data')
  const { ended } = await open(gateway)
  t.equal(await ended, '')
  for (const { socket } of held) socket.destroy()
  await Promise.all(held.map(({ ended }) => ended))
  t.equal((await call(gateway, 'GET', '/livez')).status, 200)
})
