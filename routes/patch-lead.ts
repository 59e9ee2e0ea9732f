import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { ResultSchema } from '../schemas/batch.ts'
import { LeadFieldsSchema } from '../schemas/fields.ts'
import { ref } from '../schemas/ref.ts'
import { rejectedProblem, summarize, upstreamProblem } from '../src/updates/response.ts'
import type { Dependencies } from '../src/app.ts'
import { callerOf, countUpdates, requires } from '../src/http/authentication.ts'
import { deliverEntries } from '../src/updates/deliver.ts'
import { Problem } from '../src/errors.ts'
import { DEFAULT_OPTIONS } from '../src/leads/batch.ts'
import { isObject } from '../src/leads/is-object.ts'
import { readUpdate } from '../src/leads/update.ts'
import { json, problems, UPDATE_PROBLEMS } from './responses.ts'

const ParamsSchema = Type.Object({
  lead_id: Type.String({ description: "VICIdial's lead id.", examples: ['101'] })
})

const schema = {
  operationId: 'patchLead',
  summary: 'Update one lead',
  description: 'The body holds the fields to change, plainly. Fields that are not named stay as they are.',
  tags: ['leads'],
  security: requires('batch'),
  params: ParamsSchema,
  body: ref(LeadFieldsSchema),
  response: {
    200: json('The lead was updated.', ResultSchema),
    ...problems(...UPDATE_PROBLEMS, 'not_found')
  }
}

/** `PATCH /v1/leads/{lead_id}` */
export function patchLeadRoute(dependencies: Dependencies) {
  async function patchLead(
    request: FastifyRequest<{ Params: Static<typeof ParamsSchema> }>,
    reply: FastifyReply
  ) {
    if (!isObject(request.body)) {
      const detail = 'The body must be a JSON object of fields and their new values.'
      throw new Problem('invalid_request', detail, {
        errors: [{ pointer: '', code: 'invalid_request', detail }]
      })
    }
    const element = { lead_id: request.params.lead_id, fields: request.body }
    const caller = callerOf(request)
    const options = { ...DEFAULT_OPTIONS, onLossy: caller.onLossy }
    const rules = { ...dependencies.runtimeConfig.leads, ...caller.rules(1) }
    const entry = readUpdate(element, 0, options, rules)
    if (entry.key === undefined) {
      throw new Problem('not_found', 'The path must end in a lead id: an integer from 1 to 999999999.')
    }
    countUpdates(request, 1)
    const { results, upstreamCalls } = await deliverEntries([entry], undefined, request, reply, dependencies)
    const summary = summarize(results, upstreamCalls)
    const [result] = results
    if ('refusals' in entry) {
      const refusals = entry.refusals.map((refusal) => ({
        ...refusal,
        pointer: refusal.pointer.replace(/^\/fields/, '')
      }))
      throw rejectedProblem(refusals, summary, results)
    }
    if (result?.error?.code === 'lead_not_found') {
      throw new Problem('not_found', `There is no lead ${request.params.lead_id}: ${result.error.detail}`, {
        extra: { summary, results }
      })
    }
    if (result?.error) {
      const { code, detail } = result.error
      // VICIdial refuses a value only of list_id.
      const refusal = { pointer: '/list_id', code, detail }
      throw upstreamProblem(summary, results) ?? rejectedProblem([refusal], summary, results)
    }
    return result
  }

  return async (app: FastifyInstance) => {
    app.patch<{ Params: Static<typeof ParamsSchema> }>(
      '/v1/leads/:lead_id',
      // readUpdate checks the body: it points at each fault.
      { schema, validatorCompiler: () => () => true },
      patchLead
    )
  }
}
