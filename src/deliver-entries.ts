import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Result } from '../schemas/batch.ts'
import { outcomeResult, refusedResult } from './answers.ts'
import type { Dependencies } from './app.ts'
import { callerOf } from './callers/authentication.ts'
import { OverloadedError } from './delivery/overloaded-error.ts'
import { Problem } from './errors.ts'
import type { RefusedUpdate, Update } from './leads/update.ts'

/**
 * Sends the sound updates of a request to VICIdial, within the request's deadline.
 * @param source VICIdial's `source` as the request gives it, if it does
 * @returns a result for each entry, in order, and the calls that were made
 * @throws Problem overloaded, if too much is waiting; then nothing was taken
 */
export async function deliverEntries(
  entries: readonly (Update | RefusedUpdate)[],
  source: string | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  dependencies: Dependencies
): Promise<{ results: Result[]; upstreamCalls: number }> {
  const caller = callerOf(request)
  const gone = new AbortController()
  reply.raw.once('close', () => {
    gone.abort()
  })
  const sound = entries.filter((entry): entry is Update => 'changes' in entry)
  const { outcomes, upstreamCalls } = await dependencies.dispatcher
    .deliver(sound, {
      caller: caller.name,
      source: source ?? caller.source ?? dependencies.source,
      deadline: Date.now() + dependencies.requestDeadlineMs,
      requestId: request.id,
      signal: gone.signal
    })
    .catch(answerOverload)
  let place = 0
  const results = entries.map((entry) => {
    if ('refusals' in entry) return refusedResult(entry)
    const outcome = outcomes[place++]
    if (outcome === undefined) throw new Error(`update ${entry.index} has no outcome`)
    return outcomeResult(entry, outcome)
  })
  return { results, upstreamCalls }
}

function answerOverload(error: unknown): never {
  if (!(error instanceof OverloadedError)) throw error
  const headers = { 'retry-after': String(error.retryAfterSeconds) }
  throw new Problem('overloaded', error.message, { headers })
}
