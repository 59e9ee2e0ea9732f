import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { overloaded } from '../errors.ts'

/** Average event loop delay, in milliseconds, beyond which new work only slows down the rest. */
export const MAX_EVENT_LOOP_DELAY_MS = 1_000
/** Time that the average covers, in milliseconds. One slow turn, such as at start, is no overload. */
const MEASURED_MS = 2_000
const RETRY_AFTER_SECONDS = 3

/**
 * Refuses the requests of this scope while the process can't keep up.
 * @param maxEventLoopDelay average delay, in milliseconds, beyond which it can't; 0: never
 */
export async function loadShedding(scope: FastifyInstance, maxEventLoopDelay: number): Promise<void> {
  await scope.register(underPressure, {
    maxEventLoopDelay,
    sampleInterval: MEASURED_MS,
    pressureHandler: async () => {
      throw overloaded('The gateway cannot keep up with its requests.', RETRY_AFTER_SECONDS)
    }
  })
}
