import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Result } from '../../schemas/batch.ts'
import { outcomeResult, rejectedResult } from '../delivery/result.ts'
import type { Dependencies } from '../app.ts'
import { auditOf, callerOf } from '../http/authentication.ts'
import type { DeliveryContext } from '../delivery/delivery.ts'
import { deliveredFields, type Outcome } from '../delivery/outcome.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { StorageError } from '../errors.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'

/**
 * Sends the sound updates of a request to VICIdial, within the request's deadline.
 * @param source VICIdial's `source` as the request gives it, if it does
 * @returns a result for each entry, in order, and the calls that were made
 * @throws Problem overloaded, if too much is waiting; then nothing was taken
 */
export async function deliverEntries(
  entries: readonly (Update | RejectedUpdate)[],
  source: string | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  dependencies: Dependencies
): Promise<{ results: Result[]; upstreamCalls: number }> {
  const caller = callerOf(request)
  const sender = {
    caller: caller.name,
    ...auditOf(request),
    account: caller.account,
    source: source ?? caller.source ?? dependencies.source
  }
  const gone = new AbortController()
  // The answer to one that can be repeated is of use even if its sender does not wait for it.
  if (request.idempotencyKey === null) {
    reply.raw.once('close', () => {
      gone.abort()
    })
  }
  const sound = entries.filter((entry): entry is Update => 'changes' in entry)
  const { outcomes, upstreamCalls } = await dependencies.dispatchers.of(caller.account).deliver(sound, {
    ...sender,
    deadline: Date.now() + dependencies.requestDeadlineMs,
    signal: gone.signal,
    ...pastOutbox(sound, dependencies.outbox, request.log)
  })
  let place = 0
  const results = entries.map((entry) => {
    if ('refusals' in entry) return rejectedResult(entry)
    const outcome = outcomes[place++]
    if (outcome === undefined) throw new Error(`update ${entry.index} has no outcome`)
    return outcomeResult(entry, outcome)
  })
  await dependencies.history.record(sender, entries, results)
  return { results, upstreamCalls }
}

/** Older updates of the same leads may wait in the outbox: they must not undo what is set now. */
function pastOutbox(
  updates: readonly Update[],
  outbox: Outbox,
  log: FastifyRequest['log']
): Pick<DeliveryContext, 'sequencing' | 'note'> {
  const { pending, deadLetters } = outbox.queue.size
  if (pending + deadLetters === 0) return {}
  // What is accepted from now on is newer than this request.
  const order = outbox.queue.nextSequence
  const note = async (outcomes: readonly Outcome[]) => {
    const delivered = updates.flatMap((update, place) => {
      const outcome = outcomes[place]
      return outcome ? deliveredFields(update, outcome) : []
    })
    await outbox.queue.supersede(delivered, order).catch((error: unknown) => {
      // What was made is made, and its sender learns that, though an older update that waits may undo it.
      if (!(error instanceof StorageError)) throw error
      log.error({ err: error }, 'delivered updates cannot be noted')
    })
  }
  return { sequencing: { sequenceOf: () => order, isStored: false }, note }
}
