import type { FastifyRequest } from 'fastify'
import type { Result } from '../schemas/batch.ts'
import { outcomeResult, refusedResult } from './answers.ts'
import type { Dependencies } from './app.ts'
import { callerOf } from './callers/authentication.ts'
import type { RefusedUpdate, Update } from './leads/update.ts'

/**
 * Sends the sound updates of a request to VICIdial, within the request's deadline.
 * @param source VICIdial's `source` as the request gives it, if it does
 * @returns a result for each entry, in order, and the calls that were made
 */
export async function deliverEntries(
  entries: readonly (Update | RefusedUpdate)[],
  source: string | undefined,
  request: FastifyRequest,
  dependencies: Dependencies
): Promise<{ results: Result[]; upstreamCalls: number }> {
  const sound = entries.filter((entry): entry is Update => 'changes' in entry)
  let upstreamCalls = 0
  const outcomes = await dependencies.dispatcher.deliver(sound, {
    source: source ?? callerOf(request).source ?? dependencies.source,
    deadline: Date.now() + dependencies.requestDeadlineMs,
    log: request.log,
    onSent: () => {
      upstreamCalls++
    }
  })
  const outcomeOf = new Map(sound.map((update, place) => [update.index, outcomes[place]]))
  const results = entries.map((entry) => {
    if ('refusals' in entry) return refusedResult(entry)
    const outcome = outcomeOf.get(entry.index)
    if (outcome === undefined) throw new Error(`update ${entry.index} has no outcome`)
    return outcomeResult(entry, outcome)
  })
  return { results, upstreamCalls }
}
