import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { CRM, PATH as COMPAT, startCompat } from '../compat/calls.ts'
import { API_KEY, call, type Gateway, startGateway, startStandIn } from '../helper.ts'
import { scriptedVicidial } from '../routes/scripted-vicidial.ts'
import { settled, stoppedClock } from '../stopped-clock.ts'
import { until } from '../until.ts'
import { type Connection, open, parsed } from './connection.ts'

/** These tests' timeout for a request; for its headers it is a third. */
const RECEIVE_TIMEOUT_MS = 900
const env = { RECEIVE_TIMEOUT_MS: String(RECEIVE_TIMEOUT_MS) }
const MEGABYTE = 1_000_000
/** How long a refused sender may go on. */
const LINGER_MS = 500
const HEAD = `POST /v1/leads/batch-update HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n`
const KEY = `Authorization: Bearer ${API_KEY}\r\n`

/** Sends bytes one by one, slowly, until the connection ends; gives what was answered. */
async function drip({ socket, ended }: Connection, text: string): Promise<string> {
  const dripping = (async () => {
    for (const character of text) {
      if (!socket.writable) return
      socket.write(character)
      await pause(20)
    }
  })()
  const answer = await ended
  await dripping
  return answer
}

function checkProblem(t: Test, answer: string, status: number, detail: string): void {
  const { id, body, ...rest } = parsed(answer)
  t.equal(rest.status, status)
  t.match(id, /^req_[0-9A-Z]{26}$/)
  t.strictSame(body, {
    type: '/problems/invalid_request',
    title: 'The request has the wrong form',
    status,
    detail,
    instance: id,
    code: 'invalid_request'
  })
  t.match(answer, /\r\ncontent-type: application\/problem\+json; charset=utf-8\r\n/i)
  t.match(answer, /\r\nconnection: close\r\n/i)
}

test('slow or missing headers end with 408 after a third of the timeout, and nothing is echoed', async (t) => {
  const gateway = await startGateway(t, env)
  t.equal(gateway.app.server.headersTimeout, RECEIVE_TIMEOUT_MS / 3)
  const answers = await Promise.all([
    drip(await open(gateway), `GET /canary HTTP/1.1\r\nX-Canary: ${'canary'.repeat(1_000)}`),
    drip(await open(gateway), '')
  ])
  for (const answer of answers) {
    checkProblem(t, answer, 408, 'The request did not arrive in time.')
    t.notMatch(answer, /canary/i)
  }
})

test('a slow body ends with 408 after the whole timeout, and nothing is done', async (t) => {
  const gateway = await startGateway(t, env)
  t.equal(gateway.app.server.requestTimeout, RECEIVE_TIMEOUT_MS)
  const body = JSON.stringify({ lead_ids: [1], fields: { status: 'SALE' } }).padEnd(5_000)
  const declared = await open(gateway)
  declared.socket.write(`${HEAD}${KEY}Content-Length: ${body.length}\r\n\r\n`)
  const chunked = await open(gateway)
  chunked.socket.write(`${HEAD}${KEY}Transfer-Encoding: chunked\r\n\r\n1388\r\n`)
  for (const answer of await Promise.all([drip(declared, body), drip(chunked, body)]))
    checkProblem(t, answer, 408, 'The request did not arrive in time.')
  t.same(gateway.sandbox.calls(), [])
})

test('a slow body without a key gets its response at once, and is then cut off without another', async (t) => {
  const gateway = await startGateway(t, env)
  const connection = await open(gateway)
  connection.socket.write(`${HEAD}Content-Length: 5000\r\n\r\n`)
  const answer = await drip(connection, ' '.repeat(5_000))
  t.match(answer, /^HTTP\/1\.1 401 /)
  t.equal(answer.match(/HTTP\/1\.1/g)?.length, 1)
})

test('a reused connection also ends with 408 when its next request is slow', async (t) => {
  const gateway = await startGateway(t, env)
  const connection = await open(gateway)
  connection.socket.write('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n')
  await once(connection.socket, 'data')
  const answer = await drip(connection, 'GET /livez HTTP/1.1\r\nHost: gateway\r\nX-A: ')
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
    checkProblem(t, answer, 400, 'This is not an HTTP request.')
    t.notMatch(answer, 'canary')
  }
})

test('a body of 200 MB is refused early, declared or not, with a key or without, and memory stays flat', async (t) => {
  const gateway = await startGateway(t)
  const { pass } = stoppedClock(t)
  const megabyte = Buffer.alloc(MEGABYTE, ' ')
  const inChunks = Buffer.concat([Buffer.from(`${MEGABYTE.toString(16)}\r\n`), megabyte, Buffer.from('\r\n')])
  const before = process.memoryUsage().rss
  let most = before
  for (const key of [KEY, '']) {
    for (const length of [`Content-Length: ${200 * MEGABYTE}`, 'Transfer-Encoding: chunked']) {
      const { socket, ended, answered } = await open(gateway)
      const isChunked = length.startsWith('T')
      socket.write(`${HEAD}${key}${length}\r\n\r\n`)
      let isAnswered = false
      let sent = 0
      const sending = (async () => {
        while (socket.writable && !isAnswered && sent < 200 * MEGABYTE) {
          if (!socket.write(isChunked ? inChunks : megabyte))
            await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended])
          sent += MEGABYTE
          most = Math.max(most, process.memoryUsage().rss)
        }
      })()
      const first = await answered
      isAnswered = true
      t.match(first, key === '' ? /^HTTP\/1\.1 401 / : /^HTTP\/1\.1 413 .*"payload_too_large"/s, length)
      t.ok(sent < 50 * MEGABYTE, `answered after ${sent} bytes`)
      await settled()
      t.ok(socket.writable, 'its sender has time to read the response')
      await pass(LINGER_MS)
      await Promise.all([ended, sending])
    }
  }
  t.ok(most - before < 100 * MEGABYTE, `${Math.round((most - before) / MEGABYTE)} MB more`)
  t.equal((await call(gateway, 'GET', '/livez')).status, 200)
})

const ask = (path: string, key = '') => `GET ${path} HTTP/1.1\r\nHost: gateway\r\n${key}\r\n`
/** The largest file of the API's page. */
const LARGE = '/docs/static/swagger-ui-bundle.js'

test('strangers who read nothing lose their connections to others, and a caller keeps its own', async (t) => {
  const gateway = await startGateway(t, { MAX_CONNECTIONS: '8' })
  const caller = await open(gateway)
  caller.socket.write(ask('/v1/fields', KEY))
  t.match(await caller.answered, /^HTTP\/1\.1 200 /)
  for (let n = 0; n < 20; n++) {
    const { socket } = await open(gateway)
    socket.pause()
    socket.write(ask(LARGE))
    t.teardown(() => socket.destroy())
  }
  for (const path of ['/livez', '/readyz', '/v1/fields']) {
    const { socket, answered } = await open(gateway)
    socket.write(ask(path, KEY))
    t.match(await answered, /^HTTP\/1\.1 200 /, path)
    socket.destroy()
  }
  const received = caller.socket.bytesRead
  caller.socket.write(ask('/v1/fields', KEY))
  await until('the next answer', () => caller.socket.bytesRead >= 2 * received)
  caller.socket.destroy()
})

test('while callers hold every connection, /livez and /readyz are answered and the rest is refused', async (t) => {
  const gateway = await startGateway(t, { MAX_CONNECTIONS: '4' })
  const exchange = async (path: string) => {
    const { socket, answered } = await open(gateway)
    socket.write(ask(path, KEY))
    return { socket, answer: await answered }
  }
  const held = []
  for (let n = 0; n < 4; n++) held.push(await exchange('/v1/fields'))
  t.same(
    held.map(({ answer }) => parsed(answer).status),
    [200, 200, 200, 200]
  )
  for (let n = 0; n < 20; n++)
    for (const path of ['/livez', '/readyz']) {
      const { answer } = await exchange(path)
      t.equal(parsed(answer).status, 200, path)
    }
  const { answer } = await exchange('/v1/fields')
  t.match(parsed(answer).body, {
    status: 503,
    code: 'overloaded',
    detail: 'All connections of the gateway are in use.'
  })
  t.match(answer, /\r\nconnection: close\r\n/i)
  for (const { socket } of held) socket.destroy()
  await until('there is room', async () => parsed((await exchange('/v1/fields')).answer).status === 200)
})

test('a caller whose login is in the body keeps its connection while VICIdial works', async (t) => {
  const vicidial = await scriptedVicidial(t)
  vicidial.holds()
  const env = { VICIDIAL_URL: vicidial.url, MAX_CONNECTIONS: '4' }
  const gateway = await startCompat(t, undefined, env)
  const { socket, answered } = await open(gateway)
  const form = new URLSearchParams({ ...CRM, lead_ids: '1', status: 'SALE' }).toString()
  const type = 'Content-Type: application/x-www-form-urlencoded'
  socket.write(
    `POST ${COMPAT} HTTP/1.1\r\nHost: gateway\r\n${type}\r\nContent-Length: ${form.length}\r\n\r\n${form}`
  )
  await until('the call', () => vicidial.held.length === 1)
  for (let n = 0; n < 20; n++) (await open(gateway)).socket.unref()
  vicidial.makes()
  t.match(await answered, /^HTTP\/1\.1 200 .*SUCCESS/s)
  socket.destroy()
})

function connections({ app }: Gateway): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => {
      if (error) reject(error)
      else resolve(count)
    })
  })
}

test('a connection whose responses are not taken is closed', async (t) => {
  const gateway = await startGateway(t, env)
  const { socket } = await open(gateway)
  t.teardown(() => socket.destroy())
  socket.pause()
  // More than the buffers of both ends hold.
  socket.write(ask(LARGE).repeat(30))
  t.equal(await connections(gateway), 1)
  await until('it is closed', async () => (await connections(gateway)) === 0)
})

test('a connection is not closed while the gateway itself waits', async (t) => {
  const url = await startStandIn(t, async (_params, response) => {
    await pause(2 * RECEIVE_TIMEOUT_MS)
    response.end('SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|1\n')
  })
  const gateway = await startGateway(t, { ...env, VICIDIAL_URL: url })
  const { status } = await call(gateway, 'PATCH', '/v1/leads/1', { status: 'SALE' })
  t.equal(status, 200)
})

test('closing waits for the response of a whole request, and for no other connection', async (t) => {
  const { pass } = stoppedClock(t)
  const vicidial = await scriptedVicidial(t)
  vicidial.holds()
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, VICIDIAL_TIMEOUT_MS: '20000' })
  const silent = await open(gateway)
  const inHead = await open(gateway)
  inHead.socket.write('GET /livez HTTP/1.1\r\nHost: gate')
  const inBody = await open(gateway)
  inBody.socket.write(`${HEAD}${KEY}Content-Length: 1000\r\n\r\n{"lead_ids":`)
  const whole = await open(gateway)
  const body = JSON.stringify({ lead_ids: [1], fields: { status: 'SALE' } })
  whole.socket.write(`${HEAD}${KEY}Content-Length: ${body.length}\r\n\r\n${body}`)
  await until('the call', () => vicidial.held.length === 1)

  const closed = gateway.app.close()
  await until('the listener is closed', () => !gateway.app.server.listening)
  inBody.socket.write('[1],')
  await pass(500)
  t.equal(await silent.ended, '')
  t.equal(await inHead.ended, '')
  t.ok(inBody.socket.writable)
  await pass(10_000, 1_000)
  t.equal(await inBody.ended, '')
  vicidial.makes()
  t.match(await whole.answered, /^HTTP\/1\.1 200 .*"updated"/s)
  await closed
})
