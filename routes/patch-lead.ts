import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { ResultSchema } from '../schemas/batch.ts'
import { LeadFieldsSchema } from '../schemas/fields.ts'
import { ref } from '../schemas/ref.ts'
import { Problem } from '../src/errors.ts'
import { requirePermission } from '../src/callers/access-control.ts'
import { callerOf, requires } from '../src/http/authentication.ts'
import { hangUpSignal } from '../src/http/client-wait.ts'
import { ANY, readEntityTags } from '../src/http/entity-tags.ts'
import { takes } from '../src/http/openapi/headers.ts'
import { isObject } from '../src/leads/is-object.ts'
import { jsonInText } from '../src/leads/refusal.ts'
import { leadResponse } from '../src/updates/response.ts'
import type { Reads } from '../src/updates/reads.ts'
import type { Updates } from '../src/updates/updates.ts'
import { json, problems, UPDATE_PROBLEMS } from './responses.ts'

const ParamsSchema = Type.Object({
  lead_id: Type.String({ description: "VICIdial's lead id.", examples: ['101'] })
})

const schema = {
  operationId: 'patchLead',
  summary: 'Update one lead',
  description:
    'The body is an object of the fields to change. Other fields keep their values. With `If-Match` the lead is read first, ' +
    'and changed only if it is as it was: no other update by the gateway comes between, but VICIdial may still change it, as ' +
    'it has no locks. That needs `read`, too.',
  tags: ['leads'],
  security: requires('batch'),
  params: ParamsSchema,
  ...takes('IfMatch'),
  body: ref(LeadFieldsSchema),
  response: {
    200: json('The lead was updated.', ResultSchema),
    ...problems(...UPDATE_PROBLEMS, 'not_found', 'precondition_failed')
  }
}

/** `PATCH /v1/leads/{lead_id}` */
export function patchLeadRoute(updates: Updates, reads: Pick<Reads, 'onlyIf'>) {
  async function patchLead(
    request: FastifyRequest<{ Params: Static<typeof ParamsSchema> }>,
    reply: FastifyReply
  ) {
    const { body: fields, params } = request
    if (!isObject(fields)) throw notAnObject(fields)
    const caller = callerOf(request)
    const { entries } = updates.read({ updates: [{ lead_id: params.lead_id, fields }] }, caller)
    const [entry] = entries
    if (entry?.key === undefined)
      throw new Problem('not_found', 'The path must end in a lead id: an integer from 1 to 999999999.')
    await caller.limits.take('updates', 1)
    const sender = updates.sender(caller, request.id)
    const signal = hangUpSignal(request, reply)
    const tags = readEntityTags('If-Match', request.headers['if-match'])
    // Any lead that exists matches *, and the update itself shows whether it does.
    const isConditional = tags !== undefined && tags !== ANY
    if (isConditional) requirePermission(caller, 'read')
    const update = isConditional && 'changes' in entry ? reads.onlyIf(entry, tags, caller) : entry
    const delivered = await updates.deliver([update], sender, signal)
    return leadResponse(params.lead_id, entry, delivered)
  }

  return async (app: FastifyInstance) => {
    app.patch<{ Params: Static<typeof ParamsSchema> }>(
      '/v1/leads/:lead_id',
      // `Updates.read` checks the body instead: it points at each fault.
      { schema, validatorCompiler: () => () => true },
      patchLead
    )
  }
}

function notAnObject(body: unknown): Problem {
  const detail = `The body must be a JSON object of fields and their new values.${jsonInText(body)}`
  return new Problem('invalid_request', detail, {
    errors: [{ pointer: '', code: 'invalid_request', detail }]
  })
}
