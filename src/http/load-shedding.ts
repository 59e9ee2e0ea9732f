import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import { overloaded } from '../errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** By how much turns of the event loop were late on average, in milliseconds. */
    readonly eventLoopDelayMs: number
  }
}

/** Average event loop delay, in milliseconds, beyond which new work only slows down the rest. */
export const MAX_EVENT_LOOP_DELAY_MS = 1_000
/** Senders that have not proved themselves are refused at this share of the delay: what they ask for must not cost others. */
const ANONYMOUS_SHARE = 0.25
/** Time that the average covers, in milliseconds. One slow turn is no overload. */
const MEASURED_MS = 2_000
/** How often a turn is timed, in milliseconds. */
const RESOLUTION_MS = 10
const RETRY_AFTER_SECONDS = 3

/** Measures the delay of the event loop, for `loadShedding`. */
export function measureLoad(app: FastifyInstance): void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  let averageMs = 0
  let timer: NodeJS.Timeout | undefined
  app.decorate('eventLoopDelayMs', { getter: () => averageMs })
  // Not before: on a slow machine the start takes seconds, and is no overload.
  app.addHook('onListen', async () => {
    delays.enable()
    timer = setInterval(() => {
      // Without a timed turn there was none in all this time.
      averageMs = Number.isNaN(delays.mean) ? MEASURED_MS : Math.max(0, delays.mean / 1e6 - RESOLUTION_MS)
      delays.reset()
    }, MEASURED_MS).unref()
  })
  app.addHook('onClose', async () => {
    clearInterval(timer)
    delays.disable()
  })
}

/**
 * Refuses the requests of this scope while the process can't keep up. To be called after the hooks that identify the
 * sender.
 * @param maxEventLoopDelayMs average delay beyond which it can't; 0: never
 */
export function loadShedding(scope: FastifyInstance, maxEventLoopDelayMs: number): void {
  if (maxEventLoopDelayMs === 0) return
  scope.addHook('onRequest', (request, _reply, done) => {
    const limit = request.sender === null ? maxEventLoopDelayMs * ANONYMOUS_SHARE : maxEventLoopDelayMs
    const detail = 'The gateway cannot keep up with its requests.'
    done(scope.eventLoopDelayMs > limit ? overloaded(detail, RETRY_AFTER_SECONDS) : undefined)
  })
}
