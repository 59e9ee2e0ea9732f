import type { FastifyInstance } from 'fastify'
import { BatchAnswerSchema, BatchRequestSchema } from '../schemas/batch.ts'
import { AcceptedSchema } from '../schemas/job.ts'
import { ref } from '../schemas/ref.ts'
import { requires } from '../src/http/authentication.ts'
import { sends, takes } from '../src/http/openapi/headers.ts'
import type { Updates } from '../src/updates/updates.ts'
import { batchHandler } from './batch-handler.ts'
import { json, problems, UPDATE_PROBLEMS } from './responses.ts'

const schema = {
  operationId: 'batchUpdateLeads',
  summary: 'Update many leads',
  description:
    'Long form: `updates`, each naming its lead and what to change. Short form: `lead_ids` and one set of changes. ' +
    'One result per update (per lead id in the short form), in the same order. A refused update does not ' +
    'stop the others. A lead may appear twice; its updates take effect in the order given.',
  tags: ['leads'],
  security: requires('batch'),
  ...takes('RespondAsync'),
  body: ref(BatchRequestSchema),
  response: {
    200: json('All leads were updated; or a dry run, unless every update was rejected.', BatchAnswerSchema),
    207: json(
      'Some leads were updated, or VICIdial answered for each with something else.',
      BatchAnswerSchema
    ),
    202: {
      ...json('With `Prefer: respond-async`: the updates are stored, and will be delivered.', AcceptedSchema),
      ...sends('PreferenceApplied')
    },
    ...problems(...UPDATE_PROBLEMS)
  }
}

/** `POST /v1/leads/batch-update` */
export function batchUpdateRoute(updates: Updates) {
  const batchUpdate = batchHandler({
    updates,
    read: (body, caller) => updates.read(body, caller),
    deliver: (entries, sender, signal) => updates.deliver(entries, sender, signal),
    accept: (entries, sender, repeats) => updates.accept(entries, sender, 'batch', repeats)
  })

  return async (app: FastifyInstance) => {
    app.post(
      '/v1/leads/batch-update',
      // `Updates.read` checks the body instead: it points at each fault, and one bad update doesn't stop the others.
      { schema, validatorCompiler: () => () => true },
      batchUpdate
    )
  }
}
