import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One gateway's way to the database, which can be cut. */
export interface DatabaseProxy {
  readonly port: number
  /**
   * Lets nothing through any more and closes nothing, as a network does that drops packets. What was sent meanwhile arrives
   * after `heal`, even from a connection that its sender has closed.
   */
  cut(): void
  heal(): void
  /** Leads to another server from now on; open connections are closed. */
  aim(port: number): void
}

/** Starts a way to the server at `port` of 127.0.0.1. */
export async function startDatabaseProxy(
  port: number
): Promise<DatabaseProxy & { readonly close: () => Promise<void> }> {
  const open = new Set<Socket>()
  let target = port
  let isCut = false

  const pass = (from: Socket, to: Socket) => {
    open.add(from)
    from.on('data', (chunk) => {
      to.write(chunk)
    })
    from.on('end', () => {
      to.end()
    })
    from.on('error', () => {
      to.destroy()
    })
    from.on('close', () => {
      open.delete(from)
      // What the other side has sent before goes out first.
      to.destroySoon()
    })
    if (isCut) from.pause()
  }
  const server = createServer({ allowHalfOpen: true }, (gateway) => {
    const database = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    pass(gateway, database)
    pass(database, gateway)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const destroyAll = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true
      for (const socket of open) socket.pause()
    },
    heal: () => {
      isCut = false
      for (const socket of open) socket.resume()
    },
    aim: (port) => {
      target = port
      destroyAll()
    },
    close: async () => {
      server.close()
      destroyAll()
    }
  }
}
