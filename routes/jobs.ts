import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import {
  CancelledSchema,
  JobListSchema,
  JobSchema,
  JobStatusSchema,
  ReplayedJobSchema,
  ReplayJobSchema
} from '../schemas/job.ts'
import { NoBodySchema } from '../schemas/empty-body.ts'
import { ref } from '../schemas/ref.ts'
import { Problem } from '../src/errors.ts'
import { auditOf, callerOf, requires } from '../src/http/authentication.ts'
import { isFinished, jobSummary } from '../src/jobs/job-response.ts'
import type { Jobs } from '../src/jobs/jobs.ts'
import type { ReplayRequester } from '../src/jobs/replay.ts'
import type { JobStore } from '../src/outbox/jobs.ts'
import { CHANGE_PROBLEMS, COMMON_PROBLEMS, json, problems, sendStored } from './responses.ts'

const ParamsSchema = Type.Object({ id: Type.String({ description: 'The job.' }) })
type ById = { Params: Static<typeof ParamsSchema> }

const QuerySchema = Type.Object(
  {
    status: Type.Optional(ref(JobStatusSchema)),
    source: Type.Optional(Type.String({ description: "VICIdial's source." })),
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9]|[1-9][0-9]|100)$', description: '1 to 100; 50 if absent.' })
    ),
    cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before.' }))
  },
  { additionalProperties: false }
)
const NoQuerySchema = Type.Object({}, { additionalProperties: false })
const DEFAULT_LIMIT = 50

const common = { tags: ['jobs'], security: requires('jobs') }
const getSchema = {
  ...common,
  operationId: 'getJob',
  summary: 'Get a job and its results',
  params: ParamsSchema,
  querystring: NoQuerySchema,
  response: {
    200: json('The job with its results so far.', JobSchema),
    ...problems(...COMMON_PROBLEMS, 'not_found')
  }
}
const listSchema = {
  ...common,
  operationId: 'listJobs',
  summary: 'List jobs, newest first',
  description: 'A caller sees its own jobs; an operator sees all.',
  querystring: QuerySchema,
  response: {
    200: json('A page of jobs.', JobListSchema),
    ...problems(...COMMON_PROBLEMS)
  }
}
const replaySchema = {
  ...common,
  operationId: 'replayJob',
  summary: 'Replay the dead letters of a job',
  description:
    'They become a new job. Fields that newer updates of a lead have set since are left out and reported as ' +
    '`superseded`, unless `force` is true. What the caller may no longer set stays a dead letter.',
  params: ParamsSchema,
  querystring: NoQuerySchema,
  body: Type.Union([ref(ReplayJobSchema), Type.Null()]),
  response: {
    202: json('They are stored, and will be delivered.', ReplayedJobSchema),
    ...problems(...CHANGE_PROBLEMS, 'not_found')
  }
}
const cancelSchema = {
  ...common,
  operationId: 'cancelJob',
  summary: 'Cancel the updates of a job that are not in flight',
  params: ParamsSchema,
  querystring: NoQuerySchema,
  body: NoBodySchema,
  response: {
    200: json('How many updates were cancelled.', CancelledSchema),
    ...problems(...CHANGE_PROBLEMS, 'not_found')
  }
}

export interface JobRoutesOptions {
  readonly jobs: Pick<Jobs, 'find' | 'cancel' | 'replay'>
  readonly store: Pick<JobStore, 'list'>
}

/** `GET /v1/jobs`, `GET /v1/jobs/{id}`, and its `replay` and `cancel` */
export function jobRoutes({ jobs, store }: JobRoutesOptions) {
  async function jobOf(request: FastifyRequest<ById>) {
    const job = await jobs.find(request.params.id, visibleTo(request))
    if (job === undefined) throw new Problem('not_found', 'There is no such job, or it is not yours.')
    return job
  }

  return async (app: FastifyInstance) => {
    app.get<ById>('/v1/jobs/:id', { schema: getSchema }, jobOf)

    app.get<{ Querystring: Static<typeof QuerySchema> }>(
      '/v1/jobs',
      { schema: listSchema },
      async (request) => {
        const { status, source, limit, cursor } = request.query
        const caller = visibleTo(request)
        const size = Number(limit ?? DEFAULT_LIMIT)
        const page = await store.list({
          limit: size + 1,
          ...(caller === undefined ? {} : { caller }),
          ...(status === undefined ? {} : { status }),
          ...(source === undefined ? {} : { source }),
          ...(cursor === undefined ? {} : { after: cursor })
        })
        const last = page.length > size ? page[size - 1] : undefined
        return { jobs: page.slice(0, size).map(jobSummary), ...(last ? { next_cursor: last.id } : {}) }
      }
    )

    app.post<ById & { Body: Static<typeof ReplayJobSchema> | null }>(
      '/v1/jobs/:id/replay',
      { schema: replaySchema },
      async (request, reply) => {
        const { id } = await jobOf(request)
        const replayed = await jobs.replay(
          { jobId: id },
          replayerOf(request),
          request.body?.force === true,
          { ...auditOf(request), ...(request.idempotencyKey ? { repeat: request.idempotencyKey } : {}) },
          ([accepted], left) => ({ ...accepted, ...left })
        )
        if (replayed === undefined) throw new Problem('conflict', 'This job has no dead letters.')
        return sendStored(replayed, request, reply)
      }
    )

    app.post<ById>('/v1/jobs/:id/cancel', { schema: cancelSchema }, async (request) => {
      const job = await jobOf(request)
      if (isFinished(job)) throw new Problem('conflict', `This job has ended: it is ${job.status}.`)
      return { id: job.id, cancelled: await jobs.cancel(job.id) }
    })
  }
}

/** The caller that asks for a replay. */
export function replayerOf(request: FastifyRequest): ReplayRequester {
  const { name, account, isOperator, permissions } = callerOf(request)
  return { name, account, rights: isOperator ? undefined : permissions.updates }
}

/** The caller whose jobs a request may see; undefined for an operator, who sees everyone's. */
export function visibleTo(request: FastifyRequest): string | undefined {
  const { name, isOperator } = callerOf(request)
  return isOperator ? undefined : name
}
