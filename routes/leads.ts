import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { BatchAnswerSchema } from '../schemas/batch.ts'
import { AcceptedSchema } from '../schemas/job.ts'
import { FoundLeadsSchema, LeadSchema, ReadRequestSchema } from '../schemas/read.ts'
import { ref } from '../schemas/ref.ts'
import { Problem } from '../src/errors.ts'
import { callerOf, requires } from '../src/http/authentication.ts'
import { refuseQueries } from '../src/http/body/body-rules.ts'
import { hangUpSignal } from '../src/http/client-wait.ts'
import { ANY, readEntityTags, withoutWeakness } from '../src/http/entity-tags.ts'
import { sends, takes } from '../src/http/openapi/headers.ts'
import { leadOfResults, type Reads, type Selection } from '../src/updates/reads.ts'
import type { Updates } from '../src/updates/updates.ts'
import { batchHandler } from './batch-handler.ts'
import { COMMON_PROBLEMS, json, problems, UPDATE_PROBLEMS, UPSTREAM_PROBLEMS } from './responses.ts'

const ParamsSchema = Type.Object({
  lead_id: Type.String({ description: "VICIdial's lead id.", examples: ['101'] })
})
const selection = {
  fields: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_,]{1,1000}$',
      description: 'Columns of the lead table, with commas between. Absent: all that you may read.',
      examples: ['status,email']
    })
  ),
  custom_fields: Type.Optional(
    Type.Enum(['true', 'false'], { description: 'Whether custom fields are read, too. Default: false.' })
  )
}
const SelectionSchema = Type.Object(selection, { additionalProperties: false })
const KeySchema = Type.Object(
  {
    vendor_lead_code: Type.Optional(
      Type.String({ description: 'Finds leads by their code.', examples: ['CRM-107'] })
    ),
    phone_number: Type.Optional(Type.String({ description: 'Finds leads by the digits of their number.' })),
    ...selection
  },
  { additionalProperties: false }
)
type OfLead = { Params: Static<typeof ParamsSchema>; Querystring: Static<typeof SelectionSchema> }
type ByKey = { Querystring: Static<typeof KeySchema> }

const common = { tags: ['leads'], security: requires('read') }
const READ_PROBLEMS = [...COMMON_PROBLEMS, 'conflict', 'all_updates_rejected', ...UPSTREAM_PROBLEMS] as const
/** A shared cache keeps no person's data, and a browser asks whether what it has is still right. */
const REVALIDATED = 'private, no-cache'
const oneSchema = {
  ...common,
  operationId: 'getLead',
  summary: 'Read one lead',
  description:
    'As VICIdial holds it now. A field that cannot be read for certain is in `unread` instead. `ETag`, if nothing is unread, ' +
    'is for `If-None-Match` here and `If-Match` of PATCH.',
  ...takes('IfNoneMatch'),
  params: ParamsSchema,
  querystring: SelectionSchema,
  response: {
    200: {
      ...json('The lead.', LeadSchema),
      ...sends('Etag')
    },
    304: {
      // No body.
      type: 'null',
      description: 'The lead is as it was: it has the ETag of If-None-Match.',
      ...sends('Etag')
    },
    ...problems(...READ_PROBLEMS, 'not_found')
  }
}
const byKeySchema = {
  ...common,
  operationId: 'findLeads',
  summary: 'Find leads by a vendor code or a phone number',
  description:
    'All that match, newest first; of more than 1,000 the newest, and `has_more`. Give one of the two keys.',
  querystring: KeySchema,
  response: {
    200: json('The leads; none if nothing matches.', FoundLeadsSchema),
    ...problems(...READ_PROBLEMS)
  }
}
const manySchema = {
  ...common,
  operationId: 'readLeads',
  summary: 'Read many leads',
  description:
    'One result per lead, in the same order. At most 1,000 at once; more, and without a deadline, with `Prefer: respond-async`: ' +
    'then the job has the results as they come. Each lead takes a call to VICIdial, and one with an apostrophe or a tab in a ' +
    'value a call for each field.',
  ...takes('RespondAsync'),
  body: ref(ReadRequestSchema),
  response: {
    200: json('All leads were read; or a dry run, unless every lead was rejected.', BatchAnswerSchema),
    207: json('Some were, or not each of their fields.', BatchAnswerSchema),
    202: {
      ...json(
        'With `Prefer: respond-async`: the request is stored, and the leads will be read.',
        AcceptedSchema
      ),
      ...sends('PreferenceApplied')
    },
    ...problems(...UPDATE_PROBLEMS)
  }
}

export interface LeadRoutesOptions {
  readonly reads: Reads
  readonly updates: Pick<Updates, 'sender' | 'deadline' | 'dryRun'>
}

/** `GET /v1/leads/{lead_id}`, `GET /v1/leads`, `POST /v1/leads/read` */
export function leadRoutes({ reads, updates }: LeadRoutesOptions) {
  async function getLead(request: FastifyRequest<OfLead>, reply: FastifyReply) {
    const { lead_id } = request.params
    const caller = callerOf(request)
    const known = readEntityTags('If-None-Match', request.headers['if-none-match'])
    const entry = reads.readOne({ lead_id }, selectionOf(request.query), caller)
    if (entry.key === undefined)
      throw new Problem('not_found', 'The path must end in a lead id: an integer from 1 to 999999999.')
    await caller.limits.take('updates', 1)
    const sender = updates.sender(caller, request.id)
    const lead = leadOfResults(
      await reads.deliver([entry], sender, updates.deadline(), hangUpSignal(request, reply))
    )
    reply.header('cache-control', REVALIDATED)
    if (lead.etag === undefined) return lead
    reply.header('etag', lead.etag)
    if (known === ANY || known?.map(withoutWeakness).includes(lead.etag)) return reply.code(304).send()
    return lead
  }

  async function findLeads(request: FastifyRequest<ByKey>, reply: FastifyReply) {
    const { vendor_lead_code: code, phone_number: phone } = request.query
    if ((code === undefined) === (phone === undefined))
      throw new Problem('invalid_request', 'Give either vendor_lead_code or phone_number.')
    const caller = callerOf(request)
    const key = code === undefined ? { phone_number: phone } : { vendor_lead_code: code }
    const entry = reads.readAll(key, selectionOf(request.query), caller)
    await caller.limits.take('updates', 1)
    const sender = updates.sender(caller, request.id)
    reply.header('cache-control', REVALIDATED)
    return reads.find([entry], sender, updates.deadline(), hangUpSignal(request, reply))
  }

  const readLeads = batchHandler({
    updates,
    read: (body, caller, isStored) => reads.read(body, caller, isStored),
    deliver: (entries, sender, signal) => reads.deliver(entries, sender, updates.deadline(), signal),
    accept: (entries, sender, repeats) => reads.accept(entries, sender, repeats)
  })

  return async (app: FastifyInstance) => {
    app.get<OfLead>('/v1/leads/:lead_id', { schema: oneSchema }, getLead)
    app.get<ByKey>('/v1/leads', { schema: byKeySchema }, findLeads)
    await app.register(async (scope) => {
      refuseQueries(scope)
      // `Reads.read` checks the body instead: it points at each fault, and one bad key doesn't stop the others.
      scope.post('/v1/leads/read', { schema: manySchema, validatorCompiler: () => () => true }, readLeads)
    })
  }
}

function selectionOf({ fields, custom_fields: custom }: Static<typeof SelectionSchema>): Selection {
  return { fields: fields?.split(','), customFields: custom === 'true' }
}
