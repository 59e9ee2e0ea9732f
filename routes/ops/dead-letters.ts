import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { callerOf, requires } from '../../src/http/authentication.ts'
import type { Jobs } from '../../src/jobs/jobs.ts'
import { deadLettersPage } from '../../src/ops/dead-letters-page.ts'
import { OPS } from '../../src/ops/page.ts'
import type { Outbox } from '../../src/outbox/outbox.ts'
import { DoneSchema, doneSentences, HTML_TYPE, Text } from './queries.ts'
import { Force, replay } from './replay.ts'

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
  { id: Text, job_id: Text, caller: Text, force: Force },
  { additionalProperties: false }
)
/** The same permission as `/v1/dead-letters`, and the session's. */
const common = { hide: true, security: requires('dead_letters') }
const LETTERS_PER_PAGE = 50
const PATH = `${OPS}/dead-letters`

export interface DeadLetterPagesOptions {
  readonly jobs: Pick<Jobs, 'replay'>
  readonly outbox: Pick<Outbox, 'jobs' | 'queue'>
}

/** `/ops/dead-letters`, and its `replay` of one, a job's, a caller's or all of them */
export function deadLetterPages({ jobs, outbox }: DeadLetterPagesOptions) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get<{ Querystring: Static<typeof QuerySchema> }>(
      PATH,
      { schema: { ...common, querystring: QuerySchema } },
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
      { schema: { ...common, body: ReplaySchema } },
      async (request, reply) => {
        const { id = '', job_id: jobId = '', caller = '', force } = request.body
        const which = {
          ...(id === '' ? {} : { ids: [id] }),
          ...(jobId === '' ? {} : { jobId }),
          ...(caller === '' ? {} : { caller })
        }
        return replay(jobs, which, force !== undefined, request, reply)
      }
    )
  }
}
