import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { Problem } from '../../src/errors.ts'
import { callerOf, requires } from '../../src/http/authentication.ts'
import type { Jobs } from '../../src/jobs/jobs.ts'
import { MAX_REPLAY_LETTERS } from '../../src/jobs/replay.ts'
import { deadLettersCsv } from '../../src/ops/dead-letters/dead-letters-csv.ts'
import { deadLettersPage, type DeadLetterSearch } from '../../src/ops/dead-letters/dead-letters-page.ts'
import { replayPage } from '../../src/ops/dead-letters/replay-page.ts'
import { OPS } from '../../src/ops/page.ts'
import type { DeadLetter, DeadLetterPage } from '../../src/outbox/jobs.ts'
import type { Outbox } from '../../src/outbox/outbox.ts'
import { replayerOf } from '../jobs.ts'
import { DoneSchema, doneSentences, HTML_TYPE, Text } from './queries.ts'
import { replay } from './replay.ts'

const Cursor = Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' }))
/** Which dead letters. */
const search = { job_id: Text, caller: Text, code: Text }
const SearchSchema = Type.Object(search, { additionalProperties: false })
const QuerySchema = Type.Object({ ...search, after: Cursor, ...DoneSchema }, { additionalProperties: false })
/** Longest id, and the space after it, in a form. */
const ID_BYTES = 20
/** Enough for the ids of all that a replay takes. */
const MAX_REPLAY_BYTES = MAX_REPLAY_LETTERS * ID_BYTES
/** The id of one, or the ids that were previewed, with spaces between. */
const ReplaySchema = Type.Object(
  { id: Type.Optional(Type.String()), force: Type.Optional(Type.Literal('1')) },
  { additionalProperties: false }
)
/** The same permission as `/v1/dead-letters`, and the session's. */
const common = { hide: true, security: requires('dead_letters') }
const LETTERS_PER_PAGE = 50
/** Read at once for the CSV: few, so that they need little memory and nothing waits for long. */
const LETTERS_PER_READ = 500
const PATH = `${OPS}/dead-letters`

export interface DeadLetterPagesOptions {
  readonly jobs: Pick<Jobs, 'replay' | 'preview'>
  readonly outbox: Pick<Outbox, 'jobs' | 'queue'>
}

/** `/ops/dead-letters`, as CSV, and its `replay` of one, or of those that match a search after a preview */
export function deadLetterPages({ jobs, outbox }: DeadLetterPagesOptions) {
  /** All that match, newest first. @throws StorageError */
  async function* read(which: Omit<DeadLetterPage, 'limit'>): AsyncGenerator<readonly DeadLetter[]> {
    for (let after: string | undefined; ;) {
      const page = { ...which, ...(after === undefined ? {} : { after }), limit: LETTERS_PER_READ }
      const letters = await outbox.jobs.deadLetters(page)
      yield letters
      if (letters.length < LETTERS_PER_READ) return
      after = String(letters.at(-1)?.id)
    }
  }

  return async (app: FastifyInstance): Promise<void> => {
    app.get<{ Querystring: Static<typeof QuerySchema> }>(
      PATH,
      { schema: { ...common, querystring: QuerySchema } },
      async (request, reply) => {
        const { after, job_id: _, caller: __, code: ___, ...done } = request.query
        const found = await outbox.jobs.deadLetters({
          limit: LETTERS_PER_PAGE + 1,
          ...chosenBy(request.query),
          ...(after === undefined ? {} : { after })
        })
        const last = found.length > LETTERS_PER_PAGE ? found[LETTERS_PER_PAGE - 1] : undefined
        const view = {
          search: searchOf(request.query),
          letters: found.slice(0, LETTERS_PER_PAGE),
          next: last && String(last.id),
          isLater: after !== undefined,
          total: outbox.queue.size.deadLetters,
          done: doneSentences(done)
        }
        return reply.type(HTML_TYPE).send(deadLettersPage(view, callerOf(request)))
      }
    )

    app.get<{ Querystring: Static<typeof SearchSchema> }>(
      `${PATH}.csv`,
      { schema: { ...common, querystring: SearchSchema } },
      async (request, reply) => {
        const pages = read(chosenBy(request.query))
        // What can't be read at all gets an error page.
        const first = await pages.next()
        const all = async function* () {
          if (!first.done) yield first.value
          yield* pages
        }
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', 'attachment; filename="dead-letters.csv"')
          .send(deadLettersCsv(all()))
      }
    )

    app.get<{ Querystring: Static<typeof SearchSchema> }>(
      `${PATH}/replay`,
      { schema: { ...common, querystring: SearchSchema } },
      async (request, reply) => {
        const preview = await jobs.preview(chosenBy(request.query), replayerOf(request))
        const view = { search: searchOf(request.query), preview }
        return reply.type(HTML_TYPE).send(replayPage(view, callerOf(request)))
      }
    )

    app.post<{ Body: Static<typeof ReplaySchema> }>(
      `${PATH}/replay`,
      { schema: { ...common, body: ReplaySchema }, bodyLimit: MAX_REPLAY_BYTES },
      async (request, reply) => {
        const { id = '', force } = request.body
        if (id.trim() === '') throw new Problem('invalid_request', 'Look at what would be replayed first.')
        return replay(jobs, { ids: id.trim().split(' ') }, force !== undefined, request, reply)
      }
    )
  }
}

function searchOf({ job_id = '', caller = '', code = '' }: DeadLetterSearch): Required<DeadLetterSearch> {
  return { job_id: job_id.trim(), caller, code: code.trim() }
}

function chosenBy(query: DeadLetterSearch): Pick<DeadLetterPage, 'jobId' | 'caller' | 'code'> {
  const { job_id: jobId, caller, code } = searchOf(query)
  return {
    ...(jobId === '' ? {} : { jobId }),
    ...(caller === '' ? {} : { caller }),
    ...(code === '' ? {} : { code })
  }
}
