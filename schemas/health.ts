import { Type } from 'typebox'
import { ref } from './ref.ts'

export const LiveSchema = Type.Object(
  { status: Type.Literal('alive') },
  { $id: 'Live', additionalProperties: false }
)

export const UpstreamStateSchema = Type.Object(
  {
    state: Type.Enum(['unknown', 'reachable', 'unreachable', 'login_refused', 'locked_out'], {
      description: 'What the last calls showed; `unknown` before the first one.'
    }),
    since: Type.Optional(Type.String({ format: 'date-time' }))
  },
  { $id: 'UpstreamState', additionalProperties: false }
)

export const ReadySchema = Type.Object(
  {
    status: Type.Enum(['ready', 'draining', 'storage_failing']),
    vicidial: ref(UpstreamStateSchema),
    accounts: Type.Optional(
      Type.Record(Type.String(), ref(UpstreamStateSchema), {
        description: 'The same for each other VICIdial account, by its name.'
      })
    ),
    outbox: Type.Object(
      {
        waiting: Type.Integer({ description: 'Updates that were accepted and have no result yet.' }),
        dead_letters: Type.Integer({ description: 'Stored updates that failed until their retries ended.' })
      },
      { additionalProperties: false }
    ),
    cluster: Type.Optional(
      Type.Object(
        {
          gateway: Type.String({ description: 'The name of this gateway.' }),
          owner: Type.Union([Type.String(), Type.Null()], {
            description: 'The gateway that calls VICIdial; null while there is none.'
          }),
          term: Type.Integer({ description: 'Grows each time that a gateway takes over.' }),
          members: Type.Array(
            Type.Object(
              {
                gateway: Type.String(),
                alive: Type.Boolean(),
                seen_seconds_ago: Type.Integer(),
                same_configuration: Type.Boolean({
                  description: 'Whether its settings are those of this gateway.'
                })
              },
              { additionalProperties: false }
            ),
            { description: 'The gateways that were seen within a day.' }
          )
        },
        { additionalProperties: false, description: 'The gateways that share the database, with PostgreSQL.' }
      )
    )
  },
  { $id: 'Ready', additionalProperties: false }
)
