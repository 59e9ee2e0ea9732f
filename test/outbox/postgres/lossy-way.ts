import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Tester } from '../../helper.ts'

/** A way to a database on which an answer can be lost. */
export interface LossyWay {
  /** The database's address by this way. */
  readonly url: string
  /** Cuts the connection that next asks for something with this text in it, once the database has answered. */
  loseAnswerTo(text: string): void
}

/** Opens a way to the database at `url` until the test ends. */
export async function openLossyWay(t: Tester, url: string): Promise<LossyWay> {
  const open = new Set<Socket>()
  const { hostname, port } = new URL(url)
  let lost: string | undefined
  const server = createServer((gateway) => {
    const database = connect(Number(port), hostname)
    const close = () => {
      gateway.destroy()
      database.destroy()
    }
    let isLosing = false
    gateway.on('data', (chunk) => {
      if (lost !== undefined && chunk.includes(lost)) {
        isLosing = true
        lost = undefined
      }
      database.write(chunk)
    })
    database.on('data', (chunk) => {
      if (isLosing) close()
      else gateway.write(chunk)
    })
    for (const socket of [gateway, database]) {
      open.add(socket)
      socket.on('error', close)
      socket.on('close', () => {
        open.delete(socket)
        close()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  const way = new URL(url)
  way.port = String((server.address() as AddressInfo).port)
  return {
    url: way.href,
    loseAnswerTo: (text) => {
      lost = text
    }
  }
}
