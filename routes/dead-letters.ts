import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { DeadLetterListSchema, ReplayDeadLettersSchema, ReplayedSchema } from '../schemas/job.ts'
import { ref } from '../schemas/ref.ts'
import { Problem } from '../src/errors.ts'
import { auditOf, requires } from '../src/http/authentication.ts'
import { deadLetterResponse } from '../src/jobs/dead-letter-response.ts'
import type { Jobs } from '../src/jobs/jobs.ts'
import type { JobStore } from '../src/outbox/jobs.ts'
import { replayerOf, visibleTo } from './jobs.ts'
import { CHANGE_PROBLEMS, COMMON_PROBLEMS, json, problems, sendStored } from './responses.ts'

const QuerySchema = Type.Object(
  {
    job_id: Type.Optional(Type.String()),
    code: Type.Optional(
      Type.String({ maxLength: 200, description: 'Only those whose last error has this code.' })
    ),
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9]|[1-9][0-9]|100)$', description: '1 to 100; 50 if absent.' })
    ),
    cursor: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,15}$', description: '`next_cursor` of the page before.' })
    )
  },
  { additionalProperties: false }
)
const DEFAULT_LIMIT = 50

const listSchema = {
  operationId: 'listDeadLetters',
  summary: 'List dead letters, newest first',
  description:
    'Stored updates that failed until their retries ended. A caller sees its own, and an operator all.',
  tags: ['jobs'],
  security: requires('dead_letters'),
  querystring: QuerySchema,
  response: {
    200: json('A page of dead letters.', DeadLetterListSchema),
    ...problems(...COMMON_PROBLEMS)
  }
}
const replaySchema = {
  operationId: 'replayDeadLetters',
  summary: 'Replay dead letters',
  description:
    'They become new jobs, one for each caller and source, the oldest first. Fields that newer updates of a lead have set since are ' +
    'left out and reported as `superseded`, unless `force` is true. What the caller may no longer set stays a dead letter.',
  tags: ['jobs'],
  security: requires('dead_letters'),
  body: Type.Union([ref(ReplayDeadLettersSchema), Type.Null()]),
  response: {
    202: json('They are stored, and will be delivered.', ReplayedSchema),
    ...problems(...CHANGE_PROBLEMS)
  }
}

export interface DeadLetterRoutesOptions {
  readonly jobs: Pick<Jobs, 'replay'>
  readonly store: Pick<JobStore, 'deadLetters'>
}

/** `GET /v1/dead-letters`, `POST /v1/dead-letters/replay` */
export function deadLetterRoutes({ jobs, store }: DeadLetterRoutesOptions) {
  return async (app: FastifyInstance) => {
    app.get<{ Querystring: Static<typeof QuerySchema> }>(
      '/v1/dead-letters',
      { schema: listSchema },
      async (request) => {
        const { job_id: jobId, code, limit, cursor } = request.query
        const caller = visibleTo(request)
        const size = Number(limit ?? DEFAULT_LIMIT)
        const page = await store.deadLetters({
          limit: size + 1,
          ...(caller === undefined ? {} : { caller }),
          ...(jobId === undefined ? {} : { jobId }),
          ...(code === undefined ? {} : { code }),
          ...(cursor === undefined ? {} : { after: cursor })
        })
        const last = page.length > size ? page[size - 1] : undefined
        const next = last ? { next_cursor: String(last.id) } : {}
        return { dead_letters: page.slice(0, size).map(deadLetterResponse), ...next }
      }
    )

    app.post<{ Body: Static<typeof ReplayDeadLettersSchema> | null }>(
      '/v1/dead-letters/replay',
      { schema: replaySchema },
      async (request, reply) => {
        const { ids, code, force } = request.body ?? {}
        const caller = visibleTo(request)
        const which = {
          ...(caller === undefined ? {} : { caller }),
          ...(ids === undefined ? {} : { ids }),
          ...(code === undefined ? {} : { code })
        }
        const replayed = await jobs.replay(
          which,
          replayerOf(request),
          force === true,
          { ...auditOf(request), ...(request.idempotencyKey ? { repeat: request.idempotencyKey } : {}) },
          (accepted, left) => ({ jobs: accepted, ...left })
        )
        if (replayed === undefined) throw new Problem('conflict', 'There are no such dead letters.')
        return sendStored(replayed, request, reply)
      }
    )
  }
}
