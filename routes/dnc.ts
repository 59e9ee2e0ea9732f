import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { BatchAnswerSchema, ResultSchema } from '../schemas/batch.ts'
import { DncCampaignSchema, DncRequestSchema } from '../schemas/dnc.ts'
import { AcceptedSchema } from '../schemas/job.ts'
import { ref } from '../schemas/ref.ts'
import { callerOf, requires } from '../src/http/authentication.ts'
import { refuseQueries } from '../src/http/body/body-rules.ts'
import { hangUpSignal } from '../src/http/client-wait.ts'
import { sends, takes } from '../src/http/openapi/headers.ts'
import { dncResponse } from '../src/updates/response.ts'
import type { Updates } from '../src/updates/updates.ts'
import { batchHandler } from './batch-handler.ts'
import { COMMON_PROBLEMS, json, problems, UPDATE_PROBLEMS, UPSTREAM_PROBLEMS } from './responses.ts'

const ParamsSchema = Type.Object({
  phone_number: Type.String({ description: 'Its digits.', examples: ['2125550101'] })
})
const QuerySchema = Type.Object(
  { campaign_id: Type.Optional(DncCampaignSchema) },
  { additionalProperties: false }
)
type OfNumber = { Params: Static<typeof ParamsSchema>; Querystring: Static<typeof QuerySchema> }

const common = { tags: ['dnc'], security: requires('dnc') }
const addSchema = {
  ...common,
  operationId: 'addDncNumbers',
  summary: 'Add DNC numbers',
  description:
    'They are no longer called: in any campaign, or only in that of `campaign_id`. One result per number, in the same order: ' +
    '`dnc` is `added` or `already_there`. Each number takes a call to VICIdial; for many, send `Prefer: respond-async`. Repeating a request is safe.',
  ...takes('RespondAsync'),
  body: ref(DncRequestSchema),
  response: {
    200: json('All numbers are there; or a dry run, unless every number was rejected.', BatchAnswerSchema),
    207: json('Some numbers are.', BatchAnswerSchema),
    202: {
      ...json('With `Prefer: respond-async`: the numbers are stored, and will be added.', AcceptedSchema),
      ...sends('PreferenceApplied')
    },
    ...problems(...UPDATE_PROBLEMS)
  }
}
const removeSchema = {
  ...common,
  operationId: 'removeDncNumber',
  summary: 'Remove a DNC number',
  description:
    'It may be called again. `dnc` of the result is `removed` or `not_there`. Repeating a request is safe.',
  params: ParamsSchema,
  querystring: QuerySchema,
  response: {
    200: json('The number is not there (any more).', ResultSchema),
    ...problems(...COMMON_PROBLEMS, 'all_updates_rejected', ...UPSTREAM_PROBLEMS)
  }
}

/** `POST /v1/dnc`, `DELETE /v1/dnc/{phone_number}` */
export function dncRoutes(updates: Updates) {
  const addNumbers = batchHandler({
    updates,
    read: (body, caller) => updates.readDnc(body, caller),
    deliver: (entries, sender, signal) => updates.deliver(entries, sender, signal),
    accept: (entries, sender, repeats) => updates.accept(entries, sender, 'dnc', repeats)
  })

  async function removeNumber(request: FastifyRequest<OfNumber>, reply: FastifyReply) {
    const caller = callerOf(request)
    const { params, query } = request
    const entry = updates.readDncRemoval(params.phone_number, query.campaign_id, caller)
    await caller.limits.take('updates', 1)
    const sender = updates.sender(caller, request.id)
    return dncResponse(entry, await updates.deliver([entry], sender, hangUpSignal(request, reply)))
  }

  return async (app: FastifyInstance) => {
    app.delete<OfNumber>('/v1/dnc/:phone_number', { schema: removeSchema }, removeNumber)
    await app.register(async (scope) => {
      refuseQueries(scope)
      // `Updates.readDnc` checks the body instead: it points at each fault, and one bad number doesn't stop the others.
      scope.post('/v1/dnc', { schema: addSchema, validatorCompiler: () => () => true }, addNumbers)
    })
  }
}
