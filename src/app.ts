import fastifySwagger from '@fastify/swagger'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { deadLetterRoutes } from '../routes/dead-letters.ts'
import { historyRoutes } from '../routes/history.ts'
import { jobRoutes } from '../routes/jobs.ts'
import { webhookRoutes } from '../routes/webhooks.ts'
import { batchUpdateRoute } from '../routes/batch-update.ts'
import { compatRoutes } from '../routes/compat.ts'
import { docsRoutes } from '../routes/docs.ts'
import { metricsRoute } from '../routes/metrics.ts'
import { fieldsRoute } from '../routes/fields.ts'
import { healthRoutes } from '../routes/health.ts'
import { opsRoutes } from '../routes/ops/ops.ts'
import { patchLeadRoute } from '../routes/patch-lead.ts'
import { PAGE_STYLE, problemPageRoutes } from '../routes/problem-pages.ts'
import { NAMED_SCHEMAS } from '../schemas/named.ts'
import { allowOrigins, alwaysAnswer, securityHeaders } from './http/security-headers.ts'
import { countAnonymous, authentication } from './http/authentication.ts'
import { limitHeaders } from './http/rate-limit-headers.ts'
import { AccessControl } from './callers/access-control.ts'
import { ConnectionLimits } from './http/connection-limits.ts'
import type { CallRules } from './delivery/delivery-task.ts'
import { drainOnClose } from './http/drain.ts'
import { answerErrors, frameworkErrors } from './http/error-handler.ts'
import type { HistoryRecorder } from './history/history-recorder.ts'
import type { HttpSettings } from './config/http-settings.ts'
import { idempotency } from './http/idempotency.ts'
import type { IdempotencyStore } from './http/idempotency-record.ts'
import type { Jobs } from './jobs/jobs.ts'
import { jsonBody } from './http/json-body.ts'
import type { Dispatchers } from './delivery/dispatchers.ts'
import type { Upstreams } from './vicidial/upstreams.ts'
import type { RuntimeConfig } from './config/runtime-config.ts'
import { loadShedding } from './http/load-shedding.ts'
import type { Metrics } from './telemetry/metrics/metrics.ts'
import { countRequests } from './http/count-requests.ts'
import type { LastHour } from './ops/last-hour.ts'
import { openApiOptions } from './http/openapi.ts'
import type { Outbox } from './outbox/outbox.ts'
import { requestIds, requestLog } from './http/request-log.ts'
import type { Tracing } from './telemetry/tracing/tracing.ts'
import { refuseEncodedBodies, refuseQueries } from './http/body-rules.ts'

/** What the application needs; everything that touches the outside comes in here. */
export interface Dependencies {
  readonly runtimeConfig: RuntimeConfig
  readonly upstreams: Upstreams
  readonly dispatchers: Dispatchers
  readonly rules: CallRules
  /** VICIdial's `source` for callers without their own. */
  readonly source: string
  readonly outbox: Outbox
  readonly idempotency: IdempotencyStore
  readonly jobs: Jobs
  readonly history: HistoryRecorder
  readonly metrics: Metrics
  /** Absent if nothing is traced. */
  readonly tracing?: Tracing | undefined
  readonly lastHour: LastHour
  readonly requestDeadlineMs: number
  readonly maxUpdatesPerRequest: number
  readonly maxBodyBytes: number
  readonly http: HttpSettings
  readonly log: FastifyBaseLogger
}

/** So long may an id in a path be before the path counts as unknown. */
const MAX_PARAM_LENGTH = 1_000

/** Builds the application: plugins, error answers, and every route. It does not listen. */
export async function buildApp(dependencies: Dependencies): Promise<FastifyInstance> {
  const { runtimeConfig, http, log } = dependencies
  const accessControl = new AccessControl(runtimeConfig.callers, http.anonymousPointsPerMinute)
  const headers = securityHeaders([PAGE_STYLE])
  const connections = new ConnectionLimits(http, log)
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: requestIds(),
    requestIdHeader: false,
    bodyLimit: dependencies.maxBodyBytes,
    ...connections.serverOptions,
    trustProxy: http.trustProxy,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // Before there is a route no hook is called.
    frameworkErrors: (error, request, reply) => {
      frameworkErrors(error, request, reply.headers(headers))
    },
    return503OnClosing: false,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } }
  })
  await traceIfEnabled(app, dependencies.tracing)
  connections.apply(app)
  for (const schema of NAMED_SCHEMAS) app.addSchema(schema)
  // The schemas describe answers, they do not shape them: tests check each answer against its schema.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
  jsonBody(app)
  answerErrors(app, (request) => countAnonymous(request, accessControl))
  requestLog(app)
  countRequests(app, dependencies.metrics)
  alwaysAnswer(app, headers)
  await allowOrigins(app, http.corsOrigins)
  drainOnClose(app)
  limitHeaders(app)
  await app.register(fastifySwagger, openApiOptions())

  await app.register(healthRoutes(dependencies))
  await app.register(docsRoutes(http.docs, accessControl))
  if (http.ops) await app.register(opsRoutes(dependencies, accessControl))
  await app.register(async (pages) => {
    pages.addHook('onRequest', async (request) => countAnonymous(request, accessControl))
    await pages.register(problemPageRoutes)
  })
  await app.register(metricsRoute(dependencies, accessControl))
  await app.register(async (work) => {
    await loadShedding(work)
    await work.register(webhookRoutes(dependencies, accessControl))
    await work.register(compatRoutes(dependencies, accessControl))
    await work.register(async (v1) => {
      authentication(v1, accessControl)
      idempotency(v1, dependencies.idempotency, log)
      refuseEncodedBodies(v1)
      await v1.register(jobRoutes(dependencies))
      await v1.register(deadLetterRoutes(dependencies))
      await v1.register(historyRoutes(dependencies))
      await v1.register(async (leads) => {
        refuseQueries(leads)
        await leads.register(batchUpdateRoute(dependencies))
        await leads.register(patchLeadRoute(dependencies))
        await leads.register(fieldsRoute(dependencies))
      })
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
