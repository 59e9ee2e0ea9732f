import { Type } from 'typebox'
import { ref } from './ref.ts'

export const LiveSchema = Type.Object(
  { status: Type.Literal('alive') },
  { $id: 'Live', additionalProperties: false }
)

const ReachabilitySchema = Type.Enum(['unknown', 'reachable', 'unreachable', 'login_refused', 'locked_out'], {
  $id: 'Reachability',
  description: 'What the last calls showed; `unknown` before the first one.'
})

const UpstreamStateSchema = Type.Object(
  {
    state: ref(ReachabilitySchema),
    since: Type.Optional(Type.String({ format: 'date-time' }))
  },
  { $id: 'UpstreamState', additionalProperties: false }
)

const OutboxSizeSchema = Type.Object(
  {
    waiting: Type.Integer({ description: 'Updates that were accepted and have no result yet.' }),
    dead_letters: Type.Integer({ description: 'Stored updates that failed until their retries ended.' })
  },
  { $id: 'OutboxSize', additionalProperties: false }
)

const ClusterMemberSchema = Type.Object(
  {
    gateway: Type.String(),
    alive: Type.Boolean(),
    seen_seconds_ago: Type.Integer(),
    same_configuration: Type.Boolean({ description: 'Whether its settings are those of this gateway.' })
  },
  { $id: 'ClusterMember', additionalProperties: false }
)

const ClusterStateSchema = Type.Object(
  {
    gateway: Type.String({ description: 'The name of this gateway.' }),
    owner: Type.Union([Type.String(), Type.Null()], {
      description: 'The gateway that calls VICIdial; null while no gateway does.'
    }),
    term: Type.Integer({ description: 'Grows each time that a gateway takes over.' }),
    members: Type.Array(ref(ClusterMemberSchema), {
      description: 'The gateways that were seen within a day.'
    })
  },
  {
    $id: 'ClusterState',
    additionalProperties: false,
    description: 'The gateways that share the database, with PostgreSQL.'
  }
)

const ReadinessSchema = Type.Enum(['ready', 'draining', 'storage_failing'], { $id: 'Readiness' })

export const ReadySchema = Type.Object(
  {
    status: ref(ReadinessSchema),
    vicidial: ref(UpstreamStateSchema),
    accounts: Type.Optional(
      Type.Record(Type.String(), ref(UpstreamStateSchema), {
        description: 'The same for each other VICIdial account, by its name.'
      })
    ),
    outbox: ref(OutboxSizeSchema),
    cluster: Type.Optional(ref(ClusterStateSchema))
  },
  { $id: 'Ready', additionalProperties: false }
)

/** The metrics as text. */
export const MetricsSchema = Type.String({ $id: 'Metrics', description: 'Metrics for Prometheus.' })

/** A SQLite database. */
export const DatabaseCopySchema = Type.String({
  $id: 'DatabaseCopy',
  format: 'binary',
  description: 'A SQLite database.'
})

/** Every named schema of this file, for registration. */
export const SERVICE_SCHEMAS = [
  LiveSchema,
  ReachabilitySchema,
  UpstreamStateSchema,
  OutboxSizeSchema,
  ClusterMemberSchema,
  ClusterStateSchema,
  ReadinessSchema,
  ReadySchema,
  MetricsSchema,
  DatabaseCopySchema
]
