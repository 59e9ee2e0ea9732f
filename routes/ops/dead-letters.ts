import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Accepted } from '../../schemas/job.ts'
import { Problem } from '../../src/errors.ts'
import { auditOf, callerOf } from '../../src/http/authentication.ts'
import type { Jobs } from '../../src/jobs/jobs.ts'
import { deadLettersPage } from '../../src/ops/dead-letters-page.ts'
import { OPS } from '../../src/ops/page.ts'
import type { Outbox } from '../../src/outbox/outbox.ts'
import { replayerOf } from '../jobs.ts'
import { DoneSchema, doneSentences, HTML_TYPE, Text, withDone } from './queries.ts'

const QuerySchema = Type.Object(
  {
    job_id: Text,
    caller: Text,
    after: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })),
    ...DoneSchema
  },
  { additionalProperties: false }
)
const ReplaySchema = Type.Object(
  { id: Text, job_id: Text, caller: Text, force: Type.Optional(Type.Literal('1')) },
  { additionalProperties: false }
)
const LETTERS_PER_PAGE = 50
const PATH = `${OPS}/dead-letters`

interface Replayed {
  readonly jobs: readonly Accepted[]
  readonly remaining: number
  readonly refused?: number
}

export interface DeadLetterPagesOptions {
  readonly jobs: Pick<Jobs, 'replay'>
  readonly outbox: Pick<Outbox, 'jobs' | 'queue'>
}

/** `/ops/dead-letters`, and its `replay` of one, a job's, a caller's or all of them */
export function deadLetterPages({ jobs, outbox }: DeadLetterPagesOptions) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get<{ Querystring: Static<typeof QuerySchema> }>(
      PATH,
      { schema: { hide: true, querystring: QuerySchema } },
      async (request, reply) => {
        const { job_id = '', caller = '', after, ...done } = request.query
        const jobId = job_id.trim()
        const found = await outbox.jobs.deadLetters({
          limit: LETTERS_PER_PAGE + 1,
          ...(jobId === '' ? {} : { jobId }),
          ...(caller === '' ? {} : { caller }),
          ...(after === undefined ? {} : { after })
        })
        const last = found.length > LETTERS_PER_PAGE ? found[LETTERS_PER_PAGE - 1] : undefined
        const view = {
          search: { job_id: jobId, caller },
          letters: found.slice(0, LETTERS_PER_PAGE),
          next: last && String(last.id),
          isLater: after !== undefined,
          total: outbox.queue.size.deadLetters,
          done: doneSentences(done)
        }
        return reply.type(HTML_TYPE).send(deadLettersPage(view, callerOf(request)))
      }
    )

    app.post<{ Body: Static<typeof ReplaySchema> }>(
      `${PATH}/replay`,
      { schema: { hide: true, body: ReplaySchema } },
      async (request, reply) => {
        const { id = '', job_id: jobId = '', caller = '', force } = request.body
        const replayed = await jobs.replay(
          {
            ...(id === '' ? {} : { ids: [id] }),
            ...(jobId === '' ? {} : { jobId }),
            ...(caller === '' ? {} : { caller })
          },
          replayerOf(request),
          force !== undefined,
          auditOf(request),
          (accepted, left) => ({ jobs: accepted, ...left })
        )
        if (replayed === undefined)
          throw new Problem(
            'conflict',
            'There are no such dead letters: they may have been replayed already.'
          )
        const { jobs: made, ...left } = JSON.parse(replayed.response.body) as Replayed
        const [first] = made
        const path = made.length === 1 && first ? `${OPS}/jobs/${first.id ?? ''}` : `${OPS}/jobs`
        const count = made.reduce((sum, { updates }) => sum + updates, 0)
        return reply.redirect(withDone(path, { ...left, replayed: count }), 303)
      }
    )
  }
}
