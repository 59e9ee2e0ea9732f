import { readFile } from 'node:fs/promises'
import fastifyCookie from '@fastify/cookie'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { AccessControl } from '../../src/callers/access-control.ts'
import type { ClusterView } from '../../src/cluster/cluster-view.ts'
import type { RuntimeConfig } from '../../src/config/runtime-config.ts'
import type { OwnerView } from '../../src/delivery/owner-view.ts'
import {
  callerOf,
  countAnonymous,
  documentedPermissions,
  requires,
  setCaller
} from '../../src/http/authentication.ts'
import { problemOf } from '../../src/http/error-handler.ts'
import { parseForm } from '../../src/http/body/form.ts'
import type { RequestBodies } from '../../src/http/body/request-bodies.ts'
import { addHeaders, pageHeaders } from '../../src/http/security-headers.ts'
import type { Jobs } from '../../src/jobs/jobs.ts'
import { errorPage } from '../../src/ops/error-page.ts'
import { overviewPage } from '../../src/ops/overview-page.ts'
import { OPS } from '../../src/ops/page.ts'
import type { Activity } from '../../src/ops/senders/activity.ts'
import { refuseOtherSites } from '../../src/ops/same-site.ts'
import { Sessions, type SessionStore } from '../../src/ops/sessions.ts'
import type { LastHour } from '../../src/ops/traffic/last-hour.ts'
import type { LastWeek } from '../../src/ops/traffic/last-week.ts'
import { RANGE_NAMES, RANGES } from '../../src/ops/traffic/ranges.ts'
import type { Outbox } from '../../src/outbox/outbox.ts'
import type { Updates } from '../../src/updates/updates.ts'
import { callerPages } from './callers.ts'
import { deadLetterPages } from './dead-letters.ts'
import { historyPages } from './history.ts'
import { jobPages } from './jobs.ts'
import { HTML_TYPE } from './queries.ts'
import { COOKIE, signInRoutes } from './sign-in.ts'
import { tryPages } from './try.ts'
import { webhookPages } from './webhooks.ts'

/** In bytes; most forms have an id, a name and a few words. */
const MAX_FORM_BYTES = 16_384
/** Static files by path: the content type, and the files that are joined. */
const FILES = {
  'ops.css': {
    type: 'text/css; charset=utf-8',
    parts: ['styles/page.css', 'styles/parts.css', 'styles/tables-and-forms.css', 'styles/senders.css']
  },
  'ops.js': { type: 'text/javascript; charset=utf-8', parts: ['ops.js'] }
}

const OverviewSchema = Type.Object(
  { range: Type.Optional(Type.Enum(RANGE_NAMES)) },
  { additionalProperties: false }
)

export interface OpsOptions {
  readonly jobs: Pick<Jobs, 'cancel' | 'preview' | 'replay'>
  readonly outbox: Pick<Outbox, 'jobs' | 'history' | 'queue' | 'fault'>
  readonly ownership: { readonly view: OwnerView }
  /** Absent if the gateway shares its database with no other. */
  readonly cluster: ClusterView | undefined
  readonly lastHour: Pick<LastHour, 'minutes' | 'reasons'>
  readonly activity: Activity
  readonly runtimeConfig: Pick<RuntimeConfig, 'endpoint' | 'endpoints'>
  readonly updates: Pick<Updates, 'read'>
  /** Updates that one payload of a webhook may have. */
  readonly maxUpdates: number
  readonly lastWeek: Pick<LastWeek, 'traffic'>
  /** Whether entries of the history are kept. */
  readonly hasHistory: boolean
  readonly accessControl: AccessControl
  readonly bodies: RequestBodies
  /** By default memory. */
  readonly sessions?: SessionStore | undefined
}

/** `/ops`: pages for operators, with a session instead of a key in every request. */
export function opsRoutes(options: OpsOptions) {
  const { jobs, outbox, ownership, cluster, lastHour, lastWeek, hasHistory, accessControl, bodies } = options
  const sessions = new Sessions(accessControl.callers, options.sessions)
  return async (app: FastifyInstance): Promise<void> => {
    addHeaders(app, { ...pageHeaders([], { hasForms: true }), 'cache-control': 'no-store' })
    await app.register(fastifyCookie)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('application/x-www-form-urlencoded', async (request: FastifyRequest) =>
      parseForm((await bodies.read(request)).toString('utf8'))
    )
    app.addHook('onRoute', (route) => {
      route.bodyLimit ??= MAX_FORM_BYTES
    })
    app.setErrorHandler((error: FastifyError, request, reply) => {
      const problem = problemOf(error, request, accessControl)
      return reply
        .code(problem.status)
        .headers(problem.headers)
        .type(HTML_TYPE)
        .send(errorPage(problem, request.id, request.caller))
    })
    app.addHook('onRequest', async (request) => {
      if (request.method === 'POST') refuseOtherSites(request.headers, request.host)
    })
    await app.register(signInRoutes(sessions, accessControl))

    for (const [name, { type, parts }] of Object.entries(FILES)) {
      const read = parts.map((part) => readFile(new URL(`../../src/ops/${part}`, import.meta.url), 'utf8'))
      const content = (await Promise.all(read)).join('\n')
      app.get(
        `${OPS}/${name}`,
        {
          schema: { hide: true },
          onRequest: async (request) => countUnlessSignedIn(request, sessions, accessControl)
        },
        async (_request, reply) => reply.type(type).header('cache-control', 'no-cache').send(content)
      )
    }

    await app.register(async (pages) => {
      pages.addHook('onRequest', async (request, reply) => {
        const operator = await sessions.operator(request.cookies[COOKIE])
        if (operator === undefined) {
          accessControl.countKeyless(request.ip)
          return reply.redirect(`${OPS}/sign-in`, 303)
        }
        await setCaller(request, operator)
        return undefined
      })
      documentedPermissions(pages)
      const schema = { hide: true, security: requires('operator') }
      pages.get(`${OPS}/`, { schema }, async (_request, reply) => reply.redirect(OPS, 303))
      type Overview = { Querystring: Static<typeof OverviewSchema> }
      pages.get<Overview>(
        OPS,
        { schema: { ...schema, querystring: OverviewSchema } },
        async (request, reply) => {
          const { states, queues } = ownership.view
          const { range = '1h' } = request.query
          const minutes = lastHour.minutes()
          const overview = {
            minutes,
            range,
            traffic:
              range === '1h'
                ? { slots: minutes, reasons: lastHour.reasons() }
                : await lastWeek.traffic(RANGES[range]),
            hasHistory,
            states,
            stored: outbox.queue.pendingByAccount,
            inFlight: new Map(queues.map(({ account, waiting }) => [account, waiting])),
            oldestWaitingMs: Math.max(...queues.map(({ oldestMs }) => oldestMs)),
            oldestAt: outbox.queue.oldestPendingAt,
            deadLetters: outbox.queue.size.deadLetters,
            fault: outbox.fault,
            cluster
          }
          return reply.type(HTML_TYPE).send(overviewPage(overview, callerOf(request)))
        }
      )
      await pages.register(jobPages({ jobs, store: outbox.jobs }))
      await pages.register(deadLetterPages({ jobs, outbox }))
      const { activity, runtimeConfig, updates, maxUpdates } = options
      const { callers } = accessControl
      await pages.register(webhookPages({ activity, runtimeConfig }))
      await pages.register(callerPages({ activity, callers }))
      await pages.register(
        tryPages({ activity: activity.webhooks, runtimeConfig, callers, updates, maxUpdates })
      )
      await pages.register(historyPages({ history: outbox.history, hasHistory }))
    })
  }
}

/** Counts a request as anonymous, unless it has a session. */
async function countUnlessSignedIn(
  request: FastifyRequest,
  sessions: Sessions,
  accessControl: AccessControl
): Promise<void> {
  if ((await sessions.operator(request.cookies[COOKIE])) === undefined) countAnonymous(request, accessControl)
}
