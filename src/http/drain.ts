import type { Server } from 'node:http'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { overloaded } from '../errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the application is shutting down: it finishes current requests and refuses new ones. */
    readonly draining: boolean
    /**
     * Refuses new requests while still listening, so that senders stop using their open connections. Call it before
     * closing, or requests in flight would be reset.
     */
    beginDrain(): Promise<void>
  }
}

/** A restarted gateway is usually back by then. */
const RETRY_AFTER_SECONDS = 5
/** Time to keep answering, in milliseconds, so that senders see `Connection: close` on their next request. */
const DRAIN_MS = 500
/** Turns of the event loop without a new connection, after which none is waiting. */
const QUIET_TURNS = 3
/** Bound in case connections never stop coming; some are then refused. */
const MOST_TURNS = 10_000

/** Whether a request only asks how the gateway is. It is answered even when all others are refused. */
export function isHealthCheck({ routeOptions: { url } }: FastifyRequest): boolean {
  return url === '/livez' || url === '/readyz'
}

/** Refuses new requests on open connections once the application is closing; `/livez` and `/readyz` still answer. */
export function drainOnClose(app: FastifyInstance): void {
  let draining = false
  app.decorate('draining', {
    getter: () => draining
  })
  app.addHook('preClose', async () => {
    draining = true
  })
  app.decorate('beginDrain', async () => {
    draining = true
    await pause(DRAIN_MS)
    await acceptWaiting(app.server)
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    // An open keep-alive connection would keep the process running.
    if (draining) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const isRefused = draining && !isHealthCheck(request)
    done(isRefused ? overloaded('The gateway is shutting down.', RETRY_AFTER_SECONDS) : undefined)
  })
}

/** Accepts connections in the backlog, which would be reset when the server stops listening. */
async function acceptWaiting(server: Server): Promise<void> {
  let quiet = 0
  const onConnection = () => {
    quiet = 0
  }
  server.on('connection', onConnection)
  for (let n = 0; n < MOST_TURNS && quiet < QUIET_TURNS; n++) {
    quiet++
    await turn()
  }
  server.off('connection', onConnection)
}
