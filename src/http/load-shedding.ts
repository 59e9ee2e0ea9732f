import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { overloaded } from '../errors.ts'

/** With the event loop so late on average, whatever is begun makes all that is under way later. */
const MAX_EVENT_LOOP_DELAY_MS = 1_000
/** The average is over so long: one slow turn, as when the process starts, is no overload. */
const MEASURED_MS = 2_000
const RETRY_AFTER_SECONDS = 3

/** Refuses the requests of this scope while the process cannot keep up. */
export async function loadShedding(scope: FastifyInstance): Promise<void> {
  await scope.register(underPressure, {
    maxEventLoopDelay: MAX_EVENT_LOOP_DELAY_MS,
    sampleInterval: MEASURED_MS,
    pressureHandler: async () => {
      throw overloaded('The gateway cannot keep up with its requests.', RETRY_AFTER_SECONDS)
    }
  })
}
