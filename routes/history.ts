import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { type HistoryEntryResponse, HistorySchema } from '../schemas/history.ts'
import { readTime, TIME_PATTERN } from '../schemas/rfc3339.ts'
import { requirePermission } from '../src/callers/access-control.ts'
import { Problem } from '../src/errors.ts'
import { callerOf, requires } from '../src/http/authentication.ts'
import { keyOfName } from '../src/leads/lead-key.ts'
import type { HistoryEntry, HistoryPage, HistoryStore } from '../src/outbox/history.ts'
import { visibleTo } from './jobs.ts'
import { COMMON_PROBLEMS, json, problems } from './responses.ts'

const pageParameters = {
  since: Type.Optional(
    Type.String({
      pattern: TIME_PATTERN,
      description: 'Only from this time on; RFC 3339.'
    })
  ),
  until: Type.Optional(
    Type.String({
      pattern: TIME_PATTERN,
      description: 'Only from before this time; RFC 3339.'
    })
  ),
  limit: Type.Optional(
    Type.String({ pattern: '^([1-9]|[1-9][0-9]|100)$', description: '1 to 100; 50 if absent.' })
  ),
  cursor: Type.Optional(
    Type.String({ pattern: '^[0-9]{1,15}$', description: '`next_cursor` of the page before.' })
  )
}
const QuerySchema = Type.Object(
  {
    caller: Type.Optional(Type.String({ description: 'Absent: every caller that you may see.' })),
    job_id: Type.Optional(Type.String({ maxLength: 200, description: 'Only the updates of this job.' })),
    code: Type.Optional(
      Type.String({ maxLength: 200, description: 'Only updates that ended with this error code.' })
    ),
    ...pageParameters
  },
  { additionalProperties: false }
)
const LeadQuerySchema = Type.Object(pageParameters, { additionalProperties: false })
const ParamsSchema = Type.Object({
  lead_id: Type.String({ pattern: '^[0-9]{1,9}$', description: "VICIdial's lead id.", examples: ['101'] })
})
const DEFAULT_LIMIT = 50

const common = {
  tags: ['history'],
  security: requires('history'),
  response: {
    200: json('A page of the history.', HistorySchema),
    ...problems(...COMMON_PROBLEMS)
  }
}
const listSchema = {
  ...common,
  operationId: 'listHistory',
  summary: 'List the history of updates, newest first',
  description: 'A caller sees what it sent itself; an operator sees all.',
  querystring: QuerySchema
}
const leadSchema = {
  ...common,
  operationId: 'listLeadHistory',
  summary: 'List the history of one lead, newest first',
  description: 'A caller sees what it sent itself; an operator sees all.',
  params: ParamsSchema,
  querystring: LeadQuerySchema
}

/** `GET /v1/history`, `GET /v1/leads/{lead_id}/history` */
export function historyRoutes(history: Pick<HistoryStore, 'list'>) {
  async function read(
    query: Static<typeof LeadQuerySchema>,
    which: Pick<HistoryPage, 'lead' | 'caller' | 'jobId' | 'code'>
  ) {
    const { since, until, limit, cursor } = query
    const size = Number(limit ?? DEFAULT_LIMIT)
    const found = await history.list({
      ...which,
      limit: size + 1,
      ...(since === undefined ? {} : { since: timeOf('since', since) }),
      ...(until === undefined ? {} : { until: timeOf('until', until) }),
      ...(cursor === undefined ? {} : { before: Number(cursor) })
    })
    const last = found.length > size ? found[size - 1] : undefined
    return {
      entries: found.slice(0, size).map(wireEntry),
      ...(last ? { next_cursor: String(last.id) } : {})
    }
  }

  return async (app: FastifyInstance) => {
    app.get<{ Querystring: Static<typeof QuerySchema> }>(
      '/v1/history',
      { schema: listSchema },
      async (request) => {
        const { caller = visibleTo(request), job_id: jobId, code } = request.query
        requireVisible(request, caller)
        return read(request.query, {
          ...(caller === undefined ? {} : { caller }),
          ...(jobId === undefined ? {} : { jobId }),
          ...(code === undefined ? {} : { code })
        })
      }
    )

    app.get<{ Params: Static<typeof ParamsSchema>; Querystring: Static<typeof LeadQuerySchema> }>(
      '/v1/leads/:lead_id/history',
      { schema: leadSchema },
      async (request) => {
        const caller = visibleTo(request)
        const lead = Number(request.params.lead_id)
        return read(request.query, caller === undefined ? { lead } : { lead, caller })
      }
    )
  }
}

/** @throws Problem permission_denied, if a caller asks for another caller's history */
function requireVisible(request: FastifyRequest, name: string | undefined): void {
  const caller = callerOf(request)
  if (name !== caller.name) requirePermission(caller, 'operator')
}

/** @throws Problem invalid_request, if there is no such time */
function timeOf(name: string, text: string): number {
  const time = readTime(text)
  if (time !== undefined) return time
  const detail = `${name} is not a time that exists.`
  throw new Problem('invalid_request', detail, {
    errors: [{ pointer: `/${name}`, code: 'invalid_request', detail }]
  })
}

function wireEntry(entry: HistoryEntry): HistoryEntryResponse {
  const { at, lead, key, keyId, replayedBy, requestId, jobId, caller } = entry
  const { account, source, fields, values, status, error } = entry
  const named = key === undefined ? undefined : keyOfName(key)
  return {
    at: new Date(at).toISOString(),
    ...(lead === undefined ? {} : { lead_id: lead }),
    ...(named === undefined ? {} : { [named.by]: named.value }),
    caller,
    ...(keyId === undefined ? {} : { key_id: keyId }),
    ...(replayedBy === undefined ? {} : { replayed_by: replayedBy }),
    request_id: requestId,
    ...(jobId === undefined ? {} : { job_id: jobId }),
    account,
    source,
    fields: [...fields],
    ...(values === undefined ? {} : { values }),
    status,
    ...(error === undefined ? {} : { error })
  }
}
