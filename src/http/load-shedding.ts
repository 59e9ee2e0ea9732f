import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { overloaded } from '../errors.ts'

/** Average event loop delay, in milliseconds, beyond which new work only slows down the rest. */
export const MAX_EVENT_LOOP_DELAY_MS = 1_000
/** Senders that have not proved themselves are refused at this share of the delay: what they ask for must not cost others. */
const ANONYMOUS_SHARE = 0.25
/** Time that the average covers, in milliseconds. One slow turn, such as at start, is no overload. */
const MEASURED_MS = 2_000
const RETRY_AFTER_SECONDS = 3

/** Measures the delay of the event loop, for `loadShedding`. */
export async function measureLoad(app: FastifyInstance): Promise<void> {
  await app.register(underPressure, { sampleInterval: MEASURED_MS })
}

/**
 * Refuses the requests of this scope while the process can't keep up. To be called after the hooks that identify the
 * sender.
 * @param maxEventLoopDelayMs average delay beyond which it can't; 0: never
 */
export function loadShedding(scope: FastifyInstance, maxEventLoopDelayMs: number): void {
  if (maxEventLoopDelayMs === 0) return
  scope.addHook('onRequest', (request, _reply, done) => {
    const { eventLoopDelay } = scope.memoryUsage()
    const limit = request.sender === null ? maxEventLoopDelayMs * ANONYMOUS_SHARE : maxEventLoopDelayMs
    const detail = 'The gateway cannot keep up with its requests.'
    done(eventLoopDelay > limit ? overloaded(detail, RETRY_AFTER_SECONDS) : undefined)
  })
}
