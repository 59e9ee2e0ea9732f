import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Tester } from '../helper.ts'

/** A way to a server that can be shut: then connections are refused, as if the server were away. */
export interface Gate {
  readonly port: number
  shut(): Promise<void>
  open(): Promise<void>
}

/** Opens a gate to `port` of this machine, until the test ends. */
export async function openGate(t: Tester, port: number): Promise<Gate> {
  const sockets = new Set<Socket>()
  let server: Server | undefined
  const join = (from: Socket, to: Socket) => {
    sockets.add(from)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    from.pipe(to)
  }
  const open = async (at: number) => {
    server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      join(near, far)
      join(far, near)
    })
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const shut = async () => {
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    server = undefined
    for (const socket of sockets) socket.destroy()
    await closed
  }
  t.teardown(shut)
  const outside = await open(0)
  return {
    port: outside,
    shut,
    open: async () => {
      await open(outside)
    }
  }
}
