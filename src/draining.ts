import type { FastifyInstance } from 'fastify'
import { Problem } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the application is shutting down: work in hand is finished, no new work is taken. */
    readonly draining: boolean
  }
}

/** A restarted gateway is usually back within this. */
const RETRY_AFTER_SECONDS = '5'

/** Refuses new requests on open connections once the application is closing; `/livez` and `/readyz` still answer. */
export function drainOnClose(app: FastifyInstance): void {
  let draining = false
  app.decorate('draining', {
    getter: () => draining
  })
  app.addHook('preClose', async () => {
    draining = true
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    // A sender that keeps its connection open would hold the process.
    if (draining) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const url = request.routeOptions.url
    const isRefused = draining && url !== '/livez' && url !== '/readyz'
    const headers = { 'retry-after': RETRY_AFTER_SECONDS }
    done(isRefused ? new Problem('overloaded', 'The gateway is shutting down.', { headers }) : undefined)
  })
}
