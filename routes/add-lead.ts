import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { NewLeadSchema, ResultSchema } from '../schemas/batch.ts'
import { ref } from '../schemas/ref.ts'
import { Problem } from '../src/errors.ts'
import { callerOf, requires } from '../src/http/authentication.ts'
import { hangUpSignal } from '../src/http/client-wait.ts'
import { sends } from '../src/http/openapi/headers.ts'
import { isObject } from '../src/leads/is-object.ts'
import { jsonInText } from '../src/leads/refusal.ts'
import { newLeadResponse } from '../src/updates/response.ts'
import type { Updates } from '../src/updates/updates.ts'
import { json, problems, UPDATE_PROBLEMS } from './responses.ts'

const schema = {
  operationId: 'addLead',
  summary: 'Add one lead',
  description:
    'The lead must be new. The body is an object of its fields, and `custom_fields`. `list_id`, `phone_code` and `phone_number` are ' +
    'required. If a lead has its `vendor_lead_code` already (without one: its `phone_number`), nothing is added: 409. ' +
    'After an answer that leaves open whether the lead was added, send the same again.',
  tags: ['leads'],
  security: requires('add'),
  body: ref(NewLeadSchema),
  response: {
    201: {
      ...json('The lead was added.', ResultSchema),
      ...sends('Location')
    },
    ...problems(...UPDATE_PROBLEMS, 'lead_exists')
  }
}

/** `POST /v1/leads` */
export function addLeadRoute(updates: Updates) {
  async function addLead(request: FastifyRequest, reply: FastifyReply) {
    const { body } = request
    if (!isObject(body)) throw notAnObject(body)
    const caller = callerOf(request)
    const entry = updates.readNewLead(body, caller)
    await caller.limits.take('updates', 1)
    const sender = updates.sender(caller, request.id)
    const delivered = await updates.deliver([entry], sender, hangUpSignal(request, reply))
    return reply.code(201).send(newLeadResponse(entry, delivered))
  }

  /** Also of a response that is repeated for its Idempotency-Key. */
  async function addLocation(_request: FastifyRequest, reply: FastifyReply, payload: unknown) {
    const lead = reply.statusCode === 201 && /"lead_id":(\d+)/.exec(String(payload))?.[1]
    if (lead) reply.header('location', `/v1/leads/${lead}`)
  }

  return async (app: FastifyInstance) => {
    app.post(
      '/v1/leads',
      // `Updates.readNewLead` checks the body instead: it points at each fault.
      { schema, validatorCompiler: () => () => true, onSend: addLocation },
      addLead
    )
  }
}

function notAnObject(body: unknown): Problem {
  const detail = `The body must be a JSON object of the lead's fields.${jsonInText(body)}`
  return new Problem('invalid_request', detail, {
    errors: [{ pointer: '', code: 'invalid_request', detail }]
  })
}
