import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'tap'
import { AlertWebhook } from '../../src/alerts/webhook.ts'
import type { Tester } from '../helper.ts'
import { stoppedClock } from '../stopped-clock.ts'
import { until } from '../until.ts'
import { SECRET_PATH, startReceiver } from './receiver.ts'

function webhook(t: Tester): AlertWebhook {
  const one = new AlertWebhook()
  t.teardown(() => {
    one.close()
  })
  return one
}

/** A server that does with each connection what `serve` does. Returns its address. */
async function startRaw(t: Tester, serve: (socket: Socket) => unknown): Promise<URL> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${SECRET_PATH}`)
}

test('a message is posted as JSON, with the path and the query of the address', async (t) => {
  const receiver = await startReceiver(t)
  const own = webhook(t)
  t.equal(await own.post(receiver.url, '{"text":"one"}'), undefined)
  t.equal(await own.post(receiver.url, '{"text":"two"}'), undefined)
  t.same(receiver.messages, [{ text: 'one' }, { text: 'two' }])
  const [request] = receiver.requests
  t.match(
    { method: request?.method, url: request?.url, headers: request?.headers },
    {
      method: 'POST',
      url: `${SECRET_PATH}?token=canary-token`,
      headers: { 'content-type': 'application/json', connection: 'close' }
    }
  )
})

test('any status but 2xx is a fault, and no redirect is followed', async (t) => {
  const [receiver, other] = [await startReceiver(t), await startReceiver(t)]
  const own = webhook(t)
  for (const status of [204, 302, 307, 404, 429, 500]) {
    receiver.answer = (response) => response.writeHead(status, { location: other.url.href }).end()
    t.equal(await own.post(receiver.url, '{}'), status === 204 ? undefined : `status ${status}`)
  }
  t.equal(receiver.messages.length, 6)
  t.same(other.messages, [])
})

test('an answer that never ends is not read', async (t) => {
  let isClosed = false
  const url = await startRaw(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const write = () => {
      while (socket.writable && socket.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`));
    }
    socket.on('drain', write).on('close', () => {
      isClosed = true
    })
    write()
  })
  t.equal(await webhook(t).post(url, '{}'), undefined)
  await until('the connection is closed', () => isClosed)
})

test('what is no answer is a fault, whose name says nothing of the address', async (t) => {
  const own = webhook(t)
  const garbage = await startRaw(t, (socket) => socket.end(`${SECRET_PATH} is no HTTP\r\n\r\n`))
  t.equal(await own.post(garbage, '{}'), 'the answer is not HTTP')
  const long = await startRaw(t, (socket) =>
    socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`)
  )
  t.match(await own.post(long, '{}'), /^UND_ERR_\w+$/)
  const closed = await startRaw(t, (socket) => socket.destroy())
  t.match(await own.post(closed, '{}'), /^(?:UND_ERR_SOCKET|ECONNRESET)$/)
  t.equal(await own.post(new URL('http://127.0.0.1:1/canary'), '{}'), 'ECONNREFUSED')
  t.match(await own.post(new URL('http://canary.invalid/'), '{}'), /^(?:ENOTFOUND|EAI_AGAIN)$/)
  const plain = await startReceiver(t)
  t.match(await own.post(new URL(plain.url.href.replace('http', 'https')), '{}'), /^[A-Z_]+$/)
})

test('a webhook that hangs is given up after ten seconds', async (t) => {
  let connections = 0
  const url = await startRaw(t, (socket) => {
    socket.on('data', () => connections++)
  })
  const clock = stoppedClock(t)
  const posted = webhook(t).post(url, '{}')
  await until('it has the message', () => connections > 0)
  clock.tick(9_999)
  const first = await Promise.race([posted, new Promise((resolve) => setImmediate(resolve, 'waits'))])
  t.equal(first, 'waits')
  clock.tick(1)
  t.equal(await posted, 'no answer within 10000 ms')
})

test('closing cuts off what is being posted', async (t) => {
  let isClosed = false
  let hasMessage = false
  const url = await startRaw(t, (socket) => {
    socket
      .on('data', () => {
        hasMessage = true
      })
      .on('close', () => {
        isClosed = true
      })
  })
  const own = webhook(t)
  const posted = own.post(url, '{}')
  await until('it has the message', () => hasMessage)
  own.close()
  t.equal(await posted, 'UND_ERR_DESTROYED')
  await until('the connection is closed', () => isClosed)
})
