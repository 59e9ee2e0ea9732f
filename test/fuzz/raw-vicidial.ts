import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Tester } from '../helper.ts'

/** A call as it arrived. */
export type Params = Readonly<Record<string, string>>

/** What goes over the wire for one call. */
export interface WireReply {
  readonly bytes: Buffer
  /** What follows: nothing; the end of the connection; its reset; the bytes again and again, until nobody reads them. */
  readonly then: 'keep' | 'end' | 'reset' | 'endless'
  /** The body, if it is another one than that which was changed. */
  readonly text?: string
}

const ENDLESS_PART_BYTES = 64 * 1024

/**
 * Starts a VICIdial at a bare socket, which answers each call with any bytes, until the test ends. Returns its address.
 */
export async function startRawVicidial(t: Tester, answer: (params: Params) => WireReply): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      for (let call = nextCall(received); call !== undefined; call = nextCall(received)) {
        received = received.slice(call.length)
        send(socket, answer(call.params))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/vicidial/non_agent_api.php`
}

/** The first call of what was received, when it is whole. */
function nextCall(received: string): { readonly length: number; readonly params: Params } | undefined {
  const head = received.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const bytes = Number(/^content-length: (\d+)/im.exec(received.slice(0, head))?.[1])
  const length = head + 4 + bytes
  if (received.length < length) return undefined
  return { length, params: Object.fromEntries(new URLSearchParams(received.slice(head + 4, length))) }
}

function send(socket: Socket, { bytes, then }: WireReply): void {
  if (then === 'end') socket.end(bytes)
  else if (then === 'reset') socket.write(bytes, () => socket.resetAndDestroy())
  else if (then === 'keep') socket.write(bytes)
  else {
    const part = Buffer.alloc(Math.max(bytes.length, ENDLESS_PART_BYTES), bytes)
    socket.write(bytes)
    const more = () => {
      while (!socket.destroyed && socket.write(part));
    }
    socket.on('drain', more)
    more()
  }
}
