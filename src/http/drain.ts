import type { Server } from 'node:http'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { overloaded } from '../errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the application is shutting down: work in hand is finished, no new work is taken. */
    readonly draining: boolean
    /**
     * Refuses new requests while it still listens, so that senders with open connections learn not to use them again;
     * to be called before it is closed. Otherwise a request that is on its way would be reset.
     */
    beginDrain(): Promise<void>
  }
}

/** A restarted gateway is usually back within this. */
const RETRY_AFTER_SECONDS = 5
/** In this time a sender with an open connection learns, by the answer to its next request, that it must not use it again. */
const NOTICE_MS = 500
/** Turns of the event loop in which no connection came, after which none is waiting to be taken. */
const QUIET_TURNS = 3
/** If connections never stop coming, some are refused after all. */
const MOST_TURNS = 10_000

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
    await pause(NOTICE_MS)
    await takeWaiting(app.server)
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    // A sender that keeps its connection open would hold the process.
    if (draining) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const url = request.routeOptions.url
    const isRefused = draining && url !== '/livez' && url !== '/readyz'
    done(isRefused ? overloaded('The gateway is shutting down.', RETRY_AFTER_SECONDS) : undefined)
  })
}

/** Takes the connections that are made already: those still waiting when the server stops listening would be reset. */
async function takeWaiting(server: Server): Promise<void> {
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
