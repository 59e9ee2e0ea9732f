import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../src/callers/caller.ts'
import { callerOf } from '../src/http/authentication.ts'
import { hangUpSignal, prefersAsync } from '../src/http/client-wait.ts'
import type { Repeats } from '../src/http/idempotency-record.ts'
import type { Batch } from '../src/updates/batch.ts'
import { batchResponse, type RequestResults } from '../src/updates/response.ts'
import type { AcceptedJob, Entry, Sender, Updates } from '../src/updates/updates.ts'
import { sendStored } from './responses.ts'

export interface BatchHandlerOptions {
  readonly updates: Pick<Updates, 'sender' | 'dryRun'>
  /** Reads the body. `isStored`: whether its entries are to be stored. */
  readonly read: (body: unknown, caller: Caller, isStored: boolean) => Batch
  readonly deliver: (
    entries: readonly Entry[],
    sender: Sender,
    signal: AbortSignal | undefined
  ) => Promise<RequestResults>
  readonly accept: (entries: readonly Entry[], sender: Sender, repeats: Repeats) => Promise<AcceptedJob>
}

/**
 * A handler for requests with many entries. It answers with what a dry run would do, with the job that stores the entries
 * (`Prefer: respond-async`), or with a result for each.
 */
export function batchHandler({ updates, read, deliver, accept }: BatchHandlerOptions) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const caller = callerOf(request)
    const isStored = prefersAsync(request)
    const { entries, source, dryRun } = read(request.body, caller, isStored)
    const sender = updates.sender(caller, request.id, source)
    if (dryRun) return updates.dryRun(entries, sender)
    await caller.limits.take('updates', entries.length)
    if (isStored) {
      const repeat = request.idempotencyKey
      const job = await accept(entries, sender, repeat ? { repeat } : {})
      return sendStored(job, request, reply.header('preference-applied', 'respond-async'))
    }
    const delivered = await deliver(entries, sender, hangUpSignal(request, reply))
    const { httpStatus, body } = batchResponse(request.id, entries, delivered)
    return reply.code(httpStatus).send(body)
  }
}
