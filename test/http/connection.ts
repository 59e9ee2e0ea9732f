import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection of a test, on which it writes what it likes. */
export interface Connection {
  readonly socket: Socket
  /** Everything that was answered until the connection ended. */
  readonly ended: Promise<string>
  /** The first answer, once its head and, if it says how long it is, its body are there. */
  readonly answered: Promise<string>
}

/** Connects to a gateway. */
export async function open({ origin }: { readonly origin: string }): Promise<Connection> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  const answer = Promise.withResolvers<string>()
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
    if (isWhole(text)) answer.resolve(text)
  })
  // What is refused early may be reset while it is still sent.
  socket.on('error', () => undefined)
  const ended = new Promise<string>((resolve) => {
    socket.once('close', () => {
      answer.resolve(text)
      resolve(text)
    })
  })
  await once(socket, 'connect')
  return { socket, ended, answered: answer.promise }
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n')
  if (end === -1) return false
  const length = Number(/^content-length: (\d+)/im.exec(answer.slice(0, end))?.[1] ?? 0)
  return Buffer.byteLength(answer.slice(end + 4)) >= length
}

/** The status, and the problem document, of a raw answer that is all that was answered. */
export function parsed(answer: string): { status: number; id: string | undefined; body: any } {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
  const isJson = /^content-type: application\/(problem\+)?json/im.test(head)
  return {
    status,
    id: /^x-request-id: (.*)$/im.exec(head)?.[1],
    body: isJson && body !== '' ? JSON.parse(body) : body === '' ? undefined : body
  }
}
