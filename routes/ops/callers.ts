import type { FastifyInstance } from 'fastify'
import type { Callers } from '../../src/callers/callers.ts'
import { Problem } from '../../src/errors.ts'
import { callerOf, requires } from '../../src/http/authentication.ts'
import type { Activity } from '../../src/ops/senders/activity.ts'
import { callerPage } from '../../src/ops/senders/caller-page.ts'
import { CALLERS, callersPage } from '../../src/ops/senders/callers-page.ts'
import { HTML_TYPE } from './queries.ts'

const schema = { hide: true, security: requires('operator') }

export interface CallerPagesOptions {
  readonly activity: Activity
  readonly callers: Pick<Callers, 'list'>
}

/** `/ops/callers`, and a caller's page */
export function callerPages({ activity, callers }: CallerPagesOptions) {
  const { since } = activity
  return async (app: FastifyInstance): Promise<void> => {
    app.get(CALLERS, { schema }, async (request, reply) => {
      const listed = callers
        .list()
        .map((summary) => ({ summary, activity: activity.callers.of(summary.name) }))
      return reply.type(HTML_TYPE).send(callersPage({ callers: listed, since }, callerOf(request)))
    })

    app.get<{ Params: { name: string } }>(`${CALLERS}/:name`, { schema }, async (request, reply) => {
      const { name } = request.params
      const summary = callers.list().find((one) => one.name === name)
      if (summary === undefined) throw new Problem('not_found', `There is no caller ${name}.`)
      const view = { summary, activity: activity.callers.of(name), since }
      return reply.type(HTML_TYPE).send(callerPage(view, callerOf(request)))
    })
  }
}
