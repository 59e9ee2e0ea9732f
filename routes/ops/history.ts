import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { readTime } from '../../schemas/rfc3339.ts'
import { Problem } from '../../src/errors.ts'
import { callerOf, requires } from '../../src/http/authentication.ts'
import { historyPage } from '../../src/ops/history-page.ts'
import { OPS } from '../../src/ops/page.ts'
import type { HistoryStore } from '../../src/outbox/history.ts'
import { HTML_TYPE, Text } from './queries.ts'

/** A time in UTC, as browsers send that of a form: `2026-11-25T20:59`, with seconds if they are not 0. */
const Time = Type.Optional(
  Type.String({ pattern: '^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,3})?)?)?$' })
)
const QuerySchema = Type.Object(
  {
    lead_id: Type.Optional(Type.String({ pattern: '^\\s*[0-9]{0,9}\\s*$', maxLength: 20 })),
    job_id: Text,
    caller: Text,
    code: Text,
    since: Time,
    until: Time,
    before: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' }))
  },
  { additionalProperties: false }
)
const ENTRIES_PER_PAGE = 50

export interface HistoryPageOptions {
  readonly history: Pick<HistoryStore, 'list'>
  /** Whether entries are kept. */
  readonly hasHistory: boolean
}

/** `/ops/history`: the history by lead, job, caller, error code and time */
export function historyPages({ history, hasHistory }: HistoryPageOptions) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get<{ Querystring: Static<typeof QuerySchema> }>(
      `${OPS}/history`,
      // The same permission as `/v1/history`, and the session's.
      { schema: { hide: true, security: requires('history'), querystring: QuerySchema } },
      async (request, reply) => {
        const { before, caller = '', since = '', until = '', ...rest } = request.query
        const [lead_id, job_id, code] = [rest.lead_id, rest.job_id, rest.code].map((text = '') => text.trim())
        const found = await history.list({
          limit: ENTRIES_PER_PAGE + 1,
          ...(lead_id ? { lead: Number(lead_id) } : {}),
          ...(job_id ? { jobId: job_id } : {}),
          ...(caller ? { caller } : {}),
          ...(code ? { code } : {}),
          ...(since ? { since: timeOf(since) } : {}),
          ...(until ? { until: timeOf(until) } : {}),
          ...(before === undefined ? {} : { before: Number(before) })
        })
        const last = found.length > ENTRIES_PER_PAGE ? found[ENTRIES_PER_PAGE - 1] : undefined
        const view = {
          search: { lead_id, job_id, caller, code, since, until } as Record<string, string>,
          entries: found.slice(0, ENTRIES_PER_PAGE),
          next: last && String(last.id),
          isLater: before !== undefined,
          isKept: hasHistory
        }
        return reply.type(HTML_TYPE).send(historyPage(view, callerOf(request)))
      }
    )
  }
}

/** @throws Problem invalid_request, if there is no such time */
function timeOf(minute: string): number {
  const isWhole = minute.length > 'YYYY-MM-DDTHH:MM'.length
  const time = readTime(`${minute}${isWhole ? '' : ':00'}Z`)
  if (time === undefined) throw new Problem('invalid_request', `${minute} is not a time that exists.`)
  return time
}
