import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { BatchAnswerSchema, BatchRequestSchema, ShortBatchRequestSchema } from '../schemas/batch.ts'
import { AcceptedSchema } from '../schemas/job.ts'
import { ref } from '../schemas/ref.ts'
import { answerBatch } from '../src/updates/response.ts'
import type { Dependencies } from '../src/app.ts'
import { requireSource } from '../src/callers/access-control.ts'
import { auditOf, callerOf, countUpdates, requires } from '../src/http/authentication.ts'
import { deliverEntries } from '../src/updates/deliver.ts'
import { answerDryRun } from '../src/updates/dry-run.ts'
import { Problem } from '../src/errors.ts'
import { rejectedResult } from '../src/delivery/result.ts'
import { prefersAsync } from '../src/http/prefer.ts'
import { type Batch, DEFAULT_OPTIONS, readBatch } from '../src/leads/batch.ts'
import { json, problems, UPDATE_PROBLEMS } from './responses.ts'

const schema = {
  operationId: 'batchUpdateLeads',
  summary: 'Update many leads, each with its own changes',
  description:
    'Long form: `updates`, each naming its lead and what to change. Short form: `lead_ids` and one set of changes. ' +
    'One result per update (per lead id in the short form), in the same order. An update that is refused stops ' +
    'no other. The same lead may stand twice; its updates take effect in the order given.',
  tags: ['leads'],
  security: requires('batch'),
  body: Type.Union([ref(BatchRequestSchema), ref(ShortBatchRequestSchema)]),
  response: {
    200: json('All leads were updated, or the request was a dry run.', BatchAnswerSchema),
    207: json(
      'Some leads were updated, or VICIdial answered for each with something else.',
      BatchAnswerSchema
    ),
    202: json('With `Prefer: respond-async`: the updates are stored, and will be delivered.', AcceptedSchema),
    ...problems(...UPDATE_PROBLEMS)
  }
}

/** `POST /v1/leads/batch-update` */
export function batchUpdateRoute(dependencies: Dependencies) {
  const { runtimeConfig, maxUpdatesPerRequest } = dependencies

  async function batchUpdate(request: FastifyRequest, reply: FastifyReply) {
    const caller = callerOf(request)
    const defaults = { ...DEFAULT_OPTIONS, onLossy: caller.onLossy }
    const batch = readBatch(request.body, {
      ...runtimeConfig.leads,
      ...caller.rules(maxUpdatesPerRequest),
      defaults
    })
    if ('errors' in batch)
      throw new Problem(batch.code, batch.errors[0]?.detail ?? '', { errors: batch.errors })
    requireSource(caller, batch.source)
    if (batch.dryRun) return answerDryRun(batch, request, dependencies)
    countUpdates(request, batch.entries.length)
    if (prefersAsync(request)) return acceptBatch(batch, request, reply)
    const { results, upstreamCalls } = await deliverEntries(
      batch.entries,
      batch.source,
      request,
      reply,
      dependencies
    )
    const { httpStatus, body } = answerBatch(request.id, batch.entries, results, upstreamCalls)
    return reply.code(httpStatus).send(body)
  }

  async function acceptBatch(batch: Batch, request: FastifyRequest, reply: FastifyReply) {
    const { entries } = batch
    const { name, account, source = dependencies.source } = callerOf(request)
    const sender = { caller: name, ...auditOf(request), account, source: batch.source ?? source }
    if (entries.every((entry) => 'refusals' in entry)) {
      await dependencies.history.recordRejected(sender, entries)
      return answerBatch(request.id, entries, entries.map(rejectedResult), 0)
    }
    const { id, answer, isRepeat } = await dependencies.jobs.accept({
      ...sender,
      origin: 'batch',
      entries,
      ...(request.idempotencyKey ? { repeat: request.idempotencyKey } : {})
    })
    if (!isRepeat) await dependencies.history.recordRejected({ ...sender, jobId: id }, entries)
    request.isAnswerStored = true
    if (isRepeat) reply.header('idempotency-replayed', 'true')
    return reply
      .code(answer.httpStatus)
      .header('preference-applied', 'respond-async')
      .type(answer.contentType)
      .send(answer.body)
  }

  return async (app: FastifyInstance) => {
    app.post(
      '/v1/leads/batch-update',
      // readBatch checks the body: it points at each fault, and refuses a faulty update without its neighbours.
      { schema, validatorCompiler: () => () => true },
      batchUpdate
    )
  }
}
