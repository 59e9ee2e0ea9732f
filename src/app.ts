import fastifySwagger from '@fastify/swagger'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { addLeadRoute } from '../routes/add-lead.ts'
import { backupRoute } from '../routes/backup.ts'
import { batchUpdateRoute } from '../routes/batch-update.ts'
import { compatRoutes, compatUrl } from '../routes/compat/compat.ts'
import { deadLetterRoutes } from '../routes/dead-letters.ts'
import { dncRoutes } from '../routes/dnc.ts'
import { docsRoutes } from '../routes/docs/docs.ts'
import { fieldsRoute } from '../routes/fields.ts'
import { healthRoutes } from '../routes/health.ts'
import { historyRoutes } from '../routes/history.ts'
import { jobRoutes } from '../routes/jobs.ts'
import { leadRoutes } from '../routes/leads.ts'
import { metricsRoute } from '../routes/metrics.ts'
import { opsRoutes } from '../routes/ops/ops.ts'
import { patchLeadRoute } from '../routes/patch-lead.ts'
import { problemPageRoutes } from '../routes/problem-pages.ts'
import { webhookRoutes } from '../routes/webhooks.ts'
import { NAMED_SCHEMAS } from '../schemas/named.ts'
import { AccessControl } from './callers/access-control.ts'
import type { ClusterView } from './cluster/cluster-view.ts'
import type { HttpSettings } from './config/http-settings.ts'
import type { RuntimeConfig } from './config/runtime-config.ts'
import type { OwnerView } from './delivery/owner-view.ts'
import { authentication, countAnonymous, prepareSenders, rateLimitHeaders } from './http/authentication.ts'
import {
  refuseEncodedBodies,
  refuseQueries,
  refuseUnwantedBodies,
  releaseBodies
} from './http/body/body-rules.ts'
import { ConnectionLimits } from './http/connection-limits.ts'
import { countRequests } from './http/count-requests.ts'
import { drainOnClose } from './http/drain.ts'
import { answerErrors, frameworkErrors, refuseUnknownPaths } from './http/error-handler.ts'
import type { SavedResponses } from './http/idempotency-record.ts'
import { idempotency } from './http/idempotency.ts'
import { jsonBody } from './http/body/json-body.ts'
import { loadShedding, measureLoad } from './http/load-shedding.ts'
import { openApiOptions } from './http/openapi/openapi.ts'
import { PathMethods } from './http/path-methods.ts'
import { RequestBodies } from './http/body/request-bodies.ts'
import { requestIds, requestLog } from './http/request-log.ts'
import { addHeaders, allowOrigins, DATA_HEADERS } from './http/security-headers.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { Activity } from './ops/senders/activity.ts'
import type { SessionStore } from './ops/sessions.ts'
import type { LastHour } from './ops/traffic/last-hour.ts'
import type { LastWeek } from './ops/traffic/last-week.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { Metrics } from './telemetry/metrics/metrics.ts'
import type { ResultObserver } from './telemetry/observer.ts'
import type { Tracing } from './telemetry/tracing/tracing.ts'
import type { Reads } from './updates/reads.ts'
import type { Updates } from './updates/updates.ts'
import type { Account } from './vicidial/account.ts'

/** The parts that the application puts behind HTTP. */
export interface AppOptions {
  readonly runtimeConfig: RuntimeConfig
  readonly http: HttpSettings
  readonly updates: Updates
  readonly reads: Reads
  readonly maxUpdates: number
  /** VICIdial's `source` for callers without their own. */
  readonly source: string
  readonly maxBodyBytes: number
  readonly accounts: readonly Account[]
  readonly ownership: { readonly view: OwnerView }
  /** Absent if the gateway shares its database with no other. */
  readonly cluster?: ClusterView | undefined
  /** Of the operations page; by default in memory. */
  readonly sessions?: SessionStore | undefined
  readonly outbox: Outbox
  readonly idempotency: SavedResponses
  readonly jobs: Jobs
  readonly observer: ResultObserver
  readonly metrics: Metrics
  /** Absent if nothing is traced. */
  readonly tracing?: Tracing | undefined
  readonly lastHour: LastHour
  /** Of callers and webhook sources; absent without an operations page. */
  readonly activity?: Activity | undefined
  readonly lastWeek: LastWeek
  /** Whether entries of the history are kept. */
  readonly hasHistory: boolean
  /** Average event loop delay, in milliseconds, beyond which work is refused; 0: none is. */
  readonly maxEventLoopDelayMs: number
  readonly log: FastifyBaseLogger
}

/** In characters: a path with a longer id is unknown. */
const MAX_PARAM_LENGTH = 1_000

/** Builds the application: plugins, error handlers, and every route. It does not listen. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { runtimeConfig, http, updates, reads, maxUpdates, source, ownership, cluster } = options
  const { outbox, idempotency: store, jobs, observer, metrics, lastHour, activity } = options
  const { maxEventLoopDelayMs, log } = options
  const accessControl = new AccessControl(runtimeConfig.callers, http.anonymousPointsPerMinute)
  const connections = new ConnectionLimits(http, log)
  const bodies = new RequestBodies(options.maxBodyBytes)
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: requestIds(),
    requestIdHeader: false,
    bodyLimit: options.maxBodyBytes,
    ...connections.serverOptions,
    trustProxy: http.trustProxy,
    rewriteUrl: ({ url = '/' }) => compatUrl(url),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // Hooks don't run before a route is found, so the headers are set here.
    frameworkErrors: (error, request, reply) => {
      frameworkErrors(error, request, reply.headers(DATA_HEADERS), accessControl)
    },
    return503OnClosing: false,
    // The schemas only describe responses. Tests check each response against its schema.
    schemaController: { compilersFactory: { buildSerializer: () => () => JSON.stringify } },
    // The schemas are constants, which tests compile; no start has to check them again.
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, validateSchema: false, meta: false }
    }
  })
  await traceIfEnabled(app, options.tracing)
  for (const schema of NAMED_SCHEMAS) app.addSchema(schema)
  jsonBody(app, bodies)
  const paths = new PathMethods(app)
  answerErrors(app, accessControl, paths)
  requestLog(app)
  countRequests(app, [metrics, ...(activity ? [activity.callers] : [])])
  addHeaders(app, DATA_HEADERS)
  await allowOrigins(app, http.corsOrigins)
  drainOnClose(app)
  connections.apply(app)
  prepareSenders(app)
  rateLimitHeaders(app)
  releaseBodies(app, bodies)
  refuseUnknownPaths(app, paths)
  refuseUnwantedBodies(app)
  measureLoad(app)
  await app.register(fastifySwagger, openApiOptions())

  await app.register(healthRoutes({ ownership, outbox, cluster }))
  await app.register(docsRoutes({ visibility: http.docs, accessControl, maxEventLoopDelayMs }))
  if (http.ops && activity)
    await app.register(
      opsRoutes({
        ownership,
        cluster,
        outbox,
        jobs,
        lastHour,
        activity,
        runtimeConfig,
        updates,
        maxUpdates,
        lastWeek: options.lastWeek,
        hasHistory: options.hasHistory,
        accessControl,
        bodies,
        sessions: options.sessions
      })
    )
  await app.register(async (pages) => {
    pages.addHook('onRequest', async (request) => countAnonymous(request, accessControl))
    await pages.register(problemPageRoutes)
  })
  await app.register(metricsRoute(metrics.registry, accessControl))
  const work = { runtimeConfig, updates, accessControl, bodies, maxEventLoopDelayMs }
  await app.register(
    webhookRoutes({ ...work, jobs, observer, maxUpdates, source, activity: activity?.webhooks })
  )
  await app.register(compatRoutes({ ...work, reads, idempotency: store, log }))
  await app.register(async (v1) => {
    authentication(v1, accessControl)
    loadShedding(v1, maxEventLoopDelayMs)
    idempotency(v1, store, log)
    refuseEncodedBodies(v1)
    await v1.register(jobRoutes({ jobs, store: outbox.jobs }))
    await v1.register(deadLetterRoutes({ jobs, store: outbox.jobs }))
    await v1.register(historyRoutes(outbox.history))
    await v1.register(backupRoute(outbox))
    await v1.register(leadRoutes({ reads, updates }))
    await v1.register(dncRoutes(updates))
    await v1.register(async (leads) => {
      refuseQueries(leads)
      await leads.register(batchUpdateRoute(updates))
      await leads.register(patchLeadRoute(updates, reads))
      await leads.register(addLeadRoute(updates))
      await leads.register(fieldsRoute(runtimeConfig, options.accounts))
    })
  })
  return app
}

/** Loads the tracing plugin only if tracing is on: its libraries are large. */
async function traceIfEnabled(app: FastifyInstance, tracing: Tracing | undefined): Promise<void> {
  if (tracing === undefined) return
  const { traceRequests } = await import('./http/request-spans.ts')
  await traceRequests(app, tracing)
}
