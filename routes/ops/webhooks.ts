import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { EmptyBodySchema } from '../../schemas/empty-body.ts'
import type { RuntimeConfig } from '../../src/config/runtime-config.ts'
import { Problem } from '../../src/errors.ts'
import { callerOf, requires } from '../../src/http/authentication.ts'
import type { Activity } from '../../src/ops/senders/activity.ts'
import { payloadPage } from '../../src/ops/senders/payload-page.ts'
import { webhookPage } from '../../src/ops/senders/webhook-page.ts'
import { type SourceFacts, WEBHOOKS, webhooksPage } from '../../src/ops/senders/webhooks-page.ts'
import { counted } from '../../src/ops/times.ts'
import type { WebhookEndpoint } from '../../src/webhooks/endpoint.ts'
import { originOf } from '../webhook-senders.ts'
import { HTML_TYPE } from './queries.ts'

const QuerySchema = Type.Object(
  { deleted: Type.Optional(Type.String({ pattern: '^[0-9]{1,8}$' })) },
  { additionalProperties: false }
)
const common = { hide: true, security: requires('operator') }
/** Payloads are personal data, so being an operator is not enough. */
const ofPayloads = { hide: true, security: requires('payloads') }

type BySource = { Params: { source: string } }
type ByRequest = { Params: { source: string; id: string } }

export interface WebhookPagesOptions {
  readonly activity: Activity
  readonly runtimeConfig: Pick<RuntimeConfig, 'endpoint' | 'endpoints'>
}

/** `/ops/webhooks`, a source's page, and the payloads of its last requests */
export function webhookPages({ activity, runtimeConfig }: WebhookPagesOptions) {
  const { webhooks, callers, since } = activity

  function sourceOf(name: string): SourceFacts {
    const endpoint = runtimeConfig.endpoint(name)
    if (endpoint === undefined) throw new Problem('not_found', `There is no webhook source ${name}.`)
    return factsOf(endpoint)
  }

  return async (app: FastifyInstance): Promise<void> => {
    app.get(WEBHOOKS, { schema: common }, async (request, reply) => {
      const sources = [...runtimeConfig.endpoints].map((endpoint) => ({
        source: factsOf(endpoint),
        activity: webhooks.of(endpoint.name)
      }))
      return reply.type(HTML_TYPE).send(webhooksPage({ sources, since }, callerOf(request)))
    })

    app.get<BySource & { Querystring: Static<typeof QuerySchema> }>(
      `${WEBHOOKS}/:source`,
      { schema: { ...common, querystring: QuerySchema } },
      async (request, reply) => {
        const source = sourceOf(request.params.source)
        const { deleted } = request.query
        const view = {
          source,
          activity: webhooks.of(source.name),
          results: callers.of(originOf(source)).results,
          since,
          done: deleted === undefined ? [] : [`${counted(Number(deleted), 'payload')} deleted.`]
        }
        return reply.type(HTML_TYPE).send(webhookPage(view, callerOf(request)))
      }
    )

    app.get<ByRequest>(`${WEBHOOKS}/:source/requests/:id`, { schema: ofPayloads }, async (request, reply) => {
      const { name } = sourceOf(request.params.source)
      const found = webhooks.find(name, request.params.id)
      if (found === undefined)
        throw new Problem('not_found', 'This request is not listed: newer ones have taken its place.')
      return reply.type(HTML_TYPE).send(payloadPage({ source: name, ...found }, callerOf(request)))
    })

    app.post<ByRequest>(
      `${WEBHOOKS}/:source/requests/:id/delete`,
      { schema: { ...ofPayloads, body: EmptyBodySchema } },
      async (request, reply) => {
        const { name } = sourceOf(request.params.source)
        const isDeleted = webhooks.deletePayload(name, request.params.id)
        return reply.redirect(`${WEBHOOKS}/${name}?deleted=${isDeleted ? 1 : 0}`, 303)
      }
    )

    app.post<BySource>(
      `${WEBHOOKS}/:source/payloads/delete`,
      { schema: { ...ofPayloads, body: EmptyBodySchema } },
      async (request, reply) => {
        const { name } = sourceOf(request.params.source)
        const deleted = webhooks.deletePayloads(name)
        return reply.redirect(`${WEBHOOKS}/${name}?deleted=${deleted}`, 303)
      }
    )
  }
}

function factsOf({ name, authType, storesPayloads, isForCallers }: WebhookEndpoint): SourceFacts {
  return { name, auth: authType, storesPayloads, isForCallers }
}
