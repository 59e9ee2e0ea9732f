import type { FastifyInstance } from 'fastify'
import { LiveSchema, ReadySchema } from '../schemas/health.ts'
import type { ClusterView } from '../src/cluster/cluster-view.ts'
import type { OwnerView } from '../src/delivery/owner-view.ts'
import type { Outbox } from '../src/outbox/outbox.ts'
import type { UpdateQueue } from '../src/outbox/queue.ts'
import { DEFAULT_ACCOUNT } from '../src/vicidial/account.ts'
import { json, problems } from './responses.ts'

const liveSchema = {
  operationId: 'live',
  summary: 'Check that the process is alive',
  description: 'Depends on nothing except the process.',
  tags: ['service'],
  security: [],
  response: { 200: json('It is.', LiveSchema), ...problems('invalid_request', 'internal_error') }
}

const readySchema = {
  operationId: 'ready',
  summary: 'Check that the gateway takes requests',
  description: 'A VICIdial that is down is reported here, but does not make the gateway unready.',
  tags: ['service'],
  security: [],
  response: {
    200: json('It does.', ReadySchema),
    503: json('It is shutting down, or cannot store anything.', ReadySchema),
    ...problems('invalid_request', 'internal_error')
  }
}

export interface HealthOptions {
  readonly ownership: { readonly view: Pick<OwnerView, 'states'> }
  /** Absent if the gateway shares its database with no other. */
  readonly cluster: ClusterView | undefined
  readonly outbox: Pick<Outbox, 'fault'> & { readonly queue: Pick<UpdateQueue, 'size'> }
}

/** `GET /livez` and `GET /readyz` */
export function healthRoutes({ ownership, outbox, cluster }: HealthOptions) {
  return async (app: FastifyInstance) => {
    app.get('/livez', { schema: liveSchema }, async () => ({ status: 'alive' }))
    app.get('/readyz', { schema: readySchema }, async (_request, reply) => {
      const running = outbox.fault === undefined ? 'ready' : 'storage_failing'
      const status = app.draining ? 'draining' : running
      const { pending, deadLetters } = outbox.queue.size
      const { [DEFAULT_ACCOUNT]: vicidial, ...accounts } = Object.fromEntries(ownership.view.states)
      return reply.code(status === 'ready' ? 200 : 503).send({
        status,
        vicidial,
        ...(Object.keys(accounts).length > 0 ? { accounts } : {}),
        outbox: { waiting: pending, dead_letters: deadLetters },
        ...(cluster ? { cluster: clusterState(cluster) } : {})
      })
    })
  }
}

function clusterState({ gateway, owner, lastTerm, list }: ClusterView) {
  return {
    gateway,
    owner: owner?.gateway ?? null,
    term: owner?.term ?? lastTerm,
    members: list.map((member) => ({
      gateway: member.gateway,
      alive: member.isPresent,
      seen_seconds_ago: Math.round(member.seenMsAgo / 1_000),
      same_configuration: member.isAlike
    }))
  }
}
