import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { NoBodySchema } from '../../schemas/empty-body.ts'
import { JOB_STATUSES } from '../../schemas/job.ts'
import { Problem } from '../../src/errors.ts'
import { callerOf, requires } from '../../src/http/authentication.ts'
import type { Jobs } from '../../src/jobs/jobs.ts'
import { jobPage } from '../../src/ops/job-page.ts'
import { jobsPage } from '../../src/ops/jobs-page.ts'
import { OPS } from '../../src/ops/page.ts'
import { counted } from '../../src/ops/times.ts'
import type { Job, JobStore } from '../../src/outbox/jobs.ts'
import { DoneSchema, doneSentences, HTML_TYPE, Text } from './queries.ts'

const JobsQuerySchema = Type.Object(
  {
    id: Text,
    status: Type.Optional(Type.Enum(['', ...JOB_STATUSES])),
    caller: Text,
    source: Text,
    after: Text,
    ...DoneSchema
  },
  { additionalProperties: false }
)
const JobQuerySchema = Type.Object(
  {
    from: Type.Optional(Type.String({ pattern: '^[0-9]{1,8}$' })),
    cancelled: Type.Optional(Type.String({ pattern: '^[0-9]{1,8}$' })),
    ...DoneSchema
  },
  { additionalProperties: false }
)

/** The same permission as `/v1/jobs`, and the session's. */
const common = { hide: true, security: requires('jobs') }
const JOBS_PER_PAGE = 50
const RESULTS_PER_PAGE = 100

type ById = { Params: { id: string } }

export interface JobPagesOptions {
  readonly jobs: Pick<Jobs, 'cancel'>
  readonly store: JobStore
}

/** `/ops/jobs`, a job's page, and its `cancel` */
export function jobPages({ jobs, store }: JobPagesOptions) {
  async function jobOf(id: string): Promise<Job> {
    const job = await store.find(id)
    if (job === undefined) throw new Problem('not_found', `There is no job ${id}, or it is deleted.`)
    return job
  }

  return async (app: FastifyInstance): Promise<void> => {
    app.get<{ Querystring: Static<typeof JobsQuerySchema> }>(
      `${OPS}/jobs`,
      { schema: { ...common, querystring: JobsQuerySchema } },
      async (request, reply) => {
        const { id = '', status = '', caller = '', source = '', after = '', ...done } = request.query
        if (id !== '') return reply.redirect(`${OPS}/jobs/${encodeURIComponent(id.trim())}`, 303)
        const found = await store.list({
          limit: JOBS_PER_PAGE + 1,
          ...(status === '' ? {} : { status }),
          ...(caller === '' ? {} : { caller }),
          ...(source === '' ? {} : { source }),
          ...(after === '' ? {} : { after })
        })
        const view = {
          search: { status, caller, source },
          jobs: found.slice(0, JOBS_PER_PAGE),
          next: found.length > JOBS_PER_PAGE ? found[JOBS_PER_PAGE - 1]?.id : undefined,
          isLater: after !== '',
          done: doneSentences(done)
        }
        return reply.type(HTML_TYPE).send(jobsPage(view, callerOf(request)))
      }
    )

    app.get<ById & { Querystring: Static<typeof JobQuerySchema> }>(
      `${OPS}/jobs/:id`,
      { schema: { ...common, querystring: JobQuerySchema } },
      async (request, reply) => {
        const { from = '0', cancelled, ...done } = request.query
        const job = await jobOf(request.params.id)
        const part = { from: Number(from), limit: RESULTS_PER_PAGE }
        const letters = await store.deadLetters({ jobId: job.id, limit: 1 })
        const view = {
          job,
          results: await store.results(job.id, part),
          attempts: await store.attempts(job.id, part),
          from: part.from,
          pageSize: RESULTS_PER_PAGE,
          hasDeadLetters: letters.length > 0,
          done: [
            ...(cancelled === undefined ? [] : [`${counted(Number(cancelled), 'update')} cancelled.`]),
            ...doneSentences(done)
          ]
        }
        return reply.type(HTML_TYPE).send(jobPage(view, callerOf(request)))
      }
    )

    app.post<ById>(
      `${OPS}/jobs/:id/cancel`,
      { schema: { ...common, body: NoBodySchema } },
      async (request, reply) => {
        const job = await jobOf(request.params.id)
        if (job.finishedAt !== undefined)
          throw new Problem('conflict', `This job has ended: it is ${job.status}.`)
        const cancelled = await jobs.cancel(job.id)
        return reply.redirect(`${OPS}/jobs/${job.id}?cancelled=${cancelled}`, 303)
      }
    )
  }
}
