import { Type } from 'typebox'
import { ref } from './ref.ts'

export const LiveSchema = Type.Object(
  { status: Type.Literal('alive') },
  { $id: 'Live', additionalProperties: false }
)

export const UpstreamStateSchema = Type.Object(
  {
    state: Type.Enum(['unknown', 'reachable', 'unreachable', 'login_refused', 'locked_out'], {
      description: 'What the last calls showed; `unknown` before the first.'
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
        dead_letters: Type.Integer({ description: 'Updates that were given up.' })
      },
      { additionalProperties: false }
    )
  },
  { $id: 'Ready', additionalProperties: false }
)
