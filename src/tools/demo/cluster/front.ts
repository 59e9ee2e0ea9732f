import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { errorCode } from '../../../error-code.ts'

export interface Front {
  readonly origin: string
  close(): Promise<void>
}

const CHECK_EVERY_MS = 200
const CHECK_TIMEOUT_MS = 1_000

/**
 * Starts a small load balancer on 127.0.0.1. Requests go to the gateways in turn, to those whose `/readyz` answers 200 if
 * there are any. A request that could not be sent goes to the next one. If a gateway ends before it has answered, the
 * sender's connection is closed, as the request may have been done.
 * @param gateways their origins
 * @param port 0, the default, takes any free one
 */
export async function startFront(gateways: readonly string[], port = 0): Promise<Front> {
  const agent = new Agent({ keepAlive: true })
  const closing = new AbortController()
  let ready = gateways
  let turn = 0

  const check = async () => {
    const answers = await Promise.all(gateways.map((gateway) => isReady(gateway)))
    const found = gateways.filter((_, index) => answers[index])
    ready = found.length > 0 ? found : gateways
  }
  const checking = (async () => {
    while (!closing.signal.aborted) {
      await check()
      await pause(CHECK_EVERY_MS, undefined, { signal: closing.signal }).catch(() => {})
    }
  })()

  const server = createServer(async (asked, answered) => {
    const body = await read(asked).catch(() => undefined)
    if (body === undefined) return
    turn++
    const inTurn = ready.map((_, index) => ready[(turn + index) % ready.length] ?? '')
    for (const gateway of inTurn) if (await forward(gateway, agent, { asked, body }, answered)) return
    answered.writeHead(502).end()
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      closing.abort()
      await checking
      server.close()
      server.closeAllConnections()
      agent.destroy()
    }
  }
}

async function isReady(gateway: string): Promise<boolean> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS)
  const response = await fetch(`${gateway}/readyz`, { signal }).catch(() => undefined)
  await response?.body?.cancel()
  return response?.status === 200
}

async function read(asked: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of asked) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Returns false if the gateway cannot be reached, so that the request was not sent. */
async function forward(
  gateway: string,
  agent: Agent,
  { asked, body }: { asked: IncomingMessage; body: Buffer },
  answered: ServerResponse
): Promise<boolean> {
  const { connection: _, 'transfer-encoding': __, ...headers } = asked.headers
  const sent = request(`${gateway}${asked.url}`, {
    agent,
    method: asked.method,
    headers: { ...headers, ...(body.length > 0 ? { 'content-length': body.length } : {}) }
  })
  // The one that counts is thrown below.
  sent.on('error', () => {})
  const leave = () => sent.destroy()
  answered.once('close', leave)
  try {
    sent.end(body)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const { connection: ___, 'keep-alive': ____, ...others } = response.headers
    answered.writeHead(response.statusCode ?? 502, others)
    for await (const chunk of response) answered.write(chunk)
    answered.off('close', leave).end()
  } catch (error) {
    answered.off('close', leave)
    if (errorCode(error) === 'ECONNREFUSED') return false
    answered.destroy()
  }
  return true
}
